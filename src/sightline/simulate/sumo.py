"""SUMO as another source of trajectories: the program runs as its own process on a network written from a layout."""

import gzip
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import numpy as np

from sightline.core.errors import BadConfig, BadData
from sightline.core.vocabulary import CLASSES, CODE
from sightline.simulate.demand import KINDS, SHARES, WALK_MPS, WALKING
from sightline.simulate.world import AMBER, CYCLE_M, GREEN, I8, LANE_M, PARKING_M, RED, Layout, Movers

_STAY_S: Final = 150.0  # about how long one stays, for the number of departures
_MOST_S: Final = 24 * 3600.0
_WARM_S: Final = 120.0
_TIMEOUT_S: Final = 3600.0
# The classes of SUMO that may use our lanes.
_SUMO_CLASS: Final = {
    "car": "passenger", "van": "delivery", "truck": "truck", "bus": "bus", "motorcycle": "motorcycle",
    "bicycle": "bicycle", "scooter": "bicycle",
}  # fmt: skip
_PERSON_M: Final = (0.5, 0.55, 1.72)


@dataclass(frozen=True, slots=True)
class _Step:
    """One instant as SUMO wrote it: (id, type, x, y, angle, speed) of each; states of signals by junction."""

    time_s: float
    rows: list[tuple[str, str, float, float, float, float]]


class Sumo:
    """Trajectories of the SUMO program on the streets of a layout; same protocol as Traffic.

    folder: where the programs sumo and netconvert lie, None: on the search path; seconds: how long the run is;
    users: wanted number of moving road users, about. The whole run is computed when this is built, in a process of its
    own and a temporary folder that `close` removes; nothing of SUMO is imported. Nobody is parked in it. BadConfig
    where the programs are missing, BadData where they fail.
    """

    def __init__(
        self, layout: Layout, seed: int, *, seconds: float, users: int = 100, step_s: float = 0.1,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        if not 0.05 <= step_s <= 1 or not 0 < seconds <= _MOST_S:
            raise BadConfig("sumo", (step_s, seconds), f"steps of 0.05 to 1 s and a run of up to {_MOST_S:.0f} s")
        programs = {name: _program(name, folder) for name in ("netconvert", "sumo")}
        self._temporary = tempfile.TemporaryDirectory(prefix="sumo-")
        work = Path(self._temporary.name)
        with ExitStack() as unless_it_works:
            unless_it_works.callback(self.close)
            _write_network(layout, work)
            _write_demand(layout, work, seed, seconds + _WARM_S, users)
            _run([programs["netconvert"], "-n", "nodes.xml", "-e", "edges.xml", "-o", "net.xml", "-v", "false",
                  "--offset.disable-normalization", "true", "--crossings.guess", "true", "--no-turnarounds", "true",
                  "--tls.default-type", "static", "--no-warnings", "true"], work)  # fmt: skip
            _run([programs["sumo"], "-n", "net.xml", "-r", "demand.xml", "-a", "signals.xml",
                  "--seed", str(seed % 2**31), "--step-length", f"{step_s:g}",
                  "--end", f"{seconds + _WARM_S:g}", "--fcd-output", "fcd.xml.gz",
                  "--device.fcd.begin", f"{_WARM_S:g}", "--no-step-log", "true", "--no-warnings", "true",
                  "--time-to-teleport", "-1", "--ignore-route-errors", "true"], work)  # fmt: skip
            self._heads = _heads(layout, work / "net.xml")
            self._signals = _signals(work / "states.xml")
            unless_it_works.pop_all()
        self._steps = _steps(work / "fcd.xml.gz")
        self._numbers: dict[str, tuple[int, int]] = {}  # id and look of each
        self._gone: dict[int, tuple[float, float]] = {}  # metres gone and speed of each, one step before
        self._seed, self._step_s, self._ticks = seed, step_s, 0
        self._now: _Step | None = next(self._steps, None)
        self._movers = self._read()

    def close(self) -> None:
        """Remove the temporary folder."""
        self._temporary.cleanup()

    @property
    def time_s(self) -> float:
        """Seconds since the start."""
        return self._ticks * self._step_s

    @property
    def movers(self) -> Movers:
        """Everybody at this time; nobody after the end of the run."""
        return self._movers

    @property
    def lights(self) -> I8:
        """RED, AMBER or GREEN for each head of the layout."""
        shown = np.full(len(self._heads), RED, np.int8)
        for k, (node, links) in enumerate(self._heads):
            times, states = self._signals.get(node, ([], []))
            row = int(np.searchsorted(times, self.time_s + _WARM_S + 1e-6)) - 1
            letters = {states[row][link] for link in links if link < len(states[row])} if row >= 0 else set()
            shown[k] = GREEN if letters & {"G", "g"} else AMBER if letters & {"y", "Y"} else RED
        return shown

    def advance(self) -> None:
        """One step further."""
        self._ticks += 1
        then = self.time_s + _WARM_S
        while self._now is not None and self._now.time_s < then - self._step_s / 2:
            self._now = next(self._steps, None)
        self._movers = self._read()

    def _read(self) -> Movers:
        rows = self._now.rows if self._now is not None else []
        for row in rows:
            if row[0] not in self._numbers:
                number = len(self._numbers) + 1
                look = int(np.random.default_rng([self._seed, 105, number]).integers(2**31))
                self._numbers[row[0]] = number, look
        ids, looks = np.array([self._numbers[row[0]] for row in rows], np.int64).reshape(len(rows), 2).T.copy()
        labels = np.array([CODE[row[1]] for row in rows], np.int16)
        sizes = np.array([_SIZES[row[1]] for row in rows]).reshape(len(rows), 3)
        values = np.array([row[2:] for row in rows]).reshape(len(rows), 4)
        headings = np.pi / 2 - np.radians(values[:, 2])  # SUMO's angles are compass bearings
        ahead = np.stack([np.cos(headings), np.sin(headings)], axis=1)
        # SUMO gives the middle of a vehicle's front, and of a person the middle.
        back = np.where(labels == CODE["pedestrian"], 0.0, sizes[:, 0] / 2)
        places = values[:, :2] - ahead * back[:, None]
        gone, slower = np.zeros(len(rows)), np.zeros(len(rows), np.bool_)
        new: dict[int, tuple[float, float]] = {}
        for k, (mover, speed) in enumerate(zip(ids.tolist(), values[:, 3].tolist(), strict=True)):
            before = self._gone.get(mover, (0.0, speed))
            gone[k] = before[0] + speed * self._step_s
            slower[k] = speed < before[1] - 0.6 * self._step_s or speed < 0.1
            new[mover] = (float(gone[k]), speed)
        self._gone = new
        slower &= labels != CODE["pedestrian"]
        headings = (headings + np.pi) % (2 * np.pi) - np.pi
        return Movers(
            ids, labels, places, headings, values[:, 3].copy(), gone, looks, sizes,
            np.zeros(len(rows), np.bool_), slower,
        )  # fmt: skip


_SIZES: Final = {kind.label: kind.size_m for kind in KINDS} | {"pedestrian": _PERSON_M}


def _program(name: str, folder: Path | None) -> str:
    found = shutil.which(name, path=str(folder) if folder else None)
    if found is None:
        where = f"in {folder}" if folder else "on the search path"
        raise BadConfig(
            "sumo", f"no program {name} {where}", "SUMO installed, for example in an environment of its own"
        )
    return found


def _run(command: list[str], work: Path) -> None:
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise BadData(f"{Path(command[0]).name}: expected an end within {_TIMEOUT_S:.0f} s, got none") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise BadData(f"{Path(command[0]).name}: expected exit 0, got {done.returncode}: {' '.join(last)}")


def _write_network(layout: Layout, work: Path) -> None:
    """Nodes and edges: one edge each way with pavement, parking, cycle and driving lanes from the right."""
    degree = np.bincount([node for one in layout.streets for node in (one.a, one.b)], minlength=len(layout.nodes))
    lines = ["<nodes>"]
    for k, (x, y) in enumerate(layout.nodes.tolist()):
        kind = "traffic_light" if layout.signals[k] else "priority" if degree[k] > 1 else "dead_end"
        lines.append(f'<node id="n{k}" x="{x:.3f}" y="{y:.3f}" type="{kind}"/>')
    (work / "nodes.xml").write_text("\n".join([*lines, "</nodes>"]), "utf-8")
    lines = ["<edges>"]
    for k, one in enumerate(layout.streets):
        lanes = [f'allow="pedestrian" width="{one.pavement_m}"']
        lanes += [f'disallow="all" width="{PARKING_M}"'] if one.parking else []
        lanes += [f'allow="bicycle" width="{CYCLE_M}"'] if one.cycle else []
        closed = "pedestrian bicycle" if one.cycle else "pedestrian"
        lanes += [f'disallow="{closed}" width="{LANE_M}"'] * one.lanes
        inner = "".join(f'<lane index="{i}" {lane}/>' for i, lane in enumerate(lanes))
        for way, (a, b) in enumerate(((one.a, one.b), (one.b, one.a))):
            lines.append(
                f'<edge id="e{k}.{way}" from="n{a}" to="n{b}" numLanes="{len(lanes)}" speed="{one.speed_mps:.2f}" '
                f'priority="{one.lanes}" spreadType="right" name={quoteattr(one.name)}>{inner}</edge>'
            )
    (work / "edges.xml").write_text("\n".join([*lines, "</edges>"]), "utf-8")
    signals = [
        f'<timedEvent type="SaveTLSStates" source="n{k}" dest="states.xml"/>' for k in np.flatnonzero(layout.signals)
    ]
    (work / "signals.xml").write_text("\n".join(["<additional>", *signals, "</additional>"]), "utf-8")


def _write_demand(layout: Layout, work: Path, seed: int, seconds: float, users: int) -> None:
    """Trips between edges of the district, at even times with chance, sorted by departure."""
    random = np.random.default_rng([seed, 106])
    degree = np.bincount([node for one in layout.streets for node in (one.a, one.b)], minlength=len(layout.nodes))
    doors = [
        (k, int(degree[one.a] > 1)) for k, one in enumerate(layout.streets) if min(degree[one.a], degree[one.b]) < 2
    ]
    count = int(random.poisson(users / _STAY_S * seconds))
    departs = np.sort(random.uniform(0, seconds, count))
    lines = ["<routes>"]
    for kind in KINDS:
        speed = f'maxSpeed="{kind.speed_mps[0] + 1}" ' if kind.speed_mps else ""
        lines.append(
            f'<vType id="{kind.label}" vClass="{_SUMO_CLASS[kind.label]}" length="{kind.size_m[0]}" '
            f'width="{kind.size_m[1]}" height="{kind.size_m[2]}" accel="{kind.accel_mps2}" '
            f'tau="{kind.headway_s}" {speed}/>'
        )
    lines.append(f'<vType id="pedestrian" vClass="pedestrian" maxSpeed="{WALK_MPS[0] + 2 * WALK_MPS[1]:.2f}"/>')
    for k, depart in enumerate(departs.tolist()):
        a, b = (doors[one] for one in random.choice(len(doors), 2, replace=False).tolist())
        come, go = f"e{a[0]}.{a[1]}", f"e{b[0]}.{1 - b[1]}"
        if random.random() < WALKING:
            walk = f'<walk from="{come}" to="{go}"/>'
            lines.append(f'<person id="p{k}" type="pedestrian" depart="{depart:.2f}">{walk}</person>')
        else:
            kind = KINDS[int(random.choice(len(KINDS), p=SHARES))]
            lines.append(
                f'<trip id="v{k}" type="{kind.label}" depart="{depart:.2f}" from="{come}" to="{go}" '
                'departLane="best" departSpeed="max"/>'
            )
    (work / "demand.xml").write_text("\n".join([*lines, "</routes>"]), "utf-8")


def _heads(layout: Layout, net: Path) -> list[tuple[str, list[int]]]:
    """For each head of the layout the junction and the links of its signals that its approach obeys."""
    links: dict[tuple[str, str], list[int]] = {}
    for _, one in ElementTree.iterparse(net):
        if one.tag == "connection" and one.get("tl"):
            key = (one.get("tl", ""), one.get("from", ""))
            links.setdefault(key, []).append(int(one.get("linkIndex", "0")))
    found = []
    for head in layout.heads:
        way = 0 if layout.streets[head.street].b == head.node else 1
        found.append((f"n{head.node}", links.get((f"n{head.node}", f"e{head.street}.{way}"), [])))
    return found


def _signals(path: Path) -> dict[str, tuple[list[float], list[str]]]:
    """By junction: times and states, changes only."""
    found: dict[str, tuple[list[float], list[str]]] = {}
    if not path.is_file():
        return found
    for _, one in ElementTree.iterparse(path):
        if one.tag == "tlsState":
            times, states = found.setdefault(one.get("id", ""), ([], []))
            state = one.get("state", "")
            if not states or states[-1] != state:
                times.append(float(one.get("time", "0")))
                states.append(state)
            one.clear()
    return found


def _steps(path: Path) -> Iterator[_Step]:
    """The instants of a run, one after the other."""
    with gzip.open(path) as stream:
        for _, one in ElementTree.iterparse(stream):
            if one.tag == "timestep":
                rows = []
                for user in one:
                    kind = (user.get("type") or "pedestrian").split("@")[0]
                    label = kind if kind in CLASSES else "pedestrian"
                    x, y, angle, speed = (float(user.get(key, "nan")) for key in ("x", "y", "angle", "speed"))
                    rows.append((user.get("id", ""), label, x, y, angle, speed))
                yield _Step(float(one.get("time", "0")), rows)
                one.clear()
