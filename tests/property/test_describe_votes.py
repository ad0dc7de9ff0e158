"""A vote does not depend on the order of its looks, and stays a probability."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.describe.vote import Looks, voted

LOOK = st.tuples(st.floats(0.01, 1.0), st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4))


@settings(deadline=None)
@given(looks=st.lists(LOOK, max_size=12, unique_by=lambda look: round(look[0], 4)), seed=st.integers(0, 999))
def test_order_of_looks_does_not_matter(looks: list[tuple[float, list[float]]], seed: int) -> None:
    def said(order: list[int]) -> np.ndarray:
        kept = Looks(4, 4)
        for place in order:
            quality, row = looks[place]
            kept.add(quality, np.array(row, np.float32) / np.float32(sum(row)))
        return voted(kept.rows, kept.qualities, np.full(4, 0.25, np.float32))

    forward = list(range(len(looks)))
    p = said(forward)
    assert np.allclose(p, said(np.random.default_rng(seed).permutation(forward).tolist() if looks else []), atol=1e-4)
    assert np.isclose(p.sum(), 1, atol=1e-4)
    assert (p >= 0).all()


@settings(deadline=None)
@given(p=st.floats(0.55, 0.99), n=st.integers(1, 32))
def test_agreeing_looks_make_it_surer_but_never_as_sure_as_independent_ones(p: float, n: int) -> None:
    even = np.array([0.5, 0.5], np.float32)
    rows = np.tile(np.array([1 - p, p], np.float32), (n, 1))
    together = voted(rows, np.ones(n, np.float32), even)[1]
    independent = 1 / (1 + ((1 - p) / p) ** n)
    assert p - 1e-4 <= together <= independent + 1e-4
