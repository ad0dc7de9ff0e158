"""The layout of a made-up district: an irregular grid of streets with junctions, drawn from a seed."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from sightline.core.errors import BadConfig
from sightline.simulate.world import F64, STOP_M, ZEBRA_M, Head, Layout, Street

MOST_JUNCTIONS: Final = 20_000
# A made-up place in the middle of the ocean, so that nobody takes the district for a real one.
_ORIGIN: Final = (-30.0, 45.0)
_GAP_M: Final = (84.0, 126.0)  # between neighbouring lines of the grid; with the jitter, blocks of 70 to 140 m
_JITTER_M: Final = 6.5
_STUB_M: Final = (76.0, 96.0)  # streets that lead to the district's edge
_MAIN: Final = 0.34  # share of the grid's lines that are main streets
_MISSING: Final = 0.13  # share of streets left out of the grid
_UNSIGNALLED: Final = 0.35  # share of T-junctions of side streets without signals
_CORNER_M: Final = 2.0  # from the corner of two kerbs to the crossing
_TOWN_MPS: Final = 50 / 3.6
_SLOW_MPS: Final = 30 / 3.6
_NAMES: Final = (
    "Linden", "Maple", "Cedar", "Willow", "Chestnut", "Poplar", "Hazel", "Rowan", "Alder", "Juniper", "Elder", "Beech",
    "Laurel", "Acacia", "Cypress", "Hawthorn", "Walnut", "Cherry", "Plane", "Larch", "Sorrel", "Heather", "Clover",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arm:
    """A street as seen from one of its nodes.

    end: 0 where the street's node a is this node, 1 for b; angle: direction away from the node, radians.
    """

    street: int
    end: int
    angle: float

    @property
    def away(self) -> F64:
        """Unit direction (2,) away from the node."""
        return np.array([np.cos(self.angle), np.sin(self.angle)])

    @property
    def left(self) -> F64:
        """Unit direction (2,) to the left of one who walks away from the node."""
        return np.array([-np.sin(self.angle), np.cos(self.angle)])


def arms_of(nodes: F64, streets: tuple[Street, ...]) -> tuple[tuple[Arm, ...], ...]:
    """The arms of every node, counter-clockwise from east."""
    found: list[list[Arm]] = [[] for _ in range(len(nodes))]
    for k, street in enumerate(streets):
        for end, (here, there) in enumerate(((street.a, street.b), (street.b, street.a))):
            dx, dy = nodes[there] - nodes[here]
            found[here].append(Arm(k, end, float(np.arctan2(dy, dx))))
    return tuple(tuple(sorted(arms, key=lambda arm: arm.angle)) for arms in found)


def corner_m(angle: float, own_m: float, other_m: float) -> float:
    """How far along a street its line own_m to the left meets the line other_m to the right of the next street.

    angle: from this street counter-clockwise to the next, radians. Where both go straight on into each other the
    lines do not meet, and the answer is 0.
    """
    if abs(angle - np.pi) < 0.45:
        return 0.0
    return float((other_m + own_m * np.cos(angle)) / np.sin(angle))


def corner_point(layout: Layout, node: int, arm: Arm, following: Arm, share: float = 0.5) -> F64:
    """The corner (2,) of the pavements between an arm and the next one counter-clockwise, in metres.

    share: 0 the corner of the kerbs, 1 of the houses, 0.5 the middle of the pavements. Where one street goes straight
    on into the next it is the place beside the node.
    """
    own, other = layout.streets[arm.street], layout.streets[following.street]
    own_m = own.kerb_m + share * own.pavement_m
    other_m = other.kerb_m + share * other.pavement_m
    along = corner_m((following.angle - arm.angle) % (2 * np.pi), own_m, other_m)
    return np.asarray(layout.nodes[node] + arm.away * along + arm.left * own_m)


def stop_m(layout: Layout, arm: Arm) -> float:
    """From an arm's node along the street to the stop line of those who come, metres."""
    return float(layout.setback_m[arm.street, arm.end]) + ZEBRA_M + STOP_M


def make_layout(seed: int, junctions: int) -> Layout:
    """A district with so many junctions (1 to MOST_JUNCTIONS); the same seed makes the same district. BadConfig."""
    if not 1 <= junctions <= MOST_JUNCTIONS:
        raise BadConfig("junctions", junctions, f"1 to {MOST_JUNCTIONS}")
    random = np.random.default_rng([seed, 101])
    columns = int(np.ceil(np.sqrt(junctions)))
    grid = _Grid(junctions, columns, -(-junctions // columns))
    places = _places(random, grid)
    edges = _without_some(random, grid, grid.edges())
    main = [_lines(random, count) for count in (grid.rows, grid.columns)]
    if junctions < 4:
        main[0][1] = "main"  # a lone junction shows one main street
    kinds = [_kinds(random, lines, word) for lines, word in zip(main, ("Street", "Avenue"), strict=True)]
    used = sorted({cell for edge in edges for cell in edge})
    number = {cell: k for k, cell in enumerate(used)}
    streets = []
    for a, b in edges:
        across = a // grid.width == b // grid.width
        line = a // grid.width if across else a % grid.width
        streets.append(_street(kinds[0 if across else 1][line], number[a], number[b]))
    nodes = places[used]
    nodes = nodes - np.round((nodes.min(axis=0) + nodes.max(axis=0)) / 2)
    return _finished(seed, random, nodes, tuple(streets))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells of a grid with one ring of cells around it for the district's edge; cell = row * width + column."""

    junctions: int
    columns: int
    rows: int

    @property
    def width(self) -> int:
        return self.columns + 2

    def inside(self, cell: int) -> bool:
        """Whether a cell holds a junction."""
        row, column = divmod(cell, self.width)
        if not (1 <= row <= self.rows and 1 <= column <= self.columns):
            return False
        return (row - 1) * self.columns + column - 1 < self.junctions

    def edges(self) -> list[tuple[int, int]]:
        """All streets of the full grid as pairs of cells."""
        found = []
        for row in range(self.rows + 2):
            for column in range(self.width):
                cell = row * self.width + column
                for other in (cell + 1, cell + self.width):
                    beside = other == cell + 1
                    if (column + 1 == self.width and beside) or (row > self.rows and not beside):
                        continue
                    if not (self.inside(cell) or self.inside(other)):
                        continue
                    # The last row may be short; a street to its right would meet those that leave the row below.
                    if beside and row == self.rows and column < self.columns and not self.inside(other):
                        continue
                    found.append((cell, other))
        return found


def _places(random: np.random.Generator, grid: _Grid) -> F64:
    """Where the cells lie, f64 (cells, 2) metres."""
    axes = []
    for count in (grid.columns, grid.rows):
        gaps = random.uniform(*_GAP_M, count + 1)
        gaps[[0, -1]] = random.uniform(*_STUB_M, 2)
        axes.append(np.concatenate([[0.0], np.cumsum(gaps)]))
    x, y = np.meshgrid(axes[0], axes[1])
    places = np.stack([x.ravel(), y.ravel()], axis=1)
    return places + random.uniform(-_JITTER_M, _JITTER_M, places.shape)


def _without_some(random: np.random.Generator, grid: _Grid, edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Leave out some streets: every junction keeps three, all stay connected, and four lead to the edge."""
    if grid.junctions < 4:
        return edges
    inner = [grid.inside(a) and grid.inside(b) for a, b in edges]
    stubs = len(edges) - sum(inner)
    order = random.permutation(len(edges))
    weights = random.uniform(1, 2, len(edges))
    cells = grid.width * (grid.rows + 2)
    rows, columns = np.array(edges).T
    tree = minimum_spanning_tree(coo_array((weights, (rows, columns)), shape=(cells, cells)))
    kept = set(zip(*(part.tolist() for part in tree.nonzero()), strict=True))
    degree = np.bincount(np.array(edges).ravel(), minlength=cells)
    gone: set[int] = set()
    for k in order.tolist():
        a, b = edges[k]
        if len(gone) >= _MISSING * len(edges):
            break
        if inner[k]:
            free = (a, b) not in kept and (b, a) not in kept and min(degree[a], degree[b]) > 3
        else:
            free = stubs > 4 and degree[a if grid.inside(a) else b] > 3
            stubs -= free
        if free:
            gone.add(k)
            degree[[a, b]] -= 1
    return [edge for k, edge in enumerate(edges) if k not in gone]


def _lines(random: np.random.Generator, count: int) -> list[str]:
    """Which of the grid's lines (with the ring's, which hold no street) are main streets; at least one is."""
    chosen = random.random(count + 2) < _MAIN
    chosen[int(random.integers(1, count + 1))] |= count > 1
    return ["main" if one else "side" for one in chosen]


def _kinds(random: np.random.Generator, lines: list[str], word: str) -> list[Street]:
    """One pattern of a street for each line of the grid, so that a street stays what it is from end to end."""
    found = []
    names = random.permutation(len(_NAMES))
    for k, line in enumerate(lines):
        turn, place = divmod(k, len(_NAMES))
        name = f"{_NAMES[names[place]]} {word}" + (f" {turn + 1}" if turn else "")
        wide, cycle, parking, slow = random.random(4)
        if line == "main":
            found.append(Street(name, 0, 0, 2, True, False, round(4.0 + wide, 1), _TOWN_MPS))
        else:
            speed = _SLOW_MPS if slow < 0.5 else _TOWN_MPS
            found.append(Street(name, 0, 0, 1, cycle < 0.4, parking < 0.75, round(3.0 + 1.2 * wide, 1), speed))
    return found


def _street(kind: Street, a: int, b: int) -> Street:
    return Street(kind.name, a, b, kind.lanes, kind.cycle, kind.parking, kind.pavement_m, kind.speed_mps)


def _finished(seed: int, random: np.random.Generator, nodes: F64, streets: tuple[Street, ...]) -> Layout:
    """Add setbacks, signals and signal heads."""
    setback = np.zeros((len(streets), 2))
    signals = np.zeros(len(nodes), np.bool_)
    bare = random.random(len(nodes)) < _UNSIGNALLED
    everyone = arms_of(nodes, streets)
    for node, arms in enumerate(everyone):
        if len(arms) < 3:
            continue
        wide = any(streets[arm.street].lanes > 1 for arm in arms)
        signals[node] = len(arms) > 3 or wide or not bare[node]
        for arm, following in zip(arms, (*arms[1:], arms[0]), strict=True):
            angle = (following.angle - arm.angle) % (2 * np.pi)
            own, other = streets[arm.street].kerb_m, streets[following.street].kerb_m
            for one, far in ((arm, corner_m(angle, own, other)), (following, corner_m(angle, other, own))):
                setback[one.street, one.end] = max(setback[one.street, one.end], far + _CORNER_M)
    setback = np.round(setback, 2)
    plain = Layout(seed, _ORIGIN, nodes, streets, setback, signals, ())
    heads = []
    for node, arms in enumerate(everyone):
        for arm in arms if signals[node] else ():
            place = nodes[node] + arm.away * stop_m(plain, arm) + arm.left * (streets[arm.street].kerb_m + 0.5)
            towards = float(np.arctan2(-arm.away[1], -arm.away[0]))
            heads.append(Head(arm.street, node, (float(place[0]), float(place[1])), towards))
    return Layout(seed, _ORIGIN, nodes, streets, setback, signals, tuple(heads))
