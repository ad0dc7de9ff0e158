"""The doors as a set: plug-ins, states over MQTT, metrics, and what is said where an extra is missing."""

import json
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sightline.config.doors import DoorSettings, MqttDoor
from sightline.core.errors import BadConfig
from sightline.core.events import CameraTampered, LineCrossed, QueueChanged, SourceChanged, ZoneChanged
from sightline.pipeline.ports import CountRow
from sightline.pipeline.supervisor import attempt
from sightline.sinks import METRICS, SINKS, Surroundings, metric_rows, open_sinks
from sightline.sinks.mqtt_messages import Composer, Message

T = 1_795_000_000_000_000_000
MINUTE_NS = 60_000_000_000


def crossing(number: int, label: str = "car") -> LineCrossed:
    return LineCrossed("c", T + number, "l", "forward", number, label, 0.9)


class Outside:
    """A plug-in's sink that fails as often as told."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        if options.get("refuse"):
            raise ValueError("refuse is set")
        self.failures = int(options.get("failures", 0))
        self.got: list[str] = []
        self.some, self.closed = threading.Event(), threading.Event()

    def deliver(self, events: Sequence[Mapping[str, Any]]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("out of order")
        self.got += [event["Data"]["ObjectId"] for event in events]
        self.some.set()

    def close(self) -> None:
        self.closed.set()


def plugin(made: list[Outside], **options: object) -> dict[str, Any]:
    def make(given: Mapping[str, Any]) -> Outside:
        made.append(Outside(given))
        return made[-1]

    door = {"type": "plugin", "name": "mine", "use": "own", "options": options, "retry_first_s": 0.05}
    settings = DoorSettings.model_validate({"sinks": [door]})
    return dict(open_sinks(settings, Surroundings(plugins={"own": make}, attempt=attempt)))


def test_a_plugin_that_fails_is_tried_again_and_harms_nobody() -> None:
    made: list[Outside] = []
    sink = plugin(made, failures=2)["mine"]
    sink.start()
    sink.deliver([crossing(1), crossing(2, "pedestrian"), crossing(3)])
    assert made[0].some.wait(10)
    sink.stop(10)
    assert made[0].got == ["1", "3"]
    assert made[0].closed.is_set()
    stats = sink.stats()
    assert (stats["faults"], stats["delivered"], stats["kept"], stats["up"]) == (2, 2, 1, 1)


def test_a_plugin_that_never_works_does_not_hold_up_the_end() -> None:
    made: list[Outside] = []
    sink = plugin(made, failures=10**9)["mine"]
    sink.start()
    sink.deliver([crossing(1)])
    sink.stop(10)
    assert made[0].closed.is_set()
    assert sink.stats()["dead"] == 1


def test_a_plugin_that_is_not_there_or_refuses_its_options() -> None:
    with pytest.raises(BadConfig, match=r"mine\.options.*refuse is set"):
        plugin([], refuse=True)
    door = {"type": "plugin", "name": "mine", "use": "other"}
    with pytest.raises(BadConfig, match=r"mine\.use: expected a plug-in of sightline.sinks \(none is installed\)"):
        open_sinks(DoorSettings.model_validate({"sinks": [door]}), Surroundings(attempt=attempt))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    monkeypatch.delitem(sys.modules, "sightline.sinks.mqtt", raising=False)

    class Absent:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "aiomqtt":
                raise ModuleNotFoundError("No module named 'aiomqtt'", name="aiomqtt")

    monkeypatch.delitem(sys.modules, "aiomqtt")
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    door = {"type": "mqtt", "name": "city", "host": "broker"}
    with pytest.raises(BadConfig, match=r"city\.type: expected the extra bus"):
        open_sinks(DoorSettings.model_validate({"sinks": [door]}), Surroundings())


def test_every_door_is_in_the_table_and_every_number_has_a_metric() -> None:
    assert set(SINKS) == {"mqtt", "webhook", "ngsi-ld", "plugin"}
    for metric, sentence in METRICS.values():
        assert metric.startswith("sightline_sink_")
        assert sentence.endswith(".")
    stats = plugin([])["mine"].stats()
    assert set(stats) <= set(METRICS)
    rows = list(metric_rows({"mine": stats}))
    assert ("sightline_sink_up", METRICS["up"][1], "mine", 1.0) in rows
    assert len(rows) == len(stats)


def composer(**options: object) -> Composer:
    door = {"name": "d", "type": "mqtt", "host": "h", "home_assistant": False} | options
    return Composer(MqttDoor.model_validate(door), (), "0")


def states(of: Composer) -> dict[str, str]:
    found: dict[str, str] = {}
    while (message := of.next_state()) is not None:
        assert message.retain
        found[message.topic] = message.payload.decode()
    return found


@pytest.mark.parametrize(
    ("event", "kind", "state"),
    [
        (crossing(1), "new", {}),
        (ZoneChanged("c", T, "z", "entered", 1, "car", 0.0, 0.9), "new", {}),
        (ZoneChanged("c", T, "z", "left", 1, "car", 5.0, 0.9), "end", {}),
        (QueueChanged("c", T, "q", "began", 4, None, 0.0, 0.9), "new", {"sightline/c/rules/q": "ON"}),
        (QueueChanged("c", T, "q", "changed", 5, None, 3.0, 0.9), "update", {"sightline/c/rules/q": "ON"}),
        (QueueChanged("c", T, "q", "ended", 5, None, 9.0, 0.9), "end", {"sightline/c/rules/q": "OFF"}),
        (SourceChanged("c", T, "lost", "silent"), "new", {"sightline/c/status": "offline"}),
        (SourceChanged("c", T, "returned", ""), "end", {"sightline/c/status": "online"}),
        (SourceChanged("c", T, "ended", ""), "end", {"sightline/c/status": "offline"}),
        (CameraTampered("c", T, "dark", "began", 0.9), "new", {}),
    ],
    ids=["crossing", "in", "out", "queue", "longer", "gone", "lost", "back", "over", "dark"],
)
def test_events_are_new_update_or_end(event: Any, kind: str, state: dict[str, str]) -> None:
    one = composer()
    messages = one.events([event])
    assert [message.topic for message in messages] == ["sightline/c/events"]
    assert json.loads(messages[0].payload)["type"] == kind
    assert states(one) == state


def test_only_changed_states_are_sent_and_all_after_a_new_connection() -> None:
    one = composer()

    def row(k: int, cars: int) -> CountRow:
        return CountRow("c", "l", "forward", T + k * MINUTE_NS, 1, {"car": cars})

    one.counts([row(0, 2)])
    assert states(one)["sightline/c/total/car"] == "2"
    one.counts([row(1, 0)])
    assert list(states(one)) == ["sightline/c/counts/l/forward"]
    one.counts([CountRow("c", "l", "forward", T, 15, {"car": 99})])
    assert states(one) == {}, "windows of another length hold the same crossings again"
    one.say_all_again()
    assert set(states(one)) == {"sightline/c/total/car", "sightline/c/counts/l/forward"}


def test_names_cannot_break_out_of_their_topic() -> None:
    one = composer(home_assistant=True, onvif_events=True)
    messages: list[Message] = one.events([LineCrossed("a/#", T, "+/l", "forward", 1, "car", 0.9)])
    topics = [message.topic for message in messages] + list(states(one))
    assert len(topics) == 3
    for topic in topics:
        assert not set("#+\0") & set(topic)
    assert messages[0].topic == "sightline/a--/events"


def test_a_door_that_stumbles_begins_anew(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("sightline.sinks.surroundings.PAUSE_S", 0.0)
    runs: list[int] = []

    def work() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise KeyError("nobody thought of this")

    Surroundings(attempt=attempt).keep_running("city", work, threading.Event())
    assert len(runs) == 3
    assert "door city failed and begins anew" in caplog.text
    runs.clear()
    with pytest.raises(KeyError):
        Surroundings().keep_running("city", work, threading.Event())
