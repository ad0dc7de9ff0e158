"""Paths of tracks as bytes, and fewer points of them."""

import numpy as np
import pytest

from sightline.core.errors import BadData
from sightline.core.summaries import MOST_POINTS
from sightline.store.path import packed, thinned, unpacked


def _path(points: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    columns = np.array(points, np.int64).reshape(-1, 3)
    return columns[:, 0].astype(np.uint32), columns[:, 1:].astype(np.uint16)


@pytest.mark.parametrize(
    ("points", "size"),
    [
        pytest.param([], 2, id="no point: version and count"),
        pytest.param([(0, 0, 0)], 5, id="zeros take a byte each"),
        pytest.param([(4294967295, 65535, 0)], 2 + 5 + 3 + 1, id="largest numbers"),
        pytest.param([(0, 100, 100), (100, 90, 101), (200, 80, 102)], 13, id="small steps, also backwards"),
    ],
)
def test_there_and_back(points: list[tuple[int, int, int]], size: int) -> None:
    times, feet = _path(points)
    path = packed(times, feet)
    assert len(path) == size
    for got, given in zip(unpacked(path), (times, feet), strict=True):
        assert got.dtype == given.dtype
        assert got.shape == given.shape
        assert (got == given).all()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x02\x00", id="another version"),
        pytest.param(b"\x01", id="no count"),
        pytest.param(b"\x01\x80", id="cut within a number"),
        pytest.param(b"\x01\x02\x00\x00\x00", id="fewer numbers than the count says"),
        pytest.param(b"\x01" + b"\xff" * 9 + b"\x01" + b"\x00" * 9, id="a count of 64 bits"),
        pytest.param(b"\x01\x01\x00\x01\x00", id="a place left of the picture"),
        pytest.param(b"\x01\x01\xff\xff\xff\xff\xff\x01\x00\x00", id="a time over 32 bits"),
        pytest.param(b"\x01" + b"\x00" * (30 * MOST_POINTS + 40), id="far too many points"),
    ],
)
def test_other_bytes_are_refused(path: bytes) -> None:
    with pytest.raises(BadData, match="path: expected"):
        unpacked(path)


def test_thinning_keeps_turns_and_changes_of_speed() -> None:
    # Even along x, then a stop of 2 s, then up along y.
    points = [(t, 1000 + t, 5000) for t in range(0, 1001, 100)]
    points += [(t, 2000, 5000) for t in range(1100, 3001, 100)]
    points += [(t, 2000, 5000 + (t - 3000)) for t in range(3100, 4001, 100)]
    times, _ = thinned(*_path(points), tolerance=5)
    assert times.tolist() == [0, 1000, 3000, 4000]


def test_a_long_path_is_thinned_piece_by_piece() -> None:
    straight = [(t, t // 2, 0) for t in range(5000)]
    times, _ = thinned(*_path(straight), tolerance=2)
    assert times.tolist() == [0, 1024, 2048, 3072, 4096, 4999]
