"""Recorded columns in, golden events out; the same live as replayed."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sightline.core.events import Event
from sightline.formats.events_jsonl import event_json, event_of
from sightline.rules import RULES, Ruleset

UTC_NS = 1_795_348_800_000_000_000


def _record() -> Any:
    """The script that wrote the recording: it also reads it."""
    spec = importlib.util.spec_from_file_location("junction_record", Path(__file__).with_name("record.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORD = _record()


@pytest.fixture(scope="module")
def replayed() -> list[Event]:
    return list(RECORD.events(RECORD.samples()))


def _values(members: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(members, dict):
        for name, value in members.items():
            yield from _values(value, f"{path}/{name}")
    else:
        yield path, members


def test_golden(replayed: list[Event]) -> None:
    golden = [json.loads(line) for line in RECORD.EVENTS.read_text(encoding="utf-8").splitlines()]
    said = [event_json(event) for event in replayed]
    assert [(one["topic"], one["UtcTime"], one["Source"]) for one in said] == [
        (one["topic"], one["UtcTime"], one["Source"]) for one in golden
    ]
    for one, other in zip(said, golden, strict=True):
        have, want = dict(_values(one)), dict(_values(other))
        assert have.keys() == want.keys()
        for name, value in want.items():
            # Sums of floats may differ in their last digits between machines.
            assert have[name] == (pytest.approx(value, abs=2e-3) if isinstance(value, float) else value), name


def test_every_type_of_rule_speaks(replayed: list[Event]) -> None:
    types = {rule.type for rule in RECORD.drawing().rules}
    assert types == set(RULES)
    by_rule = {rule.name for rule in RECORD.drawing().rules}
    told = {getattr(event, "rule", "line") for event in replayed}
    assert by_rule == told


def test_live_is_as_replayed(replayed: list[Event]) -> None:
    """At UTC, one sample after the other between those of another camera: the same events, later."""
    here, other = Ruleset("junction", RECORD.drawing()), Ruleset("other", RECORD.drawing())
    live: list[Event] = []
    for sample in RECORD.samples(UTC_NS):
        live += here.update(sample)
        other.update(sample)
    live += here.finish()
    back = [(event_json(event) | {"UtcTime": event.time_ns - UTC_NS}) for event in live]
    assert back == [(event_json(event) | {"UtcTime": event.time_ns}) for event in replayed]
    assert {event_of(event_json(event)).camera for event in live} == {"junction"}
