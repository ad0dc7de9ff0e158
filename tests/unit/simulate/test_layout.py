"""Districts: connected, planar, and the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sightline.core.errors import BadConfig
from sightline.simulate.layout import arms_of, corner_m, corner_point, make_layout, stop_m
from sightline.simulate.world import Layout


def degrees(layout: Layout) -> np.ndarray:
    return np.bincount([node for one in layout.streets for node in (one.a, one.b)], minlength=len(layout.nodes))


@pytest.mark.parametrize("junctions", [1, 2, 3, 4, 5, 11, 67, 400])
def test_has_the_junctions_asked_for(junctions: int) -> None:
    layout = make_layout(7, junctions)
    degree = degrees(layout)
    assert (degree >= 3).sum() == junctions
    assert set(degree.tolist()) <= {1, 3, 4}
    assert (degree == 1).sum() >= 4
    ends = np.array([(one.a, one.b) for one in layout.streets])
    graph = coo_array((np.ones(len(ends)), ends.T), shape=(len(degree), len(degree)))
    assert connected_components(graph, directed=False)[0] == 1
    lengths = np.array([layout.axis(k)[2] for k in range(len(layout.streets))])
    assert lengths.min() > 60
    assert lengths.max() < 145
    assert any(one.lanes > 1 for one in layout.streets)


def test_one_junction_is_a_crossroads() -> None:
    assert sorted(degrees(make_layout(1, 1)).tolist()) == [1, 1, 1, 1, 4]


@given(st.integers(0, 2**31), st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_streets_meet_only_at_nodes(seed: int, junctions: int) -> None:
    layout = make_layout(seed, junctions)
    ends = np.array([(one.a, one.b) for one in layout.streets])
    for k, (a, b) in enumerate(ends):
        others = ends[k + 1 :]
        others = others[~np.isin(others, (a, b)).any(axis=1)]
        assert not any(_cross(*layout.nodes[[a, b, c, d]]) for c, d in others.tolist())


def _cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> bool:
    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


@given(st.integers(0, 2**31), st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_crossings_lie_beyond_the_corners_of_the_kerbs(seed: int, junctions: int) -> None:
    layout = make_layout(seed, junctions)
    for node, arms in enumerate(arms_of(layout.nodes, layout.streets)):
        for arm, following in zip(arms, (*arms[1:], arms[0]), strict=True) if len(arms) > 2 else ():
            corner = corner_point(layout, node, arm, following, 0.0) - layout.nodes[node]
            for one in (arm, following):
                assert layout.setback_m[one.street, one.end] >= float(corner @ one.away) + 1.9
                assert layout.axis(one.street)[2] > 2 * stop_m(layout, one) + 10


def test_heads_stand_at_the_right_end_of_stop_lines() -> None:
    layout = make_layout(3, 9)
    assert len(layout.heads) == degrees(layout)[layout.signals].sum()
    for head in layout.heads:
        way = np.array([np.cos(head.towards), np.sin(head.towards)])
        gap = layout.nodes[head.node] - np.array(head.place)
        street = layout.streets[head.street]
        assert gap @ way > layout.setback_m[head.street].max() * 0.5
        left = np.array([-way[1], way[0]])
        assert gap @ left == pytest.approx(street.kerb_m + 0.5)


def test_same_seed_same_district() -> None:
    one, two, other = make_layout(5, 20), make_layout(5, 20), make_layout(6, 20)
    assert one.streets == two.streets
    assert one.heads == two.heads
    assert one.nodes.tobytes() == two.nodes.tobytes()
    assert one.nodes.tobytes() != other.nodes.tobytes()


@pytest.mark.parametrize("junctions", [0, -3, 20_001])
def test_refuses(junctions: int) -> None:
    with pytest.raises(BadConfig, match="junctions"):
        make_layout(1, junctions)


def test_corner_of_a_right_angle_and_of_a_straight_street() -> None:
    assert corner_m(np.pi / 2, 5.0, 8.0) == pytest.approx(8.0)
    assert corner_m(np.pi, 5.0, 8.0) == 0.0
