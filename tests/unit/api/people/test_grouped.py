"""How a service shows findings about persons: without ids, and in groups of ten or more."""

import csv
import io
import json

import pytest

from sightline.api import Served, create_app, serve
from sightline.api.people.grouped import Grouped, grouped_counts, grouped_data
from sightline.config import PageSettings
from sightline.core.events import LineCrossed, NearMiss, SourceChanged, ZoneChanged, ZoneOccupied, concerns
from sightline.formats.events_jsonl import event_json
from sightline.pipeline.ports import CountRow
from sightline.store.query import StoredEvent

MINUTE_NS = 60_000_000_000
NOON = 1_795_348_800_000_000_000


def occupied(*by_class, at=NOON):
    return ZoneOccupied("gate", at, "square", by_class, 0.8)


def stored(*events):
    """As the store gives them: newest first."""
    rows = []
    for number, event in enumerate(events):
        members = event_json(event)
        about = concerns(event)
        rows.append(
            StoredEvent(
                number, event.time_ns, event.camera, members["topic"], about, members["Source"], members["Data"]
            )
        )
    return rows[::-1]


WALKER = LineCrossed("gate", NOON, "north", "forward", 7, "pedestrian", 0.9, 1.4)


@pytest.mark.parametrize(
    ("word", "event", "gone", "kept"),
    [
        ("a walker", WALKER, ["track_id", "speed_mps"],
         {"kind": "line_crossed", "line": "north", "direction": "forward", "label": "pedestrian"}),
        ("a rider in a zone", ZoneChanged("gate", NOON, "z", "entered", 7, "bicycle", 2.0, 0.9), ["track_id"],
         {"label": "bicycle"}),
        ("a car and a walker",
         NearMiss("gate", NOON, "n", "time_to_collision", 1.0, 7, "car", 8, "pedestrian", 2.0, 3.0, 0.9),
         ["track_id", "other_id"], {"label": "car", "other_label": "pedestrian"}),
        ("not known to be a vehicle", LineCrossed("gate", NOON, "a", "forward", 7, "unknown", 0.9), ["track_id"], {}),
        ("a car", LineCrossed("gate", NOON, "a", "forward", 7, "car", 0.9, 9.0), [], {"track_id": 7, "speed_mps": 9.0}),
        ("a camera", SourceChanged("gate", NOON, "lost", "no data"), [], {"reason": "no data"}),
    ],
)  # fmt: skip
def test_ids_of_persons(word, event, gone, kept):
    members = Grouped()(event)
    assert {name: members[name] for name in gone} == dict.fromkeys(gone), word
    assert members | kept == members, word
    ((_, data),) = grouped_data(stored(event))
    assert ("ObjectId" in data) == ("track_id" in kept), word
    assert "OtherObjectId" not in data, word


@pytest.mark.parametrize(
    ("word", "by_class", "shown", "below"),
    [
        ("few persons", [("car", 2), ("pedestrian", 9)], [["car", 2]], True),
        ("many, of two classes", [("bicycle", 4), ("pedestrian", 6)], [["person", 10]], False),
        ("not known to be vehicles", [("unknown", 3)], [], True),
    ],
)
def test_who_is_in_a_zone(word, by_class, shown, below):
    members = Grouped()(occupied(*by_class))
    assert (members["by_class"], "persons_below" in members) == (shown, below), word
    ((_, data),) = grouped_data(stored(occupied(*by_class)))
    assert (data["ByClass"], "PersonsBelow" in data) == (dict(shown), below), word


def test_numbers_that_look_the_same_do_not_tell_that_somebody_moved():
    events = [occupied(("pedestrian", n), at=NOON + n) for n in (1, 2, 3)] + [occupied(("car", 1), at=NOON + 9)]
    write = Grouped()
    assert [write(event) is not None for event in events] == [True, False, False, True]
    assert [one.time_ns - NOON for one, _ in grouped_data(stored(*events))] == [9, 1], "newest first, the oldest stays"


def test_a_row_of_a_zone_that_cannot_be_read_is_left_out():
    (row,) = stored(occupied(("pedestrian", 1)))
    broken = StoredEvent(1, NOON, "gate", row.topic, "nobody", {}, {"ByClass": {"pedestrian": 1}})
    assert grouped_data([broken]) == []


def test_files_of_counts_merge_persons():
    def rows(*numbers):
        for minute, number in enumerate(numbers):
            yield CountRow("gate", "a", "forward", minute * MINUTE_NS, 1, {"pedestrian": number, "car": 1})

    merged = grouped_counts(list(rows(4, 4, 4)), 1)
    people = [(row.start_ns, row.minutes, row.by_class) for row in merged if "pedestrian" in row.by_class]
    assert people == [(0, 3, {"pedestrian": 12})]
    assert sum(row.by_class.get("car", 0) for row in merged) == 3
    assert not any("pedestrian" in row.by_class for row in grouped_counts(list(rows(4, 5)), 1))
    assert list(grouped_counts([], 1)) == []


def test_the_live_list_and_the_file(ports, add, browser, kit, ask):
    ports.past = [WALKER, occupied(("pedestrian", 3)), occupied(("pedestrian", 2))]
    add("ann", kit.viewer, kit.operator)
    ann = browser("ann")
    events = ann.ask("GET", "/api/v1/events").json()["events"]
    assert [(one["kind"], one.get("track_id")) for one in events] == [("line_crossed", None), ("zone_occupied", None)]
    assert events[1]["by_class"] == []
    text = ann.ask("GET", "/api/v1/cameras/gate/counts.csv").text
    assert {row["class"] for row in csv.DictReader(io.StringIO(text))} == {"car"}
    alone = create_app(ports, PageSettings())  # of watch and demo: as it is
    assert ask(alone, "GET", "/api/v1/events").json()["events"][0]["track_id"] == 7
    assert "bicycle" in ask(alone, "GET", "/api/v1/cameras/gate/counts.csv").text


def test_the_live_page(ports, add, browser, app, kit, people, page):
    from websockets.sync.client import connect

    ports.past = [WALKER, occupied(("pedestrian", 3))]
    add("ann", kit.viewer)
    cookies = "; ".join(f"{name}={text}" for name, text in browser("ann").cookies.items())
    with serve(app, PageSettings(port=0)) as running:
        assert isinstance(running, Served)
        with connect(
            f"{running.url.replace('http', 'ws')}api/v1/live", additional_headers={"Cookie": cookies}
        ) as socket:
            hello = json.loads(socket.recv(timeout=20))
            assert [one.get("track_id") for one in hello["events"]] == [None, None]
            ports.wait_for(lambda: len(ports.listeners) == 1)
            ports.tell(occupied(("pedestrian", 4)))  # says what the page was told before
            ports.tell(WALKER)
            event = next(
                one for one in iter(lambda: json.loads(socket.recv(timeout=20)), None) if one["type"] == "event"
            )
            assert (event["event"]["kind"], event["event"]["track_id"]) == ("line_crossed", None)
