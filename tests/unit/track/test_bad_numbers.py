"""Bad numbers give defined answers: no exception, nothing tracked, everything counted."""

from collections.abc import Callable

import numpy as np
import pytest

from sightline.config import TrackSettings
from sightline.core.values import UNCONFIRMED, Detections
from sightline.core.vocabulary import CODE
from sightline.track import Sample, Tracker

Make = Callable[..., Sample]
Row = tuple[float, float, float, float, float, str]
MakeRow = Callable[..., Row]
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ((NAN, 0, 10, 10, 0.9, "car"), "NaN side"),
        ((0, 0, INF, 10, 0.9, "car"), "infinite side"),
        ((-INF, 0, INF, 10, 0.9, "car"), "infinite width"),
        ((10, 10, 10, 50, 0.9, "car"), "no width"),
        ((10, 50, 40, 50, 0.9, "car"), "no height"),
        ((40, 50, 10, 10, 0.9, "car"), "negative size"),
        ((0, 0, 1e20, 1e20, 0.9, "car"), "no picture is so large"),
        ((0, 0, 40, 40, NAN, "car"), "NaN score"),
        ((0, 0, 40, 40, -0.5, "car"), "negative score"),
        ((0, 0, 40, 40, INF, "car"), "infinite score"),
    ],
)
def test_rubbish_rows_stay_without_id(sample: Make, person: MakeRow, row: Row, word: str) -> None:
    tracker = Tracker()
    for k in range(3):
        tracks = tracker.update([sample(0.2 * k, [row, person(300, 500)])])[0]
    assert tracks.ids.tolist() == [UNCONFIRMED, 1], word
    assert tracker.stats("a").invalid == 3


def test_scores_over_one_count_as_one(sample: Make, person: MakeRow) -> None:
    tracker = Tracker()
    for k in range(2):
        tracks = tracker.update([sample(0.2 * k, [person(300, 500, 7.0)])])[0]
    assert tracks.ids.tolist() == [1]


@pytest.mark.parametrize(
    ("times", "word"),
    [
        ([0, 0, 0, 0], "the clock stands still"),
        ([5, 4.9, 4.8, 4.7], "the clock goes back"),
        ([-3, -2.9, -2.8, -2.7], "before the epoch"),
    ],
)
def test_odd_clocks_still_track(sample: Make, person: MakeRow, times: list[float], word: str) -> None:
    tracker = Tracker()
    # A detector's box trembles; the very same one at the very same time would be the same picture come twice.
    ids = [tracker.update([sample(t, [person(300 + k, 500)])])[0].ids.tolist() for k, t in enumerate(times)]
    assert ids == [[UNCONFIRMED], [1], [1], [1]], word


@pytest.mark.parametrize("later_s", [3600.0, -3600.0, 1e15, -1e15], ids=["hours", "back", "ages", "ages back"])
def test_a_gap_starts_anew(sample: Make, person: MakeRow, later_s: float) -> None:
    tracker = Tracker()
    for k in range(3):
        tracker.update([sample(0.2 * k, [person(300, 500)])])
    ids = [tracker.update([sample(later_s + 0.2 * k, [person(300, 500)])])[0].ids.tolist() for k in range(2)]
    assert ids[0] == [UNCONFIRMED]
    assert tracker.stats("a").gaps == 1


def test_ten_thousand_boxes_are_capped_by_score_and_counted(sample: Make) -> None:
    tracker = Tracker(TrackSettings(max_objects=100))
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 1200, (10_000, 2)).astype(np.float32)
    boxes = np.concatenate([corner, corner + rng.uniform(5, 60, (10_000, 2)).astype(np.float32)], axis=1)
    scores = rng.uniform(0.6, 1.0, 10_000).astype(np.float32)
    labels = np.full(10_000, CODE["pedestrian"], np.int16)
    for k in range(4):
        one = Sample("a", k * 200_000_000, (1280, 720), Detections(boxes, scores, labels))
        tracks = tracker.update([one])[0]
        assert len(tracks) == 10_000
    best = np.argsort(-scores, kind="stable")[:100]
    assert set(np.flatnonzero(tracks.ids != UNCONFIRMED)) == set(best)
    stats = tracker.stats("a")
    assert stats.over_limit == 4 * 9_900
    assert stats.live <= 100


def test_live_tracks_are_bounded_when_nothing_repeats(sample: Make) -> None:
    tracker = Tracker(TrackSettings(max_objects=50))
    rng = np.random.default_rng(4)
    for k in range(40):
        corner = rng.uniform(0, 1200, (50, 2))
        rows = [(x, y, x + 30, y + 60, 0.9, "pedestrian") for x, y in corner]
        tracker.update([sample(0.02 * k, rows)])
        assert tracker.stats("a").live <= 50
    assert tracker.stats("a").births_refused > 0
    assert tracker.stats("a").pairs_cut == 0, "spread over the picture, none is near to many"


def test_pairs_cut_in_a_heap_are_counted_for_their_camera(sample: Make, person: MakeRow) -> None:
    tracker = Tracker()
    rng = np.random.default_rng(3)
    for k in range(3):
        heap = [person(*at) for at in rng.normal(400, 3, (60, 2)).tolist()]
        tracker.update([sample(0.2 * k, heap), sample(0.2 * k, [person(300, 500)], camera="b")])
    assert tracker.stats("a").pairs_cut >= 60 * (60 - 24)
    assert tracker.stats("b").pairs_cut == 0


def test_empty_frames_and_empty_pictures(sample: Make, person: MakeRow) -> None:
    tracker = Tracker()
    assert [len(tracker.update([sample(k)])[0]) for k in range(3)] == [0, 0, 0]
    one = Sample("a", 10**10, (0, 0), sample(0, [person(300, 500)]).detections)
    assert tracker.update([one])[0].ids.tolist() == [UNCONFIRMED]
