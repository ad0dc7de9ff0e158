"""The measures of a picture."""

import math
from typing import Any

import pytest

from sightline.core.health import PictureHealth

GOOD: dict[str, Any] = {"brightness": 0.5, "sharpness": 1.2, "changed_share": 0.1, "moved": False, "frozen_s": 0.0}


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("too bright", {"brightness": 1.1}),
        ("no number", {"sharpness": math.nan}),
        ("more than all", {"changed_share": 1.5}),
        ("less than nothing", {"frozen_s": -1.0}),
    ],
)
def test_refuses(word: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"PictureHealth.{next(iter(change))}: expected"):
        PictureHealth(**GOOD | change)


def test_takes_what_is_right() -> None:
    assert PictureHealth(**GOOD).sharpness == 1.2, "sharper than usual"
