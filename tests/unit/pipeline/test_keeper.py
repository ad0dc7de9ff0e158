"""The keeper: counts handed out once when a minute is over, events and ended tracks at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sightline.config import CountSettings
from sightline.core.clock import ManualClock
from sightline.core.events import Event, Line, SourceChanged
from sightline.core.summaries import TrackSummary
from sightline.core.values import Attributes, Detections, Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.counting import Counting
from sightline.pipeline.keeper import Keeper
from sightline.pipeline.order import Analysed
from sightline.pipeline.ports import CountRow, Overlay
from sightline.rules.scene import Sample

S = 1_000_000_000
START = 1_800_000_000 * S // (60 * S) * (60 * S)  # a whole minute


class Kept:
    """A store and a door that remember."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.put: list[CountRow] = []
        self.tracks: list[TrackSummary] = []
        self.over: list[CountRow] = []
        self.saw = 0

    def put_events(self, events: Sequence[Event]) -> int:
        self.events += events
        return len(events)

    def put_counts(self, rows: Sequence[CountRow]) -> int:
        self.put += rows
        return len(rows)

    def put_tracks(self, tracks: Sequence[TrackSummary]) -> int:
        self.tracks += tracks
        return len(tracks)

    def deliver(self, events: Sequence[Event]) -> None:
        self.events += events

    def counts(self, rows: Sequence[CountRow]) -> None:
        self.over += rows

    def seen(self, seen: Any) -> None:
        self.saw += 1


class OneCamera:
    """A board with one camera."""

    def cameras(self) -> list[Any]:
        return [type("Status", (), {"name": "gate"})()]


def car(time_ns: int, left: float, track: int = 1) -> Sample:
    tracks = Tracks(
        np.array([[left, 100, left + 40, 130]], np.float32),
        np.ones(1, np.float32),
        np.array([CODE["car"]], np.int16),
        np.array([track], np.int64),
        np.array([1.0], np.float32),
        np.zeros(1, np.bool_),
    )
    return Sample("gate", time_ns, (640, 360), tracks)


def drive(counting: Counting, keeper: Keeper, clock: ManualClock, track: int) -> None:
    """One car over the line, half a second before now."""
    nothing = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int16))
    for step in range(50):
        sample = car(clock.now_ns() + step * S // 10, 10.0 * step, track)
        counting.update(sample, [])
        empty = np.zeros(1, np.bool_)
        keeper.analysed(
            None,  # type: ignore[arg-type] # the picture is never looked at
            Analysed("gate", 1, sample.time_ns, (640, 360), nothing, sample.tracks, empty, Attributes.empty(), (), ()),
        )
    clock.advance(5)


def test_counts_events_and_tracks_find_their_ways() -> None:
    clock = ManualClock(START)
    counting, store, door = Counting(CountSettings()), Kept(), Kept()
    counting.set_lines("gate", [Line("in", (0.3, 0.0), (0.3, 1.0))])
    keeper, board = Keeper(counting, store, {"door": door}, clock), OneCamera()
    drive(counting, keeper, clock, 1)
    keeper.tick(board)  # type: ignore[arg-type]
    assert [sum(row.by_class.values()) for row in store.put] == [1], "the store gets a minute while it goes on"
    assert door.over == [], "doors get it when it is over"
    drive(counting, keeper, clock, 2)
    clock.advance(65)
    keeper.tick(board)  # type: ignore[arg-type]
    keeper.tick(board)  # type: ignore[arg-type]
    assert [(row.start_ns, row.by_class) for row in door.over] == [(START, {"car": 2})], "once"
    assert store.put[-1].by_class == {"car": 2}
    drive(counting, keeper, clock, 3)
    assert [track.track_id for track in store.tracks] == [1, 2], "ended long ago"
    keeper.left("gate")
    assert [track.track_id for track in store.tracks] == [1, 2, 3]
    assert [row.by_class for row in door.over] == [{"car": 2}, {"car": 1}], "the last minute goes out at the end"
    assert 10 <= door.saw <= 20, "once a second"


def test_only_events_are_kept_of_what_the_board_says() -> None:
    store, door = Kept(), Kept()
    keeper = Keeper(Counting(CountSettings()), store, {"door": door}, ManualClock(START))
    lost = SourceChanged("gate", START, "lost", "silent")
    keeper.happened(lost)
    keeper.happened(Overlay("gate", 1, START, ()))
    assert store.events == door.events == [lost]
