"""The slots: reused, grown when needed, given back after a rush."""

import numpy as np

from sightline.track import columns as c
from sightline.track.columns import Columns


def fill(columns: Columns, count: int, camera: int) -> np.ndarray:
    slots = columns.take(count)
    columns.integers[c.CAMERA, slots] = camera
    columns.integers[c.SERIAL, slots] = np.arange(count)[::-1]
    return slots


def test_slots_are_reused() -> None:
    columns = Columns()
    first = fill(columns, 10, 0)
    before = columns.slots
    for _ in range(100):
        columns.free(first)
        first = fill(columns, 10, 0)
    assert columns.slots == before


def test_tracks_come_by_birth_whatever_their_slots() -> None:
    columns = Columns()
    slots = fill(columns, 5, 3)
    assert columns.of_camera(3).tolist() == slots[::-1].tolist()
    position = np.array([-1, -1, -1, 0, -1])
    assert columns.of_cameras(position)[0].tolist() == slots[::-1].tolist()


def test_memory_comes_back_after_a_rush() -> None:
    columns = Columns()
    small = columns.slots
    kept = fill(columns, 3, 0)
    columns.floats[c.SCORE, kept] = [1.0, 2.0, 3.0]
    rush = fill(columns, 5000, 1)
    assert columns.slots >= 5003
    columns.free(rush)
    columns.shrink()
    assert columns.slots == small
    assert columns.floats[c.SCORE, columns.of_camera(0)].tolist() == [3.0, 2.0, 1.0]
