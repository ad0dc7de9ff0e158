"""The rate wish: who asks for samples, how many, and that bad numbers ask for none."""

from collections.abc import Sequence

import numpy as np
import pytest

from sightline.config import RateSettings
from sightline.core.vocabulary import CODE
from sightline.track.wish import Motion, next_time_ns, next_times_ns, rate_wish, rate_wishes

NAN, INF = float("nan"), float("inf")
WIDE = RateSettings(f_min=0.1, f_max=100.0, beta=0.5, thin_margin=10.0, thin_factor=3.0)
Row = tuple[float, float, float, float]  # foot x, y px; velocity x, y px/s


def motion(rows: Sequence[Row], *, margin: float = INF, unseen_s: float = 0.0, height: float = 20.0) -> Motion:
    """Cars of 10 px per metre."""
    block = np.array(rows, np.float64).reshape(-1, 4)
    n = len(block)
    return Motion(
        block[:, :2].copy(),
        block[:, 2:].copy(),
        np.full(n, 10.0),
        np.full(n, height),
        np.full(n, CODE["car"], np.int64),
        np.full(n, margin),
        np.full(n, unseen_s),
    )


@pytest.mark.parametrize(
    ("rows", "fps"),
    [
        pytest.param([], 0.1, id="empty street"),
        pytest.param([(100, 100, 80, 0)], 0.1, id="one alone, however fast"),
        pytest.param([(100, 100, 0, 0), (140, 100, 0, 0), (180, 100, 1, 0)], 0.1, id="queue that stands and trembles"),
        pytest.param([(100, 100, 80, 0), (140, 100, 80, 0)], 4.0, id="platoon: 80 px/s over half of 40 px"),
        pytest.param([(100, 100, 40, 0), (140, 100, 40, 0)], 2.0, id="at half the speed half as often"),
        pytest.param([(100, 100, 80, 0), (140, 100, 0, 0)], 4.0, id="moving towards one that stands"),
        pytest.param([(100, 100, 0, 28), (100, 114, 0, 28)], 4.0, id="away from the camera the ground is shortened"),
        pytest.param([(100, 100, 80, 0), (101, 100, 80, 0)], 80 / 3, id="one before the other: a share of the height"),
        pytest.param([(100, 100, 80, 0), (100, 100, 80, 0)], 80 / 3, id="at the same place"),
        pytest.param([(100, 100, 9e9, 0), (140, 100, 9e9, 0)], 100.0, id="faster than can be: the bound"),
        pytest.param([(NAN, 100, 80, 0), (140, 100, 80, 0)], 0.1, id="place that is no number is no neighbour"),
        pytest.param([(100, 100, NAN, 0), (140, 100, 80, 0)], 4.0, id="speed that is no number asks nothing"),
        pytest.param([(100, 100, INF, 0), (140, 100, 80, 0)], 4.0, id="infinite speed asks nothing"),
    ],
)
def test_wish(rows: list[Row], fps: float) -> None:
    assert rate_wish(motion(rows), WIDE) == pytest.approx(fps)


@pytest.mark.parametrize(
    ("margin", "unseen_s", "times"),
    [
        pytest.param(INF, 0.0, 1.0, id="no rival"),
        pytest.param(10.0, 0.0, 1.0, id="clear"),
        pytest.param(5.0, 0.0, 2.0, id="half as clear"),
        pytest.param(0.0, 0.0, 3.0, id="a tie"),
        pytest.param(0.0, 0.4, 1.0, id="a tie, but not of the last sample"),
    ],
)
def test_thin_margin_asks_for_more(margin: float, unseen_s: float, times: float) -> None:
    pair = [(100.0, 100.0, 80.0, 0.0), (140.0, 100.0, 80.0, 0.0)]
    assert rate_wish(motion(pair, margin=margin, unseen_s=unseen_s), WIDE) == pytest.approx(4.0 * times)


def test_a_tie_among_those_that_stand_asks_for_more_than_the_least() -> None:
    queue = [(100.0, 100.0, 0.0, 0.0), (140.0, 100.0, 0.0, 0.0)]
    assert rate_wish(motion(queue, margin=0.0), WIDE) == pytest.approx(3.0 * WIDE.f_min)


def test_one_freak_among_many_does_not_drive_the_camera() -> None:
    still = [(100.0 + 40 * k, 100.0, 0.0, 0.0) for k in range(39)]
    freak = [(100.0 + 40 * 39, 100.0, 900.0, 0.0)]
    assert rate_wish(motion(still[:9] + freak), WIDE) > WIDE.f_min
    assert rate_wish(motion(still + freak), WIDE) == WIDE.f_min


@pytest.mark.parametrize(
    ("settings", "fps"),
    [
        pytest.param(RateSettings(f_min=6.0, f_max=9.0, beta=0.5), 6.0, id="least"),
        pytest.param(RateSettings(f_min=0.5, f_max=3.0, beta=0.5), 3.0, id="largest"),
        pytest.param(RateSettings(f_min=6.0, f_max=3.0, beta=0.5), 3.0, id="the largest wins"),
    ],
)
def test_bounds(settings: RateSettings, fps: float) -> None:
    assert rate_wish(motion([(100, 100, 80, 0), (140, 100, 80, 0)]), settings) == fps


def test_next_time() -> None:
    pair = motion([(100, 100, 80, 0), (140, 100, 80, 0)])
    assert next_time_ns(7, pair, WIDE) == 250_000_007
    assert next_time_ns(2**90, pair, WIDE) > next_time_ns(0, pair, WIDE)
    assert next_time_ns(-(2**90), pair, WIDE) < 0


def test_all_cameras_at_once() -> None:
    parts = [motion([(100, 100, 80, 0), (140, 100, 80, 0)]), Motion.empty(), motion([(5, 5, 80, 0)])]
    rows, first = Motion.joined(parts)
    assert first.tolist() == [0, 2, 2, 3]
    assert rate_wishes(rows, first, WIDE).tolist() == pytest.approx([4.0, 0.1, 0.1])
    assert next_times_ns(np.array([0, 1, 2]), rows, first, WIDE).tolist() == [250_000_000, 10**10 + 1, 10**10 + 2]
    nobody, none = Motion.joined([])
    assert rate_wishes(nobody, none, WIDE).shape == (0,)


def test_five_hundred_objects_are_measured_in_blocks() -> None:
    # 600 rows make 360,000 pairs, more than one block.
    rng = np.random.default_rng(3)
    crowd = [(x, y, 60.0, 0.0) for x, y in rng.uniform(0, 4000, (600, 2))]
    alone = [(20_000.0, 0.0, 60.0, 0.0), (20_030.0, 0.0, 60.0, 0.0)]
    rows, first = Motion.joined([motion(crowd), motion(alone)])
    wishes = rate_wishes(rows, first, WIDE)
    assert wishes[1] == pytest.approx(4.0)
    assert wishes[0] == rate_wish(motion(crowd), WIDE)


@pytest.mark.parametrize(
    ("first", "word"),
    [([0, 1], "too short"), ([1, 2], "late start"), ([0, 2, 1, 2], "falling"), ([], "none")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_offsets_must_span_the_rows(first: list[int], word: str) -> None:
    pair = motion([(100, 100, 80, 0), (140, 100, 80, 0)])
    with pytest.raises(ValueError, match="expected rising offsets from 0 to 2"):
        rate_wishes(pair, np.array(first, np.int64), WIDE)


def test_last_times_must_fit_the_cameras() -> None:
    with pytest.raises(ValueError, match=r"last_ns: expected shape \(1,\)"):
        next_times_ns(np.zeros(2, np.int64), Motion.empty(), np.array([0, 0]), WIDE)


@pytest.mark.parametrize(
    ("name", "column", "error"),
    [
        ("margins", np.zeros(2, np.float32), TypeError),
        ("labels", np.zeros(2), TypeError),
        ("feet_px", np.zeros((2, 3)), ValueError),
        ("px_per_m", np.zeros(3), ValueError),
    ],
)
def test_columns_are_checked(name: str, column: np.ndarray, error: type[Exception]) -> None:
    good = motion([(0, 0, 0, 0)] * 2)
    columns = {slot: getattr(good, slot) for slot in Motion.__slots__} | {name: column}
    with pytest.raises(error, match=f"Motion.{name}: expected"):
        Motion(**columns)
