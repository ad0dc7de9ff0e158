"""Simulated streets for the rules: what cameras see as tracks, and what truly happens over their lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sightline.core.events import Line, Zone
from sightline.core.values import I64, Tracks
from sightline.core.vocabulary import CLASSES, CODE, VEHICLES
from sightline.formats.columns_csv import Table
from sightline.rules.memory import inside
from sightline.simulate.flow import Traffic
from sightline.simulate.layout import arms_of, make_layout
from sightline.simulate.mounting import project
from sightline.simulate.sight import Sight
from sightline.simulate.truths import Passes
from sightline.simulate.world import F64, LANE_M, STOP_M, ZEBRA_M, Camera, Layout

_INTO_M: Final = 1.6  # a gate lies so far inside the crossing, where nobody waits
_EDGE: Final = 0.02
_SHAKE: Final = 0.03  # each edge of a box trembles by this share of its size, as detectors' boxes do
_MISSED: Final = 0.04  # of the detections
_STEP_S: Final = 0.1
_HEIGHT_M: Final = 12.0  # a camera that overlooks a junction hangs so high ...
_AWAY_M: Final = (10.0, 13.0, 16.0)  # ... so far from its middle, looks so far beyond it ...
_BEYOND_M: Final = 3.0
_FIELD: Final = 92.0  # ... and so wide, degrees
_LANE_M: Final = (24.0, 18.0, 12.0)
_VEHICLES: Final = np.array([CODE[name] for name in VEHICLES])
CREEP_MPS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Junction:
    """The gates of one junction in one camera's picture: lines across its arms, and which direction leads in."""

    camera: str
    node: int
    lines: tuple[Line, ...]
    inwards: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """The way into a junction on one arm, before its stop line: a zone of a camera, corners (4, 2) on the ground."""

    camera: str
    zone: Zone
    corners_m: F64


@dataclass(frozen=True, slots=True, eq=False)
class StreetTracks:
    """Tracks of every camera and sample, with true ids, and what is true.

    passes: over the gates, columns as speeds.csv; queued: i64 (samples, lanes), vehicles in each lane slower than
    ``CREEP_MPS``, seen or hidden.
    """

    layout: Layout
    cameras: tuple[Camera, ...]
    junctions: tuple[Junction, ...]
    times_ns: tuple[int, ...]
    tracks: tuple[tuple[Tracks, ...], ...]  # by camera, by sample
    passes: Table
    lanes: tuple[Lane, ...]
    queued: I64


def street_tracks(seed: int, junctions: int, seconds: float, fps: float) -> StreetTracks:
    """Run a district of so many junctions, each with a camera that sees most of its arms (640 x 360); fps up to 10."""
    layout = make_layout(seed, junctions)
    cameras, gates = _overlooks(layout, junctions)
    lines = [one.lines for one in gates]
    parts = max(1, round(1 / fps / _STEP_S))
    traffic = Traffic(layout, seed, step_s=1 / fps / parts)
    sight, passes = Sight(layout, cameras), Passes(cameras, lines)
    seen: list[list[Tracks]] = [[] for _ in cameras]
    first: dict[tuple[int, int], float] = {}
    times, queued = [], []
    lanes = tuple(lane for camera, one in zip(cameras, gates, strict=True) for lane in _lanes(layout, camera, one.node))
    sides = np.array([np.concatenate([one.corners_m, np.roll(one.corners_m, -1, 0)], 1) for one in lanes])
    for k in range(round(seconds * fps)):
        movers, now = traffic.movers, k / fps
        times.append(round(now * 1e9))
        passes.update(now, movers)
        slow = movers.keep(~movers.parked & (movers.speeds < CREEP_MPS) & np.isin(movers.labels, _VEHICLES))
        queued.append(inside(slow.places, sides.reshape(-1, 4, 4)).sum(axis=0))
        sights = sight.see(movers)
        counted = sights.keep((sights.boxes_px[:, 3] - sights.boxes_px[:, 1] >= 16) & (sights.visibility >= 0.25))
        for number in range(len(cameras)):
            here = counted.keep(counted.cameras == number)
            ages = [now - first.setdefault((number, int(one)), now) for one in here.ids.tolist()]
            n = len(here)
            seen[number].append(
                Tracks(
                    here.boxes_px,
                    np.full(n, 0.9, np.float32),
                    here.labels,
                    here.ids,
                    np.array(ages, np.float32),
                    np.zeros(n, np.bool_),
                )
            )
        for _ in range(parts):
            traffic.advance()
    return StreetTracks(
        layout, cameras, gates, tuple(times), tuple(map(tuple, seen)), passes.columns(), lanes, np.array(queued)
    )


def shaken(tracks: Sequence[Tracks], seed: int) -> list[Tracks]:
    """The same tracks as a detector would show them: boxes that tremble, some missed."""
    random = np.random.default_rng(seed)
    out = []
    for one in tracks:
        sides = np.tile(one.boxes_px[:, 2:] - one.boxes_px[:, :2], 2)
        boxes = (one.boxes_px + random.normal(0, _SHAKE, sides.shape) * sides).astype(np.float32)
        kept = random.random(len(one)) >= _MISSED
        out.append(Tracks(boxes, one.scores, one.labels, one.ids, one.ages_s, one.held).keep(kept))
    return out


def turns_of(passes: Table, junction: Junction, longest_s: float) -> list[tuple[int, str, str, str]]:
    """True movements through a junction's gates: mover, class, way in, way out."""
    inward = dict(zip((line.name for line in junction.lines), junction.inwards, strict=True))
    rows = np.flatnonzero(passes["camera"] == junction.camera)
    came: dict[int, tuple[str, float]] = {}
    found = []
    for row in rows.tolist():
        line, mover, time_s = str(passes["line"][row]), int(passes["id"][row]), float(passes["time_s"][row])
        if line not in inward:
            continue
        if passes["direction"][row] == inward[line]:
            came[mover] = (line, time_s)
        elif mover in came:
            entry, begun = came.pop(mover)
            if time_s - begun <= longest_s:
                found.append((mover, CLASSES[int(passes["class"][row])], entry, line))
    return found


def _overlooks(layout: Layout, most: int) -> tuple[tuple[Camera, ...], tuple[Junction, ...]]:
    """A camera for each junction: of many places around it, the one that sees most gates whole."""
    cameras, junctions = [], []
    arms = arms_of(layout.nodes, layout.streets)
    for node in [k for k, own in enumerate(arms) if len(own) > 2][:most]:
        best: tuple[Camera, list[tuple[Line, str]]] | None = None
        for turn in np.arange(0, 2 * np.pi, np.pi / 12):
            for away in _AWAY_M:
                x, y = (layout.nodes[node] - away * np.array([np.cos(turn), np.sin(turn)])).tolist()
                pitch = float(np.arctan2(_HEIGHT_M, away + _BEYOND_M))
                camera = Camera(f"cam-{node:02d}", (x, y, _HEIGHT_M), float(turn), pitch, float(np.radians(_FIELD)))
                found = _gates(layout, camera, node)
                if best is None or len(found) > len(best[1]):
                    best = (camera, found)
        if best is not None and len(best[1]) > 1:
            cameras.append(best[0])
            lines, ways = (tuple(column) for column in zip(*best[1], strict=True))
            junctions.append(Junction(best[0].name, node, lines, ways))
    return tuple(cameras), tuple(junctions)


def _gates(layout: Layout, camera: Camera, node: int) -> list[tuple[Line, str]]:
    """Gates of the arms of a junction that a camera sees whole, from kerb to kerb, and the direction that leads in."""
    found = []
    for street, one in enumerate(layout.streets):
        start, ahead, length = layout.axis(street)
        left = np.array([-ahead[1], ahead[0]])
        for end, there in enumerate((one.a, one.b)):
            if there != node:
                continue
            setback = float(layout.setback_m[street, end])
            along = setback - _INTO_M if end == 0 else length - setback + _INTO_M
            middle = start + ahead * along
            kerbs = np.stack([middle + left * one.kerb_m, middle - left * one.kerb_m])
            gate = _gate(camera, kerbs, layout.nodes[node], f"{node}-{street}")
            if gate is not None:
                found.append(gate)
    return found


def _lanes(layout: Layout, camera: Camera, node: int) -> list[Lane]:
    """Ways into a junction of which a camera sees the longest of a few lengths whole; traffic keeps to the right."""
    found = []
    for street, one in enumerate(layout.streets):
        ahead = layout.axis(street)[1]
        wide = one.lanes * LANE_M
        for end, there in enumerate((one.a, one.b)):
            if there != node:
                continue
            out, stop = (ahead, layout.setback_m[street, 0]) if end == 0 else (-ahead, layout.setback_m[street, 1])
            foot = layout.nodes[node] + out * (stop + ZEBRA_M + STOP_M)
            left = np.array([-out[1], out[0]])  # who comes in drives on the left of who looks out
            for long in _LANE_M:
                corners = np.array([foot, foot + out * long, foot + out * long + left * wide, foot + left * wide])
                shares, depth = project(camera, corners)
                if ((shares > 0) & (shares < 1)).all() and (depth > 0).all():
                    zone = Zone(f"{node}-{street}", tuple((float(x), float(y)) for x, y in shares))
                    found.append(Lane(camera.name, zone, corners))
                    break
    return found


def _gate(camera: Camera, kerbs: F64, node: F64, name: str) -> tuple[Line, str] | None:
    shares, ahead = project(camera, np.concatenate([kerbs, node[None]]))
    inside = ((shares[:2] > _EDGE) & (shares[:2] < 1 - _EDGE)).all()
    if not inside or (ahead <= 0).any() or np.hypot(*(kerbs.mean(axis=0) - camera.place[:2])) > 40:
        return None
    start, end = (tuple(round(float(one), 4) for one in point) for point in shares[:2])
    line = Line(name, (start[0], start[1]), (end[0], end[1]))
    step, there = shares[1] - shares[0], shares[2] - shares[0]
    right = step[0] * there[1] - step[1] * there[0] > 0  # y down: the node is right of start -> end
    return line, "forward" if right else "backward"
