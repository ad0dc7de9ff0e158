"""Where the cameras of a district stand, and the counting lines that suit their views."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from sightline.core.errors import BadConfig
from sightline.core.events import Line
from sightline.core.values import Bool
from sightline.simulate.layout import Arm, arms_of, corner_point
from sightline.simulate.world import F64, STOP_M, ZEBRA_M, Camera, Layout

MOST_CAMERAS: Final = 20_000
_HEIGHT_M: Final = {"approach": (7.0, 9.5), "junction": (8.5, 11.0), "street": (6.0, 8.0)}
_AIM_M: Final = (16.0, 20.0)  # how far ahead a camera along a street looks
_FIELD: Final = {"approach": (52.0, 62.0), "junction": (66.0, 75.0), "street": (54.0, 66.0)}  # degrees
_PITCH: Final = (22.0, 38.0)  # degrees; flatter, and far vehicles hide each other; steeper, and little is seen
_CHOSEN_BY_HAND: Final = 64  # so few cameras are turned until a counting line suits their view
_TRIES: Final = 12
_SHIFT_M: Final = 2.0
_KERB_M: Final = 0.6  # a pole stands this far behind the kerb
_FAR_M: Final = 15.0  # from the far side of the junction behind it to a pole that looks along a street
_SEEN_M: Final = (9.0, 40.0)  # a line nearer or farther than this counts badly
_QUEUE_M: Final = 26.0  # a line across waiting traffic keeps so far from the stop line
_BEFORE_M: Final = 1.6  # ... or lies this far inside the crossing, where nobody waits
_EDGE: Final = 0.02  # share of the picture that a line's ends keep from its edges

_Kind = Literal["approach", "junction", "street"]


@dataclass(frozen=True, slots=True)
class _Stand:
    """A place for a camera and the point on the ground it looks at."""

    kind: _Kind
    node: int
    place: F64
    aim: F64


def place_cameras(
    layout: Layout, seed: int, n: int, size: tuple[int, int] = (640, 360), fps: float = 10.0
) -> tuple[Camera, ...]:
    """So many cameras (0 to MOST_CAMERAS) on poles along the streets, named cam-01 and so on. BadConfig.

    Three views take turns: an approach from across its junction, a whole junction from its corner, a street along its
    length. Every fourth camera looks at a junction that another camera also sees.
    """
    if not 0 <= n <= MOST_CAMERAS:
        raise BadConfig("cameras", n, f"0 to {MOST_CAMERAS}")
    if min(size) < 64 or max(size) > 8192 or not 0 < fps <= 120:
        raise BadConfig("camera", (size, fps), "sides of 64 to 8192 px and up to 120 pictures a second")
    random = np.random.default_rng([seed, 102])
    places = _Places(layout, random)
    digits = max(2, len(str(n)))
    cameras: list[Camera] = []
    stands: list[_Stand] = []
    for k in range(n):
        if k % 4 == 3:
            stand = places.beside(next(one for one in reversed(stands) if one.kind != "street"))
        elif k % 4 == 2:
            stand = places.along_street()
        else:
            stand = places.at_junction("approach" if k % 4 == 0 else "junction")
        stands.append(stand)
        name = f"cam-{k + 1:0{digits}d}"
        camera = _camera(random, name, stand, size, fps)
        tries = _TRIES if n <= _CHOSEN_BY_HAND else 0
        while tries and not lines_for(layout, camera):
            tries -= 1
            stand = replace(stand, aim=stand.aim + random.uniform(-_SHIFT_M, _SHIFT_M, 2))
            camera = _camera(random, name, stand, size, fps)
        cameras.append(camera)
    return tuple(cameras)


def _camera(random: np.random.Generator, name: str, stand: _Stand, size: tuple[int, int], fps: float) -> Camera:
    """A camera at a stand: height, pitch and lens that suit the view, and a sensor of its own."""
    height = float(random.uniform(*_HEIGHT_M[stand.kind]))
    east, north = stand.aim - stand.place
    low, high = np.radians(_PITCH)
    pitch = float(np.clip(np.arctan2(height, np.hypot(east, north)), low, high))
    field = float(np.radians(random.uniform(*_FIELD[stand.kind])))
    gain = float(np.exp(random.uniform(np.log(0.8), np.log(1.25))))
    blue, green, red = (float(one) for one in random.uniform(0.98, 1.02, 3))
    x, y = (float(one) for one in stand.place)
    yaw = float(np.arctan2(north, east))
    return Camera(name, (x, y, height), yaw, pitch, field, size, fps, gain, (blue, green, red))


class _Places:
    """Gives out stands, spread over the district, each junction and street once before any is used again."""

    def __init__(self, layout: Layout, random: np.random.Generator) -> None:
        self._layout = layout
        self._random = random
        self._arms = arms_of(layout.nodes, layout.streets)
        junctions = np.array([k for k, arms in enumerate(self._arms) if len(arms) > 2])
        worth = np.array([sum(layout.streets[arm.street].lanes for arm in self._arms[k]) for k in junctions])
        # In a small district the busiest junctions come first, in a large one all alike.
        order = np.argsort(-worth, kind="stable") if len(junctions) <= 8 else random.permutation(len(junctions))
        self._junctions = junctions[order].tolist()
        self._streets = random.permutation(len(layout.streets)).tolist()
        self._next_junction = self._next_street = 0
        self._corners: dict[int, set[int]] = {}

    def at_junction(self, kind: _Kind) -> _Stand:
        """The next junction, from a corner not yet used there."""
        node = self._junctions[self._next_junction % len(self._junctions)]
        self._next_junction += 1
        return self._stand(kind, node)

    def beside(self, other: _Stand) -> _Stand:
        """Another corner of the same junction, with the other view."""
        return self._stand("junction" if other.kind == "approach" else "approach", other.node)

    def along_street(self) -> _Stand:
        """The next street, along its length, towards a junction."""
        street = self._streets[self._next_street % len(self._streets)]
        self._next_street += 1
        layout = self._layout
        start, ahead, length = layout.axis(street)
        one = layout.streets[street]
        ends = [len(self._arms[one.a]) > 2, len(self._arms[one.b]) > 2]
        backwards = bool(self._random.random() < 0.5) if all(ends) else not ends[1]
        behind = float(layout.setback_m[street, int(backwards)]) + _FAR_M
        if backwards:
            start, ahead = start + ahead * length, -ahead
        right = np.array([ahead[1], -ahead[0]]) * (1 if self._random.random() < 0.7 else -1)
        place = start + ahead * behind + right * (one.kerb_m + _KERB_M)
        # Aim a little to the other side of the middle, so that both ways can be seen.
        aim = place + ahead * self._random.uniform(*_AIM_M) - right * (one.kerb_m + 1.0)
        return _Stand("street", one.a if backwards else one.b, place, aim)

    def _stand(self, kind: _Kind, node: int) -> _Stand:
        """The pole and the arm it looks at: across the junction, on a corner not yet taken, at a wide street."""
        arms = self._arms[node]
        middle = self._layout.nodes[node]
        taken = self._corners.setdefault(node, set())
        best: tuple[float, int, F64, Arm] | None = None
        for corner, arm in enumerate(arms):
            place = corner_point(self._layout, node, arm, arms[(corner + 1) % len(arms)], 0.3)
            for seen in arms:
                across = float(seen.away @ (middle - place))
                score = across + 2.5 * self._layout.streets[seen.street].lanes + float(self._random.uniform(0, 4))
                if corner in taken:
                    score -= 100.0
                if best is None or score > best[0]:
                    best = (score, corner, place, seen)
        assert best is not None
        _, corner, place, seen = best
        taken.add(corner)
        ahead = float(self._layout.setback_m[seen.street, seen.end]) + 7.0 if kind == "approach" else 3.0
        return _Stand(kind, node, place, middle + seen.away * ahead)


def project(camera: Camera, points: F64) -> tuple[F64, F64]:
    """Shares of the picture (n, 2) of ground points (n, 2), and their distance ahead (n,) in metres (<= 0: behind)."""
    x, y, height = camera.place
    east, north = points[:, 0] - x, points[:, 1] - y
    ahead = east * np.cos(camera.yaw) + north * np.sin(camera.yaw)
    right = east * np.sin(camera.yaw) - north * np.cos(camera.yaw)
    depth = ahead * np.cos(camera.pitch) + height * np.sin(camera.pitch)
    down = height * np.cos(camera.pitch) - ahead * np.sin(camera.pitch)
    safe = np.where(depth > 0.1, depth, np.nan)
    width, tall = camera.size
    shares = np.stack(
        [0.5 + camera.focal_px * right / safe / width, 0.5 + camera.focal_px * down / safe / tall], axis=1
    )
    return shares, ahead


def open_ground(layout: Layout, points: F64, streets: list[int]) -> Bool:
    """Whether points (n, 2) lie between the houses of any of the streets given, bool (n,)."""
    found = np.zeros(len(points), np.bool_)
    for street in streets:
        start, ahead, length = layout.axis(street)
        one = layout.streets[street]
        there = points - start
        along = there @ ahead
        across = np.abs(there[:, 0] * ahead[1] - there[:, 1] * ahead[0])
        reach = np.maximum(np.maximum(-along, along - length), 0.0)
        found |= np.hypot(reach, across) <= one.facade_m + 0.01
    return found


def lines_for(layout: Layout, camera: Camera) -> tuple[Line, ...]:
    """One to three counting lines that a traffic engineer would draw into a camera's picture (none if nothing suits).

    Up to two lie across a carriageway from kerb to kerb where nobody waits, one across a pavement. Distances and
    positions follow from the camera's calibration; lines hidden by houses are not offered.
    """
    streets = _near(layout, camera)
    found: list[tuple[float, str, int, F64]] = []
    for street in streets:
        for score, word, ends in _offers(layout, camera, street):
            shares, ahead = project(camera, ends)
            inside = bool(np.all((shares > _EDGE) & (shares < 1 - _EDGE)))
            if inside and ahead.min() > 0 and _free(layout, camera, ends, streets):
                found.append((score, word, street, shares))
    found.sort(key=lambda one: -one[0])
    lines: list[Line] = []
    used: set[tuple[str, int]] = set()
    for _, word, street, shares in found:
        count = sum(one == word for one, _ in used)
        if (word, street) in used or count >= (2 if word == "road" else 1):
            continue
        used.add((word, street))
        shares = shares if tuple(shares[0]) <= tuple(shares[1]) else shares[::-1]
        start, end = (tuple(round(float(one), 4) for one in point) for point in shares)
        name = f"{layout.streets[street].name}{' pavement' if word == 'pavement' else ''}"
        lines.append(Line(name, (start[0], start[1]), (end[0], end[1])))
    return tuple(lines)


def _near(layout: Layout, camera: Camera) -> list[int]:
    """Streets that come within sight of a camera."""
    ends = np.array([(one.a, one.b) for one in layout.streets])
    here = np.array(camera.place[:2])
    start, along = layout.nodes[ends[:, 0]], layout.nodes[ends[:, 1]] - layout.nodes[ends[:, 0]]
    share = np.clip(np.sum((here - start) * along, axis=1) / np.sum(along * along, axis=1), 0, 1)
    gap = here - start - along * share[:, None]
    return [int(k) for k in np.flatnonzero(np.hypot(gap[:, 0], gap[:, 1]) < _SEEN_M[1] + 10)]


def _offers(layout: Layout, camera: Camera, street: int) -> list[tuple[float, str, F64]]:
    """Places for lines on a street with a score: best are seen across, at a middle distance, where traffic flows."""
    start, ahead, length = layout.axis(street)
    one = layout.streets[street]
    left = np.array([-ahead[1], ahead[0]])
    view = np.array([np.cos(camera.yaw), np.sin(camera.yaw)])
    across = abs(float(view @ ahead))  # 1 when the line lies level in the picture
    low, high = layout.setback_m[street]
    stops = [low + ZEBRA_M + STOP_M, length - high - ZEBRA_M - STOP_M]
    roads = [(low - _BEFORE_M, 0.0)] if low else []
    roads += [(length - high + _BEFORE_M, 0.0)] if high else []
    begin = stops[0] + _QUEUE_M if low else 8.0
    end = stops[1] - _QUEUE_M if high else length - 8.0
    roads += [(float(at), 0.3) for at in np.arange(begin, end, 2.0)]
    found = []
    for at, bonus in roads:
        middle = start + ahead * at
        score = bonus + _worth(camera, middle) + across
        if across > 0.3 and score > 0:
            kerbs = np.stack([middle + left * (one.kerb_m + 0.1), middle - left * (one.kerb_m + 0.1)])
            found.append((score, "road", kerbs))
    for at in np.arange(stops[0] + 2.0, stops[1] - 2.0, 2.0):
        for side in (-1.0, 1.0):
            ends = np.stack([start + ahead * at + left * side * way for way in (one.kerb_m, one.facade_m)])
            score = _worth(camera, ends.mean(axis=0), near=0.6) + across
            if across > 0.45 and score > 0:
                found.append((score, "pavement", ends))
    return found


def _worth(camera: Camera, point: F64, near: float = 1.0) -> float:
    """How well a point is seen by its distance: 1 at 18 m (near * 18 m), hopeless outside of the range."""
    distance = float(np.hypot(*(point - np.array(camera.place[:2])))) / near
    if not _SEEN_M[0] * (1 if near == 1.0 else 1.2) <= distance <= _SEEN_M[1]:
        return -9.0
    return 1.0 - abs(distance - 18.0) / 23.0


def _free(layout: Layout, camera: Camera, ends: F64, streets: list[int]) -> bool:
    """Whether the straight ways from a camera to points cross no house."""
    here = np.array(camera.place[:2])
    share = np.linspace(0, 1, 25)[:, None]
    ways = np.concatenate([here + (end - here) * share for end in ends * 0.98 + ends.mean(axis=0) * 0.02])
    return bool(open_ground(layout, ways, streets).all())
