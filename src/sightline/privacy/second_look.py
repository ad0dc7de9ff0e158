"""Looks for people and vehicles in the very picture that is sent, beside the tracks that the analysis hands over.

The analysis may be some frames old, and its detector was trained on surveillance views alone: what it misses would be
sent with its plate or head. A *fresh* look by a small detector of the same family sees what came since the analysis; a
*second* look by one of another family, trained on other pictures, sees other things.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.frame import Frame
from sightline.core.values import F32, I16, Tracks
from sightline.core.vocabulary import CODE
from sightline.models import decode_nanodet, decode_pvb, decode_yolox
from sightline.models.coco import STREET
from sightline.models.model import Model
from sightline.models.session import Session
from sightline.models.suppress import suppress
from sightline.models.tensors import crop_bgr, letterboxed_bgr, resized_bgr, size_of, to_nchw
from sightline.privacy.objects import joined

# Installed ones are tried in this order: cheapest first, because they run for every picture sent.
SECOND_MODELS: Final = ("yolox-nano", "nanodet-plus-m-1.5x", "yolox-tiny", "yolox-s")
FRESH_MODELS: Final = (
    "person-vehicle-bike-detection-2000",
    "person-vehicle-bike-detection-2004",
    "person-vehicle-bike-detection-2001",
    "person-vehicle-bike-detection-2002",
)
_COST_PER_PICTURE: Final = 1.0  # of person-vehicle-bike-detection-2003: a dearer model looks at every n-th picture only
_MOST_IOU: Final = 0.5  # the makers of both 80-class families suppress at 0.45 to 0.6
_WHOLE_PX: Final = 1000  # of the picture sent, longer side that is looked at whole: a 40 px car is 17 px for the model
_PART_PX: Final = 640  # of one part of a larger picture
_MOST_PARTS: Final = 4
_OVERLAP: Final = 0.15  # of a part, on each side where another begins
_COLUMNS: Final = np.array(list(STREET), np.int64)
_LABELS: Final = np.array([CODE[name] for name in STREET.values()], np.int16)
_PVB_LABELS: Final = np.array([CODE["vehicle"], CODE["pedestrian"], CODE["rider"]], np.int16)

Rows = tuple[F32, F32, I16]  # boxes (n, 4) in input pixels, raw scores (n,), class codes (n,)
_Answers = Mapping[str, NDArray[Any]]


class SecondLook:
    """A model of any of these families over the whole picture. min_score: raw score from which an object counts.

    every: it looks at every so many pictures, more than 1 for a dear model.
    """

    def __init__(self, session: Session, *, min_score: float) -> None:
        self._session = session
        self._model: Model = session.model
        self._read = READERS[self._model.family]
        self._min_score = min_score
        self.every = max(1, round(self._model.cost / _COST_PER_PICTURE))

    def __call__(self, frame: Frame, sent_px: int) -> Tracks:
        """People, two-wheelers and vehicles in the frame as unconfirmed rows (id -1), boxes in its pixels.

        sent_px: longer side of the picture that will be sent; a large one is looked at in several overlapping parts,
        because what a person can read in it is small for the model.
        """
        return joined([self._look(frame, part) for part in _parts(frame, sent_px)])

    def _look(self, frame: Frame, part: F32 | None) -> Tracks:
        height, width = self._session.input_hw
        pixels, layout = frame.pixels, frame.layout
        if part is not None:
            pixels, layout = crop_bgr(frame.pixels, frame.layout, part), "bgr"
        if self._model.fit == "letterbox":
            picture, ratio = letterboxed_bgr(pixels, layout, (width, height))
            scale = np.array([1 / ratio] * 4, np.float32)
        else:
            picture = resized_bgr(pixels, layout, (width, height))
            shown = size_of(pixels, layout)
            scale = np.array([shown[0] / width, shown[1] / height] * 2, np.float32)
        answers = self._session.run(to_nchw(picture, self._model.mean, self._model.scale))
        boxes, scores, labels = self._read(answers, (height, width), self._min_score)
        n = len(labels)
        origin = np.zeros(4, np.float32) if part is None else np.tile(part[:2], 2)
        return Tracks(
            np.asarray(boxes * scale + origin, np.float32).reshape(n, 4),
            scores,
            labels,
            np.full(n, -1, np.int64),
            np.zeros(n, np.float32),
            np.zeros(n, np.bool_),
        )


def _road_users(decoded: tuple[F32, F32], min_score: float) -> Rows:
    """Rows of the 80-class families whose best class is a road user, suppressed within each class."""
    boxes, scores = decoded
    best = scores.argmax(axis=1)
    raw = scores[np.arange(len(best)), best].astype(np.float32)
    good = np.flatnonzero(np.isin(best, _COLUMNS) & (raw >= min_score))
    good = good[suppress(boxes[good].astype(np.float32), raw[good], best[good], _MOST_IOU)]
    return boxes[good].astype(np.float32), raw[good], _LABELS[np.searchsorted(_COLUMNS, best[good])]


def _read_yolox(answers: _Answers, input_hw: tuple[int, int], min_score: float) -> Rows:
    return _road_users(decode_yolox.decode(answers, input_hw, min_score), min_score)


def _read_nanodet(answers: _Answers, input_hw: tuple[int, int], min_score: float) -> Rows:
    return _road_users(decode_nanodet.decode(answers, input_hw, min_score), min_score)


def _read_pvb(answers: _Answers, input_hw: tuple[int, int], min_score: float) -> Rows:
    boxes, scores, numbers = decode_pvb.decode(answers, input_hw)
    good = (scores >= min_score) & (numbers >= 0) & (numbers < len(_PVB_LABELS))
    return boxes[good], scores[good], _PVB_LABELS[numbers[good]]


READERS: Final[dict[str, Callable[[_Answers, tuple[int, int], float], Rows]]] = {
    "yolox": _read_yolox,
    "nanodet": _read_nanodet,
    "pvb": _read_pvb,
}


def _parts(frame: Frame, sent_px: int) -> list[F32 | None]:
    """Boxes (4,) of the parts, side by side along the longer side; None = the whole frame."""
    if sent_px <= _WHOLE_PX:
        return [None]
    number = min(_MOST_PARTS, -(-sent_px // _PART_PX))
    wide = frame.width >= frame.height
    longer = max(frame.width, frame.height)
    step = longer / number
    parts: list[F32 | None] = []
    for place in range(number):
        start = float(np.floor(max(0.0, place * step - _OVERLAP * step)))
        end = float(np.ceil(min(float(longer), (place + 1) * step + _OVERLAP * step)))
        box = (start, 0.0, end, frame.height) if wide else (0.0, start, frame.width, end)
        parts.append(np.array(box, np.float32))
    return parts
