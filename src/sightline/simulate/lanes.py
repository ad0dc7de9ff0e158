"""The lanes of a district: directed curves along which wheels roll, how they join in junctions, and which cross."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from sightline.core.values import I64, Bool
from sightline.simulate.layout import Arm, arms_of, stop_m
from sightline.simulate.world import CYCLE_M, F64, LANE_M, Layout, Street

STRAIGHT, RIGHT, LEFT = 0, 1, 2
# Shares of those who go straight, right and left where a lane allows it (usual counts at urban junctions).
TURNING: Final = (0.62, 0.2, 0.18)
LATERAL_MPS2: Final = 2.5  # comfortable sideways acceleration in a turn
_TURN: Final = np.radians(45)  # less is straight on
_SAMPLES: Final = 25  # points of a connector
_KERB_CLEAR_M: Final = (0.95, 0.4)  # middle line to the corner of the kerbs: half a car, half a bicycle
_CLEAR_M: Final = {0: 2.9, 1: 2.0, 2: 1.2}  # how close two middle lines may come, by how many are cyclists'
_SLOWEST_MPS: Final = 2.2


@dataclass(frozen=True, slots=True)
class _Curve:
    """One lane or connector while the network is gathered; node: of a lane the node ahead, of a connector its own."""

    points: F64
    cycle: bool
    street: int
    node: int
    turn: int
    start: int
    goal: int
    rank: int


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """All lanes and connectors (here: segments) as columns of equal length; the lanes come first.

    points, tangents: f64 (k, 2), all samples and their unit directions; first: where a segment's samples begin;
    steps: how many intervals it has, equally
    long; lengths: metres; limits: m/s, in turns what LATERAL_MPS2 allows; joint: it is a connector; cycle: for
    two-wheelers; street: of lanes the street, of connectors the one they leave; node: the node ahead of a lane or
    around a connector; turn: STRAIGHT, RIGHT, LEFT of connectors; start, goal: the lanes a connector joins, -1 for
    lanes; entry, exit: lanes that begin or end at the district's edge; head: index of the signal head ahead, -1 none;
    arm, goal_arm: number of the arm (2 * street + end) a lane ends at or a connector leaves, and the one it enters;
    minor: gives way where there are no signals; after: (segments, 3) connectors of a lane by turn, -1 none; options:
    (segments, 3) f64 cumulated turning shares; shared_m: of connectors, after so many metres they have parted from the
    others of their lane, 0 where there are none; crossing: f32 csr (segments, segments), 1 for connectors that
    may not be used at once.
    """

    points: F64
    tangents: F64
    first: I64
    steps: I64
    lengths: F64
    limits: F64
    joint: Bool
    cycle: Bool
    street: I64
    node: I64
    turn: I64
    start: I64
    goal: I64
    entry: Bool
    exit: Bool
    head: I64
    arm: I64
    goal_arm: I64
    minor: Bool
    after: I64
    options: F64
    shared_m: F64
    crossing: csr_array

    def __len__(self) -> int:
        return len(self.lengths)

    def places(self, segments: I64, along_m: F64) -> tuple[F64, F64]:
        """Places (n, 2) and unit directions (n, 2) at arc lengths along segments; beyond the ends straight on."""
        steps = self.steps[segments]
        share = along_m / self.lengths[segments] * steps
        low = np.clip(share.astype(np.int64), 0, steps - 1)
        at = self.first[segments] + low
        rest = (share - low)[:, None]
        here, turned = self.points[at], self.tangents[at]
        place = here + (self.points[at + 1] - here) * rest
        ahead = turned + (self.tangents[at + 1] - turned) * np.clip(rest, 0, 1)
        return place, ahead / np.hypot(ahead[:, 0], ahead[:, 1])[:, None]


def make_lanes(layout: Layout) -> Lanes:
    """The lanes of a layout."""
    arms = arms_of(layout.nodes, layout.streets)
    lanes, found = _lanes(layout, arms)
    curves = list(lanes)
    for around in arms:
        if len(around) > 2:
            curves.extend(_connectors(layout, lanes, found, around))
    return _columns(layout, arms, curves, len(lanes))


def _lanes(layout: Layout, arms: tuple[tuple[Arm, ...], ...]) -> tuple[list[_Curve], dict[tuple[int, int], list[int]]]:
    """All lanes, and for each (street, 0: a -> b or 1: b -> a) their indices from the middle to the kerb."""
    lanes: list[_Curve] = []
    found: dict[tuple[int, int], list[int]] = {}
    ends = {(arm.street, arm.end): stop_m(layout, arm) if len(around) > 2 else 0.0 for around in arms for arm in around}
    for street, one in enumerate(layout.streets):
        start, ahead, length = layout.axis(street)
        low, high = ends[street, 0], length - ends[street, 1]
        for way in (0, 1):
            right = np.array([ahead[1], -ahead[0]]) * (1 if way == 0 else -1)
            line = start + ahead * np.array([[low], [high]] if way == 0 else [[high], [low]])
            offsets = [(k + 0.5) * LANE_M for k in range(one.lanes)]
            offsets += [one.lanes * LANE_M + CYCLE_M / 2] if one.cycle else []
            for rank, offset in enumerate(offsets):
                found.setdefault((street, way), []).append(len(lanes))
                node = one.b if way == 0 else one.a
                lanes.append(_Curve(line + right * offset, rank == one.lanes, street, node, 0, -1, -1, rank))
    return lanes, found


def _connectors(
    layout: Layout, lanes: list[_Curve], found: dict[tuple[int, int], list[int]], arms: tuple[Arm, ...]
) -> Iterable[_Curve]:
    """Curves through one junction: straight on from lane to lane, right from the outer, left from the inner lane."""
    for arm in arms:
        sources = found[arm.street, 1 - arm.end]
        drive = [k for k in sources if not lanes[k].cycle]
        turns: dict[int, Arm] = {}
        for other in arms:
            bend = (other.angle - arm.angle - np.pi + np.pi) % (2 * np.pi) - np.pi
            turn = STRAIGHT if abs(bend) < _TURN else (LEFT if bend > 0 else RIGHT)
            if other.street != arm.street and (turn not in turns or turn != STRAIGHT):
                turns[turn] = other
        for turn, other in turns.items():
            targets = found[other.street, other.end]
            roads = [k for k in targets if not lanes[k].cycle]
            for source in sources:
                if lanes[source].cycle:
                    goal = targets[-1]  # the cycle lane, else the outer lane
                elif turn == STRAIGHT:
                    goal = roads[min(lanes[source].rank, len(roads) - 1)]
                elif turn == RIGHT and source == drive[-1]:
                    goal = roads[-1]
                elif turn == LEFT and source == drive[0]:
                    goal = roads[0]
                else:
                    continue
                cycle = lanes[source].cycle
                if turn == RIGHT:
                    streets = layout.streets[arm.street], layout.streets[other.street]
                    offsets = [_kerb_m(one, lanes[k]) for one, k in zip(streets, (source, goal), strict=True)]
                    points = _round(lanes[source].points, lanes[goal].points, offsets, _KERB_CLEAR_M[cycle])
                else:
                    points = _bend(lanes[source].points, lanes[goal].points)
                yield _Curve(points, cycle, arm.street, lanes[source].node, turn, source, goal, lanes[source].rank)


def _bend(before: F64, after: F64) -> F64:
    """A smooth curve from the end of one line to the start of another, equally spaced (n, 2)."""
    start, goal = before[-1], after[0]
    leave = (before[-1] - before[0]) / np.hypot(*(before[-1] - before[0]))
    enter = (after[-1] - after[0]) / np.hypot(*(after[-1] - after[0]))
    gap = float(np.hypot(*(goal - start)))
    # Handles of 0.39 of the chord draw a quarter turn within 0.5 % of a circle (0.5523 r = 0.3905 chord).
    handle = gap * (0.39 if leave @ enter < 0.7 else 1 / 3)
    t = np.linspace(0, 1, 65)[:, None]
    curve = (
        (1 - t) ** 3 * start
        + 3 * (1 - t) ** 2 * t * (start + leave * handle)
        + 3 * (1 - t) * t**2 * (goal - enter * handle)
        + t**3 * goal
    )
    return _even(curve)


def _kerb_m(street: Street, lane: _Curve) -> float:
    """From the middle of a lane to the kerb."""
    return street.kerb_m - (street.lanes * LANE_M + CYCLE_M / 2 if lane.cycle else (lane.rank + 0.5) * LANE_M)


def _round(before: F64, after: F64, kerb_m: list[float], clear_m: float) -> F64:
    """A right turn: straight to the corner of the two lanes, cut by an arc that keeps off the corner of the kerbs."""
    start, goal = before[-1], after[0]
    leave = (before[-1] - before[0]) / np.hypot(*(before[-1] - before[0]))
    enter = (after[-1] - after[0]) / np.hypot(*(after[-1] - after[0]))
    sine = float(leave[0] * enter[1] - leave[1] * enter[0])
    gap = goal - start
    to = float(gap[0] * enter[1] - gap[1] * enter[0]) / sine  # from the start to the corner of the lanes
    fro = float((goal - start - leave * to) @ enter)
    angle = float(np.arccos(np.clip(leave @ enter, -1, 1)))
    # The arc of radius r passes r (1 / cos(angle / 2) - 1) from the lanes' corner, which lies min / cos off the kerbs'.
    cosine = float(np.cos(angle / 2))
    radius = max((min(kerb_m) / cosine - clear_m) / (1 / cosine - 1), 1.8)
    tangent = min(radius * float(np.tan(angle / 2)), 0.98 * to, 0.98 * fro)
    radius = tangent / float(np.tan(angle / 2))
    corner = start + leave * to
    centre = corner - leave * tangent + np.array([leave[1], -leave[0]]) * radius
    turn = np.linspace(0, -angle, 33)
    out = corner - leave * tangent - centre
    arc = centre + np.stack(
        [out[0] * np.cos(turn) - out[1] * np.sin(turn), out[0] * np.sin(turn) + out[1] * np.cos(turn)], axis=1
    )
    return _even(np.concatenate([start[None], arc, goal[None]]))


def _even(curve: F64) -> F64:
    """Equally spaced samples (_SAMPLES, 2) of a curve."""
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    even = np.linspace(0, arc[-1], _SAMPLES)
    return np.stack([np.interp(even, arc, curve[:, 0]), np.interp(even, arc, curve[:, 1])], axis=1)


def _columns(layout: Layout, arms: tuple[tuple[Arm, ...], ...], curves: list[_Curve], lanes: int) -> Lanes:
    count = len(curves)
    ahead = {
        head.street * 2 + int(layout.streets[head.street].b == head.node): k for k, head in enumerate(layout.heads)
    }
    street = np.array([one.street for one in curves], np.int64)
    node = np.array([one.node for one in curves], np.int64)
    start, goal = (np.array([getattr(one, key) for one in curves], np.int64) for key in ("start", "goal"))
    turn = np.array([one.turn for one in curves], np.int64)
    joint = np.arange(count) >= lanes
    ends = np.array([(one.a, one.b) for one in layout.streets], np.int64)
    arm = street * 2 + (ends[street, 1] == node)
    goal_arm = np.where(joint, arm[goal] ^ 1, -1)
    degree = np.array([len(one) for one in arms])
    behind = ends[street, 0] + ends[street, 1] - node
    lengths = np.array([float(np.hypot(*np.diff(one.points, axis=0).T).sum()) for one in curves])
    after, options = _turns(curves, lanes)
    return Lanes(
        np.concatenate([one.points for one in curves]), np.concatenate([_tangents(one.points) for one in curves]),
        np.concatenate([[0], np.cumsum([len(one.points) for one in curves])[:-1]]).astype(np.int64),
        np.array([len(one.points) - 1 for one in curves], np.int64),
        lengths, _limits(layout, curves), joint, np.array([one.cycle for one in curves], np.bool_), street, node, turn,
        start, goal, ~joint & (degree[behind] < 2), ~joint & (degree[node] < 2),
        np.array([ahead.get(int(one), -1) for one in arm], np.int64), arm, goal_arm, _minor(layout, arms)[arm],
        after, options, _shared_m(curves, lanes, lengths), _crossing(curves, lanes),
    )  # fmt: skip


def _tangents(points: F64) -> F64:
    """Unit directions at the points of a line."""
    chord = np.gradient(points, axis=0)
    return np.asarray(chord / np.hypot(chord[:, 0], chord[:, 1])[:, None])


def _limits(layout: Layout, curves: list[_Curve]) -> F64:
    """Highest speed on each segment, m/s: the street's, in turns what the tightest bend allows."""
    found = np.array([layout.streets[one.street].speed_mps for one in curves])
    for k, one in enumerate(curves):
        if len(one.points) > 2:
            chord = np.diff(one.points, axis=0)
            heading = np.unwrap(np.arctan2(chord[:, 1], chord[:, 0]))
            tightest = float(np.abs(np.diff(heading)).max() / np.hypot(*chord[0]))
            found[k] = min(found[k], max(_SLOWEST_MPS, float(np.sqrt(LATERAL_MPS2 / max(tightest, 1e-6)))))
    return found


def _turns(curves: list[_Curve], lanes: int) -> tuple[I64, F64]:
    """Connectors after each lane by turn, and the cumulated shares of the turns."""
    after = np.full((len(curves), 3), -1, np.int64)
    for k, one in enumerate(curves[lanes:], lanes):
        after[one.start, one.turn] = k
    shares = np.where(after >= 0, np.array(TURNING), 0.0)
    # From a cycle lane nobody turns left across the other lanes where it goes straight on.
    shares[np.array([one.cycle for one in curves]) & (after[:, STRAIGHT] >= 0), LEFT] = 0.0
    total = shares.sum(axis=1, keepdims=True)
    return after, np.cumsum(np.divide(shares, total, out=np.zeros_like(shares), where=total > 0), axis=1)


def _minor(layout: Layout, arms: tuple[tuple[Arm, ...], ...]) -> Bool:
    """By number of arm: at a junction without signals the arm that does not go straight on gives way."""
    found = np.zeros(2 * len(layout.streets), np.bool_)
    for node, around in enumerate(arms):
        if len(around) > 2 and not layout.signals[node]:
            for arm in around:
                bends = [abs((other.angle - arm.angle) % (2 * np.pi) - np.pi) for other in around if other is not arm]
                found[2 * arm.street + arm.end] = min(bends) > _TURN
    return found


def _shared_m(curves: list[_Curve], lanes: int, lengths: F64) -> F64:
    """How many metres of each connector lie too close to others that leave the same lane."""
    found = np.zeros(len(curves))
    siblings: dict[int, list[int]] = {}
    for k, one in enumerate(curves[lanes:], lanes):
        siblings.setdefault(one.start, []).append(k)
    for members in siblings.values():
        for k, other in permutations(members, 2):
            gaps = curves[k].points[:, None] - curves[other].points[None]
            near = np.flatnonzero((gaps**2).sum(axis=2).min(axis=1) < _CLEAR_M[2 * curves[k].cycle] ** 2)
            found[k] = max(found[k], lengths[k] * (near[-1] + 1) / (len(curves[k].points) - 1))
    return np.minimum(found, lengths)


def _crossing(curves: list[_Curve], lanes: int) -> csr_array:
    """Which connectors come too close to each other; those from the same lane follow one another instead."""
    by_node: dict[int, list[int]] = {}
    for k in range(lanes, len(curves)):
        by_node.setdefault(curves[k].node, []).append(k)
    rows: list[I64] = []
    columns: list[I64] = []
    for members in by_node.values():
        index = np.array(members, np.int64)
        points = np.stack([curves[k].points[::2] for k in members])
        m = len(index)
        flat = points.reshape(-1, 2)
        square = (flat**2).sum(axis=1)
        gap = square[:, None] + square[None] - 2 * flat @ flat.T
        n = points.shape[1]
        nearest = gap.reshape(m, n, m, n).min(axis=(1, 3))
        cycle = np.array([curves[k].cycle for k in members], np.int64)
        clear = np.array(list(_CLEAR_M.values()))[cycle[:, None] + cycle[None]]
        start = np.array([curves[k].start for k in members])
        close = (nearest < clear**2) & (start[:, None] != start[None])
        a, b = np.nonzero(close)
        rows.append(index[a])
        columns.append(index[b])
    shape = (len(curves), len(curves))
    if not rows:
        return csr_array(shape, dtype=np.float32)
    row, column = np.concatenate(rows), np.concatenate(columns)
    return csr_array((np.ones(len(row), np.float32), (row, column)), shape=shape)
