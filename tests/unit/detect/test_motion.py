"""The motion detector on drawn scenes with a still background."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.geometry import iou
from sightline.core.values import Detections
from sightline.core.vocabulary import CLASSES
from sightline.detect.motion import MotionDetector

WIDTH, HEIGHT = 640, 360
Draw = Callable[[np.ndarray, int], None]


def _street(seed: int = 1) -> np.ndarray:
    """A road with texture, BGR."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(95, 125, (HEIGHT // 8, WIDTH // 8, 3)).astype(np.uint8)
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def _frame(number: int, pixels: np.ndarray, layout: str = "bgr", camera: str = "street") -> Frame:
    noise = np.random.default_rng(number).normal(0, 1.5, pixels.shape)
    noisy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if layout == "i420":
        noisy = cv2.cvtColor(noisy, cv2.COLOR_BGR2YUV_I420)
    return Frame(camera, number, number * 100_000_000, noisy, layout)


def _play(draw: Draw, layout: str = "bgr", frames: int = 30) -> list[Detections]:
    detector, empty, seen = MotionDetector(DetectSettings()), _street(), []
    for number in range(1, frames + 1):
        pixels = empty.copy()
        if number > 12:
            draw(pixels, number)
        seen.extend(detector([_frame(number, pixels, layout)]))
    return seen


def _car(number: int) -> tuple[int, int, int, int]:
    left = 40 + 14 * (number - 12)
    return left, 200, left + 110, 250


def _walker(number: int) -> tuple[int, int, int, int]:
    left = 500 - 5 * (number - 12)
    return left, 120, left + 24, 190


def _paint(pixels: np.ndarray, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    pixels[box[1] : box[3], box[0] : box[2]] = colour


@pytest.mark.parametrize("layout", ["bgr", "i420"])
@pytest.mark.parametrize("colour", [(40, 40, 200), (200, 60, 40), (235, 235, 235), (20, 20, 20)])
def test_a_car_and_a_walker_are_found_tightly(layout: str, colour: tuple[int, int, int]) -> None:
    def draw(pixels: np.ndarray, number: int) -> None:
        _paint(pixels, _car(number), colour)
        _paint(pixels, _walker(number), (30, 120, 30))

    seen = _play(draw, layout)
    for number in range(14, 31):
        found = seen[number - 1]
        truth = np.array([_car(number), _walker(number)], float)
        overlap = iou(truth, found.boxes_px.astype(float))
        assert overlap.max(axis=1).min() > 0.7
        best = overlap.argmax(axis=1)
        assert [CLASSES[code] for code in found.labels[best]] == ["vehicle", "pedestrian"]
        assert found.scores[best].min() >= 0.6
        assert len(found) == 2


def test_an_empty_street_stays_empty() -> None:
    assert [len(found) for found in _play(lambda pixels, number: None, frames=40)] == [0] * 40


def test_a_shadow_beside_a_car_is_not_part_of_it() -> None:
    def draw(pixels: np.ndarray, number: int) -> None:
        left, top, right, bottom = _car(number)
        shade = pixels[bottom : bottom + 30, left:right]
        shade[:] = (shade * 0.65).astype(np.uint8)
        _paint(pixels, (left, top, right, bottom), (40, 40, 200))

    for number, found in enumerate(_play(draw)[14:], 15):
        assert len(found) >= 1
        truth = np.array([_car(number)], float)
        assert iou(truth, found.boxes_px[:1].astype(float))[0, 0] > 0.7


def test_what_stood_there_at_the_start_leaves_no_ghost() -> None:
    detector, seen = MotionDetector(DetectSettings()), []
    for number in range(1, 60):
        pixels = _street()
        left = 100 if number < 12 else 100 + 40 * (number - 11)
        _paint(pixels, (left, 200, left + 110, 250), (40, 40, 200))
        seen.extend(detector([_frame(number, pixels)]))
    for found in seen[16:22]:
        assert len(found) == 1, "only the car that drove off, not the place it left"
    assert [len(found) for found in seen[30:]] == [0] * 29


def test_light_that_drifts_is_no_motion() -> None:
    def draw(pixels: np.ndarray, number: int) -> None:
        pixels[:] = (pixels * (1 + 0.012 * (number - 12))).astype(np.uint8)

    assert sum(len(found) for found in _play(draw, frames=40)) == 0


def test_a_picture_that_changes_as_a_whole_starts_anew() -> None:
    detector = MotionDetector(DetectSettings())
    for number in range(1, 21):
        detector([_frame(number, _street())])
    other = _street(seed=9)[::-1] // 2
    other[: HEIGHT // 2] = (10, 60, 120)
    after = [len(detector([_frame(number, other)])[0]) for number in range(21, 41)]
    assert after[-10:] == [0] * 10


def test_cameras_are_kept_apart_and_forgotten() -> None:
    detector = MotionDetector(DetectSettings())
    for number in range(1, 16):
        found = detector([_frame(number, _street(), camera="a"), _frame(number, _street(3) // 2, camera="b")])
        assert [len(rows) for rows in found] == [0, 0]
    busy = _street()
    _paint(busy, (200, 200, 310, 250), (40, 40, 200))
    assert len(detector([_frame(16, busy, camera="a")])[0]) == 1
    detector.forget("a")
    detector.forget("never seen")
    assert len(detector([_frame(17, busy, camera="a")])[0]) == 0


def test_a_resolution_that_changes_is_learnt_anew() -> None:
    detector = MotionDetector(DetectSettings())
    for number in range(1, 13):
        detector([_frame(number, _street())])
    small = cv2.resize(_street(), (320, 180))
    assert [len(detector([_frame(number, small)])[0]) for number in range(13, 30)] == [0] * 17


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (1, 1), (2, 400), (4000, 3)])
def test_any_size_of_picture_is_read(size: tuple[int, int]) -> None:
    detector = MotionDetector(DetectSettings())
    for number in range(1, 12):
        pixels = np.full((size[1], size[0], 3), 50 + 10 * (number > 8), np.uint8)
        assert len(detector([Frame("c", number, number * 40_000_000, pixels)])) == 1
