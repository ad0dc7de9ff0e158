"""What is true of a district beyond its boxes: visits, journeys, passes over lines, turnings, and who there was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.core.events import Line
from sightline.core.values import I16, I64, Bool
from sightline.core.vocabulary import CLASSES
from sightline.formats.columns_csv import Table
from sightline.simulate.groundplan import NO_STREET, Plan
from sightline.simulate.spool import Rows
from sightline.simulate.world import F64, Camera, Layout, Movers

VISIT_GAP_S: Final = 3.0  # who is out of sight for longer comes back as another visit
WINDOW_S: Final = 900.0  # turning counts are customary per quarter of an hour
_REACH_M: Final = 8.0  # cells so far from a line know of it; nobody goes further between two samples
_CELL_M: Final = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Times somebody was in a camera's view, as columns sorted by first frame: ids; labels; first and last rows of
    ``rows``; rows are those of the camera that are counted, sorted by visit, then frame.
    """

    ids: I64
    labels: I16
    starts: I64
    ends: I64
    rows: Rows

    def __len__(self) -> int:
        return len(self.ids)


def visits(rows: Rows, fps: float) -> Visits:
    """The visits of one camera's rows: counted rows of one mover, less than VISIT_GAP_S apart."""
    counted = rows[rows["counted"]]
    counted = counted[np.lexsort((counted["frame"], counted["id"]))]
    n = len(counted)
    begins = np.ones(n, np.bool_)
    begins[1:] = (np.diff(counted["id"]) != 0) | (np.diff(counted["frame"]) > VISIT_GAP_S * fps)
    visit = np.cumsum(begins) - 1
    first = counted["frame"][begins]
    # Visits in the order in which they began.
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((counted["id"][begins], first))] = np.arange(len(first))
    order = np.argsort(rank[visit], kind="stable")
    counted = counted[order]
    starts = np.searchsorted(rank[visit][order], np.arange(len(first))).astype(np.int64)
    ends = np.append(starts, n)[1:].astype(np.int64) - 1
    return Visits(counted["id"][starts], counted["label"][starts].astype(np.int16), starts, ends, counted)


def journey_columns(found: Sequence[Visits], names: Sequence[str], fps: float) -> Table:
    """The visits of all cameras as journeys: sorted by mover, then time, numbered from 1 within each mover.

    mean_mps is the way over ground between first and last sample by its time, 0 for a single sample.
    """
    camera = np.repeat(np.arange(len(found)), [len(one) for one in found])

    def column(values: list[NDArray[Any]], dtype: type) -> NDArray[Any]:
        return np.concatenate([np.zeros(0, dtype), *values]).astype(dtype)

    ids = column([one.ids for one in found], np.int64)
    labels = column([one.labels for one in found], np.int16)
    first = column([one.rows["frame"][one.starts] for one in found], np.int64)
    last = column([one.rows["frame"][one.ends] for one in found], np.int64)
    way = column([one.rows["gone"][one.ends] - one.rows["gone"][one.starts] for one in found], np.float64)
    mean = np.divide(way * fps, last - first, out=np.zeros(len(way)), where=last > first)
    order = np.lexsort((camera, last, first, ids))
    new = np.diff(ids[order], prepend=-1) != 0
    starts = np.flatnonzero(new)
    numbers = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order)))) + 1
    return {
        "id": ids[order],
        "class": labels[order],
        "visit": numbers,
        "camera": np.array(names, np.str_)[camera[order]],
        "track": ids[order],
        "first_s": (first[order] - 1) / fps,
        "last_s": (last[order] - 1) / fps,
        "mean_mps": np.maximum(mean[order], 0.0),
    }


class ById:
    """Columns that are looked up by the id of a mover: they grow as ids do; what nobody set holds `empty`."""

    def __init__(self, empty: float, width: int = 1, dtype: Any = np.float64) -> None:
        self._empty = empty
        self._values: NDArray[Any] = np.full((1024, width), empty, dtype)

    def get(self, ids: I64) -> NDArray[Any]:
        """The values (n, width) of ids (n,)."""
        most = int(ids.max(initial=0))
        if most >= len(self._values):
            more = np.full((most + 1 + most // 2 - len(self._values), *self._values.shape[1:]), self._empty)
            self._values = np.concatenate([self._values, more.astype(self._values.dtype)])
        return np.asarray(self._values[ids])

    def put(self, ids: I64, values: NDArray[Any]) -> None:
        """Set the values (n, width) of ids (n,)."""
        self.get(ids[-1:] if not len(ids) else ids.max(keepdims=True))
        self._values[ids] = values


class Passes:
    """Who passes which counting line when: the middle of the footprint, on the ground, seen or hidden.

    A line in a picture is a segment on the ground; forward is from its left to its right, as in the picture.
    """

    def __init__(self, cameras: Sequence[Camera], lines: Sequence[Sequence[Line]]) -> None:
        self._cameras = [camera.name for camera, own in zip(cameras, lines, strict=True) for _ in own]
        self._lines = [line.name for own in lines for line in own]
        ends = [
            ground_points(camera, np.array([line.start, line.end]) * camera.size)
            for camera, own in zip(cameras, lines, strict=True)
            for line in own
        ]
        self._segments = np.array(ends).reshape(-1, 2, 2)
        self._found: list[tuple[NDArray[np.intp], F64, Bool, I16, I64, F64]] = []
        self._before = ById(np.nan, 3)
        low = self._segments.min(axis=(0, 1)) - _REACH_M if len(ends) else np.zeros(2)
        high = self._segments.max(axis=(0, 1)) + _REACH_M if len(ends) else np.ones(2)
        self._corner = low
        self._shape = np.ceil((high - low) / _CELL_M).astype(int) + 1
        self._starts, self._near = self._grid()

    def _grid(self) -> tuple[I64, NDArray[np.intp]]:
        """Which lines to look at in which cell, as starts (cells + 1,) into line numbers."""
        cells: list[NDArray[np.intp]] = [np.zeros(0, np.intp)]
        numbers: list[NDArray[np.intp]] = [np.zeros(0, np.intp)]
        for number, segment in enumerate(self._segments):
            low = ((segment.min(axis=0) - _REACH_M - self._corner) // _CELL_M).astype(int)
            high = ((segment.max(axis=0) + _REACH_M - self._corner) // _CELL_M).astype(int)
            x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
            cells.append((y * self._shape[0] + x).ravel())
            numbers.append(np.full(x.size, number))
        cell = np.concatenate(cells)
        order = np.argsort(cell, kind="stable")
        starts = np.searchsorted(cell[order], np.arange(int(np.prod(self._shape)) + 1))
        return starts.astype(np.int64), np.concatenate(numbers)[order]

    def update(self, time_s: float, movers: Movers) -> None:
        """Note who passed since the last call."""
        moving = np.flatnonzero(~movers.parked)
        ids, places = movers.ids[moving], movers.places[moving]
        before = self._before.get(ids)
        self._before.put(ids, np.column_stack([places, np.full(len(ids), time_s)]))
        cell = np.floor((places - self._corner) / _CELL_M).astype(np.int64)
        near = ((cell >= 0) & (cell < self._shape)).all(axis=1) & np.isfinite(before[:, 0])
        rows = np.flatnonzero(near)
        key = cell[rows, 1] * self._shape[0] + cell[rows, 0]
        counts = self._starts[key + 1] - self._starts[key]
        row = np.repeat(rows, counts)
        offset = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        line = self._near[np.repeat(self._starts[key], counts) + offset]
        start, along = self._segments[line, 0], self._segments[line, 1] - self._segments[line, 0]
        old, new = before[row, :2] - start, places[row] - start
        # Right of the line is where the cross product of its direction and the way there is negative (y is north).
        was, now = _cross(along, old), _cross(along, new)
        step = new - old
        crossing = _cross(along, step)
        share = np.divide(-was, crossing, out=np.full(len(was), -1.0), where=crossing != 0)
        at = ((old + share[:, None] * step) * along).sum(axis=1) / (along**2).sum(axis=1)
        hit = np.flatnonzero(((was > 0) != (now > 0)) & (share >= 0) & (share <= 1) & (at >= 0) & (at <= 1))
        if len(hit):
            row, share = row[hit], share[hit]
            then = before[row, 2]
            times = then + share * (time_s - then)
            chosen = moving[row]
            self._found.append(
                (line[hit], times, now[hit] < was[hit], movers.labels[chosen], ids[row], movers.speeds[chosen])
            )

    def drain(self) -> list[tuple[str, str, Literal["forward", "backward"], str, int]]:
        """Camera, line, direction, class and id of every pass since the last call; they are forgotten here."""
        rows: list[tuple[str, str, Literal["forward", "backward"], str, int]] = []
        for line, _, forward, labels, ids, _ in self._found:
            for number, ahead, label, mover in zip(
                line.tolist(), forward.tolist(), labels.tolist(), ids.tolist(), strict=True
            ):
                way: Literal["forward", "backward"] = "forward" if ahead else "backward"
                rows.append((self._cameras[number], self._lines[number], way, CLASSES[label], mover))
        self._found.clear()
        return rows

    def columns(self) -> Table:
        """All passes, sorted by time: the columns of crossings.csv and speed_mps."""
        none = (np.zeros(0, np.intp), np.zeros(0), np.zeros(0, np.bool_), np.zeros(0, np.int16), np.zeros(0, np.int64))
        line, times, forward, labels, ids, speeds = (
            np.concatenate(parts) for parts in zip((*none, np.zeros(0)), *self._found, strict=True)
        )
        order = np.lexsort((ids, line, times))
        line = line[order]
        return {
            "time_s": np.maximum(times[order], 0.0),
            "camera": np.array(self._cameras, np.str_)[line] if len(line) else np.zeros(0, np.str_),
            "line": np.array(self._lines, np.str_)[line] if len(line) else np.zeros(0, np.str_),
            "direction": np.where(forward[order], "forward", "backward"),
            "class": labels[order],
            "id": ids[order],
            "speed_mps": np.maximum(speeds[order], 0.0),
        }


class Turns:
    """Who goes at which junction from which street into which: noted when the new street is reached."""

    def __init__(self, layout: Layout, plan: Plan) -> None:
        self._plan = plan
        self._ends = np.array([(street.a, street.b) for street in layout.streets], np.int64).reshape(-1, 2)
        self._names = np.array([f"{k} {street.name}" for k, street in enumerate(layout.streets)], np.str_)
        self._last = ById(NO_STREET, 1, np.int32)
        self._found: list[NDArray[np.int64]] = []

    def update(self, time_s: float, movers: Movers) -> None:
        """Note who reached another street since the last call."""
        moving = np.flatnonzero(~movers.parked)
        here = self._plan.street_at(movers.places[moving])
        on = here != NO_STREET
        moving, here = moving[on], here[on].astype(np.int64)
        ids = movers.ids[moving]
        there = self._last.get(ids)[:, 0].astype(np.int64)
        self._last.put(ids, here[:, None])
        turned = (there != NO_STREET) & (there != here)
        a, b = self._ends[there[turned]], self._ends[here[turned]]
        shared = np.where((a[:, :1] == b).any(axis=1), a[:, 0], np.where((a[:, 1:] == b).any(axis=1), a[:, 1], -1))
        labels = movers.labels[moving][turned].astype(np.int64)
        window = np.full(len(shared), int(time_s // WINDOW_S))
        rows = np.stack([window, shared, there[turned], here[turned], labels], axis=1)
        if (shared >= 0).any():
            self._found.append(rows[shared >= 0])

    def columns(self, seconds: float) -> Table:
        """Counts per window (the last may be shorter), junction, streets and class: the columns of turning.csv."""
        rows = np.concatenate([np.zeros((0, 5), np.int64), *self._found])
        kinds, counts = np.unique(rows, axis=0, return_counts=True)
        start = kinds[:, 0] * WINDOW_S
        return {
            "start_s": start,
            "end_s": np.minimum(start + WINDOW_S, seconds),
            "junction": kinds[:, 1],
            "from_street": self._names[kinds[:, 2]],
            "to_street": self._names[kinds[:, 3]],
            "class": kinds[:, 4].astype(np.int16),
            "count": counts,
        }


class Register:
    """Everybody who ever was in the district: class, look, size, and from when to when."""

    def __init__(self) -> None:
        self._known = ById(0, 1, np.bool_)
        self._last = ById(0.0)
        self._found: list[tuple[NDArray[Any], ...]] = []

    def update(self, time_s: float, movers: Movers) -> None:
        """Note who is new, and that the others are still there."""
        self._last.put(movers.ids, np.full((len(movers), 1), time_s))
        new = np.flatnonzero(~self._known.get(movers.ids)[:, 0])
        if len(new):
            self._known.put(movers.ids[new], np.ones((len(new), 1), np.bool_))
            now = np.full(len(new), time_s)
            self._found.append(
                (movers.ids[new], movers.labels[new], movers.looks[new], movers.sizes[new], movers.parked[new], now)
            )

    def columns(self) -> Table:
        """The columns of movers.csv, sorted by id."""
        none = (np.zeros(0, np.int64), np.zeros(0, np.int16), np.zeros(0, np.int64), np.zeros((0, 3)))
        parts = zip((*none, np.zeros(0, np.bool_), np.zeros(0)), *self._found, strict=True)
        ids, labels, looks, sizes, parked, first = (np.concatenate(part) for part in parts)
        order = np.argsort(ids)
        length, width, height = sizes[order].T
        return {
            "id": ids[order],
            "class": labels[order],
            "look": looks[order],
            "length_m": length,
            "width_m": width,
            "height_m": height,
            "parked": parked[order].astype(np.int64),
            "first_s": first[order],
            "last_s": self._last.get(ids[order])[:, 0],
        }


def ground_points(camera: Camera, pixels: F64) -> F64:
    """Where the rays through pixels (n, 2) of a camera meet the ground: (n, 2) metres; ValueError above the horizon."""
    c, s, cp, sp = np.cos(camera.yaw), np.sin(camera.yaw), np.cos(camera.pitch), np.sin(camera.pitch)
    u = (pixels[:, 0] - camera.size[0] / 2) / camera.focal_px
    v = (pixels[:, 1] - camera.size[1] / 2) / camera.focal_px
    ways = np.array([c * cp, s * cp, -sp]) + u[:, None] * np.array([s, -c, 0.0])
    ways += v[:, None] * np.array([-c * sp, -s * sp, -cp])
    if (ways[:, 2] >= -1e-6).any():
        raise ValueError(f"{camera.name}: expected points of the picture on the ground, got some above the horizon")
    return np.asarray(np.array(camera.place[:2]) + ways[:, :2] * (-camera.place[2] / ways[:, 2:]))


def _cross(a: F64, b: F64) -> F64:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
