"""Tracks with marks: the text, and that readers of results take no notice of the mark."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import BadConfig
from sightline.formats.mot import read_mot, table
from sightline.formats.tracks_txt import FILLED, HELD, SEEN, write_tracks

BOXES = np.array([[-1.5, 2.0, 10.25, 30.0], [0.0, 2.0, 10.0, 30.004]])


def test_rows_are_results_with_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    rows = table(np.array([3, 4]), np.array([1, 1]), BOXES, np.array([0.9, 0.5]))
    write_tracks(path, rows, np.array([0.75, 0.75]), np.array([SEEN, FILLED]))
    assert path.read_text() == "3,1,-1.50,2.00,11.75,28.00,0.90,-1,0.75,-1\n4,1,0.00,2.00,10.00,28.00,0.50,-1,0.75,2\n"
    back = read_mot(path)
    assert back.boxes_px == pytest.approx(BOXES, abs=0.01)
    assert (back.classes.tolist(), back.visibility.tolist()) == ([-1, -1], [-1, -1])


def test_what_cannot_be_written(tmp_path: Path) -> None:
    one = np.array([1])
    with pytest.raises(ValueError, match="finite"):
        write_tracks(tmp_path / "a.txt", table(one, one, BOXES[:1]), np.array([np.nan]), np.array([HELD]))
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadConfig, match="can be written"):
        write_tracks(tmp_path / "folder", table(one, one, BOXES[:1]), np.array([0.5]), np.array([HELD]))
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
