"""A picture's health against its usual one, on a drawn street."""

import cv2
import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.core.health import PictureHealth
from sightline.video.health import HealthMeter

W, H = 640, 360
S = 1_000_000_000


def street() -> np.ndarray:
    """Textured ground with houses' edges (h, w) f32."""
    rng = np.random.default_rng(3)
    ground = cv2.resize(rng.uniform(70, 180, (45, 80)).astype(np.float32), (W, H), interpolation=cv2.INTER_CUBIC)
    for _ in range(60):
        left, top = int(rng.integers(0, W - 60)), int(rng.integers(0, H - 40))
        cv2.rectangle(ground, (left, top), (left + 40, top + 24), float(rng.uniform(30, 220)), -1)
    return ground


STREET = street()


class Seen:
    """A meter that sees a picture every two seconds, with the sensor's noise."""

    def __init__(self, noise: float = 2.0) -> None:
        self.meter, self.noise, self.count = HealthMeter(), noise, 0
        self.grain = np.random.default_rng(1).standard_normal((1 + H // 4, W * 8)).astype(np.float32).reshape(-1)

    def look(self, grey: np.ndarray, *, layout: str = "i420", noise: float | None = None) -> PictureHealth:
        self.count += 1
        deviation = self.noise if noise is None else noise
        grain = np.resize(np.roll(self.grain, 7919 * self.count), grey.shape) if deviation else 0.0
        noisy = np.clip(grey + deviation * grain, 0, 255).astype(np.uint8)
        if layout == "bgr":
            return self.meter.look(Frame("cam", self.count, self.count * 2 * S, np.repeat(noisy[..., None], 3, 2)))
        chroma = np.full((grey.shape[0] // 2, grey.shape[1]), 128, np.uint8)
        frame = Frame("cam", self.count, self.count * 2 * S, np.concatenate([noisy, chroma]), "i420")
        return self.meter.look(frame)

    def usual(self, looks: int = 22, **more: object) -> "Seen":
        for _ in range(looks):
            self.look(STREET, **more)  # type: ignore[arg-type]
        return self


SAME = {
    "nothing": STREET,
    "dusk": 16 + (STREET - 16) * 0.35,
    "a cloud": STREET * 0.8,
    "low contrast": 90 + (STREET - 90) * 0.6,
    "a swaying mast": np.roll(STREET, (1, 2), (0, 1)),
}


@pytest.mark.parametrize("layout", ["i420", "bgr"])
@pytest.mark.parametrize("word", SAME)
def test_the_same_view_in_another_light(word: str, layout: str) -> None:
    health = Seen().usual(layout=layout).look(SAME[word], layout=layout)
    assert health.changed_share < 0.2
    assert not health.moved
    assert health.sharpness > 0.6
    assert health.frozen_s == 0


def test_brightness_is_of_the_video_range() -> None:
    seen = Seen()
    assert seen.look(np.full((H, W), 16.0), noise=0).brightness == pytest.approx(0)
    assert seen.look(np.full((H, W), 235.0), noise=0).brightness == pytest.approx(1)
    assert Seen().look(np.full((H, W), 255.0), noise=0, layout="bgr").brightness == pytest.approx(1)


def test_a_cover_leaves_no_structure() -> None:
    health = Seen().usual().look(np.full((H, W), 90.0))
    assert health.changed_share > 0.9
    assert not health.moved


def test_another_view_has_moved_once_it_is_steady() -> None:
    seen = Seen().usual()
    other = np.roll(STREET[::-1, ::-1], 90, 1)
    assert seen.look(other).changed_share > 0.8
    assert [seen.look(other).moved for _ in range(8)][-1]


def test_blur_is_seen_and_light_is_not_mistaken_for_it() -> None:
    blurred = cv2.GaussianBlur(STREET, (0, 0), 2.5)
    seen = Seen(noise=0.7).usual()
    assert seen.look(blurred).sharpness < 0.3
    assert seen.look(16 + (STREET - 16) * 0.5).sharpness > 0.8


def test_frozen_counts_seconds_of_exactly_the_same_picture() -> None:
    seen = Seen().usual()
    still = [seen.look(STREET, noise=0).frozen_s for _ in range(6)]
    assert still == [0, 2, 4, 6, 8, 10]
    assert seen.look(STREET, noise=1.0).frozen_s == 0  # a sensor's noise, however little, is life


def test_time_without_pictures_is_no_freezing() -> None:
    seen = Seen(noise=0).usual()
    seen.meter.restart((seen.count + 500) * 2 * S)
    seen.count += 500
    assert seen.look(STREET).frozen_s <= 2


def test_a_view_that_stays_changed_becomes_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sightline.video.health._RELEARN_NS", 60 * S)
    seen = Seen().usual()
    other = np.roll(STREET[::-1, ::-1], 90, 1)
    changed = [seen.look(other).changed_share for _ in range(60)]  # two minutes
    assert changed[5] > 0.8
    assert changed[-1] < 0.1


@pytest.mark.parametrize("size", [(2, 2), (16, 16), (64, 48), (2048, 32)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    seen = Seen()
    picture = np.random.default_rng(0).uniform(0, 255, size[::-1])
    for _ in range(30):
        seen.look(picture)


def test_between_two_looks_nothing_is_measured() -> None:
    meter = HealthMeter()
    pixels = np.full((H, W, 3), 90, np.uint8)
    first = meter.look(Frame("cam", 1, S, pixels))
    assert meter.look(Frame("cam", 2, S + S // 2, np.zeros_like(pixels))) is first
