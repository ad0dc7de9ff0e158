"""MOTChallenge files: what is read, what is refused and how it is written."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import BadConfig, BadData
from sightline.formats.mot import MotTable, MotWriter, read_mot, table, write_mot


def _file(folder: Path, text: str | bytes) -> Path:
    path = folder / "rows.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("word", "text", "frames", "ids"),
    [
        ("ten columns", "1,7,10,20,30,40,0.9,-1,-1,-1\n", [1], [7]),
        ("seven columns", "1,7,10,20,30,40,0.9\n", [1], [7]),
        ("six columns", "1,7,10,20,30,40\n", [1], [7]),
        ("no line end", "1,7,10,20,30,40", [1], [7]),
        ("windows lines", "1,7,10,20,30,40\r\n2,7,10,20,30,40\r\n", [1, 2], [7, 7]),
        ("blank lines", "\n1,7,10,20,30,40\n\n  \n2,8,10,20,30,40\n\n", [1, 2], [7, 8]),
        ("byte order mark", "\ufeff1,7,10,20,30,40\n", [1], [7]),
        ("spaces around", " 1, 7, 10, 20, 30, 40 \n", [1], [7]),
        ("spaces between", "1 7 10 20 30 40\n", [1], [7]),
        ("comma at the end", "1,7,10,20,30,40,\n2,7,10,20,30,40,\n", [1, 2], [7, 7]),
        ("frames unsorted, rows of one stay in order", "2,9,1,1,1,1\n1,5,1,1,1,1\n2,3,1,1,1,1\n", [1, 2, 2], [5, 9, 3]),
        ("detections share -1", "1,-1,1,1,1,1\n1,-1,2,2,1,1\n", [1, 1], [-1, -1]),
        ("whole numbers with a point", "1.0,7.0,1,1,1,1\n", [1], [7]),
        ("empty", "", [], []),
        ("blank", "\n \n", [], []),
    ],
)
def test_reads(tmp_path: Path, word: str, text: str, frames: list[int], ids: list[int]) -> None:
    rows = read_mot(_file(tmp_path, text))
    assert rows.frames.tolist() == frames, word
    assert rows.ids.tolist() == ids, word


@pytest.mark.parametrize(
    ("word", "text", "said"),
    [
        ("text", "1,7,10,20,30,40\n2,a,10,20,30,40\n", "line 2: expected a number as id, got 'a'"),
        ("nan", "1,7,nan,20,30,40\n", "line 1: expected a finite number as left, got nan"),
        ("infinite", "\n1,7,10,20,inf,40\n", "line 2: expected a finite number as width, got inf"),
        ("negative width", "1,7,10,20,-3,40\n", "line 1: expected a width of 0 or more, got -3"),
        ("negative height", "1,7,10,20,3,-40\n", "line 1: expected a height of 0 or more, got -40"),
        ("frame 0", "0,7,10,20,30,40\n", "line 1: expected a frame from 1, got 0"),
        ("half a frame", "1.5,7,10,20,30,40\n", "line 1: expected a whole number as frame, got 1.5"),
        ("half an id", "1,7.5,10,20,30,40\n", "line 1: expected a whole number as id, got 7.5"),
        ("id twice", "1,7,1,1,1,1\n2,7,1,1,1,1\n\n1,7,2,2,2,2\n", "line 4: expected an id once per frame, got 7"),
        ("five columns", "1,7,10,20,30\n", "line 1: expected 6 to 10 columns, got 5"),
        ("eleven columns", "1,7,10,20,30,40,1,1,1,1,1\n", "line 1: expected 6 to 10 columns, got 11"),
        ("ragged", "1,7,10,20,30,40\n2,7,10,20,30,40,1\n", "line 2: expected 6 columns as above, got 7"),
        ("hole", "1,7,,20,30,40\n", "line 1: expected a number as left, got ''"),
        ("python's own number", "1,1_000,1,1,1,1\n", "line 1: expected a number as id, got '1_000'"),
        ("absurd", "1,7,1e300,1,1,1\n", "line 1: expected left within 1e+09, got 1e+300"),
        ("not text", b"\xff\xfe\x00\x01", "expected text, got bytes that are not UTF-8 at 0"),
        ("html", "<!DOCTYPE html>\n", "line 1: expected 6 to 10 columns, got 2"),
    ],
)
def test_refuses(tmp_path: Path, word: str, text: str | bytes, said: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(BadData) as caught:
        read_mot(path)
    assert str(caught.value).endswith(said), word
    assert str(path) in str(caught.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no such file"):
        read_mot(tmp_path / "none.txt")
    with pytest.raises(BadData, match="a folder"):
        read_mot(tmp_path)


@pytest.mark.parametrize(
    ("word", "row", "classes", "visibility"),
    [
        ("nine columns name class and visibility", "1,1,0,0,5,5,1,3,0.5", 3, 0.5),
        ("eight name the class", "1,1,0,0,5,5,1,3", 3, -1),
        ("ten hold a place in the world", "1,1,0,0,5,5,1,3.2,4.5,0", -1, -1),
        ("seven name neither", "1,1,0,0,5,5,1", -1, -1),
    ],
)
def test_classes(tmp_path: Path, word: str, row: str, classes: int, visibility: float) -> None:
    rows = read_mot(_file(tmp_path, row))
    assert (rows.classes[0], rows.visibility[0]) == (classes, visibility), word


def test_table_is_checked() -> None:
    good = MotTable.empty()
    with pytest.raises(TypeError, match=r"MotTable.ids"):
        MotTable(good.frames, good.ids.astype(np.int32), good.boxes_px, good.confidences, good.classes, good.visibility)
    two = table(np.array([1, 2]), np.array([1, 1]), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="step back"):
        MotTable(two.frames[::-1].copy(), two.ids, two.boxes_px, two.confidences, two.classes, two.visibility)


def test_by_frame_and_keep() -> None:
    rows = table(np.array([3, 1, 3]), np.array([1, 2, 5]), np.arange(12.0).reshape(3, 4))
    assert [(frame, rows.ids[part].tolist()) for frame, part in rows.by_frame()] == [(1, [2]), (3, [1, 5])]
    assert rows.keep(rows.frames == 3).boxes_px.tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]


def test_written_as_motchallenge(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.txt"
    boxes = np.array([[10.123, 20, 40.129, 60.5]])
    write_mot(path, table(np.array([4]), np.array([7]), boxes, np.array([0.876])))
    assert path.read_bytes() == b"4,7,10.12,20.00,30.01,40.50,0.88,-1,-1,-1\n"


def _row(writer: MotWriter, frame: int, *ids: int) -> None:
    n = len(ids)
    writer.write(frame, np.array(ids, np.int64), np.tile([1.0, 2.0, 3.0, 4.0], (n, 1)), np.ones(n))


def _seen(path: Path) -> list[tuple[int, int]]:
    return [(int(line.split(",")[0]), int(line.split(",")[1])) for line in path.read_text().splitlines()]


def test_late_rows_find_their_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with MotWriter(path, hold_frames=5) as out:
        for frame, ids in ((1, [1]), (3, [1]), (2, [4]), (3, [4]), (6, [1])):
            _row(out, frame, *ids)
    assert _seen(path) == [(1, 1), (2, 4), (3, 1), (3, 4), (6, 1)]


def test_too_late_is_refused(tmp_path: Path) -> None:
    with MotWriter(tmp_path / "out.txt", hold_frames=2) as out:
        _row(out, 1, 1)
        _row(out, 10, 1)
        with pytest.raises(ValueError, match="frame: expected more than 8, got 8"):
            _row(out, 8, 1)
        with pytest.raises(ValueError, match="finite"):
            out.write(11, np.array([1]), np.full((1, 4), np.nan), np.ones(1))


def test_whole_after_an_interrupt(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"

    def interrupted() -> None:
        with MotWriter(path, hold_frames=100) as out:
            for frame in range(1, 30):
                _row(out, frame, 1, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(read_mot(path)) == 58


def test_whole_lines_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    out = MotWriter(path)
    for frame in range(1, 400):
        _row(out, frame, *range(20))
        assert path.read_bytes()[-1:] in (b"", b"\n") or frame % 50, "only whole lines at each flush"
    out.flush()
    assert len(read_mot(path)) == 398 * 20  # the newest frame may still get rows
    out.close()
    out.close()
    assert len(read_mot(path)) == 399 * 20


def test_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfig, match="a file that can be written"):
        MotWriter(tmp_path / "file" / "out.txt")
