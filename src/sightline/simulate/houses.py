"""Rows of houses along the streets: fronts with windows and shops, gables, roofs, and the shadows they throw."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sightline.simulate.canvas import Canvas
from sightline.simulate.corners import Wall
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64

Bgr = tuple[float, float, float]
_PLASTER: Final = (
    (176, 190, 200), (150, 176, 202), (122, 146, 190), (168, 184, 176), (150, 160, 166), (112, 132, 168),
    (192, 200, 206), (128, 158, 178), (140, 168, 188), (104, 120, 150),
)  # fmt: skip
_SIGNS: Final = ((70, 60, 150), (120, 80, 40), (60, 110, 70), (60, 60, 66), (40, 130, 190), (150, 110, 60))
_TILES: Final = ((70, 84, 132), (78, 80, 84), (60, 70, 108))
_GLASS, _DOOR, _SHOP = (96, 84, 70), (54, 62, 78), (64, 56, 48)
_WARM: Final = ((96, 168, 214), (120, 186, 224), (150, 190, 206), (84, 150, 206))
_FLOOR_M: Final = 3.1
_RIDGE: Final = (5.0, 3.4)  # from the front back to the ridge, and from the eaves up to it, metres
_FAR_M: Final = 230.0


@dataclass(frozen=True, slots=True)
class House:
    """One house of a row.

    start, end: the ends (2,) of its front, metres; normal: (2,) to the street; height: of the eaves; neighbours:
    theirs, at start and end; seed: where its looks come from.
    """

    start: F64
    end: F64
    normal: F64
    height: float
    neighbours: tuple[float, float]
    seed: tuple[int, ...]

    @property
    def width(self) -> float:
        """Of the front, metres."""
        return float(np.hypot(*(self.end - self.start)))


@dataclass(slots=True)
class _Front:
    """Rectangles on a front in order of painting: (u0, z0, u1, z1) metres, colours, whether they shine."""

    boxes: list[tuple[float, float, float, float]]
    colours: list[Bgr]
    shines: list[bool]

    def add(self, u0: float, z0: float, u1: float, z1: float, colour: Bgr, shines: bool = False) -> None:
        self.boxes.append((u0, z0, u1, z1))
        self.colours.append(colour)
        self.shines.append(shines)


def houses_of(walls: list[Wall], seed: int) -> list[House]:
    """The houses of some walls; those that meet at a corner are equally high."""
    houses = []
    for wall in walls:
        length = float(np.hypot(*(wall.end - wall.start)))
        if length < 4 or float((wall.end - wall.start) @ np.array([-wall.normal[1], wall.normal[0]])) * wall.side < 0:
            continue  # the corners of its ends have changed places: nothing is between them
        random = np.random.default_rng([seed, 31, wall.street, wall.side + 1])
        count = max(1, round(length / 12.0))
        cuts = np.linspace(0, 1, count + 1)
        cuts[1:-1] += random.uniform(-0.12, 0.12, count - 1) / count
        heights = random.integers(3, 6, count) * _FLOOR_M + 1.2
        for at, corner in ((0, wall.corners[0]), (-1, wall.corners[1])):
            if corner >= 0:
                heights[at] = np.random.default_rng([seed, 35, corner]).integers(3, 6) * _FLOOR_M + 1.2
        along = wall.end - wall.start
        for k in range(count):
            before = float(heights[k - 1]) if k else float(heights[k])
            after = float(heights[k + 1]) if k + 1 < count else float(heights[k])
            ends = wall.start + cuts[k] * along, wall.start + cuts[k + 1] * along
            number = (seed, 36, wall.street, wall.side + 1, k)
            houses.append(House(*ends, wall.normal, float(heights[k]), (before, after), number))
    return houses


def shadows_of(houses: list[House], weather: Weather) -> list[F64]:
    """Polygons (4, 2) of ground in metres that houses keep the sun from."""
    lean, sun = weather.shadow, weather.towards_sun[:2]
    found = []
    for house in houses:
        if house.normal @ sun < 0:  # its shadow falls into the street
            reach = lean * house.height
            found.append(np.stack([house.start, house.end, house.end + reach, house.start + reach]))
    return found


def build(canvas: Canvas, houses: list[House]) -> None:
    """Paint the houses that can be seen, far ones first."""
    eye = canvas.pinhole.place[:2]
    middles = np.array([(house.start + house.end) / 2 for house in houses]).reshape(-1, 2)
    away = np.hypot(*(middles - eye).T)
    for k in np.argsort(-away, kind="stable").tolist():
        if away[k] < _FAR_M:
            _house(canvas, houses[k])


def _house(canvas: Canvas, house: House) -> None:
    weather = canvas.weather
    random = np.random.default_rng(list(house.seed))
    tile = _TILES[int(random.integers(len(_TILES)))]
    wall = _PLASTER[int(random.integers(len(_PLASTER)))]
    feet = np.stack([house.start, house.end])
    low, high = np.column_stack([feet, [0.0, 0.0]]), np.column_stack([feet, [house.height] * 2])
    front = np.concatenate([low, high[::-1]])
    back = np.array([*(-house.normal * _RIDGE[0]), _RIDGE[1]])
    to_sun = float(house.normal @ weather.towards_sun[:2])
    slope = weather.sun * max(0.0, 0.6 + 0.6 * to_sun) * (1 - weather.night)
    canvas.plain(np.concatenate([high, high[::-1] + back]), tile, weather.ambient + slope)
    inwards = np.array([*(-house.normal * 9.0), 0.0])
    for k, other in enumerate(house.neighbours):
        if other < house.height - 0.1:  # its gable stands out over the neighbour
            foot = np.array([*feet[k], other])
            canvas.plain(np.stack([foot, high[k], high[k] + back, foot + inwards]), wall, 0.9 * weather.ambient)
    if (canvas.pinhole.place[:2] - house.start) @ house.normal > 0.1:
        pixels = canvas.pinhole.polygon(front)
        if pixels is not None and canvas.shows(pixels):
            _draw_front(canvas, house, _rectangles(random, house, wall, weather.night))
            canvas.cover(pixels, front)


def _draw_front(canvas: Canvas, house: House, drawn: _Front) -> None:
    pinhole, weather = canvas.pinhole, canvas.weather
    boxes = np.array(drawn.boxes)
    along = (house.end - house.start) / house.width
    u, z = boxes[:, [0, 2, 2, 0]], boxes[:, [1, 1, 3, 3]]
    points = np.concatenate([house.start + u[..., None] * along, z[..., None]], axis=2)
    seen, depth = pinhole.project(points)
    sun = weather.sun * max(0.0, float(house.normal @ weather.towards_sun[:2])) * (1 - weather.night)
    lamps = 0.3 * weather.night * np.clip(1 - boxes[:, [1, 3]].mean(axis=1) / 9, 0, 1)
    lights = np.where(drawn.shines, 1.0, weather.ambient + sun + lamps)
    tones = canvas.toned(np.array(drawn.colours, np.float64), lights, np.maximum(depth.mean(axis=1), 1.0))
    low, high = seen.min(axis=1), seen.max(axis=1)
    big = ((high - low).max(axis=1) > 1.6) & ((high > 0) & (low < pinhole.size)).all(axis=1)
    big[0] = True
    fixed = np.round(seen * 16).astype(np.int32)
    for k in np.flatnonzero(big).tolist():
        polygon = fixed[k]
        if depth[k].min() < 1.0:
            cut = pinhole.polygon(points[k])
            if cut is None:
                continue
            polygon = np.round(cut * 16).astype(np.int32)
        cv2.fillConvexPoly(canvas.picture, polygon, tones[k], cv2.LINE_AA, 4)


def _scaled(colour: Bgr, by: float) -> Bgr:
    return (min(255.0, colour[0] * by), min(255.0, colour[1] * by), min(255.0, colour[2] * by))


def _rectangles(random: np.random.Generator, house: House, wall: Bgr, night: float) -> _Front:
    """What is on a front, from the wall itself to the curtains."""
    width, height = house.width, house.height
    front = _Front([], [], [])
    pale, dusky = _scaled(wall, 1.14), _scaled(wall, 0.72)
    front.add(0, 0, width, height, wall)
    columns = max(1, int(width / 2.6))
    pitch = width / columns
    for floor in range(1, int((height - 1.0) / _FLOOR_M)):
        z = floor * _FLOOR_M + 0.9
        front.add(0, z - 0.62, width, z - 0.52, dusky)
        for k in range(columns):
            u = (k + 0.5) * pitch - 0.6
            lit = bool(random.random() < 0.4 * night)
            glass = _WARM[int(random.integers(len(_WARM)))] if lit else _scaled(_GLASS, random.uniform(0.75, 1.25))
            front.add(u - 0.12, z - 0.16, u + 1.32, z + 1.82, pale)
            front.add(u, z, u + 1.2, z + 1.7, glass, lit)
            front.add(u + 0.56, z, u + 0.64, z + 1.7, pale)
            front.add(u, z + 1.1, u + 1.2, z + 1.17, pale)
            if random.random() < 0.35:  # curtains
                front.add(u, z, u + 0.35, z + 1.7, (176, 182, 188))
    front.add(0, 0, width, 0.5, dusky)
    front.add(0.4, 2.75, width - 0.4, 3.3, _SIGNS[int(random.integers(len(_SIGNS)))])
    u = 0.7
    while u + 2.4 < width - 0.4:
        if random.random() < 0.25:
            front.add(u, 0.1, u + 1.1, 2.6, _DOOR)
            u += 1.5
        else:
            lit = bool(random.random() < 0.6 * night)
            front.add(u, 0.55, u + 2.3, 2.6, _SHOP)
            front.add(u + 0.1, 1.5 - 0.7 * lit, u + 2.2, 2.5, (150, 196, 220) if lit else (92, 82, 72), lit)
            u += 2.7
    front.add(0, height - 0.45, width, height, dusky)
    front.add(0, height - 0.7, width, height - 0.5, pale)
    return front
