"""What counts as an unchanged patch and as a moved view."""

import cv2
import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.video.gate import Patches

W, H = 640, 360
BOX = np.array([[200, 150, 280, 200]], np.float32)
S = 1_000_000_000


def street(seed: int = 0) -> np.ndarray:
    """A textured still scene (h, w) f32 with a car at BOX."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.uniform(60, 180, (23, 40)).astype(np.float32), (W, H), interpolation=cv2.INTER_CUBIC)
    return with_car(ground, 200)


def with_car(ground: np.ndarray, left: int, shade: float = 220) -> np.ndarray:
    picture = ground.copy()
    picture[150:200, left : left + 80] = shade
    picture[158:172, left + 12 : left + 68] = 40
    picture[190:200, left + 8 : left + 24] = 20
    picture[190:200, left + 56 : left + 72] = 20
    return picture


def empty_street() -> np.ndarray:
    rng = np.random.default_rng(0)
    return cv2.resize(rng.uniform(60, 180, (23, 40)).astype(np.float32), (W, H), interpolation=cv2.INTER_CUBIC)


class Camera:
    """Turns grey planes into frames with the sensor's noise."""

    def __init__(self, noise: float = 3, layout: str = "i420") -> None:
        self.noise, self.layout = noise, layout
        self.rng = np.random.default_rng(1)
        self.count = 0

    def frame(self, grey: np.ndarray, *, step_s: float = 0.2) -> Frame:
        self.count += 1
        noise = np.float32(self.noise) * self.rng.standard_normal(grey.shape, np.float32)
        noisy = np.clip(grey + noise, 0, 255).astype(np.uint8)
        time_ns = round(self.count * step_s * S)
        if self.layout == "bgr":
            return Frame("cam", self.count, time_ns, np.repeat(noisy[..., None], 3, 2))
        rows = np.full((grey.shape[0] // 2, grey.shape[1]), 128, np.uint8)
        return Frame("cam", self.count, time_ns, np.concatenate([noisy, rows]), "i420")


@pytest.mark.parametrize("layout", ["i420", "bgr"])
@pytest.mark.parametrize("noise", [0.0, 3.0, 10.0])
def test_a_parked_car_stays_unchanged_in_noise(noise: float, layout: str) -> None:
    patches, camera, still = Patches(), Camera(noise, layout), street()
    first, moved = patches.unchanged(camera.frame(still), BOX)
    assert not first.any()  # nothing to compare with
    assert not moved
    for _ in range(60):
        same, moved = patches.unchanged(camera.frame(still), BOX)
        assert same.all()
        assert not moved


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda picture: picture * 0.75, "a cloud"),
        (lambda picture: picture * 1.2 + 5, "the sun comes out"),
        (lambda picture: picture + 30, "exposure"),
    ],
)
def test_light_is_no_change(change, word: str) -> None:
    patches, camera, still = Patches(), Camera(2), street()
    patches.unchanged(camera.frame(still), BOX)
    same, moved = patches.unchanged(camera.frame(change(still)), BOX)
    assert same.all(), word
    assert not moved, word


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (empty_street(), "the car left"),
        (with_car(empty_street(), 216), "the car drove a little"),
        (with_car(empty_street(), 200, shade=90), "another car stands there"),
    ],
)
def test_changes_are_seen_once(after: np.ndarray, word: str) -> None:
    patches, camera = Patches(), Camera()
    for _ in range(3):
        patches.unchanged(camera.frame(street()), BOX)
    same, moved = patches.unchanged(camera.frame(after), BOX)
    assert not same.any(), word
    assert not moved, word
    same, _ = patches.unchanged(camera.frame(after), BOX)
    assert same.all(), word  # compared with the frame before from now on


def test_slow_creeping_adds_up() -> None:
    patches, camera = Patches(), Camera(2)
    answers = []
    for number in range(40):  # two pixels per frame, under what a step shows
        picture = with_car(empty_street(), 120 + 2 * number)
        box = BOX + np.array([2 * number - 80, 0, 2 * number - 80, 0], np.float32)
        answers.append(bool(patches.unchanged(camera.frame(picture), box)[0][0]))
    assert answers.count(False) >= 8


def test_slow_light_over_minutes_is_no_change() -> None:
    patches, camera, still = Patches(), Camera(2), street()
    answers = [
        bool(patches.unchanged(camera.frame(still * (1 - number / 400), step_s=1), BOX)[0][0]) for number in range(200)
    ]
    assert all(answers[1:])


@pytest.mark.parametrize(
    ("after", "expected", "word"),
    [
        (np.roll(street(), 40, 1), True, "panned"),
        (np.roll(street(), 24, 0), True, "tilted"),
        (street(9), True, "another view"),
        (np.full((H, W), 20.0, np.float32), True, "covered"),
        (street(), False, "still"),
        (street() * 0.7, False, "darker"),
    ],
)
def test_the_view(after: np.ndarray, expected: bool, word: str) -> None:
    patches, camera = Patches(), Camera(2)
    for _ in range(2):
        patches.unchanged(camera.frame(street()), BOX)
    same, moved = patches.unchanged(camera.frame(after), BOX)
    assert moved is expected, word
    assert same.all() is np.True_ or moved, word


def test_a_bus_in_front_is_no_moved_view() -> None:
    patches, camera = Patches(), Camera(2)
    patches.unchanged(camera.frame(street()), BOX)
    bus = street()
    bus[60:330, 100:480] = 200
    bus[100:160, 120:460] = 60
    _, moved = patches.unchanged(camera.frame(bus), BOX)
    assert not moved
    assert 0.2 < patches.activity < 0.6


def test_another_size_starts_anew() -> None:
    patches, camera = Patches(), Camera()
    patches.unchanged(camera.frame(street()), BOX)
    same, moved = patches.unchanged(camera.frame(cv2.resize(street(), (320, 180))), BOX)
    assert (same.any(), moved) == (False, True)


@pytest.mark.parametrize(
    ("box", "word"),
    [
        ([-50, -50, -10, -10], "outside"),
        ([700, 10, 900, 90], "right of the picture"),
        ([np.nan, 0, 10, 10], "not a number"),
        ([100, 100, 100, 100], "empty"),
        ([-1e9, -1e9, 1e9, 1e9], "far larger than the picture"),
    ],
)
def test_odd_boxes_are_survived(box: list[float], word: str) -> None:
    patches, camera = Patches(), Camera()
    for _ in range(2):
        same, _ = patches.unchanged(camera.frame(street()), np.array([box], np.float32))
        assert same.shape == (1,), word


def test_no_boxes() -> None:
    patches, camera = Patches(), Camera()
    for _ in range(2):
        same, moved = patches.unchanged(camera.frame(street()), np.zeros((0, 4), np.float32))
        assert (same.shape, same.dtype, moved) == ((0,), np.bool_, False)
