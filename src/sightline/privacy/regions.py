"""Where in a picture faces and plates can be: head parts and plate bands of boxes, and how far a box may have moved."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.geometry import areas, clip_boxes
from sightline.core.values import F32, I16, Bool, Tracks
from sightline.core.vocabulary import CLASSES, CODE, HEIGHT_M, PERSONS, TWO_WHEELERS, VEHICLES

KINDS: Final = ("face", "plate", "head", "band")

# A box counts as a person (a vehicle) for redaction where its class allows one; "unknown" may be either.
_PERSON: Final = np.array([name in (*PERSONS, "unknown") for name in CLASSES])
_RIDER: Final = np.array([name in TWO_WHEELERS for name in CLASSES])
_VEHICLE: Final = np.array([name in (*VEHICLES, *TWO_WHEELERS, "unknown") for name in CLASSES])
_FOUR_WHEELS: Final = np.array([name in VEHICLES for name in CLASSES])
_HEIGHT_M: Final = np.array([HEIGHT_M[name] for name in CLASSES], np.float32)
# Metres per width of a vehicle's box: between its front (cars 1.8 m, lorries 2.5 m) and its side, of which a box cut by
# the picture's edge shows only the front; of a two-wheeler its handlebar.
_WIDTH: Final = {"van": 2.4, "truck": 2.8, "bus": 2.8}
_WIDTH_M: Final = np.array([1.2 if name in TWO_WHEELERS else _WIDTH.get(name, 2.0) for name in CLASSES], np.float32)
# Where plates are in a vehicle's box, shares of its height. On 200 labelled plates the highest and lowest edges were
# 0.31 (0.36 for 99 %) and 1.02 of cars, 0.40 and 1.11 of trucks, 0.50 and 1.01 of buses, 0.12 and 0.86 of motorcycles.
# The margin below is wide because a box often ends above the bumper, and the street there is no loss.
_BAND: Final = {"truck": (0.36, 1.12), "bus": (0.46, 1.12)}
_CAR_BAND: Final = (0.28, 1.12)
_RIDER_BAND: Final = (0.08, 1.0)
_EDGE_PX: Final = 3.0  # a box that close to the picture's edge is cut by it
_CUT_WIDTH: Final = (
    0.7  # of the usual metres per width: fronts seen from above measured 1.4 m by the width of their plates
)
_CUT: Final = 0.25  # of the box's height: detectors end the box of a cut vehicle that far above the edge
_BANDS: Final = np.array(
    [_RIDER_BAND if name in TWO_WHEELERS else _BAND.get(name, _CAR_BAND) for name in CLASSES], np.float32
)
# How wrong a predicted place may grow per second, m/s: people turn and stop, vehicles brake (3 m/s2 over half a second
# and the share below); an object without a track has no known speed at all.
_ERROR_MPS: Final = np.where(_FOUR_WHEELS, 3.0, 1.0).astype(np.float32)
_UNTRACKED_MPS: Final = np.where(_FOUR_WHEELS | _RIDER, 8.0, 2.0).astype(np.float32)
_ERROR_SHARE: Final = 0.25  # of the measured speed: a turning or braking object keeps at least three quarters of it


# Most margin, shares of the box's longer side: beyond it a guess would blur the street, not the object. A likely object
# that was seen once has any speed, so it gets more: a car at 4 m/s is a length away after a second.
_MOST_MARGIN: Final = 0.35
_MOST_MARGIN_NEW: Final = 0.7
_LIKELY: Final = 0.3  # score


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """What to alter in one picture.

    boxes_px: f32 (n, 4) left top right bottom in pixels of the frame; cells_px: f32 (n,) side of the mosaic's cells in
    pixels of the frame, so large that nothing of a face or plate survives in them; kinds: i16 (n,) codes of ``KINDS``.
    """

    boxes_px: F32
    cells_px: F32
    kinds: I16

    def __len__(self) -> int:
        return len(self.kinds)

    @staticmethod
    def empty() -> "Regions":
        """Nothing to alter."""
        return Regions(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int16))

    @staticmethod
    def of(kind: str, boxes: F32, cells: F32) -> "Regions":
        """Regions of one kind."""
        return Regions(
            boxes.astype(np.float32).reshape(-1, 4),
            cells.astype(np.float32),
            np.full(len(boxes), KINDS.index(kind), np.int16),
        )

    @staticmethod
    def join(parts: "list[Regions]") -> "Regions":
        """All regions of the parts, in order."""
        if not parts:
            return Regions.empty()
        return Regions(
            np.concatenate([part.boxes_px for part in parts]),
            np.concatenate([part.cells_px for part in parts]),
            np.concatenate([part.kinds for part in parts]),
        )

    def within(self, width: int, height: int) -> "Regions":
        """The regions cut to a picture, those outside dropped."""
        boxes = clip_boxes(self.boxes_px, width, height).astype(np.float32)
        keep = areas(boxes) > 0
        return Regions(boxes[keep], self.cells_px[keep], self.kinds[keep])


def person_rows(labels: I16) -> Bool:
    """Rows (n,) whose box may show a person from outside: pedestrians, two-wheelers, unknown."""
    return np.asarray(_PERSON[labels])


def vehicle_rows(labels: I16) -> Bool:
    """Rows (n,) whose box may carry a plate: vehicles, two-wheelers, unknown."""
    return np.asarray(_VEHICLE[labels])


def head_parts(boxes: F32, labels: I16) -> F32:
    """The part (n, 4) of each person's or rider's box (n, 4) in which its head is.

    An adult is 7.5 heads high, so that the head of a whole standing person ends at 0.14 of the box; a person cut by the
    picture's edge or sitting is wider for its height and the head a larger part of the box, so the part is at least
    0.6 widths high. Riders bend forward and the wheels fill the box's lower half. The margin above and beside is for
    boxes that cut the head.
    """
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    share = np.where(_RIDER[labels], 0.42, 0.24)
    part = np.clip(0.6 * width, share * height, 0.62 * height)
    margin = np.minimum(0.08 * height, 0.3 * width)
    side = 0.08 * width
    return np.stack([boxes[:, 0] - side, boxes[:, 1] - margin, boxes[:, 2] + side, boxes[:, 1] + part], axis=1).astype(
        np.float32
    )


def head_sizes(boxes: F32) -> F32:
    """Height (n,) in pixels of the head in each person's box (n, 4): 0.14 of a whole one, more of one that is cut."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return np.asarray(np.clip(0.45 * width, 0.14 * height, 0.45 * height), np.float32)


def metre_px(boxes: F32, labels: I16, picture_height: int) -> F32:
    """Pixels per metre (n,) at most, at each vehicle's box (n, 4): the larger of what its height and its width say.

    Both, so that a vehicle cut by the picture's edge does not seem farther away; of one cut above or below the width
    alone speaks, as that of a front seen from above.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    cut = (boxes[:, 1] <= _EDGE_PX) | (boxes[:, 3] >= picture_height - _EDGE_PX)
    width_m = _WIDTH_M[labels] * np.where(cut, _CUT_WIDTH, 1.0)
    return np.asarray(np.maximum(sides[:, 1] / _HEIGHT_M[labels], sides[:, 0] / width_m), np.float32)


def plate_bands(boxes: F32, labels: I16, picture_height: int) -> F32:
    """The band (n, 4) of each vehicle's box (n, 4) in which plates are mounted, over the whole width.

    Where in the height depends on the class (``_BANDS``); a plate seen from the side stands at the box's edge, so the
    band is a little wider than the box. A box that ends near the picture's lower edge (px) is taken as cut by it, and
    of one that begins at the upper edge nobody knows where it begins.
    """
    height = boxes[:, 3] - boxes[:, 1]
    side = 0.03 * (boxes[:, 2] - boxes[:, 0])
    shares = _BANDS[labels]
    top, bottom = boxes[:, 1] + shares[:, 0] * height, boxes[:, 1] + shares[:, 1] * height
    top = np.where(boxes[:, 1] <= _EDGE_PX, 0.0, top)
    bottom = np.where(boxes[:, 3] + _CUT * height >= picture_height, np.maximum(bottom, picture_height), bottom)
    return np.stack([boxes[:, 0] - side, np.minimum(top, bottom), boxes[:, 2] + side, bottom], axis=1).astype(
        np.float32
    )


def large_enough(boxes: F32, bar_px: float) -> Bool:
    """Boxes (n,) whose longer side reaches the bar from which a person could read a plate on them."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(sides.max(axis=1, initial=0.0) >= bar_px)


def motion_margin(tracks: Tracks, speeds_px_s: F32, age_s: NDArray[np.floating] | float) -> F32:
    """How far (n,) in pixels each box may be from its predicted place.

    speeds_px_s: f32 (n,) measured speeds, 0 where not known; age_s: seconds (scalar or (n,)) since the analysis that
    the place comes from. Grows with both; 0 for a box that was analysed in this very picture.
    """
    metre_px = (tracks.boxes_px[:, 3] - tracks.boxes_px[:, 1]) / _HEIGHT_M[tracks.labels]
    error_mps = np.where(tracks.ids >= 0, _ERROR_MPS[tracks.labels], _UNTRACKED_MPS[tracks.labels])
    margin = (error_mps * metre_px + _ERROR_SHARE * speeds_px_s) * np.asarray(age_s)
    most = np.where((tracks.ids < 0) & (tracks.scores >= _LIKELY), _MOST_MARGIN_NEW, _MOST_MARGIN)
    longest = (tracks.boxes_px[:, 2:] - tracks.boxes_px[:, :2]).max(axis=1, initial=0.0)
    return np.asarray(np.minimum(margin, most * longest), np.float32)


def widened(boxes: F32, margin_px: F32) -> F32:
    """Boxes (n, 4) with margin_px (n,) added on each side."""
    grow = margin_px[:, None] * np.array([-1, -1, 1, 1], np.float32)
    return np.asarray(boxes + grow, np.float32)


PEDESTRIAN: Final = CODE["pedestrian"]
