"""Masks that are refused, each for its own reason."""

import pytest

from sightline.core.errors import BadConfig
from sightline.privacy.masks import checked_masks

SQUARE = [(0.1, 0.1), (0.5, 0.1), (0.5, 0.5)]


def test_good_masks_come_back_as_tuples():
    assert checked_masks("gate", [SQUARE]) == (((0.1, 0.1), (0.5, 0.1), (0.5, 0.5)),)


@pytest.mark.parametrize(
    ("word", "polygon", "says"),
    [
        ("two corners", [(0, 0), (1, 1)], "corners"),
        ("no area", [(0, 0), (0.5, 0.5), (1, 1)], "area"),
        ("pixels instead of shares", [(0, 0), (640, 0), (640, 360)], "shares"),
        ("negative", [(-0.1, 0), (1, 0), (1, 1)], "shares"),
        ("not a number", [(float("nan"), 0), (1, 0), (1, 1)], "shares"),
        ("three numbers", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], "shares"),
        ("endless", [(0, 0), (1, 0), (1, 1)] * 100, "corners"),
    ],
)
def test_bad_masks_are_refused_in_one_sentence(word, polygon, says):
    with pytest.raises(BadConfig, match=says) as caught:
        checked_masks("gate", [SQUARE, polygon])
    assert "mask 2 of camera 'gate'" in str(caught.value), word


def test_too_many_masks_are_refused():
    with pytest.raises(BadConfig, match="at most"):
        checked_masks("gate", [SQUARE] * 65)
