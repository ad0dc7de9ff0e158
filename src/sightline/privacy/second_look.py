"""A second, independent look for people and vehicles in the very picture that is sent.

The tracks handed over come from a detector trained on surveillance views and may be some frames old; what it misses
would be sent with its plate or head. A small detector of another family, trained on other pictures,
misses other things.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.frame import Frame
from sightline.core.values import F32, Tracks
from sightline.core.vocabulary import CODE
from sightline.models import decode_nanodet, decode_yolox
from sightline.models.coco import STREET
from sightline.models.model import Model
from sightline.models.session import Session
from sightline.models.suppress import suppress
from sightline.models.tensors import crop_bgr, letterboxed_bgr, resized_bgr, size_of, to_nchw
from sightline.privacy.objects import joined

# Installed ones are tried in this order: cheapest first, because this runs for every picture sent.
MODELS: Final = ("yolox-nano", "nanodet-plus-m-1.5x", "yolox-tiny", "yolox-s")
_COST_PER_PICTURE: Final = 1.0  # of person-vehicle-bike-detection-2003: a dearer model looks at every n-th picture only
_MOST_IOU: Final = 0.5  # the makers of both families suppress at 0.45 to 0.6
_PART_PX: Final = 960  # of the picture sent, longer side of one part: a 40 px car is then 17 px for the model
_MOST_PARTS: Final = 4
_OVERLAP: Final = 0.15  # of a part, on each side where another begins
_COLUMNS: Final = np.array(list(STREET), np.int64)
_LABELS: Final = np.array([CODE[name] for name in STREET.values()], np.int16)

_Decode = Callable[[Mapping[str, NDArray[Any]], tuple[int, int], float], tuple[F32, F32]]
_DECODERS: Final[dict[str, _Decode]] = {"yolox": decode_yolox.decode, "nanodet": decode_nanodet.decode}


class SecondLook:
    """An 80-class model over the whole picture. min_score: raw score from which an object counts."""

    def __init__(self, session: Session, *, min_score: float) -> None:
        self._session = session
        self._model: Model = session.model
        self._decode = _DECODERS[self._model.family]
        self._min_score = min_score
        self.name = self._model.name
        self.every = max(1, round((self._model.cost or 1.0) / _COST_PER_PICTURE))

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
        boxes, scores = self._decode(answers, (height, width), self._min_score)
        best = scores.argmax(axis=1)
        raw = scores[np.arange(len(best)), best].astype(np.float32)
        good = np.flatnonzero(np.isin(best, _COLUMNS) & (raw >= self._min_score))
        good = good[suppress(np.asarray(boxes)[good].astype(np.float32), raw[good], best[good], _MOST_IOU)]
        n = len(good)
        origin = np.zeros(4, np.float32) if part is None else np.tile(part[:2], 2)
        return Tracks(
            np.asarray(boxes[good] * scale + origin, np.float32).reshape(n, 4),
            raw[good],
            _LABELS[np.searchsorted(_COLUMNS, best[good])],
            np.full(n, -1, np.int64),
            np.zeros(n, np.float32),
            np.zeros(n, np.bool_),
        )


def _parts(frame: Frame, sent_px: int) -> list[F32 | None]:
    """Boxes (4,) of the parts, side by side along the longer side; None = the whole frame."""
    number = min(_MOST_PARTS, -(-sent_px // _PART_PX))
    if number == 1:
        return [None]
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
