"""Detections from any hand: what is read, what is left out and why, and what is no such file."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import BadData, SourceUnavailable
from sightline.core.vocabulary import CODE
from sightline.formats.detections_txt import LAST_FRAME, REASONS, DetectionRows, read_detections

GOOD = "1,-1,10,20,30,40,0.9,-1,-1,-1"


def read(tmp_path: Path, *lines: str, label: int | None = None) -> DetectionRows:
    path = tmp_path / "det.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_detections(path, label)


def test_rows_are_sorted_by_frame_and_otherwise_as_they_came(tmp_path: Path) -> None:
    found = read(tmp_path, "2,-1,1,1,5,5,0.5,101,-1,-1", "1,-1,10,20,30,40,0.9,107,-1,-1", "2,-1,2,1,5,5,0.7,100,-1,-1")
    assert found.frames.tolist() == [1, 2, 2]
    assert found.boxes_px.tolist() == [[10, 20, 40, 60], [1, 1, 6, 6], [2, 1, 7, 6]]
    assert found.scores.tolist() == pytest.approx([0.9, 0.5, 0.7])
    assert found.labels.tolist() == [CODE["pedestrian"], CODE["van"], CODE["car"]]
    assert (found.boxes_px.dtype, found.scores.dtype, found.labels.dtype) == (np.float32, np.float32, np.int16)
    assert found.refused == dict.fromkeys(REASONS, 0)


@pytest.mark.parametrize(
    "row",
    [
        "1,-1,10,20,30,40",
        "1,-1,10,20,30,40,-1",
        "1 -1 10 20 30 40 1",
        " 1, -1, 10, 20, 30, 40, 1, 1, 0.4\r",
        "\ufeff1,-1,10,20,30,40,1,-1,-1,-1,",
        "1,-1,10,20,30,40,1.00001,0,0,0",
        "1,-1,10,20,30,40,1,3.5,2.5,0",
        "1,nan,10,20,30,40,1",
    ],
    ids=["six columns", "no score", "spaces", "nine and CRLF", "mark and comma", "rounded score", "a place", "no id"],
)
def test_forms_of_a_row(tmp_path: Path, row: str) -> None:
    found = read(tmp_path, row)
    assert (found.boxes_px.tolist(), found.scores.tolist()) == ([[10, 20, 40, 60]], [1.0])
    assert found.labels.tolist() == [CODE["pedestrian"]]


@pytest.mark.parametrize(
    ("number", "name"),
    [("-1", "pedestrian"), ("1", "pedestrian"), ("3", "car"), ("5", "motorcycle"), ("103", "bus"), ("110", "unknown")],
)
def test_classes(tmp_path: Path, number: str, name: str) -> None:
    assert read(tmp_path, f"1,-1,1,1,5,5,0.9,{number},-1,-1").labels.tolist() == [CODE[name]]
    assert read(tmp_path, f"1,-1,1,1,5,5,0.9,{number}").labels.tolist() == [CODE[name]]
    assert read(tmp_path, "1,-1,1,1,5,5,0.9,77", label=CODE["bus"]).labels.tolist() == [CODE["bus"]]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("frame,id,left,top,width,height", "text"),
        ("1,-1,1,1,5", "text"),
        ("1,-1,1,1,5,5,0.5,-1,-1,-1,-1", "text"),
        ("1_0,-1,1,1,5,5", "text"),
        ("0,-1,1,1,5,5,0.5", "frame"),
        ("1.5,-1,1,1,5,5,0.5", "frame"),
        ("nan,-1,1,1,5,5,0.5", "frame"),
        (f"{LAST_FRAME + 1},-1,1,1,5,5,0.5", "frame"),
        ("1e300,-1,1,1,5,5,0.5", "frame"),
        ("1,-1,nan,1,5,5,0.5", "box"),
        ("1,-1,1,inf,5,5,0.5", "box"),
        ("1,-1,1,1,0,5,0.5", "box"),
        ("1,-1,1,1,5,-5,0.5", "box"),
        ("1,-1,1e9,1,5,5,0.5", "box"),
        ("1,-1,1e308,1,1e308,5,0.5", "box"),
        ("1,-1,1,1,5,5,nan", "score"),
        ("1,-1,1,1,5,5,37.5", "score"),
        ("1,-1,1,1,5,5,-0.2", "score"),
        ("1,-1,1,1,5,5,0.5,9", "class"),
        ("1,-1,1,1,5,5,0.5,111,-1,-1", "class"),
        ("1,-1,1,1,5,5,0.5,nan", "class"),
        ("0,-1,nan,1,5,5,9", "frame"),
    ],
)
def test_rubbish_is_counted_by_its_first_reason(tmp_path: Path, row: str, reason: str) -> None:
    found = read(tmp_path, GOOD, row, GOOD)
    assert len(found.frames) == 2
    assert found.refused == dict.fromkeys(REASONS, 0) | {reason: 1}


def test_an_empty_file_is_a_quiet_camera(tmp_path: Path) -> None:
    assert len(read(tmp_path).frames) == 0
    assert len(read(tmp_path, "", " ").frames) == 0


def test_files_that_hold_no_detections(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="2 unusable ones: text 1, score 1"):
        read(tmp_path, "hello", "1,-1,1,1,5,5,50")
    (tmp_path / "bytes").write_bytes(b"\x00\xff\xfe\n\x80\x81")
    with pytest.raises(BadData, match="unusable"):
        read_detections(tmp_path / "bytes")
    with pytest.raises(SourceUnavailable, match="no such file"):
        read_detections(tmp_path / "none.txt")
    with pytest.raises(SourceUnavailable, match="a folder"):
        read_detections(tmp_path)
