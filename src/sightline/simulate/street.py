"""A drawn street seen by a fixed camera, with the truth of every picture; the same seed draws the same street."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from sightline.core.events import Line, LineCrossed
from sightline.core.geometry import segments_cross, side_of_line
from sightline.core.values import F32, I16, I64, U8
from sightline.core.vocabulary import CLASSES, CODE
from sightline.simulate.painter import Figure, draw, figure_of
from sightline.simulate.scenery import Prop, Scenery, paint_scenery
from sightline.simulate.traffic import Traffic
from sightline.simulate.view import VIEWS, Pinhole

_SEEN: Final = 0.2  # a road user of whom less can be seen is no truth: a person would not mark it either
_SMALLEST: Final = 0.04  # ... nor one lower than this share of the picture's height
_MASK: Final = 2  # visibility is counted on every second pixel
_SLACK: Final = 64  # pixels by which the noise is larger than a picture
_NOISE_LEVELS: Final = 1.8  # standard deviation of the sensor's noise, of 255


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The road users that can be seen in one picture.

    ids: i64 (n,) from 1, for good; labels: i16 (n,) codes of CLASSES; boxes_px: f32 (n, 4) cut to the picture;
    visibility: f32 (n,) share of its silhouette that is in the picture and not hidden.
    """

    ids: I64
    labels: I16
    boxes_px: F32
    visibility: F32

    def __len__(self) -> int:
        return len(self.ids)


class Scene:
    """One camera over a street: pictures and truth by index, from 1.

    Going forward is cheap; asking for an earlier picture replays the street from its start. Not thread-safe.
    """

    def __init__(self, seed: int, size: tuple[int, int], fps: float, view: int) -> None:
        if min(size) < 64 or max(size) > 8192 or not 1 <= fps <= 120:
            raise ValueError(f"scene: expected sides of 64 to 8192 px and 1 to 120 fps, got {size} and {fps}")
        self.seed, self.size, self.fps = seed, size, fps
        self.view = VIEWS[view % len(VIEWS)]
        self._pinhole = Pinhole(self.view, size)
        self._start()

    @property
    def line(self) -> Line:
        """A counting line that suits the view."""
        x0, y0, x1, y1 = self.view.line
        return Line("line 1", (x0, y0), (x1, y1))

    def truth(self, index: int) -> Truth:
        """Who can be seen in picture index (from 1)."""
        return self._truth(self._figures(index))

    def frame(self, index: int) -> tuple[U8, Truth]:
        """Picture index (from 1) as u8 (h, w, 3) BGR, and who can be seen in it."""
        figures = self._figures(index)
        still = self._scenery
        image = still.picture.copy()
        shadows = np.zeros(image.shape[:2], np.uint8)
        for _, _, figure in figures:
            if figure.shadow is not None:
                cv2.fillConvexPoly(shadows, np.round(figure.shadow * 16).astype(np.int32), 255, cv2.LINE_8, 4)
        cv2.copyTo(still.shaded, shadows, image)
        props = list(still.props)  # far ones first, as the figures
        for _, _, figure in figures:
            while props and props[0].depth > figure.depth:
                props.pop(0)
            draw(image, figure)
            for prop in props:
                left, top, right, bottom = prop.box
                x0, y0, x1, y1 = figure.box
                if x0 < right and x1 > left and y0 < bottom and y1 > top:
                    cv2.copyTo(still.picture[top:bottom, left:right], prop.mask, image[top:bottom, left:right])
        return self._with_noise(image, index), self._truth(figures)

    def crossings(self, line: Line, frames: int, camera: str = "camera") -> list[LineCrossed]:
        """Every pass over a line in pictures 1..frames by the feet of road users, hidden or not, at media time."""
        stretch = np.array(self.size, np.float64)
        start, end = np.array(line.start) * stretch, np.array(line.end) * stretch
        before: dict[int, np.ndarray] = {}
        events = []
        for index in range(1, frames + 1):
            feet = {}
            for id_, label, figure in self._figures(index):
                foot = np.array([(figure.box[0] + figure.box[2]) / 2, figure.box[3]])
                feet[id_] = foot
                if id_ not in before or not segments_cross(before[id_][None], foot[None], start, end)[0]:
                    continue
                forward = side_of_line(foot[None], start, end)[0] > 0
                time_ns = round((index - 1) / self.fps * 1e9)
                way = "forward" if forward else "backward"
                events.append(LineCrossed(camera, time_ns, line.name, way, id_, CLASSES[label], 1.0))  # type: ignore[arg-type]
            before = feet
        return events

    @cached_property
    def _scenery(self) -> Scenery:
        return paint_scenery(self.seed, self.view, self.size)

    @cached_property
    def _noise(self) -> np.ndarray:
        """Sensor noise i16 (h + slack, w + slack, 3), of which every picture takes another piece."""
        random = np.random.default_rng([self.seed, 4])
        shape = (self.size[1] + _SLACK, self.size[0] + _SLACK)
        levels = np.round(random.normal(0, _NOISE_LEVELS, shape)).astype(np.int16)
        return np.repeat(levels[..., None], 3, axis=2)

    def _with_noise(self, image: U8, index: int) -> U8:
        x, y = index * 37 % _SLACK, index * 53 % (_SLACK - 3)  # repeats after _SLACK * (_SLACK - 3) pictures
        piece = self._noise[y : y + image.shape[0], x : x + image.shape[1]]
        return np.asarray(cv2.add(image, piece, dtype=cv2.CV_8U), np.uint8)

    def _start(self) -> None:
        self._traffic = Traffic(self.seed, 1 / self.fps)
        self._index = 1

    def _figures(self, index: int) -> list[tuple[int, int, Figure]]:
        """Id, class code and looks of everyone who touches the picture, far ones first."""
        if index < 1:
            raise ValueError(f"index: expected 1 or more, got {index}")
        if index < self._index:
            self._start()
        while self._index < index:
            self._traffic.advance()
            self._index += 1
        w, h = self.size
        figures = []
        for mover in self._traffic.movers:
            shade = self._scenery.in_shade(mover.x, mover.y)
            figure = figure_of(mover, self._pinhole, self.view, shade)
            if figure is None:
                continue
            left, top, right, bottom = figure.box
            if right > 0 and bottom > 0 and left < w and top < h:
                figures.append((mover.id, CODE[mover.label], figure))
        return sorted(figures, key=lambda item: -item[2].depth)

    def _truth(self, figures: list[tuple[int, int, Figure]]) -> Truth:
        w, h = self.size
        mask = np.zeros((h // _MASK + 1, w // _MASK + 1), np.uint8)
        whole = np.zeros(len(figures))
        props = list(self._scenery.props)
        for k, (_, _, figure) in enumerate(figures):
            while props and props[0].depth > figure.depth:
                self._hide(mask, props.pop(0))
            self._cover(mask, figure, k % 254 + 1)
            whole[k] = self._area(figure)
        for prop in props:
            self._hide(mask, prop)
        rows = []
        for k, (id_, label, figure) in enumerate(figures):
            box = np.clip(figure.box, 0, [w, h, w, h])
            left, top, right, bottom = (int(v) // _MASK for v in box)
            seen = int((mask[top : bottom + 1, left : right + 1] == k % 254 + 1).sum())
            share = min(1.0, seen / max(whole[k], 1.0))
            if share >= _SEEN and box[3] - box[1] >= max(8.0, _SMALLEST * h):
                rows.append((id_, label, box, share))
        return Truth(
            np.array([row[0] for row in rows], np.int64),
            np.array([row[1] for row in rows], np.int16),
            np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
            np.array([row[3] for row in rows], np.float32),
        )

    @staticmethod
    def _cover(mask: U8, figure: Figure, value: int) -> None:
        for polygon in figure.outline:
            cv2.fillConvexPoly(mask, np.round(polygon * (16 / _MASK)).astype(np.int32), value, cv2.LINE_8, 4)

    @staticmethod
    def _hide(mask: U8, prop: Prop) -> None:
        left, top = prop.box[:2]
        part = prop.mask[top % _MASK :: _MASK, left % _MASK :: _MASK]
        y, x = -(-top // _MASK), -(-left // _MASK)
        region = mask[y : y + part.shape[0], x : x + part.shape[1]]
        region[part[: region.shape[0], : region.shape[1]] > 0] = 0

    @staticmethod
    def _area(figure: Figure) -> float:
        """Pixels of the mask that the whole silhouette covers, also outside the picture."""
        left, top, right, bottom = (figure.box / _MASK).tolist()
        own = np.zeros((int(bottom - top) + 3, int(right - left) + 3), np.uint8)
        corner = np.array([int(left) - 1, int(top) - 1])
        for polygon in figure.outline:
            cv2.fillConvexPoly(own, np.round((polygon / _MASK - corner) * 16).astype(np.int32), 1, cv2.LINE_8, 4)
        return float(cv2.countNonZero(own))


def scene(seed: int, size: tuple[int, int] = (960, 540), fps: float = 20.0, *, view: int | None = None) -> Scene:
    """A street with its own traffic. size: width and height in pixels; view: which of VIEWS, by seed where None."""
    return Scene(seed, size, fps, seed if view is None else view)
