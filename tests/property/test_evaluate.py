"""What every score keeps, whatever the boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.evaluate import (
    count_scores,
    detection_scores,
    evaluate,
    evaluate_network,
    evaluate_sequences,
    hand_over_scores,
)
from sightline.evaluate.crossings import DIRECTIONS, Crossings, crossings_of
from sightline.evaluate.detection import _assign, _overlaps
from sightline.evaluate.handover import calibration
from sightline.evaluate.identity import _solve_dense, _solve_sparse
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


@settings(deadline=None, max_examples=50)
@given(tables(), tables())
def test_network_of_one_camera_is_that_camera(truth: MotTable, found: MotTable) -> None:
    alone = evaluate(truth, found)
    network = evaluate_network({"a": truth}, {"a": found})
    assert network == pytest.approx({key: alone[key] for key in network})


@settings(deadline=None, max_examples=50)
@given(tables(), tables())
def test_network_does_not_depend_on_names_of_cameras(truth: MotTable, found: MotTable) -> None:
    one = evaluate_network({"a": truth, "b": found}, {"a": found, "b": truth})
    other = evaluate_network({"z": truth, "b": found}, {"z": found, "b": truth})
    assert one == pytest.approx(other)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_large_groups_of_identities_are_solved_as_small_ones(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    cells = data.draw(st.lists(st.integers(0, shape[0] * shape[1] - 1), min_size=1, unique=True))
    counts = np.array(data.draw(st.lists(st.integers(1, 20), min_size=len(cells), max_size=len(cells))), np.int64)
    row, column = np.divmod(np.array(cells, np.int64), shape[1])
    assert _solve_sparse(row, column, counts, shape) == _solve_dense(row, column, counts, shape)


def _one_after_the_other(truth: MotTable, found: MotTable, threshold: float) -> list[int]:
    """What ``_assign`` does, box by box in falling order of score as COCO's own code does."""
    pairs = _overlaps(truth, found)
    taken = [-1] * len(found)
    for one in np.argsort(-found.confidences, kind="stable").tolist():
        mine = [(iou, t) for t, f, iou in zip(pairs.truth, pairs.found, pairs.ious, strict=True) if f == one]
        free = [(truth.confidences[t] != 0, iou, t) for iou, t in mine if iou >= threshold and t not in taken]
        taken[one] = max(free)[2] if free else -1
    return taken


@settings(deadline=None, max_examples=150)
@given(tables(), tables(), st.data())
def test_proposals_find_what_going_by_score_finds(truth: MotTable, found: MotTable, data: st.DataObject) -> None:
    marks = data.draw(st.lists(st.integers(0, 1), min_size=len(truth), max_size=len(truth)))
    scores = data.draw(st.lists(st.integers(0, 4), min_size=len(found), max_size=len(found)))
    truth = table(truth.frames, truth.ids, truth.boxes_px, np.array(marks, np.float64))
    found = table(found.frames, found.ids, found.boxes_px, np.array(scores, np.float64))
    rank = np.empty(len(found), np.int64)
    rank[np.argsort(-found.confidences, kind="stable")] = np.arange(len(found))
    taken = _assign(_overlaps(truth, found), rank, truth.confidences != 0, 0.5)
    assert taken.tolist() == _one_after_the_other(truth, found, 0.5)


@settings(deadline=None, max_examples=80)
@given(tables(), tables())
def test_bounds_of_detection(truth: MotTable, found: MotTable) -> None:
    scores = detection_scores({"one": (truth, found)})
    for part in (scores, *scores["heights"].values()):
        for key in ("AP", "AP50", "AP75", "recall", "AR"):
            assert (part[key] is None) == (part["boxes"] == 0)
            assert part["boxes"] == 0 or -1e-9 <= part[key] <= 100 + 1e-9
    if len(truth):
        assert scores["AP50"] <= scores["recall"] + 100 / 101 + 1e-9, "precision is at most 1"


LINKS = st.lists(st.tuples(st.integers(0, 12), st.integers(13, 25)), unique=True, max_size=20)


@settings(deadline=None, max_examples=80)
@given(LINKS, st.data())
def test_bounds_and_order_of_hand_over(said: list[tuple[int, int]], data: st.DataObject) -> None:
    truth = data.draw(st.permutations(range(13)).map(lambda after: [(k, 13 + a) for k, a in enumerate(after)]))
    truth = truth[: data.draw(st.integers(0, 13))]
    # Probabilities that differ, so that no two orders of rows follow different links.
    p = np.array(data.draw(st.permutations(range(len(said)))), np.float64) / max(1, len(said))
    pairs = np.array(said, np.int64).reshape(-1, 2)
    scores = hand_over_scores(np.array(truth, np.int64).reshape(-1, 2), pairs, p)
    for key in ("precision", "recall", "f1", "ece"):
        assert scores[key] is None or 0 <= scores[key] <= 1
    order = data.draw(st.permutations(range(len(said))))
    again = hand_over_scores(np.array(truth, np.int64).reshape(-1, 2), pairs[order], p[order])
    assert again.pop("reliability") == [pytest.approx(row) for row in scores.pop("reliability")]
    assert again.pop("survival") == scores.pop("survival")
    assert again == pytest.approx(scores)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_bins_hold_every_link_once(rows: list[tuple[float, bool]]) -> None:
    said, right = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    scores = calibration(said, right)
    assert sum(row["count"] for row in scores["reliability"]) == len(rows)
    assert sum(row["right"] * row["count"] for row in scores["reliability"]) == pytest.approx(right.sum())
    assert 0 <= scores["ece"] <= 1
    means = [row["said"] for row in scores["reliability"]]
    assert means == sorted(means)


@st.composite
def crossings(draw: st.DrawFn) -> Crossings:
    """Up to 40 crossings of three lines within an hour."""
    row = st.tuples(
        st.integers(0, 3_600_000_000_000),
        st.just("camera"),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(DIRECTIONS),
        st.sampled_from(["car", "bus", "pedestrian"]),
    )
    return crossings_of(draw(st.lists(row, max_size=40)), [("camera", name) for name in "abc"])


@settings(deadline=None, max_examples=80)
@given(crossings(), crossings())
def test_counts(truth: Crossings, said: Crossings) -> None:
    scores = count_scores(truth, said, seconds=3600)
    assert (scores["truth"], scores["said"]) == (len(truth), len(said))
    assert sum(row["error"] for row in scores["lines"]) == len(said) - len(truth)
    if len(truth):
        assert scores["class_error"] >= scores["count_error"] >= 100 * abs(len(said) - len(truth)) / len(truth) - 1e-9
    same = count_scores(truth, truth, seconds=3600)
    assert (same["geh_mean"], same["geh_below_5"]) == ((0, 1) if len(truth) else (None, None))
    assert same["count_error"] == (0 if len(truth) else None)
