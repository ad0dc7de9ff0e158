"""The motion detector on drawn streets, and on plain scenes with a still background."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest

from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.geometry import iou
from sightline.core.values import Detections
from sightline.core.vocabulary import CLASSES, CODE, TWO_WHEELERS, VEHICLES
from sightline.detect.motion import MotionDetector
from sightline.simulate.street import Truth, scene

WIDTH, HEIGHT = 640, 360
SURE = 0.6  # from which a detection starts a track
GROUPS = ({CODE[n] for n in VEHICLES}, {CODE[n] for n in TWO_WHEELERS}, {CODE["pedestrian"]})
Draw = Callable[[np.ndarray, int], None]


@cache
def _drawn() -> list[tuple[np.ndarray, Truth]]:
    street = scene(7, (WIDTH, HEIGHT), 10.0, view=0)
    return [(picture.copy(), truth) for picture, truth in (street.frame(index) for index in range(1, 25))]


@cache
def _detector() -> MotionDetector:
    """One for all tests, because compiling takes time; each test has a camera of its own."""
    return MotionDetector(DetectSettings(), threads=1)


def _in_layout(pixels: np.ndarray, layout: str) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420) if layout == "i420" else pixels


@pytest.mark.parametrize("layout", ["bgr", "i420"])
def test_most_road_users_of_a_drawn_street_are_found_and_named(layout: str) -> None:
    wanted = found = named = wrong = 0
    for number, (picture, truth) in enumerate(_drawn(), 1):
        frame = Frame(f"street {layout}", number, number * 100_000_000, _in_layout(picture, layout), layout)
        seen = _detector()([frame])[0]
        assert (np.diff(seen.scores) <= 0).all(), "best first"
        large = truth.boxes_px[:, 3] - truth.boxes_px[:, 1] >= 24
        overlap = iou(truth.boxes_px[large].astype(float), seen.boxes_px.astype(float))
        hit = overlap.max(axis=1, initial=0.0) >= 0.5
        wanted, found = wanted + len(hit), found + int(hit.sum())
        for label, row in zip(truth.labels[large][hit].tolist(), overlap[hit].argmax(axis=1).tolist(), strict=True):
            named += any(label in group and int(seen.labels[row]) in group for group in GROUPS)
        sure = seen.boxes_px[seen.scores >= 0.9].astype(float)
        if number > 5:
            wrong += int((iou(sure, truth.boxes_px.astype(float)).max(axis=1, initial=0.0) < 0.1).sum())
    assert wanted >= 48, "somebody is in the picture"
    assert found >= 0.7 * wanted
    assert named >= 0.8 * found
    assert wrong <= 0.5 * wanted


def test_pictures_of_several_cameras_at_once_give_what_they_give_alone() -> None:
    pictures = [picture for picture, _ in _drawn()[:6]]
    frames = [Frame("alone", n, n * 10**8, picture) for n, picture in enumerate(pictures)]
    alone = [_detector()([frame])[0] for frame in frames]
    both = [Frame(name, n, n * 10**8, p) for n, p in enumerate(pictures) for name in ("left", "right")]
    for row, seen in enumerate(_detector()(both)):
        assert np.array_equal(seen.boxes_px, alone[row // 2].boxes_px)
        assert np.array_equal(seen.scores, alone[row // 2].scores)
        assert np.array_equal(seen.labels, alone[row // 2].labels)


def _street(seed: int = 1) -> np.ndarray:
    """A road with texture, BGR."""
    return _road(seed).copy()


@cache
def _road(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(95, 125, (HEIGHT // 8, WIDTH // 8, 3)).astype(np.uint8)
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def _frame(number: int, pixels: np.ndarray, camera: str) -> Frame:
    noise = _noise(number % 7, pixels.shape)
    return Frame(camera, number, number * 100_000_000, np.clip(pixels + noise, 0, 255).astype(np.uint8))


@cache
def _noise(kind: int, shape: tuple[int, ...]) -> np.ndarray:
    """That of a sensor; drawing it takes longer than the detector, so a few kinds take turns."""
    return np.random.default_rng(kind).normal(0, 1.5, shape).astype(np.float32)


def _play(camera: str, draw: Draw, frames: int = 30) -> list[Detections]:
    """What is found when, after 12 empty pictures, something is drawn."""
    empty, seen = _street(), []
    for number in range(1, frames + 1):
        pixels = empty.copy()
        if number > 12:
            draw(pixels, number)
        seen.extend(_detector()([_frame(number, pixels, camera)]))
    return seen


def _sure(seen: list[Detections]) -> int:
    return sum(int((rows.scores >= SURE).sum()) for rows in seen)


def _paint(pixels: np.ndarray, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    pixels[box[1] : box[3], box[0] : box[2]] = colour


def _darken(pixels: np.ndarray, number: int) -> None:
    left = 40 + 14 * (number - 12)
    shade = pixels[250:280, left : left + 110]
    shade[:] = (shade * 0.65).astype(np.uint8)


def _drift(pixels: np.ndarray, number: int) -> None:
    pixels[:] = (pixels * (1 + 0.012 * (number - 12))).astype(np.uint8)


def _exposure(pixels: np.ndarray, number: int) -> None:
    pixels[:] = (pixels * 0.75).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "draw"),
    [("empty", lambda pixels, number: None), ("a shadow", _darken), ("a drift", _drift), ("exposure", _exposure)],
)
def test_light_and_shadow_start_no_track(name: str, draw: Draw) -> None:
    assert _sure(_play(name, draw)) == 0


def test_what_moves_and_is_no_road_user_is_unknown_and_faint() -> None:
    def draw(pixels: np.ndarray, number: int) -> None:
        centre = (60 + 12 * (number - 12), 200)
        cv2.ellipse(pixels, centre, (55, 9), 0, 0, 360, (30, 30, 30), cv2.FILLED)

    seen = _play("odd", draw)[14:]
    assert sum(len(rows) > 0 for rows in seen) >= 10
    for rows in seen:
        unknown = rows.labels == CODE["unknown"]
        assert (rows.scores[unknown] < SURE).all()


def test_what_stood_there_at_the_start_leaves_no_ghost() -> None:
    detector, seen = _detector(), []
    for number in range(1, 80):
        pixels = _street()
        left = 100 if number < 12 else 100 + 40 * (number - 11)
        _paint(pixels, (left, 200, left + 110, 250), (40, 40, 200))
        seen.extend(detector([_frame(number, pixels, "ghost")]))
    assert _sure(seen[60:]) == 0
    assert sum(len(rows) for rows in seen[60:]) == 0


def test_a_picture_that_changes_as_a_whole_starts_anew() -> None:
    for number in range(1, 21):
        _detector()([_frame(number, _street(), "turned")])
    other = _street(seed=9)[::-1] // 2
    other[: HEIGHT // 2] = (10, 60, 120)
    after = [_detector()([_frame(number, other, "turned")])[0] for number in range(21, 41)]
    assert _sure(after) == 0


def test_a_camera_is_forgotten() -> None:
    detector = _detector()
    for number in range(1, 16):
        detector([_frame(number, _street(), "gone")])
    busy = _street()
    cv2.ellipse(busy, (200, 200), (60, 20), 0, 0, 360, (20, 20, 20), cv2.FILLED)
    detector.forget("gone")
    detector.forget("never seen")
    again = detector([_frame(16, busy, "gone")])[0]
    assert not (again.labels == CODE["unknown"]).any(), "a first picture has nothing to differ from"


def test_a_resolution_that_changes_is_learnt_anew() -> None:
    for number in range(1, 13):
        _detector()([_frame(number, _street(), "zoom")])
    small = cv2.resize(_street(), (320, 180))
    assert _sure([_detector()([_frame(number, small, "zoom")])[0] for number in range(13, 20)]) == 0


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (1, 1), (2, 400), (4000, 3)])
def test_any_size_of_picture_is_read(size: tuple[int, int]) -> None:
    detector = MotionDetector(DetectSettings(), threads=1)
    for number in range(1, 6):
        pixels = np.full((size[1], size[0], 3), 50 + 10 * (number > 3), np.uint8)
        seen = detector([Frame("c", number, number * 40_000_000, pixels)])
        assert len(seen) == 1
        assert set(seen[0].labels.tolist()) <= set(range(len(CLASSES)))
