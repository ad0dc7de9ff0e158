"""One row per road user: riders joined, duplicates removed, neighbours left alone."""

import numpy as np
import pytest

from sightline.core.vocabulary import CLASSES, CODE
from sightline.detect.family import Found
from sightline.detect.merge import settle

Row = tuple[str, float, tuple[float, float, float, float]]


def _found(*rows: Row) -> Found:
    return Found(
        np.array([box for _, _, box in rows], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in rows], np.float32),
        np.array([CODE[name] for name, _, _ in rows], np.int16),
    )


def _rows(found: Found) -> list[Row]:
    return [
        (CLASSES[label], round(float(score), 2), tuple(float(side) for side in box))
        for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True)
    ]


BUS = ("vehicle", 0.9, (100.0, 100.0, 300.0, 200.0))

CASES: list[tuple[str, list[Row], list[Row]]] = [
    ("nothing", [], []),
    ("two cars apart", [BUS, ("vehicle", 0.8, (310, 100, 400, 200))], [BUS, ("vehicle", 0.8, (310, 100, 400, 200))]),
    ("the same car twice", [BUS, ("vehicle", 0.8, (102, 101, 300, 203))], [BUS]),
    (
        "one car, two classes",
        [("car", 0.7, (0, 0, 50, 40)), ("truck", 0.6, (1, 0, 50, 41))],
        [("car", 0.7, (0, 0, 50, 40))],
    ),
    ("a truck's cab", [BUS, ("vehicle", 0.4, (250, 110, 300, 200))], [BUS]),
    ("half a bus", [BUS, ("vehicle", 0.8, (100, 100, 200, 200))], [BUS]),
    (
        "a car standing before a bus",
        [BUS, ("vehicle", 0.8, (150, 150, 200, 200))],
        [BUS, ("vehicle", 0.8, (150, 150, 200, 200))],
    ),
    ("a load taken for a rider", [BUS, ("rider", 0.6, (110, 100, 150, 180))], [BUS]),
    (
        "a cyclist before a bus",
        [BUS, ("rider", 0.8, (150, 120, 190, 205))],
        [BUS, ("rider", 0.8, (150, 120, 190, 205))],
    ),
    ("a driver behind the windscreen", [BUS, ("pedestrian", 0.5, (250, 110, 280, 150))], [BUS]),
    (
        "a pedestrian before a bus",
        [BUS, ("pedestrian", 0.95, (200, 130, 225, 199))],
        [("pedestrian", 0.95, (200, 130, 225, 199)), BUS],
    ),
    (
        "a far pedestrian in a faint box as wide as the street",
        [("pedestrian", 0.96, (300, 90, 325, 138)), ("vehicle", 0.07, (0, 0, 640, 400))],
        [("pedestrian", 0.96, (300, 90, 325, 138)), ("vehicle", 0.07, (0, 0, 640, 400))],
    ),
    (
        "a rider's own person box",
        [("rider", 0.6, (10, 10, 60, 110)), ("pedestrian", 0.8, (20, 10, 45, 95))],
        [("rider", 0.8, (10, 10, 60, 110))],
    ),
    (
        "a person and the faint idea of a two-wheeler",
        [("pedestrian", 0.9, (20, 10, 45, 95)), ("rider", 0.12, (15, 10, 50, 97))],
        [("pedestrian", 0.9, (20, 10, 45, 95))],
    ),
    (
        "person and bicycle of a plain COCO model",
        [("pedestrian", 0.9, (30, 0, 60, 90)), ("bicycle", 0.6, (10, 45, 90, 105))],
        [("bicycle", 0.9, (10, 0, 90, 105))],
    ),
    (
        "driver and pillion on a motorcycle",
        [
            ("pedestrian", 0.9, (30, 0, 60, 90)),
            ("motorcycle", 0.7, (10, 40, 90, 105)),
            ("pedestrian", 0.6, (55, 5, 80, 85)),
        ],
        [("motorcycle", 0.9, (10, 0, 90, 105))],
    ),
    (
        "a parked bicycle with somebody beside it",
        [("pedestrian", 0.9, (100, 0, 130, 100)), ("bicycle", 0.6, (10, 45, 90, 105))],
        [("pedestrian", 0.9, (100, 0, 130, 100)), ("bicycle", 0.6, (10, 45, 90, 105))],
    ),
    (
        "two boxes of one wheeled bicycle",
        [("rider", 0.8, (10, 40, 90, 100)), ("rider", 0.5, (35, 10, 80, 98))],
        [("rider", 0.8, (10, 10, 90, 100))],
    ),
    (
        "two riders abreast",
        [("rider", 0.8, (10, 10, 50, 100)), ("rider", 0.8, (40, 12, 82, 102))],
        [("rider", 0.8, (10, 10, 50, 100)), ("rider", 0.8, (40, 12, 82, 102))],
    ),
    (
        "two pedestrians arm in arm",
        [("pedestrian", 0.9, (10, 10, 40, 100)), ("pedestrian", 0.8, (25, 11, 56, 101))],
        [("pedestrian", 0.9, (10, 10, 40, 100)), ("pedestrian", 0.8, (25, 11, 56, 101))],
    ),
]


@pytest.mark.parametrize(("word", "before", "after"), CASES, ids=[case[0] for case in CASES])
def test_settle(word: str, before: list[Row], after: list[Row]) -> None:
    want = [(name, score, tuple(float(side) for side in box)) for name, score, box in after]
    assert _rows(settle(_found(*before))) == want
    assert sorted(_rows(settle(_found(*before[::-1])))) == sorted(want), "the order of rows must not matter"
