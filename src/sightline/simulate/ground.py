"""The street from above: asphalt, markings, kerbs and slabs, and where houses and trees take the sun from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.core.values import U8
from sightline.simulate.traffic import KERB_M, STOP_M, ZEBRA_M
from sightline.simulate.view import View

F32 = NDArray[np.float32]

X0, X1, Y0, Y1 = -12.0, 12.0, -24.0, 96.0  # metres that the texture covers
TREES: Final = ((6.0, 9.0), (-6.0, 13.0), (6.1, 31.0), (-6.1, 34.0), (6.0, 48.0), (-6.0, 51.0), (6.0, 66.0))
LAMPS: Final = ((5.7, 15.0), (-5.7, 27.0), (5.7, 40.0), (-5.7, 56.0))
# Blobs of a tree's crown: place beside the trunk, height, radius, metres.
_CROWN: Final = ((0, 0, 4.6, 1.7), (0.9, 0.7, 4.0, 1.2), (-0.8, -0.6, 4.2, 1.3), (0.2, -0.9, 5.3, 1.1))
Area = Callable[[float, float, float, float], tuple[slice, slice]]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Textures with texel pixels per metre; rows along y from Y0, columns along x from X0.

    lit and shaded: u8 (rows, columns, 3), as the day lights it and where no sun falls; shade: bool (rows, columns),
    what the houses keep the sun from.
    """

    texel: float
    lit: U8
    shaded: U8
    shade: NDArray[np.bool_]


def paint_ground(
    random: np.random.Generator, view: View, texel: float, shades: list[list[tuple[float, float]]]
) -> Ground:
    """The ground of a view; shades: polygons in metres that houses keep the sun from."""
    plain = _surface(random, texel)
    shape = plain.shape[:2]
    houses = np.zeros(shape, np.uint8)
    for polygon in shades:
        cv2.fillConvexPoly(houses, _texels(polygon, texel), 1)
    sunlit = view.ambient + view.sun
    dark = view.ambient / sunlit
    share = 1 - _tree_shade(view, shape, texel) * (1 - dark)
    np.minimum(share, np.where(houses > 0, np.float32(dark), np.float32(1)), out=share)
    full = np.array(view.tint, np.float32) * sunlit
    lit = cv2.multiply(plain, cv2.merge([share * tone for tone in full.tolist()]), dtype=cv2.CV_8U)
    shaded = cv2.multiply(plain, np.broadcast_to(full * dark, (*shape, 3)).copy(), dtype=cv2.CV_8U)
    return Ground(texel, np.asarray(lit, np.uint8), np.asarray(shaded, np.uint8), houses > 0)


def _texels(points: list[tuple[float, float]], texel: float) -> NDArray[np.int32]:
    return np.round([((x - X0) * texel, (y - Y0) * texel) for x, y in points]).astype(np.int32)


def _surface(random: np.random.Generator, texel: float) -> F32:
    """What lies on the ground under full light, f32 (rows, columns, 3)."""
    shape = (int((Y1 - Y0) * texel), int((X1 - X0) * texel))
    image = np.empty((*shape, 3), np.float32)
    image[:] = (148, 154, 158)

    def area(x0: float, x1: float, y0: float, y1: float) -> tuple[slice, slice]:
        rows = (max(0, round((y0 - Y0) * texel)), max(0, round((y1 - Y0) * texel)))
        columns = (max(0, round((x0 - X0) * texel)), max(0, round((x1 - X0) * texel)))
        return slice(rows[0], max(rows[1], rows[0] + 1)), slice(columns[0], max(columns[1], columns[0] + 1))

    for y in np.arange(Y0, Y1, 0.6).tolist():  # slabs of the pavement
        image[area(X0, X1, y, y + 0.04)] *= 0.9
    for x in np.arange(X0, X1, 0.6).tolist():
        image[area(x, x + 0.04, Y0, Y1)] *= 0.9
    image[area(-KERB_M, KERB_M, Y0, Y1)] = (94, 93, 92)
    for side in (-1, 1):
        inner, outer = sorted((side * 3.62, side * (KERB_M - 0.1)))
        image[area(inner, outer, Y0, Y1)] = (82, 88, 122)  # cycle lane
        for lane in (side * 1.75 - 0.75, side * 1.75 + 0.75):  # where the tyres run
            image[area(lane - 0.22, lane + 0.22, Y0, Y1)] *= 0.93
        inner, outer = sorted((side * KERB_M, side * (KERB_M + 0.18)))
        image[area(inner, outer, Y0, Y1)] = (186, 188, 190)
        inner, outer = sorted((side * KERB_M, side * (KERB_M - 0.12)))
        image[area(inner, outer, Y0, Y1)] *= 0.78
    for _ in range(26):  # repaired patches
        x, y = random.uniform(-KERB_M + 0.3, KERB_M - 2), random.uniform(Y0, Y1 - 6)
        w, h = random.uniform(0.6, 1.8), random.uniform(1.0, 5.0)
        image[area(x, x + w, y, y + h)] *= random.uniform(0.86, 1.08)
    for _ in range(14):  # covers
        x, y = random.uniform(-3.2, 3.2), random.uniform(Y0, Y1)
        cv2.circle(image, _texels([(x, y)], texel)[0].tolist(), round(0.32 * texel), (62, 62, 64), -1)
    _mark(image, random, area)
    # Grain of the surface and larger stains, as one factor.
    grain = 1 + 0.05 * random.standard_normal((shape[0] // 2, shape[1] // 2), np.float32)
    stains = random.normal(0, 0.035, (int(Y1 - Y0) // 2, int(X1 - X0) // 2)).astype(np.float32)
    both = cv2.resize(grain, (shape[1], shape[0])) + cv2.resize(stains, (shape[1], shape[0]))
    return image * np.asarray(both, np.float32)[..., None]


def _mark(image: F32, random: np.random.Generator, area: Area) -> None:
    """White paint on the road, worn in places."""
    paint = np.zeros(image.shape[:2], np.bool_)
    for y in np.arange(Y0, Y1, 6.0).tolist():
        if not ZEBRA_M[0] - 5 < y < ZEBRA_M[1] + 2:
            paint[area(-0.07, 0.07, y, y + 3.0)] = True
    for side in (-1, 1):
        inner, outer = sorted((side * 3.5, side * 3.62))
        paint[area(inner, outer, Y0, ZEBRA_M[0] - STOP_M)] = True
        paint[area(inner, outer, ZEBRA_M[1] + STOP_M, Y1)] = True
    for x in np.arange(-KERB_M + 0.25, KERB_M - 0.4, 1.0).tolist():
        paint[area(x, x + 0.5, ZEBRA_M[0], ZEBRA_M[1])] = True
    paint[area(0.1, 3.5, ZEBRA_M[0] - STOP_M, ZEBRA_M[0] - STOP_M + 0.4)] = True
    paint[area(-3.5, -0.1, ZEBRA_M[1] + STOP_M - 0.4, ZEBRA_M[1] + STOP_M)] = True
    rows, columns = image.shape[:2]
    worn = cv2.resize(random.random((rows // 12, columns // 12), dtype=np.float32), (columns, rows))
    share = np.clip(0.62 + 0.5 * worn[paint], 0, 0.97)[:, None]
    image[paint] = image[paint] * (1 - share) + share * np.array([226, 228, 228], np.float32)


def _tree_shade(view: View, shape: tuple[int, int], texel: float) -> F32:
    """How much (0..1) of the sun trees and lamps take from each texel."""
    mask = np.zeros(shape, np.uint8)
    sx, sy = view.shadow
    for x, y in TREES:
        for dx, dy, z, r in _CROWN:
            centre = _texels([(x + dx + z * sx, y + dy + z * sy)], texel)[0]
            cv2.circle(mask, centre.tolist(), round(r * texel), 217, -1)
    for height, width, places in ((3.5, 0.3, TREES), (7.0, 0.14, LAMPS)):
        for x, y in places:
            foot, top = _texels([(x, y), (x + height * sx, y + height * sy)], texel).tolist()
            cv2.line(mask, foot, top, 217, max(1, round(width * texel)))
    size = 2 * round(0.2 * texel) + 1
    return np.asarray(cv2.blur(mask, (size, size)), np.float32) / np.float32(255)
