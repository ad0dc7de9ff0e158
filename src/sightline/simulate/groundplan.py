"""The ground of a district as a grid of cells: where no houses stand, and to which street a place belongs."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import Bool
from sightline.simulate.world import F64, Layout

I32 = NDArray[np.int32]

NO_STREET: Final = -1
_MARGIN_M: Final = 4.0  # closed ground around everything, so that every ray ends inside the grid


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A grid over the whole district, row = y, column = x.

    corner: x, y of the first cell's outer corner, metres; cell_m: side of a cell; open: bool (rows, columns), no house
    stands there; streets: i32 (rows, columns), the street whose carriageway and pavements lie there, between its
    crossings; NO_STREET in junctions and beyond.
    """

    corner: tuple[float, float]
    cell_m: float
    open: Bool
    streets: I32

    def cells(self, points: F64) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column (n,) of points (n, 2) in metres; points outside take the closed cells of the rim."""
        columns = ((points[..., 0] - self.corner[0]) / self.cell_m).astype(np.intp)
        rows = ((points[..., 1] - self.corner[1]) / self.cell_m).astype(np.intp)
        height, width = self.open.shape
        return np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)

    def is_open(self, points: F64) -> Bool:
        """Whether each of the points (..., 2) lies where no house stands."""
        return np.asarray(self.open[self.cells(points)])

    def street_at(self, points: F64) -> I32:
        """The street (n,) each of the points (n, 2) lies on, NO_STREET where on none."""
        return np.asarray(self.streets[self.cells(points)])


def ground_plan(layout: Layout, cell_m: float = 1.0) -> Plan:
    """The plan of a layout: streets from house front to house front, and round places where they meet, are open.

    One byte and one i32 per cell: about 50 kB per junction at 1 m.
    """
    widest = max((street.facade_m for street in layout.streets), default=10.0)
    low = layout.nodes.min(axis=0) - widest - _MARGIN_M
    shape = np.ceil((layout.nodes.max(axis=0) + widest + _MARGIN_M - low) / cell_m).astype(int)
    plan = Plan(
        (float(low[0]), float(low[1])),
        cell_m,
        np.zeros((shape[1], shape[0]), np.bool_),
        np.full((shape[1], shape[0]), NO_STREET, np.int32),
    )
    round_m = np.zeros(len(layout.nodes))
    for index, street in enumerate(layout.streets):
        start, ahead, length = layout.axis(index)
        corners = start + np.array([[0.0], [length]]) * ahead
        part, x, y = _part(plan, corners, street.facade_m)
        along = (x - start[0]) * ahead[0] + (y - start[1]) * ahead[1]
        aside = np.abs((y - start[1]) * ahead[0] - (x - start[0]) * ahead[1])
        inside = (aside <= street.facade_m) & (along >= 0) & (along <= length)
        plan.open[part] |= inside
        near, far = layout.setback_m[index]
        plan.streets[part][inside & (along >= near) & (along <= length - far)] = index
        for node in (street.a, street.b):
            round_m[node] = max(round_m[node], street.facade_m)
    for place, radius in zip(layout.nodes, round_m.tolist(), strict=True):
        part, x, y = _part(plan, place[None], radius)
        plan.open[part] |= np.hypot(x - place[0], y - place[1]) <= radius
    return plan


def _part(plan: Plan, points: F64, around_m: float) -> tuple[tuple[slice, slice], F64, F64]:
    """The part of the grid around points (n, 2), with x (1, columns) and y (rows, 1) of the middles of its cells."""
    rows, columns = plan.cells(np.stack([points.min(axis=0) - around_m, points.max(axis=0) + around_m]))
    part = (slice(int(rows[0]), int(rows[1]) + 1), slice(int(columns[0]), int(columns[1]) + 1))
    x = plan.corner[0] + (np.arange(columns[0], columns[1] + 1) + 0.5) * plan.cell_m
    y = plan.corner[1] + (np.arange(rows[0], rows[1] + 1) + 0.5) * plan.cell_m
    return part, x[None, :], y[:, None]
