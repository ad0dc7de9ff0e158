"""What is written reads back."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.core.errors import BadData
from sightline.core.events import LineCrossed
from sightline.core.vocabulary import CLASSES
from sightline.formats.events_jsonl import event_line, event_of
from sightline.formats.iso_time import iso_ns, iso_text
from sightline.formats.mot import read_mot, table, write_mot

cell = st.tuples(st.floats(-500, 5000), st.floats(-500, 5000), st.floats(0, 3000), st.floats(0, 3000), st.floats(0, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats")


@settings(deadline=None, max_examples=60)
@given(rows=st.dictionaries(st.tuples(st.integers(1, 10**6), st.integers(0, 10**8)), cell, max_size=30))
def test_mot_there_and_back(folder: Path, rows: dict[tuple[int, int], tuple[float, ...]]) -> None:
    values = np.array(list(rows.values()), np.float64).reshape(-1, 5)
    boxes = np.concatenate([values[:, :2], values[:, :2] + values[:, 2:4]], axis=1)
    frames, ids = (np.array([key[k] for key in rows], np.int64) for k in (0, 1))
    written = table(frames, ids, boxes, values[:, 4])
    write_mot(folder / "rows.txt", written)
    read = read_mot(folder / "rows.txt")
    np.testing.assert_array_equal(read.frames, written.frames)
    np.testing.assert_array_equal(read.ids, written.ids)
    np.testing.assert_allclose(read.boxes_px, written.boxes_px, atol=0.0101)
    np.testing.assert_allclose(read.confidences, written.confidences, atol=0.0051)


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=200) | st.text("0123456789.,-+eEnaif \r\n\t", max_size=120).map(str.encode))
def test_any_bytes_read_or_are_refused_in_one_sentence(folder: Path, data: bytes) -> None:
    path = folder / "any.txt"
    path.write_bytes(data)
    said, rows = "", table(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4)))
    try:
        rows = read_mot(path)
    except BadData as error:
        said = str(error)
    assert not said or ("expected" in said and "\n" not in said)
    assert np.isfinite(rows.boxes_px).all()
    assert (rows.frames >= 1).all()


@settings(deadline=None)
@given(st.integers(0, 4 * 10**18))
def test_times(time_ns: int) -> None:
    assert iso_ns(iso_text(time_ns)) == time_ns


@settings(deadline=None)
@given(
    st.text(max_size=30),
    st.integers(0, 2 * 10**18),
    st.text(max_size=30),
    st.sampled_from(["forward", "backward"]),
    st.integers(0, 2**62),
    st.sampled_from(CLASSES),
)
def test_events(camera: str, time_ns: int, line: str, direction: str, track: int, label: str) -> None:
    event = LineCrossed(camera, time_ns, line, direction, track, label, 0.5)  # type: ignore[arg-type]
    text = event_line(event)
    assert "\n" not in text[:-1]
    assert event_of(json.loads(text)) == event
