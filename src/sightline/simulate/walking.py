"""People on foot: pavements, corners and crossings as a network of paths, and how people go along it."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from sightline.core.values import I64, Bool
from sightline.simulate.demand import ALONE, GROUPS, WALK_MPS, chance
from sightline.simulate.driving import Crossings
from sightline.simulate.layout import Arm, arms_of, corner_point
from sightline.simulate.world import F64, ZEBRA_M, Layout

_PAVEMENT, _CORNER, _CROSSING = 0, 1, 2
_CROSS: Final = 0.42  # share of those at a corner who cross the street; the others turn or go on
_SAMPLES: Final = 7  # points of a path round a corner
_LAG_M: Final = 0.6  # who is farther than this from the own line catches up first
_ABREAST_M: Final = 0.72
_ROW_M: Final = 0.95
_STAND: Final = 0.07  # chance to stand still somewhere along a pavement
_STAND_S: Final = (4.0, 40.0)
_KERB_M: Final = 0.5  # people wait so far from the kerb
_WAIT_ROW_M: Final = 0.9  # others wait up to this much behind
_SLOWEST_MPS: Final = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Directed paths as columns: points f64 (paths, _SAMPLES, 2) equally spaced; lengths; kind; arm: the crossing's
    (2 * street + end), -1 elsewhere; half_m: how far people may be beside the middle; after: (paths, 2) what follows
    (-1: the district ends; [1] is the crossing or, after a crossing, the pavement); kerb_m: of crossings, from the
    path's start to the kerb; entry: begins at the district's edge."""

    points: F64
    lengths: F64
    kind: I64
    arm: I64
    half_m: F64
    after: I64
    kerb_m: F64
    entry: Bool


def make_paths(layout: Layout) -> Paths:
    """The network of a layout: on both sides of every street a pavement, at every junction corners and crossings."""
    return _Paths(layout).columns()


class _Paths:
    """Gathers paths. A stop is a place on a pavement beside a crossing, or at the district's edge."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._arms = arms_of(layout.nodes, layout.streets)
        self._stops: dict[tuple[int, int, bool], tuple[int, F64]] = {}
        self._rows: list[tuple[F64, int, int, float, int, int, float]] = []

    def columns(self) -> Paths:
        layout = self._layout
        for arms in self._arms:
            for arm in arms:
                for left in (True, False):
                    self._stop(arm, left)
        for street, one in enumerate(layout.streets):
            for left in (True, False):
                self._both(self._stops[street, 0, left], self._stops[street, 1, not left], _PAVEMENT, -1,
                           one.pavement_m / 2 - 0.45)  # fmt: skip
        for node, arms in enumerate(self._arms):
            for arm, following in zip(arms, (*arms[1:], arms[0]), strict=True) if len(arms) > 2 else ():
                kerb = layout.streets[arm.street].pavement_m / 2
                ends = self._stops[arm.street, arm.end, True], self._stops[arm.street, arm.end, False]
                self._both(*ends, _CROSSING, 2 * arm.street + arm.end, ZEBRA_M / 2 - 0.4, kerb)
                other = self._stops[following.street, following.end, False]
                middle = corner_point(layout, node, arm, following)
                if abs((following.angle - arm.angle) % (2 * np.pi) - np.pi) < 0.45:
                    middle = (ends[0][1] + other[1]) / 2
                room = min(layout.streets[one.street].pavement_m for one in (arm, following)) / 2 - 0.45
                self._both(ends[0], other, _CORNER, -1, room, 0.0, middle)
        return self._finished()

    def _stop(self, arm: Arm, left: bool) -> None:
        street = self._layout.streets[arm.street]
        setback = float(self._layout.setback_m[arm.street, arm.end])
        along = setback + ZEBRA_M / 2 if setback else 0.0
        aside = (street.kerb_m + street.pavement_m / 2) * (1 if left else -1)
        node = street.b if arm.end else street.a
        place = self._layout.nodes[node] + arm.away * along + arm.left * aside
        self._stops[arm.street, arm.end, left] = (len(self._stops), place)

    def _both(
        self, a: tuple[int, F64], b: tuple[int, F64], kind: int, arm: int, half: float, kerb: float = 0.0,
        by: F64 | None = None,
    ) -> None:  # fmt: skip
        """A path and the way back; by: where the lines of a corner meet."""
        t = np.linspace(0, 1, 33)[:, None]
        mid = (a[1] + b[1]) / 2 if by is None else by
        curve = (1 - t) ** 2 * a[1] + 2 * (1 - t) * t * mid + t**2 * b[1]
        arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
        even = np.linspace(0, arc[-1], _SAMPLES)
        points = np.stack([np.interp(even, arc, curve[:, 0]), np.interp(even, arc, curve[:, 1])], axis=1)
        self._rows.append((points, kind, arm, half, a[0], b[0], kerb))
        self._rows.append((points[::-1], kind, arm, half, b[0], a[0], kerb))

    def _finished(self) -> Paths:
        rows = self._rows
        points = np.stack([row[0] for row in rows])
        kind = np.array([row[1] for row in rows], np.int64)
        begin, end = (np.array([row[k] for row in rows], np.int64) for k in (4, 5))
        leaving: dict[int, dict[int, int]] = {}
        for k in range(len(rows)):
            leaving.setdefault(int(begin[k]), {})[int(kind[k])] = k
        after = np.full((len(rows), 2), -1, np.int64)
        others = {_PAVEMENT: (_CORNER, _CROSSING), _CORNER: (_PAVEMENT, _CROSSING), _CROSSING: (_CORNER, _PAVEMENT)}
        for k in range(len(rows)):
            following = leaving[int(end[k])]
            after[k] = [following.get(one, -1) for one in others[int(kind[k])]]
        chord = np.diff(points, axis=1)
        return Paths(
            points, np.hypot(chord[..., 0], chord[..., 1]).sum(axis=1), kind,
            np.array([row[2] for row in rows], np.int64), np.array([row[3] for row in rows]), after,
            np.array([row[6] for row in rows]), np.array([len(leaving[int(one)]) == 1 for one in begin]),
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Walkers:
    """Columns of all pedestrians: ids, looks; group: who go together share it; path, along_m; next: the path after;
    turns; pace_mps; aside_m: to the right of the path's middle;
    stand_m, stand_s: where on this path to stand still and for how long yet; wait_m: how far from the kerb to wait;
    places: f64 (n, 2); ahead: f64 (n, 2) unit direction; speed; gone_m."""

    ids: I64
    looks: I64
    group: I64
    path: I64
    next: I64
    turns: I64
    along_m: F64
    pace_mps: F64
    aside_m: F64
    stand_m: F64
    stand_s: F64
    wait_m: F64
    speed: F64
    gone_m: F64
    places: F64
    ahead: F64

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, chosen: Bool) -> None:
        """Only the rows of a mask stay."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name)[chosen])


def no_walkers() -> Walkers:
    """Nobody yet."""
    i, f, pairs = np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2))
    return Walkers(i, i, i, i, i, i, f, f, f, f, f, f, f, f, pairs, pairs)


class Walking:
    """Moves Walkers along Paths; they wait at kerbs, keep to the right, and groups stay together."""

    def __init__(self, layout: Layout, paths: Paths) -> None:
        self.paths = paths
        self.people = no_walkers()
        ends = np.array([(one.a, one.b) for one in layout.streets], np.int64).ravel()
        self._signals = layout.signals[ends]
        self._arms = len(ends)

    def enter(self, random: np.random.Generator, first_id: int, path: I64, along_m: F64) -> int:
        """Groups (or people alone) that begin on paths at arc lengths; answers how many people they are."""
        sizes = np.where(random.random(len(path)) < ALONE, 1, 2 + random.choice(3, len(path), p=GROUPS))
        of = np.repeat(np.arange(len(path)), sizes)
        seat = np.arange(len(of)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        count = len(of)
        ids = first_id + np.arange(count, dtype=np.int64)
        group = ids - seat
        half = self.paths.half_m[path]
        wide = np.minimum(np.minimum(sizes, 2) * _ABREAST_M / 2 - _ABREAST_M / 2, half)
        # Keep right: from a little left of the middle to the houses or the kerb.
        middle = random.uniform(-0.25, 1.0, len(path)) * np.maximum(half - wide, 0.0)
        pace = np.clip(random.normal(*WALK_MPS, len(path)), _SLOWEST_MPS, 2.1)
        pace = np.where(sizes > 1, np.minimum(pace, 1.35), pace)
        aside = middle[of] + (seat % 2 - 0.5 * (np.minimum(sizes, 2)[of] - 1)) * _ABREAST_M
        along = along_m[of] - (seat // 2) * _ROW_M
        looks = random.integers(0, 2**31, count)
        new = Walkers(
            ids, looks, group, path[of], np.full(count, -1, np.int64), np.zeros(count, np.int64), along, pace[of],
            aside, np.full(count, np.inf), np.zeros(count), random.uniform(0, _WAIT_ROW_M, count), np.zeros(count),
            np.zeros(count), np.zeros((count, 2)), np.zeros((count, 2)),
        )  # fmt: skip
        new.next = self._choose(new.group, new.turns, new.path)
        new.places, new.ahead = self._target(new, new.along_m)
        self._plan_stand(new, np.arange(count))
        old = self.people
        self.people = Walkers(
            *(np.concatenate([getattr(old, one.name), getattr(new, one.name)]) for one in fields(Walkers))
        )
        return count

    def advance(self, step_s: float, walk: Bool, taken: Bool) -> tuple[I64, Crossings]:
        """One step; answers the ids of those who left, and what is going on at the crossings."""
        people, paths = self.people, self.paths
        crossing = paths.kind[people.path] == _CROSSING
        arm = paths.arm[people.path]
        kerb = paths.kerb_m[people.path]
        at_kerb = kerb - _KERB_M - people.wait_m
        waits = crossing & (people.along_m < kerb - _KERB_M + 0.05)
        may = np.where(self._signals, walk, True)[arm]
        held = waits & (~may | taken[arm])
        lag = np.hypot(*(people.places - self._target(people, people.along_m)[0]).T) - _LAG_M
        move = people.pace_mps * step_s * np.clip(1.0 - lag / _LAG_M, 0.0, 1.0)
        standing = (people.along_m >= people.stand_m) & (people.stand_s > 0)
        people.stand_s = people.stand_s - standing * step_s
        move[standing] = 0.0
        most = np.where(held, np.maximum(at_kerb - people.along_m, 0.0), np.inf)
        people.along_m = people.along_m + np.minimum(move, most)
        self._steer(step_s)
        left = self._pass_on()
        arm, kerb, people = paths.arm[self.people.path], paths.kerb_m[self.people.path], self.people
        crossing = paths.kind[people.path] == _CROSSING
        before = people.along_m < kerb - _KERB_M + 0.05
        on = crossing & ~before & (people.along_m < paths.lengths[people.path] - kerb + 0.3)
        arrives = crossing & before & (people.along_m > kerb - _KERB_M - people.wait_m - 0.8)
        may = np.where(self._signals, walk, True)[arm]
        walked, wanted = np.zeros(self._arms, np.bool_), np.zeros(self._arms, np.bool_)
        walked[arm[on]] = True
        wanted[arm[arrives & may]] = True
        return left, Crossings(walked, wanted, taken)

    def _target(self, people: Walkers, along_m: F64) -> tuple[F64, F64]:
        """The point at arc lengths with everybody's own distance beside the middle, and the path's direction there."""
        paths = self.paths
        share = along_m / paths.lengths[people.path] * (_SAMPLES - 1)
        low = np.clip(share.astype(np.int64), 0, _SAMPLES - 2)
        here, there = paths.points[people.path, low], paths.points[people.path, low + 1]
        chord = there - here
        ahead = chord / np.hypot(chord[:, 0], chord[:, 1])[:, None]
        half = paths.half_m[people.path]
        aside = np.clip(people.aside_m, -half, half)[:, None]
        right = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
        return here + chord * (share - low)[:, None] + right * aside, ahead

    def _steer(self, step_s: float) -> None:
        """Everybody steps towards a point a little ahead on the own line, no faster than the own pace."""
        people = self.people
        goal, path_ahead = self._target(people, people.along_m)
        way = goal - people.places
        far = np.hypot(way[:, 0], way[:, 1])
        reach = np.minimum(far, people.pace_mps * 1.15 * step_s)
        step = way * (reach / np.maximum(far, 1e-9))[:, None]
        people.places = people.places + step
        people.speed = reach / step_s
        people.gone_m = people.gone_m + reach
        moves = people.speed > 0.15
        wish = np.where(moves[:, None], step / np.maximum(reach, 1e-9)[:, None], people.ahead)
        # People turn round within about half a second.
        ahead = people.ahead + (wish - people.ahead + 1e-3 * path_ahead) * min(1.0, step_s / 0.35)
        people.ahead = ahead / np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]

    def _choose(self, group: I64, turns: I64, path: I64) -> I64:
        """The path that groups take after theirs."""
        second = chance(group, turns, 2) < np.where(self.paths.kind[path] == _CROSSING, 0.6, _CROSS)
        return np.asarray(self.paths.after[path, second.astype(np.int64)])

    def _plan_stand(self, people: Walkers, rows: I64) -> None:
        """A few stand still for a while somewhere along a pavement; groups together."""
        group, turns, path = people.group[rows], people.turns[rows], people.path[rows]
        stands = (chance(group, turns, 3) < _STAND) & (self.paths.kind[path] == _PAVEMENT)
        where = (0.2 + 0.6 * chance(group, turns, 4)) * self.paths.lengths[path]
        long = _STAND_S[0] + (_STAND_S[1] - _STAND_S[0]) * chance(group, turns, 5) ** 2
        people.stand_m[rows] = np.where(stands, where, np.inf)
        people.stand_s[rows] = np.where(stands, long, 0.0)

    def _pass_on(self) -> I64:
        """Go over to the next paths; those at the district's edge leave."""
        people, paths = self.people, self.paths
        over = np.flatnonzero(people.along_m >= paths.lengths[people.path])
        if not len(over):
            return over
        people.along_m[over] -= paths.lengths[people.path[over]]
        people.path[over] = people.next[over]
        people.turns[over] += 1
        stay = over[people.path[over] >= 0]
        people.next[stay] = self._choose(people.group[stay], people.turns[stay], people.path[stay])
        self._plan_stand(people, stay)
        gone = people.path < 0
        left = people.ids[gone]
        if len(left):
            people.keep(~gone)
        return left
