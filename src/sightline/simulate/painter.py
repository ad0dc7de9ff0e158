"""The painter: pictures of one camera with the road users in them, and what of each can be seen."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.core.values import F32, I16, I64, U8, Bool
from sightline.core.vocabulary import CODE
from sightline.simulate.order import far_to_near, sprites_of
from sightline.simulate.poses import Sprite
from sightline.simulate.projection import Pinhole
from sightline.simulate.props import light_up
from sightline.simulate.scenery import Scenery, paint_scenery
from sightline.simulate.sensor import Sensor
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64, I8, Camera, Layout, Movers

I32 = NDArray[np.int32]
Cover = tuple[tuple[slice, slice], U8]  # rows and columns of the picture, and what is hidden there
COUNTED_PX, COUNTED_SHARE = 16.0, 0.25  # smaller or better hidden ones a person would not mark either
SMALLEST_PX: Final = 8.0
_HALF: Final = 2  # visibility is counted on every second pixel
_BLOCK: Final = 16
_TYRE: Final = (34, 33, 33)
_GLARE: Final = (235, 250, 255)
_COARSE: Final = 4  # the light of headlights has no edges
_BEAMS: Final = ((17.0, 3.2, 60), (11.0, 2.2, 110), (6.0, 1.5, 170))  # metres far and to each side, light of 255


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The road users that can be seen in one picture, in the movers' order.

    ids: i64 (n,); labels: i16 (n,) codes of CLASSES; boxes_px: f32 (n, 4) cut to the picture; feet_px: f32 (n, 2)
    middle of the bottom edge of the uncut box; visibility: f32 (n,) share of its silhouette that is in the picture and
    not hidden; counted: bool (n,), neither parked nor too small or hidden to be asked for.
    """

    ids: I64
    labels: I16
    boxes_px: F32
    feet_px: F32
    visibility: F32
    counted: Bool

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True, eq=False)
class _Still:
    """The still picture with those who are parked: layers and depths as in Scenery, and their sprites.

    mask: i32 of every second pixel, with margins, 1 + the place in sprites of who is seen there; whole: pixels of the
    mask that each covers by itself.
    """

    key: bytes
    picture: U8
    shaded: U8
    beams: U8 | None
    depths: F32
    hidden: F32
    nearest: F32
    sprites: list[Sprite]
    mask: I32
    whole: list[float]


class Painter:
    """Pictures of one camera of a layout; the same seed and movers give the same pixels.

    Not thread-safe: it keeps the still picture of those who are parked and of the lights.
    """

    def __init__(self, layout: Layout, camera: Camera, weather: Weather, seed: int) -> None:
        self.layout, self.camera, self.weather = layout, camera, weather
        self.pinhole = Pinhole(camera)
        self._sensor = Sensor(camera.size, weather, [seed, zlib.crc32(camera.name.encode())])
        self._parked: _Still | None = None
        self._shown: tuple[bytes, U8] | None = None

    @cached_property
    def scenery(self) -> Scenery:
        """What does not move."""
        return paint_scenery(self.layout, self.camera, self.weather)

    def paint(self, movers: Movers, lights: I8, index: int) -> tuple[U8, Seen]:
        """One picture u8 (h, w, 3) BGR and who is seen in it.

        lights: i8 (len(layout.heads),) of RED, AMBER, GREEN; index: of the picture, chooses its noise.
        """
        still = self._still(movers)
        sprites = self._sprites(movers, still)
        image = self._lit(still, lights).copy()
        self._shade(image, sprites, still)
        if still.beams is not None:
            self._beam(image, sprites, movers, still.beams)
        covers = [_cover(sprite, still.depths, still.nearest) for sprite in sprites]
        lit = self._lit(still, lights)
        for sprite, cover in zip(sprites, covers, strict=True):
            draw(image, sprite)
            if cover is not None:  # put back what stands before it
                part, hides = cover
                cv2.copyTo(lit[part], hides, image[part])
        return self._sensor.take(image, index), self._seen(movers, sprites, still, covers)

    def seen(self, movers: Movers) -> Seen:
        """Who would be seen in the picture, without painting it."""
        still = self._still(movers)
        sprites = self._sprites(movers, still)
        return self._seen(movers, sprites, still, [_cover(one, still.depths, still.nearest) for one in sprites])

    def feet(self, movers: Movers) -> tuple[I64, I16, F64]:
        """Ids and labels of those not parked who fall into the picture, hidden by others or not; feet_px as in Seen."""
        w, h = self.camera.size
        sprites = self._sprites(movers, self._still(movers))
        boxes = np.array([one.box for one in sprites]).reshape(-1, 4)
        inside = np.flatnonzero(((boxes[:, 2:] > 0) & (boxes[:, :2] < [w, h])).all(axis=1))
        rows = np.array([one.row for one in sprites], np.int64)[inside]
        feet = np.column_stack([(boxes[inside, 0] + boxes[inside, 2]) / 2, boxes[inside, 3]])
        return movers.ids[rows], movers.labels[rows], feet

    def instances(self, movers: Movers) -> I32:
        """Whose each pixel is: i32 (h, w) ids, 0 = nobody's."""
        still = self._still(movers)
        h, w = still.depths.shape
        mask = np.zeros((h, w), np.int32)
        bare = self._bare
        everyone = far_to_near(still.sprites + self._sprites(movers, still), movers, self.pinhole)
        for sprite in everyone:
            value = int(movers.ids[sprite.row])
            for ring in sprite.rings:
                cv2.polylines(mask, [ring], True, value, sprite.ring_width, cv2.LINE_8, 4)
            for polygon in sprite.polygons:
                cv2.fillConvexPoly(mask, polygon, value, cv2.LINE_8, 4)
            found = _cover(sprite, bare.depths, bare.nearest)
            if found is not None:
                part, hides = found
                mask[part][hides > 0] = 0
        return mask

    @cached_property
    def _bare(self) -> _Still:
        """The scenery without anybody."""
        one = self.scenery
        h, w = one.depths.shape
        mask = np.zeros((2 * (-(-h // _HALF)), 2 * (-(-w // _HALF))), np.int32)
        hidden, nearest = _blocks(one.depths)
        return _Still(b"", one.picture, one.shaded, one.beams, one.depths, hidden, nearest, [], mask, [])

    def _still(self, movers: Movers) -> _Still:
        parked = np.flatnonzero(movers.parked)
        key = movers.ids[parked].tobytes() + parked.tobytes()
        if self._parked is None or self._parked.key != key:
            self._parked = self._park(movers, parked, key)
        return self._parked

    def _park(self, movers: Movers, parked: NDArray[np.int64], key: bytes) -> _Still:
        bare = self._bare
        still = _Still(
            key, bare.picture.copy(), bare.shaded.copy(), None if bare.beams is None else bare.beams.copy(),
            bare.depths.copy(), bare.hidden, bare.nearest, [], bare.mask.copy(), [],
        )  # fmt: skip
        chosen = movers.keep(parked)
        still.sprites = sprites_of(chosen, self.pinhole, self.weather, self.scenery.direct, bare.hidden)
        self._shade(still.picture, still.sprites, still)
        for k, sprite in enumerate(still.sprites):
            for layer in (still.picture, still.shaded, still.beams):
                if layer is not None:
                    draw(layer, sprite)
            cover = _cover(sprite, bare.depths, bare.nearest)
            if cover is not None:
                part, hides = cover
                for layer, before in (
                    (still.picture, bare.picture),
                    (still.shaded, bare.shaded),
                    (still.beams, bare.beams),
                ):
                    if layer is not None and before is not None:
                        cv2.copyTo(before[part], hides, layer[part])
            still.whole.append(_stamp(still.mask, sprite, k + 1, bare.mask, cover))
            self._stand(still.depths, sprite, bare.depths)
            sprite.row = int(parked[sprite.row])
        still.hidden, still.nearest = _blocks(still.depths)
        return still

    @staticmethod
    def _stand(depths: F32, sprite: Sprite, bare: F32) -> None:
        """Lower the depths to a parked one's where it is seen."""
        part = _part(sprite.box, bare.shape)
        if part is None:
            return
        own = np.zeros(bare[part].shape, np.uint8)
        corner = np.array([part[1].start, part[0].start])
        for polygon in sprite.outline:
            cv2.fillConvexPoly(own, np.round((polygon - corner) * 16).astype(np.int32), 1, cv2.LINE_8, 4)
        columns = np.arange(part[1].start, part[1].stop) + 0.5
        away = (1 / np.interp(columns, *sprite.columns)).astype(np.float32)[None, :]
        np.minimum(depths[part], np.broadcast_to(away, own.shape), out=depths[part], where=own > 0)

    def _sprites(self, movers: Movers, still: _Still) -> list[Sprite]:
        """Those who are not parked, far ones first."""
        rows = np.flatnonzero(~movers.parked)
        chosen = movers if len(rows) == len(movers) else movers.keep(rows)
        found = sprites_of(chosen, self.pinhole, self.weather, self.scenery.direct, still.hidden)
        for sprite in found:
            sprite.row = int(rows[sprite.row])
        return found

    def _lit(self, still: _Still, lights: I8) -> U8:
        """The still picture with the signals as they are."""
        key = still.key + lights.tobytes()
        if self._shown is None or self._shown[0] != key:
            picture = still.picture.copy()
            light_up(picture, self.layout, self.scenery.heads, lights, self.pinhole, still.depths)
            self._shown = (key, picture)
        return self._shown[1]

    @staticmethod
    def _shade(image: U8, sprites: list[Sprite], still: _Still) -> None:
        shadows = np.zeros(image.shape[:2], np.uint8)
        for sprite in sprites:
            if sprite.shadow is not None:
                cv2.fillConvexPoly(shadows, sprite.shadow, 255, cv2.LINE_8, 4)
        cv2.copyTo(still.shaded, shadows, image)

    def _beam(self, image: U8, sprites: list[Sprite], movers: Movers, beams: U8) -> None:
        """The light of headlights on the ground, by night; before anybody is drawn."""
        h, w = image.shape[:2]
        mask = np.zeros((h // _COARSE + 1, w // _COARSE + 1), np.uint8)
        rows = np.array([one.row for one in sprites if movers.labels[one.row] <= CODE["motorcycle"]], np.int64)
        for reach, wide, value in _BEAMS:
            ground = _cones(movers.keep(rows), reach, wide)
            pixels, depth = self.pinhole.project(ground)
            fixed = np.round(pixels * (16 / _COARSE)).astype(np.int32)
            for k, near in enumerate((depth.min(axis=1) < 1.0).tolist()):
                polygon = self.pinhole.polygon(ground[k]) if near else pixels[k]
                if polygon is not None:
                    shape = np.round(polygon * (16 / _COARSE)).astype(np.int32) if near else fixed[k]
                    cv2.fillConvexPoly(mask, shape, value, cv2.LINE_8, 4)
        left, top, across, down = (one * _COARSE for one in cv2.boundingRect(mask))
        if across:
            mask = np.asarray(cv2.blur(mask, (7, 5)), np.uint8)
            share = cv2.resize(mask, (mask.shape[1] * _COARSE, mask.shape[0] * _COARSE), interpolation=cv2.INTER_LINEAR)
            slack = 4 * _COARSE
            part = slice(max(0, top - slack), top + down + slack), slice(max(0, left - slack), left + across + slack)
            dark, light = image[part], share[:h, :w][part]
            glow = cv2.multiply(cv2.subtract(beams[part], dark), cv2.merge([light] * 3), scale=1 / 255)
            dark[:] = cv2.add(dark, glow)

    def _seen(self, movers: Movers, sprites: list[Sprite], still: _Still, covers: list[Cover | None]) -> Seen:
        w, h = self.camera.size
        mask = still.mask.copy()
        first = len(still.sprites) + 1
        drawn = enumerate(zip(sprites, covers, strict=True))
        whole = np.array(still.whole + [_stamp(mask, one, first + k, still.mask, cover) for k, (one, cover) in drawn])
        everyone = still.sprites + sprites
        rows, columns = mask.shape
        y, x = rows // 4, columns // 4
        inner = mask[y : y + (h + 1) // _HALF, x : x + (w + 1) // _HALF]
        pixels = np.bincount(inner.ravel(), minlength=len(everyone) + 1)[1:]
        share = np.minimum(1.0, pixels / np.maximum(whole, 1.0))
        boxes = np.array([one.box for one in everyone]).reshape(-1, 4)
        cut = np.clip(boxes, 0, [w, h, w, h])
        tall = cut[:, 3] - cut[:, 1]
        places = np.array([one.row for one in everyone], np.int64)
        kept = np.flatnonzero((pixels > 0) & (tall >= SMALLEST_PX) & (cut[:, 2] - cut[:, 0] >= 1))
        kept = kept[np.argsort(places[kept], kind="stable")]
        chosen = places[kept]
        counted = ~movers.parked[chosen] & (tall[kept] >= COUNTED_PX) & (share[kept] >= COUNTED_SHARE)
        feet = np.column_stack([(boxes[kept, 0] + boxes[kept, 2]) / 2, boxes[kept, 3]])
        return Seen(
            movers.ids[chosen], movers.labels[chosen], cut[kept].astype(np.float32), feet.astype(np.float32),
            share[kept].astype(np.float32), counted,
        )  # fmt: skip


def _stamp(mask: I32, sprite: Sprite, value: int, under: I32, cover: Cover | None) -> float:
    """Put a silhouette into a mask of every second pixel and, where it is hidden, what is under it back.

    How many pixels of the mask the whole of it covers.
    """
    rows, columns = mask.shape
    x, y = columns // 4, rows // 4
    left, top, right, bottom = (sprite.box / _HALF).tolist()
    for polygon in sprite.outline:
        points = np.round(polygon * np.float32(16 / _HALF)).astype(np.int32) + np.array([x * 16, y * 16], np.int32)
        cv2.fillConvexPoly(mask, points, value, cv2.LINE_8, 4)
    x0, y0 = max(0, int(left) + x - 1), max(0, int(top) + y - 1)
    x1, y1 = min(columns, int(right) + x + 2), min(rows, int(bottom) + y + 2)
    whole = float(np.count_nonzero(mask[y0:y1, x0:x1] == value))
    if left < -x or top < -y or right > columns - x or bottom > rows - y:  # it reaches out of the margins, too
        within = (min(right, columns - x) - max(left, -x)) * (min(bottom, rows - y) - max(top, -y))
        whole *= max(1.0, (right - left) * (bottom - top) / max(within, 1.0))
    if cover is not None:
        (down, across), hides = cover
        odd_y, odd_x = down.start % _HALF, across.start % _HALF
        half = hides[odd_y::_HALF, odd_x::_HALF]
        y0, x0 = (down.start + odd_y) // _HALF + y, (across.start + odd_x) // _HALF + x
        where = slice(y0, y0 + half.shape[0]), slice(x0, x0 + half.shape[1])
        np.copyto(mask[where], under[where], where=half.view(np.bool_))
    return whole


def draw(image: U8, sprite: Sprite) -> None:
    """Paint one road user over the picture."""
    line = cv2.LINE_AA if sprite.smooth else cv2.LINE_8
    for ring in sprite.rings:
        cv2.polylines(image, [ring], True, _TYRE, sprite.ring_width, line, 4)
    fill = cv2.fillConvexPoly
    for polygon, colour in zip(sprite.polygons, sprite.colours, strict=True):
        fill(image, polygon, colour, line, 4)
    for x, y, radius in sprite.lamps:
        cv2.circle(image, (x, y), radius, _GLARE, -1, cv2.LINE_AA, 4)


def _part(box: F64, shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """The box's rows and columns; None where it is out of the picture."""
    left, top, right, bottom = box.tolist()
    rows = slice(max(0, int(top) - 1), min(shape[0], int(bottom) + 2))
    columns = slice(max(0, int(left) - 1), min(shape[1], int(right) + 2))
    return None if columns.stop <= columns.start or rows.stop <= rows.start else (rows, columns)


def _cover(sprite: Sprite, depths: F32, nearest: F32) -> Cover | None:
    """What stands before a road user; None where nothing does."""
    blocks = _part(sprite.box / _BLOCK, nearest.shape)
    if blocks is None:
        return None
    inverse = sprite.columns[1].tolist()  # one over its depths, from column to column
    low, high = min(inverse), max(inverse)
    if float(nearest[blocks].min()) * low >= 1.0:
        return None
    part = _part(sprite.box, depths.shape)
    if part is None:
        return None
    if low > 0.9 * high:
        hides = depths[part] * np.float32(high) < 1
    else:
        columns = np.arange(part[1].start, part[1].stop) + 0.5
        hides = depths[part] * np.interp(columns, *sprite.columns).astype(np.float32) < 1
    return (part, hides.view(np.uint8)) if hides.any() else None


def _blocks(depths: F32) -> tuple[F32, F32]:
    """Farthest and nearest depth in each block of _BLOCK pixels."""
    h, w = depths.shape
    rows, columns = -(-h // _BLOCK), -(-w // _BLOCK)
    wide = np.pad(depths, ((0, rows * _BLOCK - h), (0, columns * _BLOCK - w)), mode="edge")
    cut = wide.reshape(rows, _BLOCK, columns, _BLOCK)
    return np.asarray(cut.max(axis=(1, 3))), np.asarray(cut.min(axis=(1, 3)))


def _cones(movers: Movers, reach: float, wide: float) -> F64:
    """The ground (n, 4, 3) before the movers' headlights."""
    ahead = np.stack([np.cos(movers.headings), np.sin(movers.headings)], axis=1)
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    front = movers.places + movers.sizes[:, :1] / 2 * ahead
    tip = front + reach * ahead
    ground = np.zeros((len(movers), 4, 3))
    ground[..., :2] = np.stack([front + 0.6 * left, front - 0.6 * left, tip - wide * left, tip + wide * left], axis=1)
    return ground
