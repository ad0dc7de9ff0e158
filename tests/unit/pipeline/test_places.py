"""Dots on the ground from boxes alone, what the board says of cameras with a place, and scores from outside."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sightline.config import load_settings
from sightline.core.clock import ManualClock
from sightline.core.errors import BadConfig, BadData
from sightline.core.frame import Frame
from sightline.core.ground import Mount, ground_points
from sightline.core.values import Attributes, Detections, Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.board import Board, Listed
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.census import Census
from sightline.pipeline.counting import Counting
from sightline.pipeline.meter import Meter
from sightline.pipeline.order import Analysed, CameraState, Stages
from sightline.pipeline.parking import Parking
from sightline.pipeline.places import STALE_S, places_of
from sightline.pipeline.ports import CameraScores, CountScore, Judged
from sightline.pipeline.worker import Worker
from sightline.privacy import Redactor
from sightline.track import Tracker
from sightline.video.gate import Patches

MOUNT = Mount(8.65, 49.87, 8.0, 30.0, 22.0, 60.0)
SIZE = (640, 360)


def analysed(*rows: tuple[int, str, tuple[float, float, float, float], bool], time_ns: int = 5) -> Analysed:
    """Tracks of one frame: id, class, box, parked."""
    n = len(rows)
    tracks = Tracks(
        np.array([box for _, _, box, _ in rows], np.float32).reshape(n, 4),
        np.ones(n, np.float32),
        np.array([CODE[label] for _, label, _, _ in rows], np.int16),
        np.array([track for track, _, _, _ in rows], np.int64),
        np.ones(n, np.float32),
        np.zeros(n, np.bool_),
    )
    parked = np.array([still for _, _, _, still in rows], np.bool_)
    return Analysed("gate", 1, time_ns, SIZE, Detections.empty(), tracks, parked, Attributes.empty(), (), ())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_000_000_000)


@pytest.fixture
def board(clock: ManualClock) -> Board:
    """One camera with a place and one without; both have analysed a frame just now."""
    board = Board(clock, Counting(load_settings().count), recent_events=10, detector="motion")
    empty: dict[str, Any] = {"dropped": {}, "ms": {}, "progress": None, "fps": None, "reason": "", "reconnects": 0}
    stats = SimpleNamespace(state="running", width=0, height=0, frames_read=1, **empty)
    for name, mount in (("gate", MOUNT), ("yard", None)):
        reader: Any = SimpleNamespace(stats=lambda: stats)
        state = CameraState(Patches(), Meter(clock), Census(), Parking())
        state.meter.tick()
        plan = CameraPlan(name, f"file:{name}", "live", mount=mount)
        board.add(Listed(plan, reader, state, newest=analysed((4, "bus", (300, 100, 420, 250), False))))
    return board


def test_dot_stands_where_the_box_stands() -> None:
    found = places_of([(MOUNT, analysed((4, "bus", (300, 100, 420, 250), False), time_ns=77))])
    wanted = ground_points(MOUNT, 640 / 360, np.array([[360 / 640, 250 / 360]]))
    assert np.allclose(found.lonlat, wanted, rtol=0, atol=0.5001e-5), "to a metre"
    assert (found.labels.tolist(), found.time_ns) == ([CODE["bus"]], 77)


@pytest.mark.parametrize(
    ("row", "dots"),
    [
        ((4, "car", (10, 150, 60, 200), False), 1),
        ((4, "car", (10, 150, 60, 200), True), 0),
        ((-1, "car", (10, 150, 60, 200), False), 0),
        ((4, "car", (10, 2, 60, 10), False), 0),
        ((4, "car", (-90, 300, 60, 420), False), 1),
    ],
    ids=["moves", "parked", "not confirmed", "foot above the horizon", "reaches out of the picture"],
)
def test_who_is_a_dot(row: Any, dots: int) -> None:
    low = Mount(8.65, 49.87, 8.0, 30.0, 8.0, 60.0)
    assert len(places_of([(low, analysed(row))])) == dots


def test_several_cameras_and_none() -> None:
    one = analysed((4, "bus", (300, 100, 420, 250), False), time_ns=9)
    assert len(places_of([])) == 0
    both = places_of([(MOUNT, one), (MOUNT, analysed(time_ns=12)), (MOUNT, one)])
    assert (len(both), both.time_ns) == (2, 12)


def test_no_dots_of_a_camera_that_sees_no_more(board: Board, clock: ManualClock) -> None:
    assert len(board.places()) == 1, "the camera without a place gives none"
    clock.advance(STALE_S + 0.1)
    assert len(board.places()) == 0


def test_status_says_the_place(board: Board) -> None:
    gate, yard = board.cameras()
    assert (gate.lon, gate.lat, gate.bearing_deg) == (8.65, 49.87, 30.0)
    assert (yard.lon, yard.lat, yard.bearing_deg) == (None, None, None)
    assert board.mounts() == {"gate": MOUNT}


def test_scores_come_from_outside_and_are_told_once(board: Board) -> None:
    heard: list[Any] = []
    board.subscribe(heard.append, ())
    scores = CameraScores(63.0, None, (CountScore("north", "forward", 4, 5),))
    assert board.scores() == {}
    board.judge("gate", scores)
    board.judge("gate", scores)
    assert board.scores() == {"gate": scores}
    assert heard == [Judged("gate")]
    with pytest.raises(KeyError):
        board.judge("nowhere", scores)


class Walker:
    """A source of pictures with one box that walks to the right."""

    def __iter__(self) -> Iterator[Frame]:
        for index in range(1, 13):
            yield Frame("gate", index, index * 100_000_000, np.full((60, 200, 3), index, np.uint8))

    def close(self) -> None:
        pass


def test_worker_puts_its_newest_analysis_on_the_map(clock: ManualClock) -> None:
    settings = load_settings(detect={"detector": "motion"})

    def detect(frames: Sequence[Frame]) -> list[Detections]:
        lefts = [3.0 * float(frame.pixels[0, 0, 0]) for frame in frames]
        boxes = [np.array([[left, 20, left + 12, 50]], np.float32) for left in lefts]
        return [Detections(box, np.ones(1, np.float32), np.array([CODE["pedestrian"]], np.int16)) for box in boxes]

    counting = Counting(settings.count)
    board = Board(clock, counting, recent_events=10, detector="none")
    redact = Redactor(None, None, settings.privacy)  # nobody looks at pictures
    plan = CameraPlan("gate", "drawn:gate", "file", opener=Walker, mount=MOUNT)
    stages = Stages(detect=detect, follow=Tracker(settings.track), describe=None, counting=counting)
    worker = Worker([plan], stages, redact, board, settings, clock)
    worker.start()
    assert worker.wait(20)
    worker.stop()
    found = board.places()
    assert (found.labels.tolist(), found.time_ns) == ([CODE["pedestrian"]], 1_200_000_000)
    wanted = ground_points(MOUNT, 200 / 60, np.array([[(36 + 6) / 200, 50 / 60]]))
    assert np.allclose(found.lonlat, wanted, rtol=0, atol=1e-5), "where the box stood last, to a metre"


POINT = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}}


def test_base_map_is_kept_as_given(board: Board) -> None:
    assert board.plan_map() is None
    given = {"type": "FeatureCollection", "features": [POINT]}
    board.set_map(given)
    assert board.plan_map() == given
    given["features"] = []
    assert board.plan_map() != given, "what is changed outside later does not reach the page"
    board.set_map(None)
    assert board.plan_map() is None


@pytest.mark.parametrize(
    ("collection", "sentence"),
    [
        ({}, "expected a GeoJSON FeatureCollection, got type None"),
        ({"type": "Feature", "features": []}, "got type 'Feature'"),
        (
            {"type": "FeatureCollection", "features": [POINT, {"type": "Feature"}]},
            "feature 2: expected a feature",
        ),
        ({"type": "FeatureCollection", "features": ["x"]}, "feature 1: expected a feature"),
        ({"type": "FeatureCollection", "features": [POINT | {"properties": {"a": np.bool_(True)}}]}, "JSON can hold"),
        ({"type": "FeatureCollection", "features": [POINT | {"properties": {"a": float("nan")}}]}, "JSON can hold"),
    ],
)
def test_base_map_that_is_none(board: Board, collection: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadData, match=f"^map.*{sentence}"):
        board.set_map(collection)
    assert board.plan_map() is None


def test_a_place_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadConfig, match=r"mount\.height_m"):
        Mount(8.65, 49.87, -1.0, 0.0, 20.0, 60.0)


def test_the_order_of_dots_tells_nothing_of_cameras_and_tracks() -> None:
    rows = [(1, "car", (300, 100, 420, 250), False), (2, "pedestrian", (100, 120, 120, 180), False)]
    there = places_of([(MOUNT, analysed(*rows, time_ns=77))])
    back = places_of([(MOUNT, analysed(*reversed(rows), time_ns=77))])
    assert np.array_equal(there.lonlat, back.lonlat)
    assert np.array_equal(there.labels, back.labels)
    assert (np.diff(there.lonlat[:, 0]) >= 0).all()
