"""One crop of a vehicle or a person in, an evidence row out; the pixels are gone when the call returns."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sightline.core.frame import Frame
from sightline.core.values import F32, U8, Bool
from sightline.describe import calibration
from sightline.describe.colour import colour_shares
from sightline.describe.decode import PersonReading, read_person, read_vehicle
from sightline.describe.memory import PERSON_WIDTH
from sightline.describe.quality import sharpness
from sightline.describe.rider import person_part, rider_column, trunk_pixels
from sightline.models.session import Answers, Session
from sightline.models.tensors import crop_bgr, to_nchw

# Where in a vehicle's box its paint is: left, top, right, bottom in shares. Under the windows, above the wheels.
_BODY: Final = (0.1, 0.4, 0.9, 0.8)
_EDGE: Final = 0.05  # of the box is street on each side and is cut away for model 0039
_PATCH: Final = (0.25, 0.1)  # half width and half height, in shares of the crop, of the patch around a clothing point


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one crop gave. sharp: 0.3..1; row: evidence f32 (PERSON_WIDTH,)."""

    sharp: float
    row: F32


class Seer:
    """Looks at crops with one of the two attribute models."""

    def __init__(self, session: Session, *, vehicles: bool) -> None:
        self._session = session
        self._vehicles = vehicles
        self.cost = session.model.cost

    def look(self, frame: Frame, boxes: F32, riders: Bool) -> list[Look]:
        """One Look per box (n, 4) in pixels of the frame, in order. riders: (n,) boxes that hold a two-wheeler too."""
        crops = [crop_bgr(frame.pixels, frame.layout, box) for box in boxes]
        columns = [rider_column(crop) if rides else None for crop, rides in zip(crops, riders, strict=True)]
        height, width = self._session.input_hw
        pictures = [
            _fitted(self._seen(crop, column), (width, height)) for crop, column in zip(crops, columns, strict=True)
        ]
        answers = self._session.run_many(to_nchw(picture) for picture in pictures)
        return [
            Look(sharpness(picture), self._row(answer, crop, column))
            for picture, answer, crop, column in zip(pictures, answers, crops, columns, strict=True)
        ]

    def _seen(self, crop: U8, column: float | None) -> U8:
        if self._vehicles:
            return _part(crop, (_EDGE, _EDGE, 1.0 - _EDGE, 1.0 - _EDGE))
        return crop if column is None else person_part(crop, column)

    def _row(self, answer: Answers, crop: U8, column: float | None) -> F32:
        if self._vehicles:
            return vehicle_row(read_vehicle(answer), crop)
        reading = read_person(answer)
        return person_row(reading, crop) if column is None else rider_row(reading, crop, column)


def vehicle_row(model: F32, crop: U8) -> F32:
    """Evidence (PERSON_WIDTH,) of a vehicle's crop BGR u8 (h, w, 3): colour probabilities first, the rest zero."""
    row = np.zeros(PERSON_WIDTH, np.float32)
    shares = colour_shares(_part(crop, _BODY))
    row[: len(shares)] = calibration.vehicle_colour(model, shares)
    return row


def person_row(reading: PersonReading, crop: U8) -> F32:
    """Evidence (PERSON_WIDTH,) of a person's crop BGR u8 (h, w, 3): upper colour, lower colour, flags."""
    colours = [
        calibration.clothing_colour(
            colour_shares(_part(crop, (x - _PATCH[0], y - _PATCH[1], x + _PATCH[0], y + _PATCH[1])))
        )
        for x, y in (reading.upper, reading.lower)
    ]
    return np.concatenate([*colours, calibration.person_flags(reading.flags)])


def rider_row(reading: PersonReading, crop: U8, column: float) -> F32:
    """As person_row for a crop of a two-wheeler with its rider, whose middle is at column 0..1 of the width.

    The lower colour is left open, because legs are seen through the frame and wheels.
    """
    upper = calibration.clothing_colour(colour_shares(trunk_pixels(crop, column)))
    lower = np.full(len(upper), 1.0 / len(upper), np.float32)
    return np.concatenate([upper, lower, calibration.person_flags(reading.flags)])


def _part(crop: U8, shares: tuple[float, float, float, float]) -> U8:
    height, width = crop.shape[:2]
    left, top = max(0, int(shares[0] * width)), max(0, int(shares[1] * height))
    return crop[top : max(top + 1, int(shares[3] * height)), left : max(left + 1, int(shares[2] * width))]


def _fitted(crop: U8, size: tuple[int, int]) -> U8:
    shrinks = crop.shape[0] > size[1]
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8)
