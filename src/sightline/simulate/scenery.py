"""The still part of a camera's picture: sky, ground, houses, trees, lamps and signal posts, with light and haze."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sightline.core.values import F32, U8
from sightline.simulate import houses as rows
from sightline.simulate import props as things
from sightline.simulate.canvas import Canvas
from sightline.simulate.corners import arms_of, walls_of
from sightline.simulate.ground import paint_ground, plan_of
from sightline.simulate.projection import Pinhole
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64, Camera, Layout

_FINE: Final = 2  # small pictures are painted so many times larger and then averaged
_FINE_TO: Final = 1300  # columns from which they are not
_REACH_M: Final = 190.0
_POOL_M: Final = 9.0  # how far a street lamp lights the ground well
_BEAM: Final = 1.1  # light of headlights on the ground


@dataclass(frozen=True, slots=True, eq=False)
class Scenery:
    """What does not move before a camera.

    picture and shaded: u8 (h, w, 3), as it is lit and as if neither sun nor lamps shone on the ground; beams: the same
    in the light of headlights, at night only; direct: f32 (h, w) light of sun or lamps on the ground in each pixel;
    depths: f32 (h, w) metres to the ground below what stands there, inf on the ground and in the sky; heads: those
    of the streets around.
    """

    picture: U8
    shaded: U8
    beams: U8 | None
    direct: F32
    depths: F32
    heads: tuple[int, ...]


def paint_scenery(layout: Layout, camera: Camera, weather: Weather) -> Scenery:
    """The still picture of one camera of a layout."""
    w, h = camera.size
    factor = _FINE if w <= _FINE_TO else 1
    small = Pinhole(camera)
    fine = small.finer(factor)
    streets = _near(layout, small)
    arms = arms_of(layout, streets)
    houses = rows.houses_of(walls_of(layout, streets, arms), layout.seed)
    props = things.props_of(layout, streets, arms)
    plain = paint_ground(plan_of(layout, streets, arms), fine, layout.seed, weather.rain)
    direct = _direct(small, weather, rows.shadows_of(houses, weather) + things.shadows_of(props, weather), props)
    wide = np.asarray(cv2.resize(direct, fine.size, interpolation=cv2.INTER_LINEAR), np.float32)
    depth = fine.ground_seen()[2]
    canvas, shaded = (_lit(plain, depth, light, fine, weather) for light in (wide, 0.12 * wide))
    beams = _lit(plain, depth, wide + np.float32(_BEAM), fine, weather) if weather.night else None
    covered = np.zeros((fine.size[1], fine.size[0]), np.uint8)
    depths = np.full((h, w), np.inf, np.float32)
    easel = Canvas(canvas, covered, depths, fine, weather)
    rows.build(easel, houses)
    things.plant(easel, props)
    heads = tuple(k for k, head in enumerate(layout.heads) if head.street in streets)
    done = []
    for one in (canvas, shaded, beams):
        if one is None:
            continue
        cv2.copyTo(canvas, covered, one)
        done.append(np.asarray(cv2.resize(one, (w, h), interpolation=cv2.INTER_AREA), np.uint8))
    return Scenery(done[0], done[1], done[2] if weather.night else None, direct, depths, heads)


def _near(layout: Layout, pinhole: Pinhole) -> list[int]:
    """Streets of which something is near enough to be seen."""
    ends = np.array([(street.a, street.b) for street in layout.streets])
    start, end = layout.nodes[ends[:, 0]], layout.nodes[ends[:, 1]]
    along = end - start
    share = ((pinhole.place[:2] - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    nearest = start + np.clip(share, 0, 1)[:, None] * along
    away = np.hypot(*(nearest - pinhole.place[:2]).T)
    return [int(k) for k in np.flatnonzero(away < _REACH_M)]


def _direct(pinhole: Pinhole, weather: Weather, shadows: list[F64], props: list[things.Prop]) -> F32:
    """Light of the sun, or of street lamps by night, on the ground seen in each pixel: f32 (h, w)."""
    w, h = pinhole.size
    if weather.night:
        return _pools(pinhole, weather, props)
    mask = np.zeros((h, w), np.uint8)
    for polygon in shadows:
        pixels = pinhole.polygon(np.column_stack([polygon, np.zeros(len(polygon))]))
        if pixels is not None:
            cv2.fillConvexPoly(mask, np.round(pixels * 16).astype(np.int32), 235, cv2.LINE_AA, 4)
    soft = 2 * round(w / 640) + 1
    mask = np.asarray(cv2.blur(mask, (soft, soft)), np.uint8)
    return np.asarray(np.float32(weather.sun) * (1 - mask.astype(np.float32) / 255), np.float32)


def _pools(pinhole: Pinhole, weather: Weather, props: list[things.Prop]) -> F32:
    x, y, _ = pinhole.ground_seen()
    total = np.zeros(x.shape, np.float32)
    for prop in props:
        if prop.kind != "tree" and np.hypot(*(prop.foot - pinhole.place[:2])) < 130:
            lamp = (prop.foot + things.ARM_M * prop.aside).astype(np.float32)
            away = (x - lamp[0]) ** 2 + (y - lamp[1]) ** 2
            share = np.float32(1.0 if prop.kind == "lamp" else 0.75)  # crossings with signals have a smaller one
            total += share / (1 + away / np.float32(_POOL_M**2)) ** 2
    return np.asarray(np.float32(weather.sun) * np.minimum(np.nan_to_num(total) + np.float32(0.06), 1.25), np.float32)


def _lit(plain: U8, depth: F32, direct: F32, pinhole: Pinhole, weather: Weather) -> U8:
    """The ground under its light and through the haze, and the sky above the horizon."""
    lens = np.array(pinhole.camera.tint) * pinhole.camera.gain
    share = np.clip((depth - 25) * np.float32(weather.haze / 110), 0, weather.haze).astype(np.float32)
    light = (np.float32(weather.ambient) + direct) * (1 - share)
    sky = depth != depth
    rows_of_sky = int(sky[:, 0].sum())
    light[sky] = 0
    fog = np.array(weather.horizon) * lens
    image = np.empty(plain.shape, np.float32)
    for k, tint in enumerate((np.array(weather.tint) * lens).tolist()):
        np.multiply(plain[..., k], light * np.float32(tint), out=image[..., k])
        image[..., k] += np.nan_to_num(share) * np.float32(fog[k])
    if rows_of_sky:
        high, low = np.array(weather.zenith) * lens, fog
        rise = np.linspace(0, 1, rows_of_sky)[:, None]
        image[:rows_of_sky] = (high + (low - high) * rise).astype(np.float32)[:, None]
    return np.asarray(np.clip(image + np.float32(0.5), 0, 255), np.uint8)
