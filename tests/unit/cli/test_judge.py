"""The demo's judge: pictures are matched by number, counts line by line, and what cannot be matched is not judged."""

import numpy as np
import pytest

from sightline.cli.judge import Judge
from sightline.core.events import Line
from sightline.core.values import Attributes, Detections, Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.order import Analysed
from sightline.simulate.live import Began, Crossed, TruthOf

SIZE = (640, 360)
LINES = (Line("line 1", (0.1, 0.5), (0.9, 0.5)),)


def boxes(at: float) -> np.ndarray:
    return np.array([[at, 100, at + 60, 140], [600 - at, 200, 620 - at, 260]], np.float32)


def truth(number: int, counted: tuple[bool, bool] = (True, True)) -> TruthOf:
    return TruthOf(
        "cam", number, np.array([7, 9]), np.array([CODE["car"], CODE["pedestrian"]], np.int16), boxes(number),
        np.ones(2, np.float32), np.array(counted),
    )  # fmt: skip


def said(index: int, ids: tuple[int, int] = (1, 2), at: float | None = None) -> Analysed:
    tracks = Tracks(
        boxes(index if at is None else at), np.ones(2, np.float32), np.zeros(2, np.int16), np.array(ids, np.int64),
        np.zeros(2, np.float32), np.zeros(2, np.bool_),
    )  # fmt: skip
    return Analysed(
        "cam", index, index * 100_000_000, SIZE, Detections.empty(), tracks, np.zeros(2, np.bool_),
        Attributes.empty(), (), (),
    )  # fmt: skip


def judged(judge: Judge, counts: dict | None = None) -> dict:
    return judge.report({"cam": counts or {}})["cam"]


def test_what_is_right_scores_100_whichever_picture_the_reader_got_first() -> None:
    judge = Judge({"cam": LINES})
    for number in range(1, 150):
        judge.hear(truth(number))
        if number == 30:
            judge.hear(Began("cam", 1, 30))
    for index in range(1, 120):
        judge.note(None, said(index, at=29 + index))
    report = judged(judge)
    assert report["frames"] == 119
    assert report["HOTA"] == pytest.approx(100)


def test_pictures_that_were_not_analysed_are_not_judged() -> None:
    judge = Judge({"cam": LINES})
    judge.hear(Began("cam", 1, 1))
    for number in range(1, 301):
        judge.hear(truth(number))
        if number % 2:
            judge.note(None, said(number))
    assert judged(judge)["HOTA"] == pytest.approx(100)
    assert judged(judge)["frames"] == 150


def test_wrong_places_and_ids_cost() -> None:
    judge = Judge({"cam": LINES})
    judge.hear(Began("cam", 1, 1))
    for number in range(1, 301):
        judge.hear(truth(number))
        judge.note(None, said(number, ids=(1, 2) if number < 150 else (3, 4), at=number + 10))
    assert 20 < judged(judge)["HOTA"] < 70


def test_who_does_not_count_is_neither_right_nor_wrong() -> None:
    judge = Judge({"cam": LINES})
    judge.hear(Began("cam", 1, 1))
    for number in range(1, 201):
        judge.hear(truth(number, counted=(True, False)))
        judge.note(None, said(number))
    assert judged(judge)["HOTA"] == pytest.approx(100)


def test_counts_are_compared_line_by_line_from_the_first_picture_read() -> None:
    judge = Judge({"cam": LINES})
    judge.hear(Crossed("cam", 3, 0.3, "line 1", "forward", 7, "car"))
    judge.hear(Began("cam", 1, 5))
    for number in range(5, 31):
        judge.hear(truth(number))
        judge.note(None, said(number - 4))
    # The last one passes when nothing is analysed any more.
    for number, way in ((9, "forward"), (12, "forward"), (20, "backward"), (31, "forward")):
        judge.hear(Crossed("cam", number, number / 10, "line 1", way, 7, "car"))  # type: ignore[arg-type]
    report = judged(judge, {"line 1": {"forward": {"car": 1, "truck": 2}}})
    assert (report["counted"], report["crossed"], report["miscounted"]) == (3, 3, 2)
    assert report["count_error"] == pytest.approx(200 / 3)


def test_lines_that_people_drew_are_not_judged() -> None:
    judge = Judge({"cam": LINES})
    judge.hear(Began("cam", 1, 1))
    report = judged(judge, {"line 1": {"forward": {"car": 1}}, "drawn later": {"forward": {"car": 5}}})
    assert [row["line"] for row in report["lines"]] == ["line 1"]


def test_a_camera_read_anew_is_judged_up_to_the_break() -> None:
    judge = Judge({"cam": LINES})
    judge.hear(Began("cam", 1, 1))
    for number in range(1, 201):
        judge.hear(truth(number))
        judge.note(None, said(number))
    judge.hear(Began("cam", 2, 230))
    judge.hear(Crossed("cam", 240, 24.0, "line 1", "forward", 7, "car"))
    for number in range(201, 300):
        judge.hear(truth(number))
        judge.note(None, said(number, at=0))
    report = judged(judge)
    assert report["frames"] == 200
    assert report["HOTA"] == pytest.approx(100)
    assert report["crossed"] == 0
    assert report["readings"] == 2


def test_too_few_pictures_are_not_scored() -> None:
    judge = Judge({"cam": LINES})
    judge.hear(Began("cam", 1, 1))
    judge.hear(truth(1))
    judge.note(None, said(1))
    assert "HOTA" not in judged(judge)
