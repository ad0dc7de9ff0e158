"""The rate wish of many cameras is that of each alone, bounded, and indifferent to order, place and scale."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sightline.config import RateSettings
from sightline.track.wish import Motion, next_time_ns, next_times_ns, rate_wish, rate_wishes

SETTINGS = RateSettings()


def drawn(seed: int, n: int) -> Motion:
    """Random movers, some standing, some tied, some unseen."""
    rng = np.random.default_rng(seed)
    return Motion(
        rng.uniform(0, 600, (n, 2)),
        rng.normal(0, 60, (n, 2)) * (rng.random((n, 1)) < 0.7),
        rng.uniform(5, 60, n),
        rng.uniform(10, 200, n),
        rng.integers(0, 8, n),
        np.where(rng.random(n) < 0.5, rng.uniform(0, 30, n), np.inf),
        np.where(rng.random(n) < 0.8, 0.0, rng.uniform(0, 1, n)),
    )


MOTIONS = st.builds(drawn, st.integers(0, 10_000), st.integers(0, 60))
ANY = st.floats(allow_nan=True, allow_infinity=True)


def columns(motion: Motion) -> list[np.ndarray]:
    return [getattr(motion, name) for name in Motion.__slots__]


@settings(deadline=None, max_examples=60)
@given(st.lists(MOTIONS, max_size=6), st.integers(-(2**60), 2**60))
def test_together_equals_alone(motions: list[Motion], last_ns: int) -> None:
    rows, first = Motion.joined(motions)
    last = np.full(len(motions), last_ns, np.int64)
    assert rate_wishes(rows, first, SETTINGS).tolist() == [rate_wish(one, SETTINGS) for one in motions]
    assert next_times_ns(last, rows, first, SETTINGS).tolist() == [next_time_ns(last_ns, m, SETTINGS) for m in motions]


@settings(deadline=None, max_examples=40)
@given(MOTIONS, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(motion: Motion, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(motion)))
    random.shuffle(order)
    shuffled = Motion(*(column[np.array(order, np.int64)] for column in columns(motion)))
    assert rate_wish(shuffled, SETTINGS) == rate_wish(motion, SETTINGS)


@settings(deadline=None, max_examples=40)
@given(MOTIONS, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_a_larger_picture_of_the_same_street_asks_the_same(motion: Motion, zoom: float) -> None:
    feet, velocities, scale, heights, *rest = columns(motion)
    zoomed = Motion(feet * zoom, velocities * zoom, scale * zoom, heights * zoom, *rest)
    assert rate_wish(zoomed, SETTINGS) == rate_wish(motion, SETTINGS)


@settings(deadline=None, max_examples=40)
@given(MOTIONS, st.floats(1.0, 4.0))
def test_faster_and_closer_calls_never_ask_for_less(motion: Motion, more: float) -> None:
    feet, velocities, scale, heights, labels, margins, unseen = columns(motion)
    base = rate_wish(motion, SETTINGS)
    assert rate_wish(Motion(feet, velocities * more, scale, heights, labels, margins, unseen), SETTINGS) >= base
    assert rate_wish(Motion(feet, velocities, scale, heights, labels, margins / more, unseen), SETTINGS) >= base


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 8).flatmap(lambda n: arrays(np.float64, (n, 8), elements=ANY)))
def test_any_numbers_give_a_wish_within_bounds(block: np.ndarray) -> None:
    labels = np.zeros(len(block), np.int64)
    motion = Motion(block[:, :2], block[:, 2:4], block[:, 4], block[:, 5], labels, block[:, 6], block[:, 7])
    assert SETTINGS.f_min <= rate_wish(motion, SETTINGS) <= SETTINGS.f_max
