"""Names of flat and mixed patches."""

import numpy as np
import pytest

from sightline.core.vocabulary import COLOURS
from sightline.describe.colour import colour_shares


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((250, 250, 250), "white"),
        ((128, 128, 128), "gray"),
        ((12, 12, 12), "black"),
        ((190, 20, 30), "red"),
        ((20, 120, 40), "green"),
        ((25, 60, 160), "blue"),
        ((240, 210, 20), "yellow"),
        ((240, 120, 20), "orange"),
        ((100, 60, 30), "brown"),
        ((245, 170, 190), "pink"),
        ((90, 40, 130), "purple"),
        ((220, 200, 165), "beige"),
    ],
)
def test_plain_colours(rgb: tuple[int, int, int], name: str) -> None:
    patch = np.empty((9, 7, 3), np.uint8)
    patch[:] = rgb[::-1]
    shares = colour_shares(patch)
    assert COLOURS[int(shares.argmax())] == name
    assert shares.sum() == pytest.approx(1, abs=1e-4)


def test_shares_follow_the_area_of_a_large_patch() -> None:
    patch = np.zeros((256, 256, 3), np.uint8)
    patch[:64] = 255
    shares = dict(zip(COLOURS, colour_shares(patch).tolist(), strict=True))
    assert shares["white"] == pytest.approx(0.25, abs=0.05)
    assert shares["black"] == pytest.approx(0.75, abs=0.05)


def test_an_empty_patch_says_nothing() -> None:
    shares = colour_shares(np.zeros((0, 5, 3), np.uint8))
    assert np.ptp(shares) == 0
