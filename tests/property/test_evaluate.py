"""What every score keeps, whatever the boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.evaluate import evaluate, evaluate_sequences
from sightline.formats.mot import MotTable, table

SHARES = ("HOTA", "DetA", "AssA", "LocA", "IDF1", "IDP", "IDR", "MOTP")


@st.composite
def tables(draw: st.DrawFn) -> MotTable:
    """Up to 8 frames with up to 6 boxes on a coarse grid, so that equal and touching boxes are common."""
    place = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(0, 5)] * 2)
    cells = draw(st.dictionaries(st.tuples(st.integers(1, 8), st.integers(0, 5)), place, max_size=30))
    frames, ids = (np.array([key[k] for key in cells], np.int64) for k in (0, 1))
    boxes = np.array(list(cells.values()), np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return table(frames, ids, boxes)


@settings(deadline=None, max_examples=150)
@given(tables(), tables())
def test_bounds(truth: MotTable, found: MotTable) -> None:
    scores = evaluate(truth, found)
    for key in SHARES:
        assert 0 <= scores[key] <= 100 + 1e-9, key
    assert scores["MOTA"] <= 100
    assert scores["FN"] <= len(truth)
    assert scores["FP"] <= len(found)
    assert len(truth) - scores["FN"] == len(found) - scores["FP"], "matches are pairs"
    assert all(np.isfinite(value) for value in scores.values())


@settings(deadline=None, max_examples=80)
@given(tables(), tables(), st.integers(1, 50))
def test_names_of_identities_do_not_matter(truth: MotTable, found: MotTable, shift: int) -> None:
    renamed = table(found.frames, found.ids * 7 + shift, found.boxes_px, found.confidences)
    assert evaluate(truth, renamed) == pytest.approx(evaluate(truth, found))


@settings(deadline=None, max_examples=80)
@given(tables())
def test_truth_is_perfect_against_itself(truth: MotTable) -> None:
    sides = truth.boxes_px[:, 2:] - truth.boxes_px[:, :2]
    truth = truth.keep((sides > 0).all(axis=1))  # an empty box overlaps nothing, not even itself
    scores = evaluate(truth, truth)
    if len(truth):
        assert scores["HOTA"] == pytest.approx(100)
        assert scores["IDF1"] == pytest.approx(100)
        assert (scores["MOTA"], scores["IDSW"]) == (100, 0)


@settings(deadline=None, max_examples=50)
@given(tables(), tables())
def test_one_sequence_combined_is_itself(truth: MotTable, found: MotTable) -> None:
    combined = evaluate_sequences({"one": (truth, found)})
    assert combined.pop("sequences") == {"one": combined}
