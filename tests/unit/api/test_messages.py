"""The wire format: there and back, and cut short."""

import json

import pytest

from sightline.api.messages import overlay_text, pack_picture, status_text, unpack_picture


def test_picture_there_and_back(make):
    picture = make.picture("süd", 7)
    header, jpeg = unpack_picture(pack_picture(picture))
    assert jpeg == picture.jpeg
    assert header == {
        "camera": "süd",
        "index": 7,
        "time_ns": 280_000_000,
        "width": 640,
        "height": 360,
        "pixelated": False,
        "reason": "",
    }


@pytest.mark.parametrize("length", [0, 3, 4, 20])
def test_cut_short(make, length):
    with pytest.raises(ValueError, match="picture message: expected"):
        unpack_picture(pack_picture(make.picture("gate", 1))[:length])


def test_time_is_exact(make):
    overlay = make.overlay("gate", 44_713_600_001)
    assert json.loads(overlay_text(overlay))["time_ns"] == 44_713_600_001 * 40_000_000


def test_state_without_numbers(make):
    text = status_text(make.status("gate", age_s=float("inf"), ms={"detect": float("nan")}))
    camera = json.loads(text)["camera"]
    assert camera["age_s"] is None
    assert camera["ms"] == {"detect": None}
