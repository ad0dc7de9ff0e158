"""No object id of a person is in any bytes that leave any door, whatever the events."""

import asyncio
import itertools
import json
from typing import Any, get_args, get_type_hints

import hypothesis.strategies as st
import jsonschema_rs
from hypothesis import given, settings

from sightline.config.doors import MqttDoor, StreamSettings
from sightline.core.clock import ManualClock
from sightline.core.events import Crowding, Event, concerns
from sightline.core.vocabulary import CLASSES, PERSONS, VEHICLES
from sightline.formats.counts_csv import Counted
from sightline.formats.event_schema import event_schema
from sightline.pipeline.ports import CountRow
from sightline.sinks.groups import Group, Merging
from sightline.sinks.leave import K, Leaving, leaving
from sightline.sinks.mqtt_messages import Composer
from sightline.sinks.stream import EventStream
from sightline.sinks.webhook import _letter
from sightline.sinks.windows import Windows

MINUTE_NS = 60_000_000_000
VALID = jsonschema_rs.validator_for(event_schema())
FIRST_ID = 777_000_000_000  # ids of tracks that no other number of an event can look like


def values_of(name: str, hint: Any) -> st.SearchStrategy[Any]:
    """Values of one field of an event."""
    if name in ("label", "other_label"):
        return st.sampled_from(CLASSES)
    if name in ("track_id", "other_id"):
        whole = st.integers(FIRST_ID, FIRST_ID + 10**9)
        return st.none() | whole if type(None) in get_args(hint) else whole
    if name == "by_class":
        return st.dictionaries(st.sampled_from(CLASSES), st.integers(1, 30)).map(lambda found: tuple(found.items()))
    if name == "time_ns":
        return st.integers(1_700_000_000 * 10**9, 1_900_000_000 * 10**9)
    options = get_args(hint)
    if options and all(isinstance(option, str) for option in options):
        return st.sampled_from(options)
    if float in (hint, *options):
        number = st.floats(0, 1 if name == "confidence" else 100)
        return st.none() | number if type(None) in options else number
    if hint is int:
        return st.integers(0, 2 * K)
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


def events_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{name: values_of(name, hint) for name, hint in get_type_hints(kind).items()})


ANY_EVENT = st.one_of([events_of(kind) for kind in get_args(Event)])


def ids_of(event: Any) -> list[str]:
    return [str(getattr(event, name)) for name in ("track_id", "other_id") if getattr(event, name, None) is not None]


@settings(max_examples=120, deadline=None)
@given(st.lists(ANY_EVENT, max_size=8))
def test_no_id_of_a_person_in_any_bytes(events: list[Any]) -> None:
    secret = [number for event in events if concerns(event) == "person" for number in ids_of(event)]
    open_ids = {number for event in events if concerns(event) != "person" for number in ids_of(event)}
    door = MqttDoor(name="d", type="mqtt", host="h", onvif_events=True)
    composer = Composer(door, ["c"], "0")
    sent = [message.topic.encode() + message.payload for message in composer.events(events)]
    while (state := composer.next_state()) is not None:
        sent.append(state.topic.encode() + state.payload)
    left = Leaving()(events)
    sent += [_letter(left).body] if left else []
    sent.append(asyncio.run(streamed(events)))
    every = b"\n".join(sent)
    for number in secret:
        assert number in open_ids or number.encode() not in every


async def streamed(events: list[Any]) -> bytes:
    stream = EventStream(StreamSettings(), ManualClock(1))
    client = stream.subscribe()
    stream.deliver(events)
    stream.stop(0)
    return b"".join([part async for part in client])


@settings(max_examples=120, deadline=None)
@given(ANY_EVENT)
def test_what_is_about_persons_names_no_number_below_k(event: Any) -> None:
    left = leaving(event)
    if left is None:
        return
    data = left["Data"]
    if concerns(event) == "person" or isinstance(event, Crowding):
        assert not {"ObjectId", "OtherObjectId"} & set(data)
        assert data.get("Count", K) >= K
    by_class = data.get("ByClass", {})
    assert set(by_class) <= {*VEHICLES, "person"}
    assert by_class.get("person", K) >= K
    assert json.loads(json.dumps(left, allow_nan=False)) == left
    VALID.validate(left)


ROWS = st.lists(
    st.dictionaries(st.sampled_from([*PERSONS, "car"]), st.integers(0, 15), max_size=3), min_size=1, max_size=40
)


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_windows_publish_groups_of_k_and_lose_no_vehicle(minutes: list[dict[str, int]]) -> None:
    windows = Windows(5)
    start_ns = 1_795_000_200_000_000_000 // (5 * MINUTE_NS) * 5 * MINUTE_NS
    rows: list[Counted] = [
        CountRow("c", "l", "forward", start_ns + k * MINUTE_NS, 1, row) for k, row in enumerate(minutes)
    ]
    windows.add(rows)
    flows, crowds = windows.closed(start_ns + 100 * MINUTE_NS)
    assert sum(flow.count for flow in flows if flow.label == "car") == sum(row.get("car", 0) for row in minutes)
    for flow in flows:
        assert flow.label == "car" or flow.count >= K
    for crowd in crowds:
        assert crowd.forward + crowd.backward >= K
    shown = sum(crowd.forward for crowd in crowds)
    assert 0 <= sum(row.get("pedestrian", 0) for row in minutes) - shown < K, "fewer than K wait, none are lost"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=50))
def test_merging_keeps_the_sum(counts: list[int]) -> None:
    merging: Merging[str] = Merging()
    found = [merging.add("k", Group(n, n + 1, count)) for n, count in enumerate(counts)]
    shown = [group for group in found if group is not None]
    assert all(group.count >= K for group in shown)
    assert sum(group.count for group in shown) + merging.held == sum(counts)
    assert all(one.end_ns <= other.start_ns for one, other in itertools.pairwise(shown)), "periods do not overlap"
