"""Naming boxes, with a scripted network in place of a real one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.core.vocabulary import CLASSES, CODE
from sightline.detect.namer import Namer, make_namer
from sightline.models.library import Library

NANODET = "nanodet-plus-m-1.5x"
PERSON, BICYCLE, CAR, MOTORCYCLE, BUS, TRUCK = 0, 1, 2, 3, 5, 7
Rows = list[tuple[int, float, tuple[float, float, float, float]]]


def _answer(rows: Rows) -> dict[str, np.ndarray]:
    boxes, scores = np.zeros((1, len(rows) + 1, 4), np.float32), np.zeros((1, len(rows) + 1, 80), np.float32)
    for at, (column, score, box) in enumerate(rows):
        boxes[0, at], scores[0, at, column] = box, score
    return {"boxes": boxes, "scores": scores}


@pytest.fixture
def namer_of(scripted) -> Callable[[Rows], Namer]:
    """A namer that sees the given rows (column, raw score, box in input pixels) in every pass."""
    return lambda rows: Namer(scripted(NANODET, lambda tensor: _answer(rows)))


FRAME = Frame("a", 1, 0, np.zeros((400, 600, 3), np.uint8))
# A box of 100 px is seen with a margin of 25 on each side in a cell of 208 px: scale 208 / 150.
BOX = np.array([[200, 100, 300, 200]], np.float32)
LOW, HIGH = 25 * 208 / 150, 125 * 208 / 150
WHOLE = (LOW, LOW, HIGH, HIGH)
UPPER = (60.0, LOW, 140.0, 120.0)
WHEELS = (LOW, 90.0, HIGH, HIGH)


@pytest.mark.parametrize(
    ("word", "rows", "said"),
    [
        ("a truck", [(TRUCK, 0.8, WHOLE)], "truck"),
        ("rather a bus than a truck", [(TRUCK, 0.5, WHOLE), (BUS, 0.7, WHOLE)], "bus"),
        ("a ridden bicycle", [(PERSON, 0.8, WHOLE), (BICYCLE, 0.55, WHEELS)], "bicycle"),
        ("a ridden motorcycle", [(PERSON, 0.8, UPPER), (MOTORCYCLE, 0.6, WHEELS)], "motorcycle"),
        ("only a person", [(PERSON, 0.8, WHOLE)], "pedestrian"),
        ("a person with the faint idea of a bicycle", [(PERSON, 0.8, WHOLE), (BICYCLE, 0.3, WHEELS)], "pedestrian"),
        ("something else in the cell", [(CAR, 0.8, (0, 0, 60, 60))], None),
        ("too faint", [(CAR, 0.2, WHOLE)], None),
        ("a dog", [(16, 0.9, WHOLE)], None),
        ("in another cell", [(CAR, 0.9, (LOW + 208, LOW, HIGH + 208, HIGH))], None),
        ("nothing", [], None),
    ],
)
def test_names(namer_of: Callable[[Rows], Namer], word: str, rows: Rows, said: str | None) -> None:
    named = namer_of(rows)(FRAME, BOX)
    assert named.shape == (1, len(CLASSES))
    assert named.dtype == np.float32
    assert 0 <= named.sum() <= 1.0001
    assert (CLASSES[int(named[0].argmax())] if named.any() else None) == said


def test_four_boxes_share_a_pass(namer_of: Callable[[Rows], Namer]) -> None:
    namer = namer_of([(TRUCK, 0.8, (LOW + 208, LOW + 208, HIGH + 208, HIGH + 208))])
    named = namer(FRAME, np.repeat(BOX, 5, axis=0))
    assert len(namer._session.tensors) == 2
    assert (named.argmax(axis=1)[named.any(axis=1)] == CODE["truck"]).all()
    assert named.any(axis=1).tolist() == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("word", "box"),
    [
        ("over the edge", (-40, -40, 60, 60)),
        ("outside", (900, 900, 950, 960)),
        ("larger than the picture", (-500, -500, 2000, 2000)),
        ("tiny", (10, 10, 11, 11)),
        ("empty", (10, 10, 10, 50)),
        ("turned", (50, 50, 10, 10)),
        ("not a number", (float("nan"), 0, 10, 10)),
        ("endless", (0, 0, float("inf"), 10)),
    ],
)
@pytest.mark.parametrize("layout", ["bgr", "i420"])
def test_any_box_is_answered(namer_of: Callable[[Rows], Namer], word: str, box: tuple[float, ...], layout: str) -> None:
    pixels = FRAME.pixels if layout == "bgr" else np.zeros((600, 600), np.uint8)
    named = namer_of([(TRUCK, 0.8, WHOLE)])(Frame("a", 1, 0, pixels, layout), np.array([box], np.float32))
    assert named.shape == (1, len(CLASSES))
    assert np.isfinite(named).all()


def test_no_boxes_cost_nothing(namer_of: Callable[[Rows], Namer]) -> None:
    namer = namer_of([])
    assert namer(FRAME, np.zeros((0, 4), np.float32)).shape == (0, len(CLASSES))
    assert namer._session.tensors == []


def test_a_crop_is_painted_where_it_is_looked_for(namer_of: Callable[[Rows], Namer]) -> None:
    pixels = np.zeros((400, 600, 3), np.uint8)
    pixels[100:200, 200:300] = 255
    namer = namer_of([])
    namer(Frame("a", 1, 0, pixels), BOX)
    cell = namer._session.tensors[0][0, 0, :208, :208]
    bright = np.argwhere(cell > cell.mean() + 1)
    assert bright.min(axis=0).tolist() == pytest.approx([LOW, LOW], abs=2)
    assert bright.max(axis=0).tolist() == pytest.approx([HIGH, HIGH], abs=2)


def test_none_where_no_model_is_installed(tmp_path: Path) -> None:
    assert make_namer(Library(tmp_path)) is None
