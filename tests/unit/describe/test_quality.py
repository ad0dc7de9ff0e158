"""Quality of boxes and crops: a table against one good box."""

import numpy as np
import pytest

from sightline.describe.quality import box_qualities, sharpness

SIZE = (640, 360)
GOOD = (100.0, 100.0, 200.0, 180.0)


def quality(box: tuple[float, ...], *others: tuple[float, ...], score: float = 1.0, person: bool = False) -> float:
    boxes = np.array([box, *others], np.float32)
    scores = np.full(len(boxes), score, np.float32)
    return float(box_qualities(boxes, scores, np.full(len(boxes), person), SIZE)[0])


def test_a_large_whole_free_sure_box_is_worth_all() -> None:
    assert quality(GOOD) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (quality((100, 100, 150, 140)), quality(GOOD)),
        (quality((0, 100, 100, 180)), quality(GOOD)),
        (quality((540, 280, 640, 360)), quality(GOOD)),
        (quality(GOOD, score=0.3), quality(GOOD)),
        (quality(GOOD, (150, 110, 260, 220)), quality(GOOD, (150, 60, 260, 170))),
        (quality(GOOD, (150, 60, 260, 170)), quality(GOOD, (300, 60, 360, 170))),
        (quality((100, 100, 140, 180), person=True), quality((100, 100, 160, 240), person=True)),
    ],
    ids=[
        "smaller",
        "cut by the left border",
        "cut by a corner",
        "less sure",
        "behind another rather than before it",
        "half covered rather than free",
        "a smaller person",
    ],
)
def test_what_makes_a_box_worse(worse: float, better: float) -> None:
    assert 0 < worse < better


@pytest.mark.parametrize(
    "box",
    [(10, 10, 20, 20), (10, 10, 10, 50), (50, 50, 40, 40), (-300, 10, -200, 90), (float("nan"), 1, 2, 3)],
    ids=["tiny", "no width", "inside out", "outside the picture", "not a number"],
)
def test_worthless_boxes(box: tuple[float, ...]) -> None:
    assert quality(box) == 0


def test_no_boxes() -> None:
    empty = np.zeros((0, 4), np.float32)
    assert box_qualities(empty, np.zeros(0, np.float32), np.zeros(0, np.bool_), SIZE).shape == (0,)


def test_a_blurred_crop_is_less_sharp() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (72, 72, 3), np.uint8)
    flat = np.full((72, 72, 3), 90, np.uint8)
    assert sharpness(flat) == pytest.approx(0.3)
    assert sharpness(noise) == pytest.approx(1.0)
