"""How road users behave: nobody overlaps, jumps or runs a red light, queues form and dissolve."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sightline.core.errors import BadConfig
from sightline.core.vocabulary import CLASSES, CODE
from sightline.simulate.demand import DAY, KINDS, SHARES, SIZES, chance, level
from sightline.simulate.flow import Traffic
from sightline.simulate.layout import make_layout
from sightline.simulate.world import RED, ZEBRA_M, Layout, Movers


def corners(movers: Movers) -> np.ndarray:
    """Corners of the footprints, (n, 4, 2)."""
    cos, sin = np.cos(movers.headings), np.sin(movers.headings)
    found = []
    for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1)):
        x, y = a * movers.sizes[:, 0] / 2, b * movers.sizes[:, 1] / 2
        found.append(movers.places + np.stack([x * cos - y * sin, x * sin + y * cos], axis=1))
    return np.stack(found, axis=1)


def overlapping(movers: Movers) -> list[tuple[int, int]]:
    """Pairs of rows whose footprints overlap (separating axes)."""
    gap = np.hypot(*np.moveaxis(movers.places[:, None] - movers.places[None], 2, 0))
    a, b = np.nonzero(np.triu(gap < 12, 1))
    corner = corners(movers)
    apart = np.zeros(len(a), np.bool_)
    for who in (a, b):
        for turn in (0.0, np.pi / 2):
            angle = movers.headings[who] + turn
            axis = np.stack([np.cos(angle), np.sin(angle)], axis=1)[:, :, None]
            one, two = (corner[a] @ axis)[..., 0], (corner[b] @ axis)[..., 0]
            apart |= (one.max(axis=1) < two.min(axis=1)) | (two.max(axis=1) < one.min(axis=1))
    return list(zip(a[~apart].tolist(), b[~apart].tolist(), strict=True))


def lane_of(traffic: Traffic) -> dict[int, int]:
    cars = traffic._driving.cars
    return dict(zip(cars.ids.tolist(), cars.segment.tolist(), strict=True))


@given(st.integers(0, 2**31), st.sampled_from([1, 3, 5]), st.sampled_from([0.05, 0.1, 0.2]))
@example(868, 3, 0.05)  # one turning right waits for people on foot, the next drives straight on from the same lane
@settings(max_examples=5, deadline=None)
def test_bodies_do_not_overlap(seed: int, junctions: int, step_s: float) -> None:
    traffic = Traffic(make_layout(seed, junctions), seed, step_s=step_s, users=16 * junctions)
    joint = traffic._driving.lanes.joint
    rows = met = 0
    for k in range(int(18 / step_s)):
        traffic.advance()
        if k % 8 == 0:
            movers = traffic.movers
            movers = movers.keep(movers.labels != CODE["pedestrian"])
            lanes = lane_of(traffic)
            rows += len(movers)
            for a, b in overlapping(movers):
                where = [lanes.get(int(movers.ids[row]), -1) for row in (a, b)]
                met += 1
                assert where[0] != where[1], "in the same lane"
                assert any(lane >= 0 and joint[lane] for lane in where), "away from junctions"
    assert met <= 0.002 * rows


@pytest.mark.parametrize(("seed", "junctions"), [(1, 4), (5, 2)])
def test_nobody_jumps(seed: int, junctions: int) -> None:
    traffic = Traffic(make_layout(seed, junctions), seed, users=20 * junctions)
    before = traffic.movers
    for _ in range(300):
        traffic.advance()
        now = traffic.movers
        _, a, b = np.intersect1d(before.ids, now.ids, return_indices=True)
        way = np.hypot(*(now.places[b] - before.places[a]).T)
        assert (way <= np.maximum(now.speeds[b], before.speeds[a]) * 0.1 + 0.08).all()
        turn = np.abs((now.headings[b] - before.headings[a] + np.pi) % (2 * np.pi) - np.pi)
        assert turn[now.labels[b] != CODE["pedestrian"]].max() < 0.3
        assert (now.gone_m[b] >= before.gone_m[a]).all()
        before = now


def test_ids_are_never_used_again_and_parked_ones_stay() -> None:
    traffic = Traffic(make_layout(2, 2), 2)
    seen: set[int] = set()
    here: set[int] = set()
    parked = traffic.movers.keep(traffic.movers.parked)
    for _ in range(400):
        traffic.advance()
        ids = traffic.movers.ids.tolist()
        assert len(set(ids)) == len(ids)
        new = set(ids) - here
        assert not new & seen, "an id came back"
        seen |= new
        here = set(ids)
    again = traffic.movers.keep(traffic.movers.parked)
    assert again.places.tobytes() == parked.places.tobytes()
    assert len(seen) > len(parked) + 20


@cache
def crowded(seed: int) -> tuple[Layout, list[Movers]]:
    """A busy town, and everybody in it every 0.4 s of 40."""
    layout = make_layout(seed, 4)
    traffic = Traffic(layout, seed, users=130)
    moments = []
    for _ in range(100):
        for _ in range(4):
            traffic.advance()
        moments.append(traffic.movers)
    return layout, moments


@pytest.mark.parametrize("seed", range(3))
def test_people_keep_off_the_road(seed: int) -> None:
    layout, moments = crowded(seed)
    assert len({movers.places.tobytes() for movers in moments}) == len(moments), "each is another moment"
    for movers in moments:
        assert not jaywalking(layout, movers.places[movers.labels == CODE["pedestrian"]]).any()


def jaywalking(layout: Layout, places: np.ndarray) -> np.ndarray:
    """Whether places (n, 2) lie on a carriageway and on no crossing (with 0.7 m to cut corners)."""
    road, allowed = np.zeros(len(places), np.bool_), np.zeros(len(places), np.bool_)
    for k, one in enumerate(layout.streets):
        start, ahead, length = layout.axis(k)
        along = (places - start) @ ahead
        across = np.abs((places - start) @ np.array([ahead[1], -ahead[0]]))
        road |= (along > 0) & (along < length) & (across < one.kerb_m - 0.7)
        for end, at in enumerate((along, length - along)):
            setback = layout.setback_m[k, end]
            allowed |= (setback > 0) & (at > setback - 0.7) & (at < setback + ZEBRA_M + 0.7) & (across < one.kerb_m + 1)
    return road & ~allowed


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_run_over(seed: int) -> None:
    for movers in crowded(seed)[1]:
        walks = movers.labels == CODE["pedestrian"]
        fast = movers.keep(~walks & (movers.speeds > 1.5))
        people = movers.keep(walks)
        cos, sin = np.cos(fast.headings)[:, None], np.sin(fast.headings)[:, None]
        gap = people.places[None] - fast.places[:, None]
        along, across = gap[..., 0] * cos + gap[..., 1] * sin, gap[..., 1] * cos - gap[..., 0] * sin
        hit = (np.abs(along) < fast.sizes[:, :1] / 2) & (np.abs(across) < fast.sizes[:, 1:2] / 2)
        assert not hit.any()


def test_vehicles_stop_at_red_and_go_one_after_the_other() -> None:
    layout = make_layout(1, 1)
    traffic = Traffic(layout, 3, users=40)
    gaps: list[float] = []
    most = 0
    for k in range(700):
        traffic.advance()
        if k % 10:
            continue
        cars = traffic._driving.cars
        for lane in np.unique(cars.segment):
            here = np.flatnonzero((cars.segment == lane) & (cars.speed < 0.05))
            order = here[np.argsort(-cars.along_m[here])]
            half = SIZES[cars.kind[order], 0] / 2
            most = max(most, len(order))
            gaps += [
                float(cars.along_m[a] - cars.along_m[b] - half[i] - half[i + 1])
                for i, (a, b) in enumerate(pairwise(order.tolist()))
            ]
    assert most >= 3
    assert 1.4 < np.median(gaps) < 2.8


def test_nobody_passes_a_stop_line_at_red() -> None:
    layout = make_layout(1, 1)
    traffic = Traffic(layout, 4, users=40)
    lanes = traffic._driving.lanes
    red_s = np.zeros(len(layout.heads))
    before = lane_of(traffic)
    entered = late = 0
    for _ in range(1000):
        traffic.advance()
        red_s = np.where(traffic.lights == RED, red_s + 0.1, 0.0)
        now = lane_of(traffic)
        for mover, segment in now.items():
            if lanes.joint[segment] and not lanes.joint[before.get(mover, segment)]:
                entered += 1
                late += red_s[lanes.head[lanes.start[segment]]] > 5.0  # left turns that had to wait clear the junction
        before = now
    assert entered > 20
    assert late == 0


@pytest.mark.parametrize("users", [0, 30, 80])
def test_as_many_users_as_wanted(users: int) -> None:
    traffic = Traffic(make_layout(3, 6), 3, users=users)
    counts = []
    for _ in range(150):
        traffic.advance()
        counts.append(int((~traffic.movers.parked).sum()))
    assert np.mean(counts) == pytest.approx(users, abs=3 + 0.15 * users)


def test_fewer_at_night() -> None:
    layout = make_layout(3, 6)
    night, day = (int((~Traffic(layout, 3, hour=hour).movers.parked).sum()) for hour in (3.0, 17.0))
    assert night < 0.25 * day
    assert level(24.0) == level(0.0) == DAY[0]
    assert max(DAY) == level(17.0)


def test_same_seed_same_traffic() -> None:
    def trace(seed: int) -> bytes:
        traffic = Traffic(make_layout(1, 2), seed, users=30)
        for _ in range(120):
            traffic.advance()
        movers = traffic.movers
        return movers.ids.tobytes() + movers.places.tobytes() + movers.headings.tobytes() + movers.looks.tobytes()

    assert trace(1) == trace(1)
    assert trace(1) != trace(2)


def test_all_classes_come_with_their_sizes() -> None:
    movers = Traffic(make_layout(1, 30), 1, users=500).movers
    assert {CLASSES[label] for label in np.unique(movers.labels)} == set(CLASSES[:8])
    for kind in KINDS:
        rows = (movers.labels == CODE[kind.label]) & ~movers.parked
        assert (movers.sizes[rows] == np.array(kind.size_m)).all()
        share = rows.sum() / ((movers.labels != CODE["pedestrian"]) & ~movers.parked).sum()
        assert share == pytest.approx(kind.share, abs=0.06)
    walks = movers.labels == CODE["pedestrian"]
    assert 1.2 <= movers.sizes[walks, 2].min() < 1.55 < movers.sizes[walks, 2].max() <= 1.9
    assert SHARES.sum() == pytest.approx(1)


def test_groups_stay_together() -> None:
    traffic = Traffic(make_layout(2, 4), 2, users=150)
    for _ in range(200):
        traffic.advance()
    people = traffic._walking.people
    groups, counts = np.unique(people.group, return_counts=True)
    assert (counts > 1).sum() > 3
    spread = [np.ptp(people.places[people.group == group], axis=0).max() for group in groups[counts > 1]]
    assert np.median(spread) < 2.0


@pytest.mark.parametrize("wrong", [{"step_s": 0.5}, {"step_s": 0.0}, {"hour": 24.0}, {"hour": -1.0}, {"users": -1}])
def test_refuses(wrong: dict[str, float]) -> None:
    with pytest.raises(BadConfig):
        Traffic(make_layout(1, 1), 1, **wrong)  # type: ignore[arg-type]


def test_chance_is_even_and_depends_on_all_it_is_given() -> None:
    who = np.arange(20_000)
    draw = chance(who, who % 7, 1)
    assert 0 <= draw.min() < draw.max() < 1
    assert np.histogram(draw, bins=10, range=(0, 1))[0] == pytest.approx(2000, abs=200)
    assert (draw != chance(who, who % 7, 2)).all()
