"""Cases for trackers: written, read, split by group, and built from MOT15 and districts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightline.bench.drawn_detector import STREET
from sightline.bench.tracking_cases import (
    STATIC,
    Case,
    camera_truths,
    district_cases,
    read_case,
    static_cases,
    strong_cases,
)
from sightline.core.errors import BadConfig, BadData
from sightline.core.vocabulary import CODE
from sightline.formats.mot import MotTable, read_mot, table
from sightline.formats.mot_truth import FIRST_CLASS
from sightline.simulate.district import district
from sightline.simulate.flow import Traffic
from sightline.simulate.record import Scene, record


def rows(classes: list[str], ids: list[int], confidences: list[float], frames: list[int]) -> MotTable:
    many = len(classes)
    boxes = np.tile([10.25, 20.5, 30.75, 70.0], (many, 1)) + 40 * np.arange(many)[:, None]
    codes = np.array([FIRST_CLASS + CODE[name] for name in classes])
    return table(np.array(frames), np.array(ids), boxes, np.array(confidences), codes, np.full(many, 0.75))


def small() -> Case:
    names = ["car", "pedestrian", "bicycle", "bus"]
    found = replace(rows(names, [-1] * 4, [0.9, 0.125, 0.6, 0.05], [1, 1, 2, 3]), visibility=np.full(4, -1.0))
    return Case("corner", "mixed", 10.0, 5, (640, 360), found, rows(names, [1, 2, 3, 4], [1, 1, 0, 1], [1, 1, 2, 3]))


def same(a: MotTable, b: MotTable) -> None:
    for name in ("frames", "ids", "boxes_px", "confidences", "classes", "visibility"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-9, err_msg=name)


def test_a_case_comes_back_as_it_was_written(tmp_path: Path) -> None:
    case = small()
    again = read_case(case.write(tmp_path))
    assert (again.name, again.group, again.fps, again.frames, again.size) == ("corner", "mixed", 10.0, 5, (640, 360))
    same(again.detections, case.detections)
    same(again.truth, case.truth)


def test_a_case_without_rows_comes_back(tmp_path: Path) -> None:
    case = replace(small(), detections=MotTable.empty(), truth=MotTable.empty())
    again = read_case(case.write(tmp_path))
    assert (len(again.detections), len(again.truth), again.frames) == (0, 0, 5)


@pytest.mark.parametrize(
    ("group", "ids", "found"),
    [("vehicles", [1, 4], 2), ("people", [2], 1), ("riders", [3], 1)],
)
def test_only_keeps_a_group(group: str, ids: list[int], found: int) -> None:
    part = small().only(group)
    assert (part.name, part.group) == (f"corner-{group}", group)
    assert part.truth.ids.tolist() == ids
    assert len(part.detections) == found


def test_truth_without_classes_is_of_people() -> None:
    case = small()
    case = replace(case, truth=replace(case.truth, classes=np.full(4, -1, np.int64)))
    assert len(case.only("people").truth) == 4
    assert len(case.only("riders").truth) == 0


def test_groups_with_enough_that_counts() -> None:
    assert small().groups(boxes=1, objects=1) == ["people", "vehicles"]
    assert small().groups(boxes=2, objects=2) == ["vehicles"]
    assert small().groups() == []


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("group", {"group": "dogs"}),
        ("fps", {"fps": 0.0}),
        ("fps", {"fps": float("inf")}),
        ("size", {"size": (640, 0)}),
        ("frames", {"frames": 2}),
    ],
)
def test_impossible_cases_are_refused(word: str, change: dict[str, object]) -> None:
    with pytest.raises(BadConfig, match=word):
        replace(small(), **change)


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(BadConfig, match="group"):
        small().only("mixed")


@pytest.mark.parametrize(
    ("word", "name", "text"),
    [
        ("no about", "case.json", None),
        ("not JSON", "case.json", "{"),
        ("a list", "case.json", "[]"),
        ("no frames", "case.json", json.dumps({"fps": 10.0, "size": [640, 360], "group": "mixed"})),
        ("size of three", "case.json", json.dumps({"fps": 10.0, "frames": 5, "size": [1, 2, 3], "group": "mixed"})),
        ("no detections", "det.txt", None),
        ("no classes", "det.txt", "1,-1,2,3,4,5,0.5\n"),
        ("broken truth", "gt.txt", "1,1,2,3\n"),
    ],
)
def test_broken_folders_are_refused(tmp_path: Path, word: str, name: str, text: str | None) -> None:
    folder = small().write(tmp_path)
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    with pytest.raises(BadData, match=name):
        read_case(folder)


def test_truth_of_a_district_is_that_of_simulate(tmp_path: Path) -> None:
    made = district(4, 2, size=(640, 360), fps=10.0)
    scene = Scene(made.layout, made.cameras, ((), ()), 4, 3.0, 10.0, start_ns=0)
    record(tmp_path / "d", scene, Traffic(made.layout, 4, step_s=0.1, hour=8.0, users=40), lambda *_: None)
    truths = camera_truths(4, 2, seconds=3.0, fps=10.0, users=40)
    for camera in made.cameras:
        written = read_mot(tmp_path / "d" / "truth" / f"{camera.name}.txt")
        np.testing.assert_array_equal(truths[camera.name].ids, written.ids)
        np.testing.assert_array_equal(truths[camera.name].classes, written.classes)
        np.testing.assert_allclose(truths[camera.name].boxes_px, written.boxes_px, atol=0.02)
        np.testing.assert_array_equal(truths[camera.name].confidences, written.confidences)


def test_cases_of_a_district() -> None:
    cases = district_cases(3, STREET, seconds=1.0)
    assert len({case.name for case in cases}) == 3
    for case in cases:
        assert (case.group, case.fps, case.frames) == ("mixed", 10.0, 10)
        assert len(case.truth)
        assert ((case.detections.confidences >= 0.05) & (case.detections.confidences < 0.6)).any()


def sequence(folder: Path, name: str) -> None:
    place = folder / name
    (place / "gt").mkdir(parents=True)
    (place / "det").mkdir()
    (place / "seqinfo.ini").write_text("[Sequence]\nframeRate=25\nseqLength=3\nimWidth=640\nimHeight=480\n")
    (place / "gt" / "gt.txt").write_text("1,1,10,10,40,90,1,-1,-1,-1\n2,1,12,10,40,90,1,-1,-1,-1\n")
    (place / "det" / "det.txt").write_text("1,-1,11,10,40,90,0.75,-1,-1,-1\n")


def test_static_sequences(tmp_path: Path) -> None:
    for name in STATIC:
        sequence(tmp_path, name)
    public, drawn = list(static_cases(tmp_path)), list(strong_cases(tmp_path))
    assert [case.name for case in public] == list(STATIC)
    assert {(case.group, case.fps, case.frames, case.size) for case in public} == {("mot15", 25.0, 3, (640, 480))}
    assert public[0].detections.classes.tolist() == [FIRST_CLASS + CODE["pedestrian"]]
    assert [case.name for case in drawn] == [f"{name}-strong" for name in STATIC]
    assert {case.group for case in drawn} == {"people"}
    assert all(len(case.detections) and len(case.truth) == 2 for case in drawn)


def test_a_sequence_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"seqinfo\.ini"):
        next(static_cases(tmp_path))
