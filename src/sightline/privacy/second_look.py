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
from sightline.models.tensors import letterboxed_bgr, resized_bgr, to_nchw

# Installed ones are tried in this order: cheapest first, because this runs for every picture sent.
MODELS: Final = ("yolox-nano", "nanodet-plus-m-1.5x", "yolox-tiny", "yolox-s")
_COST_PER_PICTURE: Final = 1.0  # of person-vehicle-bike-detection-2003: a dearer model looks at every n-th picture only
_MOST_IOU: Final = 0.5  # the makers of both families suppress at 0.45 to 0.6
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

    def __call__(self, frame: Frame) -> Tracks:
        """People, two-wheelers and vehicles in the frame as unconfirmed rows (id -1), boxes in its pixels."""
        height, width = self._session.input_hw
        if self._model.fit == "letterbox":
            picture, ratio = letterboxed_bgr(frame.pixels, frame.layout, (width, height))
            scale = np.array([1 / ratio] * 4, np.float32)
        else:
            picture = resized_bgr(frame.pixels, frame.layout, (width, height))
            scale = np.array([frame.width / width, frame.height / height] * 2, np.float32)
        answers = self._session.run(to_nchw(picture, self._model.mean, self._model.scale))
        boxes, scores = self._decode(answers, (height, width), self._min_score)
        best = scores.argmax(axis=1)
        raw = scores[np.arange(len(best)), best].astype(np.float32)
        good = np.flatnonzero(np.isin(best, _COLUMNS) & (raw >= self._min_score))
        good = good[suppress(np.asarray(boxes)[good].astype(np.float32), raw[good], best[good], _MOST_IOU)]
        n = len(good)
        return Tracks(
            np.asarray(boxes[good] * scale, np.float32).reshape(n, 4),
            raw[good],
            _LABELS[np.searchsorted(_COLUMNS, best[good])],
            np.full(n, -1, np.int64),
            np.zeros(n, np.float32),
            np.zeros(n, np.bool_),
        )
