"""Lanes join smoothly, stay on the carriageway, and know which ways through a junction cross."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.simulate.lanes import LATERAL_MPS2, LEFT, RIGHT, STRAIGHT, Lanes, make_lanes
from sightline.simulate.layout import make_layout
from sightline.simulate.world import Layout


@given(st.integers(0, 2**31), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_connectors_begin_and_end_where_lanes_do(seed: int, junctions: int) -> None:
    lanes = make_lanes(make_layout(seed, junctions))
    ways = np.flatnonzero(lanes.joint)
    zero = np.zeros(len(ways))
    for end, at, of in ((lanes.start, lanes.lengths, zero), (lanes.goal, np.zeros(len(lanes)), lanes.lengths[ways])):
        there, heading = lanes.places(end[ways], at[end[ways]])
        here, own = lanes.places(ways, of)
        assert np.abs(there - here).max() < 1e-6
        assert (heading * own).sum(axis=1).min() > np.cos(np.radians(12))


@given(st.integers(0, 2**31), st.integers(1, 12))
@settings(max_examples=15, deadline=None)
def test_everybody_can_go_on_until_the_edge(seed: int, junctions: int) -> None:
    lanes = make_lanes(make_layout(seed, junctions))
    plain = np.flatnonzero(~lanes.joint)
    ends = lanes.options[plain, 2]
    assert ((ends > 0.999) | lanes.exit[plain]).all()
    assert (lanes.after[plain][lanes.exit[plain]] == -1).all()
    for lane in plain[~lanes.exit[plain]]:
        shares = np.diff(lanes.options[lane], prepend=0.0)
        assert ((shares > 0) <= (lanes.after[lane] >= 0)).all()


@pytest.mark.parametrize("seed", range(5))
def test_nobody_drives_on_the_pavement(seed: int) -> None:
    layout = make_layout(seed, 6)
    lanes = make_lanes(layout)
    ways = np.flatnonzero(lanes.joint)
    for share in np.linspace(0, 1, 21):
        places, _ = lanes.places(ways, lanes.lengths[ways] * share)
        # Right turns round the sharp corner of two kerbs may come as near as half a bicycle.
        assert _off_road(layout, places, lanes.node[ways]).max() < 0.3


def _off_road(layout: Layout, places: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """How far places (n, 2) lie off all carriageways at their junctions, metres."""
    off = np.full(len(places), np.inf)
    for k, one in enumerate(layout.streets):
        start, ahead, length = layout.axis(k)
        there = places - start
        along = there @ ahead
        beside = np.maximum(np.abs(there @ np.array([ahead[1], -ahead[0]])) - one.kerb_m, 0)
        beyond = np.maximum(np.maximum(-along, along - length), 0)
        near = np.isin(nodes, (one.a, one.b))
        off = np.where(near, np.minimum(off, np.hypot(beside, beyond)), off)
    return off


def crossed(lanes: Lanes, way: int) -> set[int]:
    return set(lanes.crossing.indices[lanes.crossing.indptr[way] : lanes.crossing.indptr[way + 1]].tolist())


def test_what_crosses_at_a_crossroads() -> None:
    lanes = make_lanes(make_layout(3, 1))
    ways = np.flatnonzero(lanes.joint & ~lanes.cycle)
    for way in ways.tolist():
        others = crossed(lanes, way)
        assert way not in others
        assert all(way in crossed(lanes, other) for other in others)
        for other in ways.tolist():
            apart = (lanes.arm[way] != lanes.arm[other]) and lanes.turn[way] == STRAIGHT
            oncoming = lanes.goal_arm[way] == lanes.arm[other]
            if apart and oncoming and lanes.turn[other] == LEFT:
                assert other in others, "a left turn crosses oncoming traffic"
            if apart and oncoming and lanes.turn[other] == STRAIGHT:
                assert other not in others, "oncoming traffic does not cross"
            if apart and not oncoming and lanes.turn[other] == STRAIGHT:
                assert other in others


def test_turns_are_slow() -> None:
    lanes = make_lanes(make_layout(3, 8))
    turns = lanes.joint & (lanes.turn != STRAIGHT)
    assert lanes.limits[turns].max() < 9.5
    assert lanes.limits[lanes.joint & (lanes.turn == RIGHT)].max() < np.sqrt(LATERAL_MPS2 * 25)
    assert lanes.limits.min() >= 2.2


def test_places_go_on_straight_beyond_the_ends() -> None:
    lanes = make_lanes(make_layout(3, 1))
    row = np.zeros(1, np.int64)
    end, heading = lanes.places(row, lanes.lengths[:1])
    beyond, same = lanes.places(row, lanes.lengths[:1] + 2.0)
    assert beyond - end == pytest.approx(heading * 2.0)
    assert same == pytest.approx(heading)
