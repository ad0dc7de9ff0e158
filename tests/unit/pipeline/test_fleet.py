"""The fleet: what a changed file does to the cameras, and to those it does not name nothing."""

from typing import Any

import pytest

from sightline.config.site import CameraConfig
from sightline.core.errors import BadConfig
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.fleet import Fleet
from sightline.rules.ruleset import Drawing


class Called:
    """Notes what is asked of a worker (``Worker``'s own tests say what it then does)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def add(self, plan: CameraPlan, *, paused: bool = False) -> None:
        self.calls.append(("add paused" if paused else "add", plan.name))

    def replace(self, plan: CameraPlan, *, paused: bool = False) -> None:
        self.calls.append(("replace paused" if paused else "replace", plan.name))

    def remove(self, name: str) -> None:
        self.calls.append(("remove", name))

    def draw(self, name: str, drawing: Drawing) -> None:
        self.calls.append(("draw", name))

    def pause(self, name: str) -> None:
        self.calls.append(("pause", name))

    def resume(self, name: str) -> None:
        self.calls.append(("resume", name))


def entry(**members: Any) -> CameraConfig:
    return CameraConfig.model_validate({"source": "rtsp://10.0.0.5/x", "purpose": "count what goes by", **members})


def plan_of(name: str, config: CameraConfig) -> CameraPlan:
    if "broken" in config.source.url:
        raise BadConfig("secret", "nothing", "a variable that is set")
    return CameraPlan(name, config.source.url, "live", drawing=Drawing(config.lines_drawn()))


LINE = {"in": [[0.1, 0.5], [0.9, 0.5]]}
CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]], str]] = [
    ("nothing", {}, [], "untouched"),
    ("an address", {"source": "rtsp://10.0.0.6/x"}, [("replace", "a")], "read_anew"),
    (
        "an address of a paused one",
        {"source": "rtsp://10.0.0.6/x", "paused": True},
        [("replace paused", "a")],
        "read_anew",
    ),
    ("lines", {"lines": LINE}, [("draw", "a")], "altered"),
    ("the purpose", {"purpose": "something else again"}, [], "altered"),
    ("a pause", {"paused": True}, [("pause", "a")], "paused"),
    ("lines and a pause", {"lines": LINE, "paused": True}, [("draw", "a"), ("pause", "a")], "paused"),
]


@pytest.mark.parametrize(("members", "calls", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_change_touches_what_it_must(members: dict[str, Any], calls: list[tuple[str, str]], said: str) -> None:
    worker: Any = Called()
    fleet = Fleet(worker, plan_of)
    fleet.apply({"a": entry(), "b": entry()})
    worker.calls.clear()
    changes = fleet.apply({"a": entry(**members), "b": entry()})
    assert worker.calls == calls
    assert getattr(changes, said)[:1] == ("a",)
    assert "b" in changes.untouched


def test_cameras_come_go_and_come_back() -> None:
    worker: Any = Called()
    fleet = Fleet(worker, plan_of)
    assert fleet.apply({"a": entry(), "b": entry(paused=True)}).sentence() == "added: a, b"
    assert fleet.apply({"b": entry()}).sentence() == "removed: a; resumed: b"
    assert worker.calls == [("add", "a"), ("add paused", "b"), ("remove", "a"), ("resume", "b")]
    assert list(fleet.cameras()) == ["b"]
    assert fleet.apply({"b": entry()}).sentence() == "nothing changed"


def test_a_camera_that_cannot_be_had_stays_and_harms_no_other() -> None:
    worker: Any = Called()
    fleet = Fleet(worker, plan_of)
    fleet.apply({"a": entry()})
    changes = fleet.apply({"a": entry(source="rtsp://broken/"), "n": entry(source="rtsp://broken/"), "c": entry()})
    assert set(changes.faults) == {"a", "n"}
    assert changes.added == ("c",)
    assert fleet.cameras()["a"] == entry(), "as it was"
    assert "a left as it was: secret: expected a variable that is set" in changes.sentence()
    assert fleet.apply({"a": entry(), "n": entry(), "c": entry()}).added == ("n",), "once it can be had it comes"
