"""Vehicles in the picture: the faces of all of them in one batch, with their paint, lamps and shadows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.vocabulary import CODE
from sightline.simulate import bodies
from sightline.simulate.figures import pick
from sightline.simulate.poses import SHIFT, SMOOTH_PX, Lot, Sprite, hull, placed, ragged, shadows, toned
from sightline.simulate.projection import Pinhole
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64, Movers

LABELS: Final = tuple(CODE[name] for name in ("car", "van", "truck", "bus"))
_FACADE: Final = 4.0  # metres by which what stands on another part counts as nearer


def draw_vehicles(lot: Lot, pinhole: Pinhole, weather: Weather) -> list[Sprite]:
    """The sprites of cars, vans, trucks and buses."""
    shapes, movers, m = bodies.library(), lot.movers, len(lot)
    fine = lot.tall_px >= SMOOTH_PX
    style = pick(movers.looks, 30, 2)
    body = movers.labels.astype(np.int64) * 4 + style * 2 + fine  # LABELS are 0 to 3, as in LIBRARY
    first, count = shapes.first_point[body], shapes.points_of[body]
    owner = np.repeat(np.arange(m), count)
    local = shapes.points[ragged(first, count)] * (movers.sizes / shapes.sizes[body])[owner]
    world = placed(local, owner, movers)
    pixels, depth = pinhole.project(world)
    starts = np.cumsum(count) - count
    whose = np.repeat(np.arange(m), shapes.faces_of[body])
    face = ragged(shapes.first_face[body], shapes.faces_of[body])
    corners = shapes.faces[face] + starts[whose, None]
    # Three corners tell which way a flat convex face turns: counter-clockwise with y up is towards the camera.
    a, b, c = (pixels[corners[:, k]] for k in range(3))
    shown = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    part = shapes.part[face]
    middle = depth[starts[whose] + shapes.middles[body][whose] + part] - _FACADE * shapes.tops[body[whose], part]
    kept = np.flatnonzero(shown)
    kept = kept[np.lexsort((kept, -middle[kept], whose[kept]))]  # vehicle by vehicle, far parts first, faces as listed
    whose, face = whose[kept], face[kept]
    slots = shapes.slots[face]
    lights = _lights(shapes.normals[face], slots, whose, lot, weather)
    tones = toned(_palettes(movers)[whose, slots], lights, lot.depth[whose], weather, pinhole)
    fixed = np.round(pixels * (1 << SHIFT)).astype(np.int32)
    polygons = np.ascontiguousarray(fixed[corners[kept]])  # OpenCV asks for it
    sides = shapes.corners[face].tolist()
    frame_owner = np.repeat(np.arange(m), shapes.frames_of[body])
    frame = shapes.frames[ragged(shapes.first_frame[body], shapes.frames_of[body])] + starts[frame_owner]
    thrown = shadows(world[frame], frame_owner, lot, pinhole, weather)
    glares = _glares(pixels, corners[kept], slots, whose, lot, pinhole, weather)
    ends = np.searchsorted(whose, np.arange(m + 1)).tolist()
    boxes = np.concatenate([np.minimum.reduceat(pixels, starts), np.maximum.reduceat(pixels, starts)], axis=1)
    flat = pixels.astype(np.float32)
    sprites = []
    for k in range(m):
        shape, start = shapes.bodies[int(body[k])], int(starts[k])
        one = flat[start : start + len(shape.points)]
        mine = range(ends[k], ends[k + 1])
        outline = [hull(one[points]) for points in shape.hulls]
        sprites.append(
            Sprite(
                int(lot.rows[k]), float(lot.depth[k]), boxes[k], [polygons[f, : sides[f]] for f in mine],
                tones[ends[k] : ends[k + 1]], bool(fine[k]), [], 1, outline, thrown[k], lot.columns[k], glares[k],
            )
        )  # fmt: skip
    return sprites


def _palettes(movers: Movers) -> F64:
    """Colours (m, slots, 3) by looks."""
    palette = np.repeat(bodies.FIXED[None], len(movers), axis=0)
    palette[:, bodies.PAINT] = bodies.PAINTS[pick(movers.looks, 31, len(bodies.PAINTS))]
    buses = movers.labels == LABELS[3]
    palette[buses, bodies.PAINT] = bodies.BUS_PAINTS[pick(movers.looks[buses], 31, len(bodies.BUS_PAINTS))]
    palette[:, bodies.CARGO] = bodies.CARGO_PAINTS[pick(movers.looks, 32, len(bodies.CARGO_PAINTS))]
    palette[movers.brakes & ~movers.parked, bodies.TAIL] = (70, 70, 255)
    return palette


def _lights(
    normals: F64, slots: NDArray[np.int64], whose: NDArray[np.int64], lot: Lot, weather: Weather
) -> F64:  # fmt: skip
    """Light (f,) on faces; lamps that shine make their own."""
    movers, direct = lot.movers, lot.direct[whose]
    lights = weather.ambient * (0.88 + 0.16 * np.maximum(normals[:, 2], 0))
    if weather.night:
        lights += direct * np.maximum(0.55, normals[:, 2])
    else:
        cos, sin, sun = np.cos(movers.headings)[whose], np.sin(movers.headings)[whose], weather.towards_sun
        toward = normals[:, 0] * (cos * sun[0] + sin * sun[1]) + normals[:, 1] * (cos * sun[1] - sin * sun[0])
        lights += direct * np.maximum(0, toward + normals[:, 2] * sun[2])
    driven = ~movers.parked[whose]
    shining = driven & weather.lamps_on
    lights[(slots == bodies.LAMP) & shining] = 1.25
    lights[(slots == bodies.TAIL) & (shining | (driven & movers.brakes[whose]))] = 1.1
    return lights


def _glares(
    pixels: F64, corners: NDArray[np.int64], slots: NDArray[np.int64], whose: NDArray[np.int64], lot: Lot,
    pinhole: Pinhole, weather: Weather,
) -> list[list[tuple[int, int, int]]]:  # fmt: skip
    """Middles and radii of headlights that shine towards the camera, sixteenths of a pixel."""
    found: list[list[tuple[int, int, int]]] = [[] for _ in range(len(lot))]
    if weather.lamps_on:
        radius = np.maximum(0.9, (0.1 + 0.12 * weather.night) * pinhole.scale(lot.depth))
        lamps = np.flatnonzero((slots == bodies.LAMP) & ~lot.movers.parked[whose])
        middles = np.round(pixels[corners[lamps, :4]].mean(axis=1) * 16).astype(int).tolist()
        for k, (x, y) in zip(whose[lamps].tolist(), middles, strict=True):
            found[k].append((x, y, round(float(radius[k]) * 16)))
    return found
