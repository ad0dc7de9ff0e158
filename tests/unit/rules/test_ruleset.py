"""A camera's rules together: hours, changes while running, time that jumps, ids and slots, the ground."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from sightline.config import CountSettings
from sightline.config.rules import GroundConfig, Hours, Length, RuleConfig
from sightline.core.errors import BadConfig
from sightline.core.events import Event, Line, LineCrossed, VehicleStopped, WrongWay, Zone, ZoneChanged
from sightline.core.health import PictureHealth
from sightline.core.values import Tracks
from sightline.rules import RULES, Drawing, Ruleset, Sample, Scene, ground_of
from sightline.rules import ruleset as rulesets
from sightline.rules.ground_plane import GroundPlane
from sightline.rules.hours import Calendar
from sightline.rules.memory import LOST_NS, Memory

SIZE = (1000, 500)
MODEL: TypeAdapter[RuleConfig] = TypeAdapter(RuleConfig)
HALF = Zone("half", ((0.3, 0.2), (0.7, 0.2), (0.7, 0.98), (0.3, 0.98)))
GATE = Line("gate", (0.5, 0.0), (0.5, 1.0))
SECOND = 1_000_000_000


def rule(**members: Any) -> RuleConfig:
    return MODEL.validate_python({"name": "r"} | members)


STOPPED = rule(type="stopped", name="stopped", seconds=5)
OCCUPANCY = rule(type="occupancy", name="occupancy", zone="half")


@pytest.fixture
def drive(tracks: Callable[..., Tracks], seen: Any) -> Callable[..., list[Event]]:
    """A car from the left to the middle, where it stands from 5 s on; samples of 0.2 s from one second to another."""

    def go(ruleset: Ruleset, begin_s: float, end_s: float, shift_ns: int = 0) -> list[Event]:
        events: list[Event] = []
        for k in range(round(begin_s * 5), round(end_s * 5)):
            t = k / 5
            row = seen(1, 20 + 98 * min(t, 5), 300, 80, 40, t, label="car")
            events += ruleset.update(Sample("north", shift_ns + round(t * SECOND), SIZE, tracks(row)))
        return events

    return go


@pytest.mark.parametrize(
    ("word", "hours", "time", "holds"),
    [
        ("within", {"from": "08:00", "to": "10:00"}, "2026-11-23T08:30", True),
        ("before", {"from": "08:00", "to": "10:00"}, "2026-11-23T07:59", False),
        ("at its end", {"from": "08:00", "to": "10:00"}, "2026-11-23T10:00", False),
        ("on another day", {"days": ["tue"], "from": "08:00", "to": "10:00"}, "2026-11-23T08:30", False),
        ("over midnight, before it", {"days": ["mon"], "from": "22:00", "to": "02:00"}, "2026-11-23T23:00", True),
        ("over midnight, after it", {"days": ["mon"], "from": "22:00", "to": "02:00"}, "2026-11-24T01:00", True),
        ("over midnight of another day", {"days": ["mon"], "from": "22:00", "to": "02:00"}, "2026-11-23T01:00", False),
        ("a whole day", {"days": ["mon"]}, "2026-11-23T13:00", True),
        ("not the next day", {"days": ["mon"]}, "2026-11-24T13:00", False),
    ],
)
def test_hours(word: str, hours: dict[str, Any], time: str, holds: bool) -> None:
    zone = ZoneInfo("Europe/Berlin")
    then = datetime.fromisoformat(time).replace(tzinfo=zone).astimezone(UTC)
    calendar = Calendar([Hours.model_validate(hours)], zone)
    assert calendar.holds(int(then.timestamp()) * SECOND) is holds, word
    assert calendar.holds(5 * SECOND), "a file has no time of day"
    assert Calendar([], zone).holds(int(then.timestamp()) * SECOND)


def test_states_end_when_the_hours_do(drive: Callable[..., list[Event]]) -> None:
    until = rule(type="stopped", seconds=5, hours=[{"from": "00:00", "to": "09:01"}])
    nine = int(datetime(2026, 11, 23, 9, 0, 40, tzinfo=UTC).timestamp()) * SECOND
    events = drive(Ruleset("north", Drawing(rules=(until,))), 0, 40, nine)
    assert [
        (event.state, (event.time_ns - nine) // SECOND) for event in events if isinstance(event, VehicleStopped)
    ] == [
        ("began", 10),
        ("ended", 20),
    ]


def test_equal_rules_go_on_when_others_change(drive: Callable[..., list[Event]]) -> None:
    ruleset = Ruleset("north", Drawing((), (HALF,), (STOPPED, OCCUPANCY)))
    assert next(type(event) for event in drive(ruleset, 0, 12) if not isinstance(event, VehicleStopped)) is ZoneChanged
    other = Zone("half", ((0.0, 0.0), (0.9, 0.0), (0.9, 0.98)))
    ended = ruleset.replace(Drawing((GATE,), (other,), (rule(type="line", line="gate"), STOPPED, OCCUPANCY)))
    assert {getattr(event, "rule", "") for event in ended} == {"occupancy"}, "its zone changed; the stopped one goes on"
    assert [event.rule for event in ruleset.finish() if isinstance(event, VehicleStopped)] == ["stopped"]


def test_what_is_refused_changes_nothing() -> None:
    ruleset = Ruleset("north", Drawing((), (HALF,), (OCCUPANCY,)))
    for word, drawing, said in [
        ("unknown zone", Drawing((), (), (OCCUPANCY,)), "which has none"),
        ("nearly that name", Drawing((), (Zone("hlaf", HALF.corners),), (OCCUPANCY,)), "nearest: 'hlaf'"),
        ("one name twice", Drawing((), (HALF,), (OCCUPANCY, OCCUPANCY)), "a different name for each rule"),
        ("zones of one name", Drawing((), (HALF, HALF), ()), "a different name for each"),
        ("unknown plug-in", Drawing(rules=(rule(type="plugin", plugin="x"),)), "expected one of"),
    ]:
        with pytest.raises(BadConfig) as caught:
            ruleset.replace(drawing)
        assert said in str(caught.value), word
        assert ruleset.drawing.rules == (OCCUPANCY,), word


def test_time_that_jumps(drive: Callable[..., list[Event]]) -> None:
    ruleset = Ruleset("north", Drawing(rules=(STOPPED,)))
    assert [event.state for event in drive(ruleset, 0, 12) if isinstance(event, VehicleStopped)] == ["began"]
    again = drive(ruleset, 0, 12)  # the file is played again
    assert next((event.state, event.time_ns) for event in again if isinstance(event, VehicleStopped)) == (
        "ended",
        round(11.8 * SECOND),
    )
    late = drive(ruleset, 0, 1, 100 * SECOND)  # the source was away for long
    assert [event.state for event in late if isinstance(event, VehicleStopped)] == ["ended"]
    assert drive(ruleset, 0, 0.4, 100 * SECOND + SECOND // 2) == [], "late samples are left out"


def test_crossings_of_others_and_health_reach_the_rules(tracks: Callable[..., Tracks], seen: Any) -> None:
    class Spy:
        def __init__(self, config: Any, camera: str) -> None:
            self.scenes: list[Scene] = []

        def update(self, scene: Scene) -> list[Event]:
            self.scenes.append(scene)
            return list(scene.crossings)

        def finish(self, time_ns: int) -> list[Event]:
            return []

    spy = Spy(None, "")
    plugin = rule(type="plugin", plugin="spy", options={"a": 1})
    ruleset = Ruleset("north", Drawing((GATE,), (), (plugin,)), makers={**RULES, "spy": lambda config, camera: spy})
    crossing = LineCrossed("north", 0, "gate", "forward", 4, "car", 0.5)
    health = PictureHealth(0.5, 1.0, 0.0, False, 0.0)
    rows = tracks(seen(-1, 1, 1), seen(4, 500, 300), seen(2, 100, 200))
    assert ruleset.update(Sample("north", 0, SIZE, rows, (crossing,), health)) == [crossing]
    assert ruleset.update(Sample("north", 0, SIZE, rows, (crossing,))) == [], "the same time again is left out"
    assert len(spy.scenes) == 1
    assert spy.scenes[0].health == health
    assert spy.scenes[0].ids.tolist() == [2, 4], "sorted by id, unconfirmed ones left out"


def test_slots_are_given_away_only_after_their_owner_is_gone(tracks: Callable[..., Tracks], seen: Any) -> None:
    memory = Memory(CountSettings())
    for k in range(400):
        rows = tracks(seen(k + 1, 40 * (k % 20) + 20, 100 + 20 * (k % 17)), seen(1000, 900, 490))
        scene = memory.update(Sample("north", k * SECOND // 5, SIZE, rows), None)
        assert len(set(scene.slots.tolist())) == len(scene)
        assert not set(scene.slots.tolist()) & set(scene.gone.slots.tolist())
    assert scene.capacity == 32, "bounded by who is in view"
    assert len(scene) <= LOST_NS // (SECOND // 5) + 3


@pytest.mark.parametrize(
    ("word", "members", "said"),
    [
        ("no such type", {"type": "jumping"}, "does not match any of the expected tags"),
        ("unknown key", {"type": "dwell", "zone": "z", "second": 3}, "Extra inputs"),
        ("too short", {"type": "dwell", "zone": "z", "seconds": 0}, "greater than or equal to 1"),
        ("speed nowhere", {"type": "speed"}, "either a line or a zone"),
        ("over no limit", {"type": "speed", "line": "l", "over_only": True}, "a limit_mps with over_only"),
        ("unknown class", {"type": "line", "line": "l", "classes": ["tank"]}, "'car'"),
    ],
)
def test_models_refuse(word: str, members: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        rule(**members)
    assert said in str(caught.value), word


def test_every_type_has_a_rule_and_every_field_a_sentence() -> None:
    schema = TypeAdapter(RuleConfig).json_schema(by_alias=True)
    types = set(schema["discriminator"]["mapping"])
    assert types == {*RULES, "plugin"}
    missing = [
        f"{name}.{field}"
        for name, model in schema["$defs"].items()
        for field, member in model["properties"].items()
        if field != "type" and not member.get("description")
    ]
    assert missing == []


def test_speed_rules_say_that_they_wait() -> None:
    waits = Ruleset("north", Drawing((GATE,), (), (rule(type="speed", line="gate"),)))
    assert waits.notes() == ("rule 'r' waits for a calibration of the ground",)


def test_ground_of_the_drawing(drive: Callable[..., list[Event]]) -> None:
    plan = GroundConfig(points=((0, 0, 0, 0), (1, 0, 50, 0), (1, 1, 50, 25), (0, 1, 0, 25)))
    ruleset = Ruleset("north", Drawing((GATE,), (), (rule(type="line", line="gate"),), plan))
    drive(ruleset, 0, 1)
    assert ruleset.ground is not None
    np.testing.assert_allclose(ruleset.ground.metres(np.array([[0.5, 0.5]])), [[25, 12.5]], atol=1e-9)
    ruleset.replace(Drawing())
    drive(ruleset, 1, 2)
    assert ruleset.ground is None
    with pytest.raises(ValidationError, match="at least 2 lengths or 4 points"):
        GroundConfig(lengths=(Length(start=(0, 0), end=(1, 1), metres=3),))


IMPOSSIBLE = GroundConfig(
    lengths=(
        Length(start=(0.2, 0.9), end=(0.5, 0.9), metres=6.5),
        Length(start=(0.2, 0.5), end=(0.5, 0.5), metres=3),
        Length(start=(0.2, 0.7), end=(0.2, 0.9), metres=400),
    )
)


def test_a_ground_that_cannot_be_is_said_and_the_rules_go_on(
    drive: Callable[..., list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def counted(config: GroundConfig, aspect: float) -> GroundPlane | None:
        asked.append(aspect)
        return ground_of(config, aspect)

    monkeypatch.setattr(rulesets, "ground_of", counted)
    fast = rule(type="speed", name="fast", line="gate")
    ruleset = Ruleset("north", Drawing((GATE,), (), (fast, STOPPED), IMPOSSIBLE))
    assert [event.state for event in drive(ruleset, 0, 12) if isinstance(event, VehicleStopped)] == ["began"]
    assert asked == [2.0], "once, not at every sample"
    said, waits = ruleset.notes()
    assert said.startswith("the ground is not calibrated: ground.lengths: expected lengths on one flat ground")
    assert "'fast' waits" in waits
    ruleset.replace(Drawing((GATE,), (), (STOPPED,)))
    drive(ruleset, 12, 13)
    assert ruleset.notes() == ()


def test_a_turned_camera_begins_anew(tracks: Callable[..., Tracks], seen: Any) -> None:
    wrong = rule(type="wrong_way", name="wrong", zone="half", learn_tracks=10)
    ruleset = Ruleset("north", Drawing((GATE,), (HALF,), (STOPPED, wrong, rule(type="line", name="l", line="gate"))))

    def play(start_s: float, ways: list[tuple[float, int, float]], moved: bool = False) -> list[Event]:
        """ways: when from start_s a car comes, its id, and pixels per second."""
        events: list[Event] = []
        for k in range(round(max(at for at, _, _ in ways) * 10) + 50):
            t = k / 10
            rows = [
                seen(one, (0 if v > 0 else 1000) + v * (t - at), 300, 80, 40, t - at, label="car")
                for at, one, v in ways
                if 0 <= t - at < 4
            ]
            now = round((start_s + t) * SECOND)
            events += ruleset.update(Sample("north", now, SIZE, tracks(*rows), moved=moved and k == 0))
        return [event for event in events if isinstance(event, WrongWay)]

    right = [(4.0 * k, k + 1, 250.0) for k in range(12)]
    assert play(0, right) == []
    assert len(play(60, [(0, 50, -250.0)])) == 2
    assert play(70, [(0, 51, -250.0)], moved=True) == [], "what the old view taught is forgotten"
    assert play(80, [(4.0 * k, k + 60, -250.0) for k in range(12)]) == []
    assert len(play(140, [(0, 90, 250.0)])) == 2, "it learns the new view"


def test_a_turned_camera_ends_states_and_crosses_no_line(
    drive: Callable[..., list[Event]], tracks: Callable[..., Tracks], seen: Any
) -> None:
    ruleset = Ruleset("north", Drawing((GATE,), (), (STOPPED, rule(type="line", name="l", line="gate"))))
    drive(ruleset, 0, 12)
    jumped = tracks(seen(1, 200, 300, 80, 40, 12, label="car"))
    ended = ruleset.update(Sample("north", 12 * SECOND, SIZE, jumped, moved=True))
    assert [type(event) for event in ended] == [VehicleStopped]
    assert ruleset.finish() == []


def test_a_turned_camera_is_calibrated_anew_only_where_nobody_clicked(
    tracks: Callable[..., Tracks], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = GroundPlane(np.eye(3), 0.1, 0.1, "sizes")
    monkeypatch.setattr(rulesets.SizeCalibrator, "see", lambda self, scene: found if scene.time_ns < SECOND else None)
    for clicked in (False, True):
        plan = GroundConfig(points=((0, 0, 0, 0), (1, 0, 50, 0), (1, 1, 50, 25), (0, 1, 0, 25))) if clicked else None
        ruleset = Ruleset("north", Drawing(ground=plan or GroundConfig()))
        ruleset.update(Sample("north", 0, SIZE, tracks()))
        before = ruleset.ground
        assert before is not None
        ruleset.update(Sample("north", SECOND, SIZE, tracks(), moved=True))
        assert ruleset.ground is (before if clicked else None)
