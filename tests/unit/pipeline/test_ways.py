"""Ways of tracks: where they went, when they ended, what is not kept of persons, and that nothing grows for ever."""

import numpy as np
import pytest

from sightline.core.summaries import FULL_SCALE, TrackSummary
from sightline.core.values import Attributes, Detections, Tracks
from sightline.core.vocabulary import ATTRIBUTES, CODE
from sightline.pipeline.order import Analysed
from sightline.pipeline.ways import MOST_POINTS, Ways

SECOND = 1_000_000_000
SIZE = (200, 100)


def analysed(
    time_s: float, x: float | None, *, label: str = "car", id: int = 7, held: bool = False, dressed: bool = False
) -> Analysed:
    there = x is not None
    boxes = np.array([[x - 10, 20, x + 10, 50]] if x is not None else np.zeros((0, 4)), np.float32)
    n = int(there)
    attributes = Attributes.empty()
    if dressed:
        name = next(iter(ATTRIBUTES))
        values = np.full((1, len(ATTRIBUTES)), -1, np.int16)
        values[0, list(ATTRIBUTES).index(name)] = 0
        attributes = Attributes(np.array([id]), values, np.full((1, len(ATTRIBUTES)), 0.9, np.float32))
    tracks = Tracks(
        boxes,
        np.full(n, 0.8, np.float32),
        np.full(n, CODE[label], np.int16),
        np.full(n, id, np.int64),
        np.zeros(n, np.float32),
        np.full(n, held),
    )
    detections = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int16))
    return Analysed(
        "gate", 1, round(time_s * SECOND), SIZE, detections, tracks, np.zeros(n, np.bool_), attributes, (), ()
    )


def test_a_way_from_first_to_last_place() -> None:
    ways = Ways()
    for step in range(11):
        assert ways.see(analysed(100 + step / 5, 20.0 + 10 * step)) == []
    assert ways.see(analysed(111.9, None)) == [], "it may yet come back"
    (one,) = ways.see(analysed(112.0, None))
    assert (one.camera, one.track_id, one.label) == ("gate", 7, "car")
    assert (one.began_ns, one.ended_ns) == (100 * SECOND, 102 * SECOND)
    assert one.likelihood == pytest.approx(0.8)
    assert one.times_ms.tolist() == [0, 600, 1200, 1800], "two samples a second at most"
    assert one.feet[0].tolist() == [round(20 / 200 * FULL_SCALE), round(50 / 100 * FULL_SCALE)]
    assert ways.see(analysed(130, None)) == [], "each is told once"


def test_held_and_unconfirmed_rows_are_no_way() -> None:
    ways = Ways()
    ways.see(analysed(1, 50, held=True))
    ways.see(analysed(1.1, 50, id=-1))
    assert ways.finish("gate") == []


@pytest.mark.parametrize(("label", "kept"), [("car", True), ("pedestrian", False), ("bicycle", False)])
def test_how_persons_look_is_not_kept(label: str, kept: bool) -> None:
    ways = Ways()
    ways.see(analysed(1, 50, label=label, dressed=True))
    (one,) = ways.finish("gate")
    assert bool(one.attributes) is kept


def test_a_long_way_is_thinned_and_bounded() -> None:
    ways = Ways()
    for second in range(0, 3 * 3600, 1):
        ways.see(analysed(float(second), 20.0 + second % 150))
    (one,) = ways.finish("gate")
    assert MOST_POINTS // 2 <= len(one.times_ms) <= MOST_POINTS
    assert one.times_ms[0] == 0
    steps = np.diff(one.times_ms.astype(np.int64))
    assert steps.max() <= 2 * steps.min(), "the whole way alike"


def test_cameras_are_apart_and_time_that_goes_back_ends_ways() -> None:
    ways = Ways()
    ways.see(analysed(100, 50))
    assert ways.finish("other") == []
    (one,) = ways.see(analysed(5, None))
    assert isinstance(one, TrackSummary)
