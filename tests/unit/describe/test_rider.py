"""Finding the rider above the two-wheeler."""

import numpy as np
import pytest

from sightline.describe.rider import person_part, rider_column, trunk_pixels


def scene(left: int, right: int) -> np.ndarray:
    """Gray street 120 x 100 px, a dark trunk between two columns, a white frame below."""
    crop = np.full((100, 120, 3), 130, np.uint8)
    crop[5:45, left:right] = (60, 30, 20)
    crop[60:90, 10:110] = 240
    return crop


@pytest.mark.parametrize(("left", "right"), [(20, 40), (50, 70), (85, 105)], ids=["left", "middle", "right"])
def test_the_column_is_where_the_trunk_is(left: int, right: int) -> None:
    crop = scene(left, right)
    column = rider_column(crop)
    assert left / 120 <= column <= right / 120
    assert np.median(trunk_pixels(crop, column)[0], axis=0).tolist() == [60, 30, 20]
    assert person_part(crop, column).shape == (100, 50, 3)


@pytest.mark.parametrize("size", [(100, 120), (3, 3), (1, 1), (2, 200)], ids=str)
def test_nothing_stands_out(size: tuple[int, int]) -> None:
    crop = np.full((*size, 3), 130, np.uint8)
    assert rider_column(crop) == 0.5
    assert trunk_pixels(crop, 0.5).shape[2] == 3
    assert person_part(crop, 0.5).size > 0
