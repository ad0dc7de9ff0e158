"""Tables of boxes by a few numbers, and a small district on disk."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from sightline.formats.mot import MotTable, table

Row = tuple[int, int, float]  # frame, id, left of a box 10 wide and 20 high


def boxes(*given: Row, marks: Sequence[float] | None = None, classes: Sequence[int] | None = None) -> MotTable:
    """Rows as given, with marks (confidences) and class numbers."""
    frames, ids = (np.array([row[k] for row in given], np.int64) for k in (0, 1))
    left = np.array([row[2] for row in given], np.float64)
    zero = np.zeros(len(given))
    return table(
        frames,
        ids,
        np.stack([left, zero, left + 10, zero + 20], 1),
        None if marks is None else np.array(marks, np.float64),
        None if classes is None else np.array(classes, np.int64),
    )


@pytest.fixture
def rows() -> Callable[..., MotTable]:
    """The function ``boxes``."""
    return boxes


@pytest.fixture
def district(tmp_path: Path) -> Callable[..., Path]:
    """Makes a district of two cameras of 100x60 px, one object each, with one line at camera a."""

    def make(crossings: str = "1.000,a,gate,forward,car,1\n") -> Path:
        folder = tmp_path / "district"
        (folder / "truth").mkdir(parents=True)
        for name in ("a", "b"):
            rows = "".join(f"{frame},1,{5 * frame},5,20,30,1,100,1\n" for frame in range(1, 11))
            (folder / "truth" / f"{name}.txt").write_text(rows)
        (folder / "truth" / "crossings.csv").write_text("time_s,camera,line,direction,class,id\n" + crossings)
        line = {"name": "gate", "start": [0.5, 0.0], "end": [0.5, 1.0]}
        cameras = [
            {"name": name, "size": [100, 60], "fps": 10.0, "start": "2026-06-01T08:00:00Z", "lines": lines}
            for name, lines in (("a", [line]), ("b", []))
        ]
        members = {"schema": "sightline.district/1", "kind": "truth", "seed": 1, "seconds": 60.0, "fps": 10.0}
        members |= {"frames": 600, "start": "2026-06-01T08:00:00Z", "cameras": cameras, "settings": {}, "baselines": {}}
        (folder / "district.json").write_text(json.dumps(members))
        return folder

    return make


@pytest.fixture
def watched(tmp_path: Path) -> Callable[..., Path]:
    """Makes what ``watch --out`` leaves of both cameras; every box is right unless rows say otherwise."""

    def make(rows: str | None = None, events: str = "", summary: bool = True) -> Path:
        folder = tmp_path / "watched"
        folder.mkdir()
        right = "".join(f"{frame},7,{5 * frame},5,20,30,0.9,-1,-1,-1\n" for frame in range(1, 11))
        for name in ("a", "b"):
            (folder / f"{name}.txt").write_text(right if rows is None else rows)
        (folder / "events.jsonl").write_text(events)
        if summary:
            (folder / "summary.json").write_text("{}")
        return folder

    return make
