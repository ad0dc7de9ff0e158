"""All road users of a district over time: vehicles, riders, people on foot, and what stands parked."""

from typing import Final, Protocol

import numpy as np

from sightline.core.errors import BadConfig
from sightline.core.values import I64
from sightline.core.vocabulary import CODE
from sightline.simulate.demand import (
    KINDS,
    LABELS,
    RIDERS,
    SHARES,
    SIZES,
    USERS_PER_JUNCTION,
    WALKING,
    level,
    rider,
)
from sightline.simulate.driving import Crossings, Driving
from sightline.simulate.lanes import make_lanes
from sightline.simulate.layout import Arm, stop_m
from sightline.simulate.signals import CLEARING, Signals
from sightline.simulate.walking import Walking, make_paths
from sightline.simulate.world import CYCLE_M, F64, I8, LANE_M, PARKING_M, RED, Layout, Movers

_STEPS_S: Final = (0.02, 0.25)  # car-following becomes unstable with longer steps
_WARM_S: Final = 45.0  # from everybody at random places to queues and platoons
_WARM_STEP_S: Final = 0.2
_STAY_S: Final = 60.0  # times the root of the number of junctions: about how long one stays, measured; the entries
# follow the wanted number anyway
_TOGETHER: Final = 1.6  # people come in together, on average
_SLOT_M: Final = 15.0  # at the start every vehicle has so much of its lane
_FREE_MPS2: Final = 1.5
_BAY_M: Final = {"car": 5.6, "van": 6.4, "bicycle": 2.2}
_PARKED: Final = (0.72, 0.12, 0.06)  # shares of parking places with a car, a van, a bicycle; the others are empty
_BRAKE_LIGHT_MPS2: Final = -0.6


class Trajectories(Protocol):
    """Who is where, step by step: what the built-in traffic and other sources offer alike."""

    @property
    def time_s(self) -> float:
        """Seconds since the start."""
        ...

    @property
    def movers(self) -> Movers:
        """Everybody, parked ones first, at this time."""
        ...

    @property
    def lights(self) -> I8:
        """RED, AMBER or GREEN for each head of the layout."""
        ...

    def advance(self) -> None:
        """One step further."""
        ...


class Traffic:
    """The built-in source of trajectories; the same layout, seed and step give the same traffic.

    step_s: 0.02 to 0.25 s; hour: of the day at the start, which with the course of a working day sets how many are
    about; users: wanted number of moving road users at that hour, None: what suits the district's size. Not
    thread-safe. BadConfig.
    """

    def __init__(
        self, layout: Layout, seed: int, *, step_s: float = 0.1, hour: float = 8.0, users: int | None = None
    ) -> None:
        if not _STEPS_S[0] <= step_s <= _STEPS_S[1]:
            raise BadConfig("step_s", step_s, f"{_STEPS_S[0]} to {_STEPS_S[1]} s")
        if not 0 <= hour < 24:
            raise BadConfig("hour", hour, "0 to 24")
        if users is not None and not 0 <= users <= 1_000_000:
            raise BadConfig("users", users, "0 to 1000000")
        self._layout, self._step_s, self._hour = layout, step_s, hour
        self._random = np.random.default_rng([seed, 103])
        self._driving = Driving(make_lanes(layout))
        self._signals = Signals(layout)
        self._walking = Walking(layout, make_paths(layout))
        junctions = int((np.bincount(np.array([(s.a, s.b) for s in layout.streets]).ravel()) > 2).sum())
        busiest = USERS_PER_JUNCTION * junctions if users is None else users / max(level(hour), 0.01)
        self._busiest = busiest
        self._stay_s = _STAY_S * junctions**0.5
        self._still = _parked(layout, np.random.default_rng([seed, 104]))
        self._next_id = len(self._still) + 1
        self._waiting: list[tuple[int, int]] = []  # kind, lane: who wants to come in
        self._ticks = 0
        self._start_s = -round(_WARM_S / _WARM_STEP_S) * _WARM_STEP_S
        self._time_s = self._start_s
        none = np.zeros(2 * len(layout.streets), np.bool_)
        self._crossings = Crossings(none, none, none)
        self._lights = self._signals.states(self._time_s)
        self._doors()
        self._settle()
        while self._time_s < -1e-6:
            self._step(_WARM_STEP_S, self._time_s + _WARM_STEP_S)
        self._time_s = 0.0

    @property
    def time_s(self) -> float:
        """Seconds since the start."""
        return self._time_s

    @property
    def lights(self) -> I8:
        """RED, AMBER or GREEN for each head of the layout."""
        return np.where(self._lights == CLEARING, np.int8(RED), self._lights)

    def advance(self) -> None:
        """One step further."""
        self._ticks += 1
        self._step(self._step_s, self._ticks * self._step_s)

    @property
    def movers(self) -> Movers:
        """Everybody at this time: the parked, then vehicles and riders, then people on foot."""
        cars, people, still = self._driving.cars, self._walking.people, self._still
        places, ahead = self._driving.lanes.places(cars.segment, cars.along_m)
        places = places + np.stack([ahead[:, 1], -ahead[:, 0]], axis=1) * cars.aside_m[:, None]
        count = len(people)
        build = 0.5 + 0.5 * np.cos(people.looks % 10007 / 10007 * np.pi)  # 0..1, even enough
        child = people.looks % 11 == 0
        tall = np.where(child, 1.2 + 0.3 * build, 1.55 + 0.35 * build)
        walkers = np.stack([np.full(count, 0.5), np.where(child, 0.42, 0.55), tall], axis=1)
        return Movers(
            np.concatenate([still.ids, cars.ids, people.ids]),
            np.concatenate([still.labels, LABELS[cars.kind], np.full(count, CODE["pedestrian"], np.int16)]),
            np.concatenate([still.places, places, people.places]),
            np.concatenate([
                still.headings, np.arctan2(ahead[:, 1], ahead[:, 0]), np.arctan2(people.ahead[:, 1], people.ahead[:, 0])
            ]),
            np.concatenate([still.speeds, cars.speed, people.speed]),
            np.concatenate([still.gone_m, cars.gone_m, people.gone_m]),
            np.concatenate([still.looks, cars.looks, people.looks]),
            np.concatenate([still.sizes, SIZES[cars.kind], walkers]),
            np.concatenate([still.parked, np.zeros(len(cars) + count, np.bool_)]),
            np.concatenate([
                still.brakes, (cars.accel < _BRAKE_LIGHT_MPS2) | (cars.speed < 0.1), np.zeros(count, np.bool_)
            ]),
        )  # fmt: skip

    def _step(self, step_s: float, then_s: float) -> None:
        self._come_in(step_s)
        self._time_s = then_s
        self._lights = self._signals.states(then_s)
        self._driving.advance(step_s, self._lights, self._crossings)
        taken = self._driving.taken() if len(self._driving.cars) else np.zeros_like(self._crossings.taken)
        _, self._crossings = self._walking.advance(step_s, self._signals.walk(then_s), taken)

    def _wanted(self) -> float:
        """How many moving road users there ought to be now."""
        return self._busiest * level(self._hour + max(self._time_s, 0.0) / 3600)

    def _doors(self) -> None:
        """Where vehicles of each sort and people on foot come in."""
        lanes = self._driving.lanes
        entry = np.flatnonzero(lanes.entry)
        cycle = lanes.cycle[entry]
        last = np.append(lanes.street[entry][1:] != lanes.street[entry][:-1], True)
        outer = last & ~cycle  # the lane at the right edge, where there is no cycle lane
        self._door_cars, self._door_riders = entry[~cycle], entry[cycle | outer]
        self._door_people = np.flatnonzero(self._walking.paths.entry)

    def _come_in(self, step_s: float) -> None:
        """Newcomers by chance, more when fewer are about than wanted."""
        random, wanted = self._random, self._wanted()
        for walks in (False, True):
            share = WALKING if walks else 1 - WALKING
            goal = wanted * share
            here = len(self._walking.people) if walks else len(self._driving.cars) + len(self._waiting)
            rate = goal / self._stay_s * float(np.clip(1 + 12 * (goal - here) / max(goal, 1.0), 0.0, 4.0))
            count = int(random.poisson(rate * step_s / (_TOGETHER if walks else 1.0)))
            if not count:
                continue
            if walks:
                path = self._door_people[random.integers(len(self._door_people), size=count)]
                self._next_id += self._walking.enter(random, self._next_id, path, np.zeros(count))
            else:
                kinds = random.choice(len(KINDS), count, p=SHARES)
                self._waiting.extend(zip(kinds.tolist(), self._lanes_for(kinds).tolist(), strict=True))
        if self._waiting:
            self._let_in()

    def _lanes_for(self, kinds: I64) -> I64:
        """An entry lane for each."""
        riders = np.isin(LABELS[kinds], RIDERS)
        draw = self._random.random(len(kinds))
        cars = self._door_cars[(draw * len(self._door_cars)).astype(np.int64)]
        return np.where(riders, self._door_riders[(draw * len(self._door_riders)).astype(np.int64)], cars)

    def _let_in(self) -> None:
        """The first who waits at each lane comes in when there is room."""
        cars = self._driving.cars
        rear = np.full(len(self._driving.lanes), np.inf)
        np.minimum.at(rear, cars.segment, cars.along_m - SIZES[cars.kind, 0] / 2)
        pace = np.full(len(rear), np.inf)
        order = np.argsort(-cars.along_m, kind="stable")
        pace[cars.segment[order]] = cars.speed[order]  # the last one's stays
        served: set[int] = set()
        rest: list[tuple[int, int]] = []
        chosen: list[tuple[int, int, float]] = []
        for kind, lane in self._waiting:
            gap = rear[lane] - float(SIZES[kind, 0]) - 3.0
            if lane in served or gap < 0:
                rest.append((kind, lane))
            else:
                served.add(lane)
                chosen.append(
                    (kind, lane, float(np.sqrt(min(pace[lane], 50.0) ** 2 + 2 * _FREE_MPS2 * min(gap, 200.0))))
                )
        self._waiting = rest
        if chosen:
            kinds, where, speed = (np.array(column) for column in zip(*chosen, strict=True))
            self._add(kinds, where, SIZES[kinds, 0] / 2, speed)

    def _add(self, kinds: I64, lanes: I64, along_m: F64, most_mps: F64) -> None:
        """New vehicles on lanes at arc lengths, not faster than they may and want."""
        random, driving, count = self._random, self._driving, len(kinds)
        ids = self._next_id + np.arange(count, dtype=np.int64)
        self._next_id += count
        mean, spread = rider(kinds).T
        wish = np.where(np.isfinite(mean), mean + spread * random.standard_normal(count).clip(-2, 2), 99.0)
        eager = random.normal(1.0, 0.07, count).clip(0.85, 1.15)
        after = driving.choose(ids, np.zeros(count, np.int64), lanes)
        aside = np.where(np.isfinite(mean) & ~driving.lanes.cycle[lanes], 0.95, 0.0)
        aside = np.where(np.isfinite(mean), aside, random.normal(0, 0.12, count).clip(-0.3, 0.3))
        driving.cars.add({
            "ids": ids, "kind": kinds, "looks": random.integers(0, 2**31, count), "segment": lanes, "next": after,
            "later": np.where(after >= 0, driving.lanes.goal[after], -1), "along_m": along_m,
            "speed": np.minimum(most_mps, np.minimum(wish, driving.lanes.limits[lanes] * eager)), "wish_mps": wish,
            "eager": eager, "gap_m": random.uniform(1.5, 2.5, count), "claim": np.full(count, -1, np.int64),
            "aside_m": aside,
        })  # fmt: skip

    def _settle(self) -> None:
        """Everybody somewhere at the start, vehicles in slots of their lanes, so that none overlap."""
        random, lanes, paths = self._random, self._driving.lanes, self._walking.paths
        wanted = self._wanted()
        kinds = random.choice(len(KINDS), round(wanted * (1 - WALKING)), p=SHARES)
        riders = np.isin(LABELS[kinds], RIDERS)
        plain = np.flatnonzero(~lanes.joint & ~lanes.cycle)
        cycle = np.flatnonzero(~lanes.joint & lanes.cycle)
        for rows, where in ((kinds[~riders], plain), (kinds[riders], cycle if len(cycle) else plain[:0])):
            slots = np.floor((lanes.lengths[where] - 4.0) / _SLOT_M).astype(np.int64)
            lane = np.repeat(where, slots)
            slot = np.arange(len(lane)) - np.repeat(np.cumsum(slots) - slots, slots)
            chosen = random.permutation(len(lane))[: len(rows)]
            along = np.asarray(2.0 + (slot[chosen] + 0.5) * _SLOT_M, np.float64)
            some = rows[: len(chosen)]
            self._add(some, lane[chosen], along, np.full(len(some), 5.0))
        pavement = np.flatnonzero((paths.kind == 0) & (paths.lengths > 10))
        groups = round(wanted * WALKING / _TOGETHER)
        path = pavement[random.integers(len(pavement), size=groups)]
        begin = 2.0 + random.random(groups) * (paths.lengths[path] - 4.0)
        self._next_id += self._walking.enter(random, self._next_id, path, begin)


def _parked(layout: Layout, random: np.random.Generator) -> Movers:
    """Vehicles and bicycles in the parking lanes, with ids from 1."""
    rows: list[tuple[str, float, float, float]] = []
    names = ("car", "van", "bicycle", "")
    shares = (*_PARKED, 1 - sum(_PARKED))
    for street, one in enumerate(layout.streets):
        if not one.parking:
            continue
        start, ahead, length = layout.axis(street)
        ends = [stop_m(layout, Arm(street, end, 0.0)) + 3.0 if layout.setback_m[street, end] else 6.0 for end in (0, 1)]
        for side in (1, -1):
            right = np.array([ahead[1], -ahead[0]]) * side
            aside = one.lanes * LANE_M + one.cycle * CYCLE_M + PARKING_M / 2
            at = ends[0]
            while True:
                name = names[int(random.choice(4, p=shares))]
                bay = _BAY_M.get(name, 5.6)
                if at + bay > length - ends[1]:
                    break
                middle = (
                    start
                    + ahead * (at + bay / 2 + random.uniform(-0.2, 0.2))
                    + right * (aside + random.normal(0, 0.06))
                )
                turned = (0.0 if side == 1 else np.pi) + float(random.normal(0, 0.015))
                if name:
                    rows.append(
                        (name, float(middle[0]), float(middle[1]), float(np.arctan2(ahead[1], ahead[0])) + turned)
                    )
                at += bay
    kinds = np.array([[kind.label for kind in KINDS].index(row[0]) for row in rows], np.int64)
    count = len(rows)
    places = np.array([row[1:3] for row in rows]).reshape(count, 2)
    nothing = np.zeros(count)
    sizes = SIZES[kinds] * np.where(LABELS[kinds] == CODE["bicycle"], 0.62, 1.0)[:, None] ** np.array([0, 0, 1])
    return Movers(
        np.arange(1, count + 1, dtype=np.int64), LABELS[kinds], places, np.array([row[3] for row in rows]),
        nothing, nothing,
        random.integers(0, 2**31, count), sizes, np.ones(count, np.bool_), np.zeros(count, np.bool_),
    )  # fmt: skip
