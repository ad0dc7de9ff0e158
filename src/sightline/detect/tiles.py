"""Looking at a frame in parts, so that far and small objects have enough pixels for the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sightline.core.geometry import areas, covered
from sightline.core.values import F32, U8, Bool
from sightline.detect.family import Found, nothing
from sightline.models.suppress import suppress
from sightline.models.tensors import crop_bgr

_OVERLAP: Final = 0.2  # of a tile's side shared with its neighbour: an object up to that size is whole in one of them
_EDGE_PX: Final = 3.0  # a box so near to an inner edge of its tile is a cut object, which the neighbour sees whole
_MOST_IOU: Final = 0.5  # of two views of one object
_MOST_INSIDE: Final = 0.8  # of a tile's box inside one that another view saw, of the same label


@dataclass(frozen=True, slots=True)
class View:
    """A part of the frame (or all of it) that goes through the model: left, top, right, bottom in whole pixels."""

    left: int
    top: int
    right: int
    bottom: int
    frame_width: int
    frame_height: int

    @property
    def whole(self) -> bool:
        """Whether it is the whole frame."""
        return (self.right - self.left, self.bottom - self.top) == (self.frame_width, self.frame_height)

    def layout(self, layout: Literal["bgr", "i420"]) -> Literal["bgr", "i420"]:
        """The layout of what ``cut`` gives."""
        return layout if self.whole else "bgr"

    def cut(self, pixels: U8, layout: Literal["bgr", "i420"]) -> U8:
        """The part's own pixels."""
        if self.whole:
            return pixels
        return crop_bgr(pixels, layout, np.array([self.left, self.top, self.right, self.bottom], np.float32))

    def whole_objects(self, boxes: F32) -> tuple[F32, Bool]:
        """The boxes (n, 4) in frame pixels that no inner edge of this part cuts, and which rows they are."""
        keep = np.ones(len(boxes), bool)
        if self.left > 0:
            keep &= boxes[:, 0] > self.left + _EDGE_PX
        if self.top > 0:
            keep &= boxes[:, 1] > self.top + _EDGE_PX
        if self.right < self.frame_width:
            keep &= boxes[:, 2] < self.right - _EDGE_PX
        if self.bottom < self.frame_height:
            keep &= boxes[:, 3] < self.bottom - _EDGE_PX
        return np.ascontiguousarray(boxes[keep], np.float32), keep


def views_of(width: int, height: int, tiles: int) -> list[View]:
    """The whole frame first, then tiles x tiles overlapping parts; only the whole frame for tiles = 1."""
    views = [View(0, 0, width, height, width, height)]
    if tiles == 1:
        return views
    return views + [
        View(left, top, right, bottom, width, height)
        for top, bottom in _spans(height, tiles)
        for left, right in _spans(width, tiles)
    ]


def join_views(parts: Sequence[Found]) -> Found:
    """The rows of all views of one frame, an object seen in several of them once."""
    if len(parts) == 1:
        return parts[0]
    found = (
        nothing()
        if not parts
        else Found(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.labels for part in parts]),
        )
    )
    kept = suppress(found.boxes, found.scores, found.labels, _MOST_IOU)
    boxes, labels = found.boxes[kept], found.labels[kept]
    inside = covered(boxes, boxes) > _MOST_INSIDE
    size = areas(boxes)
    larger = (size[None, :] > size[:, None]) & (size[None, :] < 4 * size[:, None])
    same = labels[:, None] == labels[None, :]
    np.fill_diagonal(inside, False)
    good = kept[~(inside & larger & same).any(axis=1)]
    return Found(found.boxes[good], found.scores[good], found.labels[good])


def _spans(length: int, tiles: int) -> list[tuple[int, int]]:
    """Equal overlapping spans that cover 0..length, on even pixels (chroma planes have half the size)."""
    span = length / (tiles - (tiles - 1) * _OVERLAP)
    starts = [round(at * span * (1 - _OVERLAP) / 2) * 2 for at in range(tiles)]
    return [(start, min(length, start + 2 * round(span / 2) + 2)) for start in starts[:-1]] + [(starts[-1], length)]
