"""Vehicles and riders on the lanes: car-following, signals, giving way in junctions; all of them at once."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from sightline.core.values import I64, Bool
from sightline.simulate.demand import ACCEL, HEADWAY, RIDERS, SIZES, chance
from sightline.simulate.lanes import LEFT, Lanes
from sightline.simulate.signals import CLEARING
from sightline.simulate.world import AMBER, F64, GREEN, I8, STOP_M, ZEBRA_M

_BRAKE: Final = 2.0  # comfortable braking, m/s2 (Treiber and Kesting)
_HARD: Final = 3.5  # who would have to brake harder for amber drives on
_UTMOST: Final = 7.0  # for people on a crossing one brakes as hard as a car can
_STOPPING: Final = 1.5  # lorries brake for a line like cars, though they accelerate less
_ROOM_M: Final = 2.5  # who enters a junction finds so much more than its own length free behind it
_BEFORE_ZEBRA_M: Final = 0.6
_BOX_M: Final = ZEBRA_M + STOP_M  # a connector's first and last metres, where the crossings lie
_AHEAD_S: Final = 1.0  # who has priority claims its way so much earlier than it must
_NEAR_M: Final = 3.0  # who gives way decides at the stop line
_EDGE_RIDE_M: Final = 0.95  # riders keep so far to the right in driving lanes
_CLOSEST_M: Final = 0.5  # bodies never come closer
_FAR_M: Final = 1e6


@dataclass(slots=True, eq=False)
class Drivers:
    """Columns of all vehicles that move.

    ids, looks: i64; kind: index of KINDS; segment: lane or connector the middle is on; next, later: the segments
    after it, -1 none; along_m: of the middle; speed, accel: m/s, m/s2; wish_mps: own highest speed; eager: factor on
    limits; gap_m: at standstill; claim: the connector that is one's own to pass, -1 none; turns: segments gone through;
    aside_m: to the right of the lane's middle; gone_m.
    """

    ids: I64
    kind: I64
    looks: I64
    segment: I64
    next: I64
    later: I64
    along_m: F64
    speed: F64
    accel: F64
    wish_mps: F64
    eager: F64
    gap_m: F64
    claim: I64
    turns: I64
    aside_m: F64
    gone_m: F64

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, chosen: Bool) -> None:
        """Only the rows of a mask stay."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name)[chosen])

    def add(self, rows: dict[str, I64 | F64]) -> None:
        """More rows, columns by name; what is not named is 0."""
        count = len(rows["ids"])
        for one in fields(self):
            old = getattr(self, one.name)
            new = rows.get(one.name, np.zeros(count, old.dtype))
            setattr(self, one.name, np.concatenate([old, new]).astype(old.dtype))


def no_drivers() -> Drivers:
    """Nobody yet."""
    i, f = np.zeros(0, np.int64), np.zeros(0)
    return Drivers(i, i, i, i, i, i, f, f, f, f, f, f, i, i, f, f)


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """What drivers and people on foot know of each other at each arm's crossing (2 * street + end): bool (arms,).

    walked: somebody is on it; wanted: somebody is about to step on it and may; taken: a vehicle is on it or cannot
    stop before it.
    """

    walked: Bool
    wanted: Bool
    taken: Bool


class Driving:
    """Moves Drivers along Lanes: the Intelligent Driver Model with claims on the ways through junctions.

    A vehicle that wants to pass a junction claims its connector. It gets the claim when the signal allows it, its exit
    has room, nobody is on its crossing, and no claimed connector crosses its own; it keeps the claim until its rear has
    left the connector. So nobody meets anybody in a junction, with signals or without.
    """

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.cars = no_drivers()
        self._tail = np.full(len(lanes) + 1, -1, np.int64)  # the last row is for "no segment"
        self._block = np.full(len(lanes), np.inf)
        self._arms = 2 * int(lanes.street.max()) + 2

    def choose(self, ids: I64, turns: I64, lanes: I64) -> I64:
        """The connectors (n,) that vehicles take after their lanes; -1 where the district ends."""
        share = chance(ids, turns, 1)
        option = (share[:, None] > self.lanes.options[lanes]).sum(axis=1).clip(0, 2)
        return np.asarray(self.lanes.after[lanes, option])

    def advance(self, step_s: float, lights: I8, crossings: Crossings) -> I64:
        """One step; answers the ids of those who have left the district."""
        cars, lanes = self.cars, self.lanes
        if not len(cars):
            return cars.ids
        half = SIZES[cars.kind, 0] / 2
        order = np.argsort(cars.segment * 2048.0 + cars.along_m, kind="stable")
        leader, gap, first = self._leaders(order, half)
        left = lanes.lengths[cars.segment] - cars.along_m
        self._grant(np.flatnonzero(first), half, left, lights, crossings)
        stop = self._stops(half, left, crossings)
        accel = self._accelerations(leader, gap, stop, left)
        speed = np.maximum(cars.speed + accel * step_s, 0.0)
        # Whatever the model says, bodies do not touch: who is ahead only ever moves on.
        most = np.maximum(np.minimum(gap - _CLOSEST_M, stop + 0.5), 0.0)
        ahead = np.minimum((cars.speed + speed) / 2 * step_s, most)
        cars.accel = (speed - cars.speed) / step_s
        cars.speed = np.minimum(speed, ahead / step_s + 0.5 * cars.accel.clip(0) * step_s)
        cars.along_m = cars.along_m + ahead
        cars.gone_m = cars.gone_m + ahead
        self._ease_aside(step_s)
        return self._pass_on(half)

    def taken(self) -> Bool:
        """By arm: whether a vehicle is on its crossing or too close to stop before it."""
        cars, lanes = self.cars, self.lanes
        found = np.zeros(self._arms, np.bool_)
        half = SIZES[cars.kind, 0] / 2
        joint = lanes.joint[cars.segment]
        left = lanes.lengths[cars.segment] - cars.along_m
        reach = cars.speed * 1.8 + 0.05  # who stands before a crossing leaves it free
        enters = joint & (cars.along_m - half < _BOX_M) & ((cars.speed > 0.3) | (cars.along_m + half > STOP_M))
        found[lanes.arm[cars.segment[enters]]] = True
        found[lanes.goal_arm[cars.segment[joint & (left - _BOX_M - half < reach)]]] = True
        come = ~joint & (cars.claim >= 0) & (cars.claim == cars.next)
        come &= left - half < np.where(cars.speed > 0.3, reach + STOP_M, -STOP_M)
        found[lanes.arm[cars.segment[come]]] = True
        leave = ~joint & (cars.along_m - half < 0) & (cars.turns > 0)
        found[lanes.arm[cars.segment[leave]] ^ 1] = True
        return found

    def _leaders(self, order: I64, half: F64) -> tuple[I64, F64, Bool]:
        """Who drives ahead (n,), -1 nobody; the gap between the bodies; who is the first on its segment."""
        cars, lanes = self.cars, self.lanes
        count = len(cars)
        segment = cars.segment[order]
        same = segment[1:] == segment[:-1]
        leader = np.full(count, -1, np.int64)
        leader[order[:-1][same]] = order[1:][same]
        gap = np.full(count, _FAR_M)
        rows = order[:-1][same]
        gap[rows] = cars.along_m[leader[rows]] - cars.along_m[rows] - half[leader[rows]] - half[rows]
        tail = self._tail
        tail.fill(-1)
        begins = np.concatenate([[True], ~same])
        tail[segment[begins]] = order[begins]
        first = np.zeros(count, np.bool_)
        first[order[np.concatenate([~same, [True]])]] = True
        rows = np.flatnonzero(first)
        left = lanes.lengths[cars.segment[rows]] - cars.along_m[rows]
        near, far = tail[cars.next[rows]], tail[cars.later[rows]]
        beyond = left + lanes.lengths[cars.next[rows]]
        one = np.where(near >= 0, near, far)
        start = np.where(near >= 0, left, beyond)
        open_gap = np.where(one >= 0, start + cars.along_m[one] - half[one] - half[rows], _FAR_M)
        leader[rows], gap[rows] = one, open_gap
        self._parting(rows, left, half, leader, gap)
        return leader, gap, first

    def _parting(self, rows: I64, left: F64, half: F64, leader: I64, gap: F64) -> None:
        """Who has left the lane by another connector is still in the way until its rear has turned off: of who comes
        after it on the lane, and of who is on a connector of that lane already."""
        cars, lanes = self.cars, self.lanes
        rear = cars.along_m - half
        parting = np.flatnonzero(rear < lanes.shared_m[cars.segment])
        if not len(parting):
            return
        source = lanes.start[cars.segment[parting]]
        block = self._block
        np.minimum.at(block, source, rear[parting])
        who = np.full(len(block), -1, np.int64)
        chosen = rear[parting] == block[source]
        who[source[chosen]] = parting[chosen]
        at = cars.segment[rows]
        near = left + block[at] - half[rows]
        nearer = near < gap[rows]
        gap[rows[nearer]] = near[nearer]
        leader[rows[nearer]] = who[at[nearer]]
        block[source] = np.inf
        front = cars.along_m + half
        inside = rows[front[rows] < lanes.shared_m[cars.segment[rows]]]
        # Few: those first on their connectors and still beside the others of their lane.
        for row in inside.tolist():
            ahead = parting[(source == lanes.start[cars.segment[row]]) & (cars.along_m[parting] > cars.along_m[row])]
            ahead = ahead[cars.segment[ahead] != cars.segment[row]]
            if len(ahead):
                one = ahead[rear[ahead].argmin()]
                if rear[one] - front[row] < gap[row]:
                    gap[row], leader[row] = rear[one] - front[row], one

    def _grant(self, rows: I64, half: F64, left: F64, lights: I8, crossings: Crossings) -> None:
        """Give claims to those who are first in their lanes and close enough, and take back those no longer needed."""
        cars, lanes = self.cars, self.lanes
        rows = rows[~lanes.joint[cars.segment[rows]] & (cars.next[rows] >= 0)]
        head = lanes.head[cars.segment[rows]]
        shown = np.where(head >= 0, lights[head] if len(lights) else GREEN, GREEN)
        stop = left[rows] - half[rows]
        speed = cars.speed[rows]
        held = (cars.claim >= 0) & (cars.claim == cars.next)
        # Amber or red, and still able to stop: the way is free for others.
        back = held[rows] & (shown != GREEN) & (stop > speed**2 / (2 * _HARD) + 0.5)
        cars.claim[rows[back]] = -1
        turn = lanes.turn[cars.next[rows]]
        yields = (turn == LEFT) | lanes.minor[cars.segment[rows]]
        horizon = np.where(yields, _NEAR_M, speed * (1.0 + _AHEAD_S) + 4.0) + speed**2 / (2 * 2.5)
        late = (shown == AMBER) & (stop < speed**2 / (2 * _HARD))
        late |= (
            ((shown == AMBER) | (shown == CLEARING)) & yields & (stop < _NEAR_M)
        )  # who had to wait for oncoming traffic
        arm = lanes.arm[cars.segment[rows]]
        free = ~(crossings.walked[arm] | ((head < 0) & crossings.wanted[arm]))
        wants = (cars.claim[rows] < 0) & (stop < horizon) & ((shown == GREEN) | late) & free
        rows = rows[wants]
        if len(rows):
            # Those with priority first; among equals the nearest.
            rank = np.lexsort((rows, stop[wants], yields[wants]))
            self._claim(rows[rank], half)

    def _claim(self, rows: I64, half: F64) -> None:
        """Claims for candidates in order, where the exit has room and nothing that crosses is claimed."""
        cars, lanes = self.cars, self.lanes
        claimed = cars.claim[cars.claim >= 0]
        used = np.bincount(claimed, minlength=len(lanes)).astype(np.float32)
        lengths = 2 * half + _ROOM_M
        bound = np.zeros(len(lanes))
        inside = cars.claim >= 0
        inside &= cars.segment != lanes.goal[cars.claim]
        np.add.at(bound, lanes.goal[cars.claim[inside]], lengths[inside])
        goal = lanes.goal[cars.next[rows]]
        last = self._tail[goal]
        rear = np.where((last >= 0) & (cars.speed[last] < 5.0), cars.along_m[last] - half[last], _FAR_M)
        crossed = (lanes.crossing @ used)[cars.next[rows]] > 0
        roomy = rear - bound[goal] > lengths[rows]
        self._turn_away(rows[~roomy & (cars.speed[rows] < 0.5)], half, lengths, bound)
        starts, crossing = lanes.crossing.indptr, lanes.crossing.indices
        new: set[int] = set()
        # Few: those who get a way through in this very step.
        for row in rows[~crossed & roomy].tolist():
            way = int(cars.next[row])
            if new and not new.isdisjoint(crossing[starts[way] : starts[way + 1]].tolist()):
                continue
            new.add(way)
            cars.claim[row] = way

    def _turn_away(self, rows: I64, half: F64, lengths: F64, bound: F64) -> None:
        """Who stands before a street that is full takes another turn, so that queues never close a ring."""
        cars, lanes = self.cars, self.lanes
        wish = lanes.turn[cars.next[rows]]
        # Turns that nobody takes from this lane have no share.
        shares = np.diff(lanes.options[cars.segment[rows]], axis=1, prepend=0.0)
        for more in (2, 1):
            turn = (wish + more) % 3
            other = lanes.after[cars.segment[rows], turn]
            goal = lanes.goal[other]
            last = self._tail[goal]
            clear = (last < 0) | (cars.along_m[last] - half[last] - bound[goal] > lengths[rows])
            fine = (other >= 0) & clear & (shares[np.arange(len(rows)), turn] > 0)
            cars.next[rows[fine]] = other[fine]
            cars.later[rows[fine]] = goal[fine]

    def _stops(self, half: F64, left: F64, crossings: Crossings) -> F64:
        """Metres to where each must stop: the stop line without a claim, a crossing in use at the exit; else far."""
        cars, lanes = self.cars, self.lanes
        joint = lanes.joint[cars.segment]
        line = left - half - 0.2
        stop = np.where(~joint & (cars.next >= 0) & (cars.claim != cars.next), line, _FAR_M)
        zebra = left - half - _BOX_M - _BEFORE_ZEBRA_M
        arm = lanes.goal_arm[cars.segment]
        used = joint & (crossings.walked | crossings.wanted)[arm]
        able = zebra > cars.speed**2 / (2 * _UTMOST) - _BEFORE_ZEBRA_M + 0.05
        return np.where(used & able, zebra, stop)

    def _accelerations(self, leader: I64, gap: F64, stop: F64, left: F64) -> F64:
        """The Intelligent Driver Model towards the leader and the stop, m/s2 (n,), within -8 and what one can."""
        cars, lanes = self.cars, self.lanes
        speed = cars.speed
        high = ACCEL[cars.kind]
        headway = HEADWAY[cars.kind]
        there = lanes.limits[cars.next]
        later = np.sqrt(there**2 + 2 * 1.4 * np.maximum(left - 1.0, 0.0))
        limit = np.minimum(lanes.limits[cars.segment], np.where(cars.next >= 0, later, np.inf))
        wish = np.minimum(cars.wish_mps, limit * cars.eager)
        ratio = speed / wish
        free = np.where(ratio <= 1, high * (1 - ratio**4), -np.minimum(2.6, (speed - wish) / 0.4))
        brake = 2 * np.sqrt(high * _BRAKE)
        near = np.maximum(gap, 0.1)
        closing = speed - np.where(leader >= 0, cars.speed[leader], 0.0)
        space = cars.gap_m + np.maximum(speed * headway + speed * closing / brake, 0.0)
        pull = (space / near) ** 2
        # A line is no body: one may come up to it, so the gap at standstill is added to the distance.
        room = np.maximum(stop + cars.gap_m, 0.1)
        held = ((cars.gap_m + 0.5 * speed + speed**2 / (2 * np.sqrt(_STOPPING * _BRAKE))) / room) ** 2
        return np.asarray(np.clip(free - np.maximum(high * pull, _STOPPING * held), -8.0, high))

    def _ease_aside(self, step_s: float) -> None:
        """Riders move to the right edge of driving lanes and to the middle of cycle lanes."""
        cars, lanes = self.cars, self.lanes
        rows = np.flatnonzero(cars.kind >= len(SIZES) - len(RIDERS))
        if len(rows):
            wish = np.where(lanes.cycle[cars.segment[rows]], 0.0, _EDGE_RIDE_M)
            most = 0.12 * cars.speed[rows] * step_s
            cars.aside_m[rows] += np.clip(wish - cars.aside_m[rows], -most, most)

    def _pass_on(self, half: F64) -> I64:
        """Go over to the next segments; those at the district's edge leave."""
        cars, lanes = self.cars, self.lanes
        over = np.flatnonzero(cars.along_m > lanes.lengths[cars.segment])
        if len(over):
            onto = cars.next[over]
            cars.along_m[over] -= lanes.lengths[cars.segment[over]]
            cars.segment[over] = onto
            cars.turns[over] += 1
            cars.next[over] = cars.later[over]
            enters = lanes.joint[onto]  # from a lane: the lane behind follows, then the turn after that
            goal = np.where(enters, cars.next[over], onto)
            after = self.choose(cars.ids[over], cars.turns[over] + enters, goal)
            beyond = np.where(after >= 0, lanes.goal[after], -1)
            cars.later[over] = np.where(enters, after, beyond)
        done = (cars.claim >= 0) & (cars.claim != cars.next) & ~lanes.joint[cars.segment]
        done &= cars.along_m > half + 0.2
        cars.claim[done] = -1
        gone = np.zeros(len(cars), np.bool_)
        gone[over] = cars.segment[over] < 0
        left = cars.ids[gone]
        if len(left):
            cars.keep(~gone)
        return left
