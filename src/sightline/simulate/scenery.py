"""The still part of a view: road, houses, trees and lamps, with light and haze."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.core.values import U8, Bool
from sightline.simulate.ground import LAMPS, TREES, X0, X1, Y0, Y1, paint_ground
from sightline.simulate.traffic import FACADE_M
from sightline.simulate.view import NEAREST_M, Pinhole, View

F64 = NDArray[np.float64]

HAZE: Final = np.array([214.0, 206.0, 196.0])
_FINE: Final = 2  # the background is painted so many times larger and then averaged
_BAND_M: Final = 3.0  # ground and fronts are laid in strips, each averaged to the size it will have
_TREE_M, _LAMP_M = 19.0, 13.0  # nearer ones would stand in front of everything
_HOUSES: Final = (
    (176, 190, 200), (150, 176, 202), (122, 146, 190), (168, 184, 176), (150, 160, 166), (112, 132, 168),
    (192, 200, 206), (128, 158, 178),
)  # fmt: skip
_SHOPS: Final = ((70, 60, 150), (120, 80, 40), (60, 110, 70), (60, 60, 66), (40, 130, 190))


@dataclass(frozen=True, slots=True, eq=False)
class Prop:
    """A still thing that may stand before road users.

    depth of its foot in metres; box: left, top, right, bottom in the picture; mask: u8 (bottom - top, right - left).
    """

    depth: float
    box: tuple[int, int, int, int]
    mask: U8


@dataclass(frozen=True, slots=True, eq=False)
class Scenery:
    """What does not move in a view.

    picture and shaded: u8 (h, w, 3), as the day lights it and as if no sun fell on the ground; props: far ones first;
    shade: bool, what houses keep the sun from, on the ground in texels (see ``ground``).
    """

    picture: U8
    shaded: U8
    props: tuple[Prop, ...]
    shade: Bool
    texel: float

    def in_shade(self, x: float, y: float) -> bool:
        """Whether houses keep the sun from a place in metres."""
        row, column = int((y - Y0) * self.texel), int((x - X0) * self.texel)
        rows, columns = self.shade.shape
        return 0 <= row < rows and 0 <= column < columns and bool(self.shade[row, column])


@dataclass(frozen=True, slots=True)
class _House:
    side: int
    y0: float
    y1: float
    height: float
    front: U8  # rows from the roof down, columns along y


def haze_at(depth: float) -> float:
    """Share of haze over what is so many metres away."""
    return min(max((depth - 25) / 260, 0.0), 0.4)


def paint_scenery(seed: int, view: View, size: tuple[int, int]) -> Scenery:
    """The still street in one view for pictures of size (width, height)."""
    random = np.random.default_rng([seed, 3])
    texel = float(np.clip(size[0] / 960 * 28, 8, 48))
    fine = Pinhole(view, (size[0] * _FINE, size[1] * _FINE))
    houses = _houses(random, texel)
    ground = paint_ground(random, view, texel, _house_shades(houses, view))
    canvas, depth = _sky(fine, view), fine.ground_depth()
    _lay_ground(canvas, ground.lit, fine, texel)
    shaded = canvas.copy()
    _lay_ground(shaded, ground.shaded, fine, texel)
    share = np.nan_to_num(np.clip((depth - 25) / 260, 0, 0.4), nan=0.0).astype(np.float32)
    for target in (canvas, shaded):
        haze = np.broadcast_to(HAZE.astype(np.uint8), target.shape).copy()
        target[:] = cv2.blendLinear(haze, target, share, 1 - share)
    covered = np.zeros(canvas.shape[:2], np.uint8)
    _build(canvas, covered, houses, fine, view)
    props = _plant(canvas, covered, fine, view, random)
    cv2.copyTo(canvas, covered, shaded)
    small = [np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.uint8) for one in (canvas, shaded)]
    return Scenery(small[0], small[1], tuple(props), ground.shade, texel)


def _sky(pinhole: Pinhole, view: View) -> U8:
    w, h = pinhole.size
    rise = np.minimum(np.linspace(0, 3, h), 1)[:, None, None]
    low, high = HAZE * np.array(view.tint), np.array([232.0, 196.0, 160.0]) * np.array(view.tint)
    rows = np.clip(high + (low - high) * rise, 0, 255)
    return np.broadcast_to(rows, (h, w, 3)).astype(np.uint8, order="C")


def _houses(random: np.random.Generator, texel: float) -> list[_House]:
    houses = []
    for side in (-1, 1):
        y = Y0
        while y < Y1:
            width = float(random.uniform(9, 15))
            height = float(random.integers(3, 6)) * 3.1 + 1.2
            colour = _HOUSES[int(random.integers(len(_HOUSES)))]
            houses.append(_House(side, y, y + width, height, _front(random, width, height, colour, texel)))
            y += width
    return houses


def _front(random: np.random.Generator, width: float, height: float, colour: tuple[int, int, int], texel: float) -> U8:
    """The front of a house under full light, texel pixels per metre."""
    h, w = int(height * texel), int(width * texel)
    plain = np.array(colour, np.float32) + random.normal(0, 3, (h, w, 1)).astype(np.float32)
    image = np.clip(plain, 0, 255).astype(np.uint8)
    pale = tuple(min(255, int(c * 1.14)) for c in colour)
    dusky = tuple(int(c * 0.72) for c in colour)

    def box(x0: float, z0: float, x1: float, z1: float, tone: tuple[int, ...]) -> None:
        cv2.rectangle(image, (int(x0 * texel), h - int(z1 * texel)), (int(x1 * texel), h - int(z0 * texel)), tone, -1)

    columns = max(2, int(width / 2.6))
    pitch = width / columns
    for floor in range(1, int((height - 1.0) / 3.1)):
        z = floor * 3.1 + 0.9
        for k in range(columns):
            x = (k + 0.5) * pitch - 0.6
            box(x - 0.12, z - 0.16, x + 1.32, z + 1.82, pale)
            glass = random.uniform(0.75, 1.25)
            box(x, z, x + 1.2, z + 1.7, tuple(int(c * glass) for c in (96, 84, 70)))
            box(x + 0.56, z, x + 0.64, z + 1.7, pale)
            box(x, z + 1.1, x + 1.2, z + 1.17, pale)
            if random.random() < 0.35:  # curtains
                box(x, z, x + 0.35, z + 1.7, (176, 182, 188))
        box(0, z - 0.62, width, z - 0.52, dusky)
    box(0, 0, width, 0.5, dusky)
    box(0.4, 2.75, width - 0.4, 3.3, _SHOPS[int(random.integers(len(_SHOPS)))])
    x = 0.7
    while x + 2.4 < width - 0.4:
        if random.random() < 0.25:
            box(x, 0.1, x + 1.1, 2.6, (54, 62, 78))
            x += 1.5
        else:
            box(x, 0.55, x + 2.3, 2.6, (64, 56, 48))
            box(x + 0.1, 1.5, x + 2.2, 2.5, (92, 82, 72))
            x += 2.7
    box(0, height - 0.45, width, height, dusky)
    box(0, height - 0.7, width, height - 0.5, pale)
    return image


def _house_shades(houses: list[_House], view: View) -> list[list[tuple[float, float]]]:
    """Polygons of ground in metres that the houses keep the sun from."""
    sx, sy = view.shadow
    shades = []
    for house in houses:
        if sx * house.side < 0:  # its shadow falls into the street
            foot = house.side * FACADE_M
            roof, lean = foot + house.height * sx, house.height * sy
            shades.append([(foot, house.y0), (foot, house.y1), (roof, house.y1 + lean), (roof, house.y0 + lean)])
    return shades


def _lay_ground(canvas: U8, texture: U8, pinhole: Pinhole, texel: float) -> None:
    u, v = np.array([X1 - X0, 0, 0.0]), np.array([0, _BAND_M, 0.0])
    for y in np.arange(Y1 - _BAND_M, Y0 - 1e-9, -_BAND_M).tolist():
        rows = slice(round((y - Y0) * texel), round((y + _BAND_M - Y0) * texel))
        _lay(canvas, None, texture[rows], pinhole, np.stack([[X0, y, 0.0], u, v]))


def _lay(
    canvas: U8, covered: U8 | None, texture: U8, pinhole: Pinhole, plane: F64, light: F64 | None = None
) -> None:  # fmt: skip
    """Draw a flat texture into the picture, and into the mask of what is covered; nothing where it reaches behind.

    plane: (3, 3) its origin and the vectors along its columns and rows, metres; light: factors on blue, green, red,
    with haze by distance (None: as it is).
    """
    origin, u, v = plane
    pixels, depth = pinhole.project(np.stack([origin, origin + u, origin + u + v, origin + v]))
    w, h = pinhole.size
    left, top = np.floor(np.maximum(pixels.min(axis=0), 0)).astype(int).tolist()
    right, bottom = np.ceil(np.minimum(pixels.max(axis=0), [w, h])).astype(int).tolist()
    if depth.min() < NEAREST_M or right - left < 1 or bottom - top < 1:
        return
    # Averaged to about the size it will have, so that far stripes do not flicker into each other.
    wanted = pinhole.scale(float(depth.min()))
    lengths = (float(np.linalg.norm(u)), float(np.linalg.norm(v)))
    fit = [
        int(np.clip(np.ceil(side * wanted), 2, have)) for side, have in zip(lengths, texture.shape[1::-1], strict=True)
    ]
    fitted = cv2.resize(texture, fit, interpolation=cv2.INTER_AREA)
    if light is not None:
        share = haze_at(float(depth.mean()))
        fitted = np.clip(fitted * (light * (1 - share)) + HAZE * share, 0, 255).astype(np.uint8)
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
    matrix = shift @ pinhole.matrix(origin, u, v) @ np.diag([1 / fit[0], 1 / fit[1], 1.0])
    drawn = cv2.warpPerspective(
        fitted, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillConvexPoly(mask, np.round(pixels - [left, top]).astype(np.int32), 255)
    cv2.copyTo(drawn, mask, canvas[top:bottom, left:right])
    if covered is not None:
        covered[top:bottom, left:right] |= mask


def _build(canvas: U8, covered: U8, houses: list[_House], pinhole: Pinhole, view: View) -> None:
    """Draw the row of houses that ends the street, then the fronts, far ones first."""
    sun = np.array([-view.shadow[0], -view.shadow[1], 1.0])
    sun /= np.linalg.norm(sun)
    tint = np.array(view.tint)
    light = tint * (view.ambient + view.sun * max(0.0, -sun[1]))
    for x in np.arange(-42, 42, 12.0).tolist():
        plane = np.array([[x, Y1 - 0.5, 17.0], [12.0, 0, 0], [0, 0, -17.0]])
        _lay(canvas, covered, houses[0].front, pinhole, plane, light)
    for house in sorted(houses, key=lambda one: -one.y0):
        light = tint * (view.ambient + view.sun * max(0.0, -house.side * sun[0]))
        columns, length = house.front.shape[1], house.y1 - house.y0
        strips = int(np.ceil(length / _BAND_M))
        for k in range(strips - 1, -1, -1):
            part = house.front[:, k * columns // strips : (k + 1) * columns // strips]
            origin = [house.side * FACADE_M, house.y0 + k * length / strips, house.height]
            plane = np.array([origin, [0, length / strips, 0], [0, 0, -house.height]])
            _lay(canvas, covered, part, pinhole, plane, light)


def _plant(canvas: U8, covered: U8, pinhole: Pinhole, view: View, random: np.random.Generator) -> list[Prop]:
    """Draw trees and lamps, far ones first; their masks at the picture's own size."""
    props = []
    w, h = pinhole.size
    light = (view.ambient + 0.7 * view.sun) * np.array(view.tint)
    for y, x, tree in sorted([(y, x, True) for x, y in TREES] + [(y, x, False) for x, y in LAMPS], reverse=True):
        reach = np.array([[x + dx, y, z] for dx in (-2.6, 2.6) for z in (-0.3, 7.6)])
        pixels, depths = pinhole.project(reach)
        depth = float(depths[::2].mean())
        if depth < (_TREE_M if tree else _LAMP_M):
            continue
        # An even corner, so that the small mask lies on whole pixels.
        left, top = (np.clip(pixels.min(axis=0), 0, [w, h]).astype(int) // _FINE * _FINE).tolist()
        right, bottom = (-(-np.clip(pixels.max(axis=0), 0, [w, h]).astype(int) // _FINE) * _FINE).tolist()
        if right <= left or bottom <= top:
            continue
        layer, mask = (
            np.zeros((bottom - top, right - left, 3), np.uint8),
            np.zeros((bottom - top, right - left), np.uint8),
        )
        (_tree if tree else _lamp)(layer, mask, pinhole, np.array([x, y, left, top]), random)
        share = haze_at(depth)
        tone = np.clip(layer * (light * (1 - share)) + HAZE * share, 0, 255).astype(np.uint8)
        cv2.copyTo(tone, mask, canvas[top:bottom, left:right])
        covered[top:bottom, left:right] |= mask
        size = ((right - left) // _FINE, (bottom - top) // _FINE)
        small = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 127, np.uint8) * 255
        box = (left // _FINE, top // _FINE, right // _FINE, bottom // _FINE)
        props.append(Prop(depth, box, np.asarray(small, np.uint8)))
    return sorted(props, key=lambda prop: -prop.depth)


def _tree(layer: U8, mask: U8, pinhole: Pinhole, at: F64, random: np.random.Generator) -> None:
    x, y = at[:2]
    ends, depth = pinhole.project(np.array([[x, y, 0.0], [x, y, 3.8]]))
    scale = pinhole.scale(float(depth.mean()))
    ends = ends - at[2:]
    low, high = np.array([0.15 * scale, 0]), np.array([0.09 * scale, 0])
    trunk = np.round([ends[0] - low, ends[0] + low, ends[1] + high, ends[1] - high]).astype(np.int32)
    cv2.fillConvexPoly(layer, trunk, (58, 78, 96))
    cv2.fillConvexPoly(mask, trunk, 255)
    leaves = 420
    turn, lift = random.uniform(0, 2 * np.pi, leaves), np.sort(random.uniform(-1, 1, leaves))
    out = 1.75 * np.sqrt(random.random(leaves)) * np.sqrt(1 - 0.55 * lift**2)
    places = np.stack([x + out * np.cos(turn), y + out * np.sin(turn), 4.7 + 1.55 * lift], axis=1)
    pixels, _ = pinhole.project(places)
    bright = 0.52 + 0.34 * (lift + 1) / 2 + random.uniform(-0.14, 0.16, leaves)
    radii = np.maximum(1, random.uniform(0.13, 0.32, leaves) * scale).round().astype(int).tolist()
    for centre, radius, tone in zip(
        np.round(pixels - at[2:]).astype(int).tolist(), radii, bright.tolist(), strict=True
    ):
        cv2.circle(layer, centre, radius, (58 * tone, 122 * tone, 92 * tone), -1, cv2.LINE_AA)
        cv2.circle(mask, centre, radius, 255, -1)


def _lamp(layer: U8, mask: U8, pinhole: Pinhole, at: F64, _random: np.random.Generator) -> None:
    x, y = at[:2]
    points, depth = pinhole.project(np.array([[x, y, 0.0], [x, y, 7.0], [x - 1.6 * np.sign(x), y, 7.2]]))
    scale = pinhole.scale(float(depth[0]))
    foot, bend, tip = np.round(points - at[2:]).astype(int).tolist()
    for target, tone in ((layer, (92, 94, 92)), (mask, (255, 255, 255))):
        cv2.line(target, foot, bend, tone, max(1, round(0.14 * scale)))
        cv2.line(target, bend, tip, tone, max(1, round(0.09 * scale)))
    cv2.circle(layer, tip, max(2, round(0.16 * scale)), (190, 196, 196), -1)
    cv2.circle(mask, tip, max(2, round(0.16 * scale)), 255, -1)
