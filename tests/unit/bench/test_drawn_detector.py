"""The detector drawn over truth: each of its errors alone, in the direction it should go."""

from dataclasses import replace

import numpy as np
import pytest

from sightline.bench.drawn_detector import STREET, STRONG, DrawnDetector, Spreads, detections, drifting, hidden_by
from sightline.core.errors import BadConfig, BadData
from sightline.core.geometry import iou
from sightline.core.vocabulary import CLASSES, CODE
from sightline.formats.mot import MotTable, table
from sightline.formats.mot_truth import FIRST_CLASS

SIZE = (640, 360)
NO_ERROR = Spreads(0.0, 0.0, 0.0, 0.0)
PERFECT = DrawnDetector(
    sure=6.0, hidden=0.0, small=0.0, own=0.0, drift=0.0, white=0.0, people=NO_ERROR, vehicles=NO_ERROR, coarse_px=0.0,
    shrink=0.0, merge=0.0, second=0.0, posts=0.0, spots=0.0, strays=0.0, mistaken=0.0, most_iou=0.95,
)  # fmt: skip


def standing(*boxes: tuple[float, float, float, float], name: str = "pedestrian", frames: int = 300) -> MotTable:
    """Objects that stand at left, top, width, height in every frame."""
    many = len(boxes)
    sides = np.array(boxes, np.float64)
    sides[:, 2:] += sides[:, :2]
    return table(
        np.repeat(np.arange(1, frames + 1), many),
        np.tile(np.arange(1, many + 1), frames),
        np.tile(sides, (frames, 1)),
        classes=np.full(many * frames, FIRST_CLASS + CODE[name], np.int64),
    )


def crowd(frames: int = 100, tall: float = 50.0) -> MotTable:
    """40 people who stand apart from each other."""
    places = [(60.0 * k + 20.0, 85.0 * row + 10.0) for row in range(4) for k in range(10)]
    return standing(*((left, top, 0.4 * tall, tall) for left, top in places), frames=frames)


def test_a_perfect_detector_says_the_truth() -> None:
    truth = standing((10, 20, 20, 50), (300, 100, 80, 60), frames=5)
    found = detections(truth, 10.0, SIZE, PERFECT, seed=1)
    assert found.frames.tolist() == truth.frames.tolist()
    order = np.lexsort((found.boxes_px[:, 0], found.frames))
    np.testing.assert_allclose(found.boxes_px[order], truth.boxes_px)
    assert (found.ids == -1).all()
    assert (found.confidences > 0.99).all()
    assert (found.classes == FIRST_CLASS + CODE["pedestrian"]).all()


@pytest.mark.parametrize("how", [STREET, STRONG], ids=["street", "strong"])
def test_rows_are_such_as_a_detector_gives(how: DrawnDetector) -> None:
    truth = crowd(frames=50)
    found = detections(truth, 10.0, SIZE, how, seed=3)
    assert (np.diff(found.frames) >= 0).all()
    assert found.frames.min() >= 1
    assert found.frames.max() <= 50
    assert ((found.confidences >= how.least) & (found.confidences <= 1)).all()
    assert (found.boxes_px >= 0).all()
    assert (found.boxes_px <= np.array([*SIZE, *SIZE])).all()
    assert ((found.boxes_px[:, 2:] - found.boxes_px[:, :2]) >= 3).all()
    assert ((found.classes >= FIRST_CLASS) & (found.classes < FIRST_CLASS + len(CLASSES))).all()
    for _, rows in found.by_frame():
        same = found.classes[rows][:, None] == found.classes[rows][None]
        overlap = np.where(same, iou(found.boxes_px[rows], found.boxes_px[rows]), 0) - np.eye(rows.stop - rows.start)
        assert overlap.max() <= how.most_iou + 1e-3
        assert (np.diff(found.confidences[rows]) <= 1e-6).all()


def test_the_same_seed_gives_the_same_rows_and_another_gives_others() -> None:
    truth = crowd(frames=30)
    first, again, other = (detections(truth, 10.0, SIZE, STREET, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.boxes_px, again.boxes_px)
    np.testing.assert_array_equal(first.confidences, again.confidences)
    assert len(first) != len(other) or not np.array_equal(first.boxes_px, other.boxes_px)


@pytest.mark.parametrize(
    ("word", "harder"),
    [
        ("small", crowd(tall=14.0)),
        ("half hidden", replace(crowd(), visibility=np.full(100 * 40, 0.3))),
    ],
)
def test_what_is_harder_to_see_is_missed_more_and_scored_lower(word: str, harder: MotTable) -> None:
    easy = replace(crowd(), visibility=np.ones(100 * 40))
    only = replace(STREET, second=0.0, spots=0.0, strays=0.0, posts=0.0)
    clear, hard = (detections(truth, 10.0, SIZE, only, seed=1) for truth in (easy, harder))
    assert len(hard) < len(clear)
    assert np.median(hard.confidences) < np.median(clear.confidences) - 0.2, word
    faint = (clear.confidences < 0.6).mean(), (hard.confidences < 0.6).mean()
    assert faint[1] > 3 * faint[0]


def test_who_is_missed_is_likely_missed_again() -> None:
    truth = replace(crowd(frames=300), visibility=np.full(300 * 40, 0.45))
    only = replace(PERFECT, sure=2.9, hidden=6.5, own=0.0, drift=1.15, white=0.4)
    found = detections(truth, 10.0, SIZE, only, seed=1)
    seen = np.zeros((300, 40), bool)
    for frame, rows in found.by_frame():
        true = truth.boxes_px[(frame - 1) * 40 : frame * 40]
        seen[frame - 1] = (iou(true, found.boxes_px[rows]) > 0.95).any(axis=1)
    missed = ~seen
    again = missed[1:][missed[:-1]].mean()
    later = missed[50:][missed[:-50]].mean()
    assert again > 2 * missed.mean()
    assert later < 1.5 * missed.mean()


@pytest.mark.parametrize("fps", [1.0, 10.0, 30.0])
def test_drift_is_the_same_process_at_every_rate(fps: float) -> None:
    drawn = drifting(np.random.default_rng(1), 4000, round(fps) + 1, 0.9 * fps)
    assert drawn.std() == pytest.approx(1.0, abs=0.03)
    after_a_second = (drawn[:, 0] * drawn[:, round(fps)]).mean()
    assert after_a_second == pytest.approx(np.exp(-1 / 0.9), abs=0.06)


def test_errors_of_boxes_have_the_spread_that_was_asked_for() -> None:
    spreads = Spreads(across=0.05, along=0.03, height=0.04, width=0.1)
    truth = standing(*((100.0 * k, 100.0, 40.0, 100.0) for k in range(6)), frames=1500)
    found = detections(truth, 10.0, SIZE, replace(PERFECT, people=spreads), seed=1)
    width, height = (found.boxes_px[:, 2:] - found.boxes_px[:, :2]).T
    inside = (found.boxes_px[:, 0] > 0) & (found.boxes_px[:, 2] < SIZE[0])
    middle = found.boxes_px[inside, :2].copy()
    middle[:, 0] = 0.5 * (found.boxes_px[inside, 0] + found.boxes_px[inside, 2])
    off = (middle[:, 0] - 20 + 50) % 100 - 50
    assert off.std() == pytest.approx(5.0, rel=0.15)
    assert (found.boxes_px[:, 3] - 200).std() == pytest.approx(3.0, rel=0.15)
    assert np.log(height / 100).std() == pytest.approx(0.04, rel=0.15)
    assert np.log(width[inside] / 40).std() == pytest.approx(0.1, rel=0.15)


def test_boxes_of_vehicles_err_by_their_own_spread() -> None:
    how = replace(PERFECT, people=Spreads(0.2, 0.2, 0.2, 0.2))
    found = detections(standing((100, 100, 150, 60), name="bus", frames=20), 10.0, SIZE, how, seed=1)
    np.testing.assert_allclose(found.boxes_px, np.tile([100.0, 100, 250, 160], (20, 1)))


BEHIND = standing((100, 100, 40, 100), (120, 110, 40, 100), frames=50)  # the first is half behind the second


def test_hidden_by_names_the_nearer_box() -> None:
    hidden = hidden_by(BEHIND, SIZE)
    assert hidden.by[:2].tolist() == [1, -1]
    assert hidden.covered[:2].tolist() == [pytest.approx(0.45), 0.0]
    assert hidden.share[:2].tolist() == [pytest.approx(0.45), 0.0]


@pytest.mark.parametrize(
    ("word", "box", "visibility", "share"),
    [
        ("half beside the picture", (-20, 100, 40, 100), -1.0, 0.5),
        ("known to the truth", (100, 100, 40, 100), 0.25, 0.75),
        ("wholly in view", (100, 100, 40, 100), -1.0, 0.0),
        ("no area", (100, 100, 0, 0), 1.0, 0.0),
    ],
)
def test_share_not_seen(word: str, box: tuple[float, float, float, float], visibility: float, share: float) -> None:
    truth = replace(standing(box, frames=1), visibility=np.array([visibility]))
    assert hidden_by(truth, SIZE).share.tolist() == [pytest.approx(share)], word


def test_two_that_cover_each_other_may_give_one_box() -> None:
    found = detections(BEHIND, 10.0, SIZE, replace(PERFECT, merge=1.0), seed=1)
    np.testing.assert_allclose(found.boxes_px, np.tile([100.0, 100, 160, 210], (50, 1)))


def test_a_hidden_one_may_be_boxed_by_what_is_seen() -> None:
    found = detections(BEHIND, 10.0, SIZE, replace(PERFECT, shrink=1.0), seed=1)
    first = found.boxes_px[found.boxes_px[:, 0] == 100]
    np.testing.assert_allclose(first, np.tile([100.0, 100, 120, 200], (50, 1)))


@pytest.mark.parametrize(
    ("word", "change", "more"),
    [
        ("second boxes", {"second": 1.0}, True),
        ("spots", {"spots": 30.0}, True),
        ("strays", {"strays": 5.0}, True),
        ("posts hide", {"posts": 8.0, "hidden": 30.0}, False),
    ],
)
def test_false_boxes_and_posts(word: str, change: dict[str, float], more: bool) -> None:
    truth = crowd()
    found = detections(truth, 10.0, SIZE, replace(PERFECT, **change), seed=2)
    plain = detections(truth, 10.0, SIZE, PERFECT, seed=2)
    assert (len(found) > len(plain)) is more, word
    assert len(found) != len(plain)


def test_spots_stand_still_and_most_are_faint() -> None:
    truth = standing((5, 5, 20, 50), frames=600)
    found = detections(truth, 10.0, SIZE, replace(PERFECT, spots=30.0), seed=1)
    false = found.keep(found.confidences < 0.99)
    assert len(false) > 200
    assert (false.confidences < 0.3).mean() > 0.8
    cells = np.unique(np.round(false.boxes_px[:, 0] / 20)).size
    assert cells < 32


def test_who_is_mistaken_stays_so() -> None:
    truth = standing(*((60.0 * k, 50.0, 40.0, 60.0) for k in range(10)), name="van", frames=100)
    found = detections(truth, 10.0, SIZE, replace(PERFECT, mistaken=0.15), seed=3)
    wrong = found.classes == FIRST_CLASS + CODE["car"]
    assert (wrong | (found.classes == FIRST_CLASS + CODE["van"])).all()
    of_object = [wrong[np.abs(found.boxes_px[:, 0] - 60 * k) < 1].mean() for k in range(10)]
    assert max(of_object) > 0.5
    assert min(of_object) < 0.5


def test_dont_care_rows_are_seen_and_truth_without_classes_is_of_people() -> None:
    truth = standing((10, 20, 20, 50), frames=3)
    truth = replace(truth, confidences=np.zeros(3), classes=np.full(3, -1, np.int64))
    found = detections(truth, 10.0, SIZE, PERFECT, seed=1)
    assert found.classes.tolist() == [FIRST_CLASS + CODE["pedestrian"]] * 3


def test_truth_may_begin_late() -> None:
    late = standing((10, 20, 20, 50), frames=200)
    late = replace(late, frames=late.frames + 900_000_000)
    found = detections(late, 10.0, SIZE, STREET, seed=1)
    assert (found.frames.min(), found.frames.max()) >= (900_000_001, 900_000_100)
    assert found.frames.max() <= 900_000_200


def test_no_truth_gives_no_detections() -> None:
    assert len(detections(MotTable.empty(), 10.0, SIZE, STREET, seed=1)) == 0


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("share over 1", {"merge": 1.5}),
        ("share below 0", {"shrink": -0.1}),
        ("no drift time", {"drift_s": 0.0}),
        ("not a number", {"box_drift_s": float("nan")}),
        ("every score", {"least": 0.0}),
        ("negative spread", {"own": -1.0}),
        ("too many spots", {"spots": 1e6}),
    ],
)
def test_impossible_settings_are_refused(word: str, change: dict[str, float]) -> None:
    with pytest.raises(BadConfig, match=next(iter(change))):
        replace(STREET, **change)


@pytest.mark.parametrize(
    ("word", "fps", "size", "frames", "error"),
    [
        ("no rate", 0.0, SIZE, 3, BadConfig),
        ("rate not a number", float("nan"), SIZE, 3, BadConfig),
        ("no picture", 10.0, (0, 360), 3, BadConfig),
        ("frames without end", 10.0, SIZE, 10**9, BadData),
    ],
)
def test_impossible_truth_is_refused(
    word: str, fps: float, size: tuple[int, int], frames: int, error: type[Exception]
) -> None:
    truth = table(np.array([1, frames]), np.array([1, 2]), np.array([[1.0, 1, 20, 50], [1.0, 1, 20, 50]]))
    with pytest.raises(error):
        detections(truth, fps, size, STREET, seed=1)
