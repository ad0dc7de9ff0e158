"""The census: each track once, under its newest class."""

import numpy as np

from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.census import REMEMBERED, Census


def tracks(*rows: tuple[int, str]) -> Tracks:
    n = len(rows)
    return Tracks(
        np.zeros((n, 4), np.float32),
        np.ones(n, np.float32),
        np.array([CODE[name] for _, name in rows], np.int16),
        np.array([track for track, _ in rows], np.int64),
        np.zeros(n, np.float32),
        np.zeros(n, np.bool_),
    )


def test_counts_confirmed_tracks_once_under_their_newest_class() -> None:
    census = Census()
    assert census.see(tracks((1, "vehicle"), (2, "pedestrian"), (-1, "car"))) == []
    assert census.see(tracks((1, "truck"), (2, "pedestrian"))) == [(1, "truck")]
    assert census.by_class() == {"truck": 1, "pedestrian": 1}


def test_memory_is_bounded_and_counts_are_not_lost() -> None:
    census = Census()
    for first in range(0, 3 * REMEMBERED, 64):
        census.see(tracks(*((track, "car") for track in range(first, first + 64))))
    assert census.by_class() == {"car": 3 * REMEMBERED}


def test_a_track_is_gone_once_after_a_while() -> None:
    census = Census()
    seconds = 1_000_000_000
    assert census.gone(tracks((1, "car"), (2, "car")), 0).tolist() == []
    assert census.gone(tracks((2, "car")), 9 * seconds).tolist() == []
    assert census.gone(tracks((2, "car")), 11 * seconds).tolist() == [1]
    assert census.gone(tracks(), 12 * seconds).tolist() == []
    assert census.gone(tracks(), 1 * seconds).tolist() == [2], "time that jumped back ends what was before"
