"""Finds faces anywhere in a picture: of people on foot, behind windscreens, far from any person that is tracked."""

from typing import Final

import cv2
import numpy as np

from sightline.core.frame import Frame
from sightline.core.values import F32, U8
from sightline.models import decode_yunet
from sightline.models.session import Session
from sightline.models.tensors import resized_bgr, to_nchw

# A face that large in the picture looked at is never doubtful; at low scores it is asphalt or a wheel.
_LARGE_PX: Final = 100
_LARGE_SCORE: Final = 0.6
_MOST_PX: Final = 4096  # of the picture looked at, longer side: bounds time and memory


class FaceFinder:
    """YuNet with any input of multiples of 32 px.

    zoom: pixels of the picture it looks at per pixel of the picture that will be sent.
    """

    def __init__(self, session: Session, *, zoom: float, min_score: float) -> None:
        self._session = session
        self._zoom = zoom
        self._min_score = min_score

    def __call__(self, frame: Frame, sent_px: int) -> F32:
        """Faces of the whole frame: f32 (n, 5) left top right bottom score, in its pixels.

        sent_px: longer side of the picture that will be sent; what is too small to be known in it need not be found.
        """
        longer = max(frame.width, frame.height)
        scale = min(self._zoom * sent_px, _MOST_PX) / longer
        size = (max(16, round(frame.width * scale)), max(16, round(frame.height * scale)))
        found = self._find(resized_bgr(frame.pixels, frame.layout, size))
        return np.asarray(found / np.array([*([size[0] / frame.width, size[1] / frame.height] * 2), 1.0], np.float32))

    def _find(self, bgr: U8) -> F32:
        height, width = bgr.shape[:2]
        padded = cv2.copyMakeBorder(bgr, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)
        answers = self._session.run(to_nchw(np.asarray(padded, np.uint8)))
        boxes, scores, _ = decode_yunet.decode(answers, padded.shape[:2], self._min_score)
        sure = scores >= np.where(boxes[:, 2] - boxes[:, 0] > _LARGE_PX, _LARGE_SCORE, self._min_score)
        return np.concatenate([boxes[sure], scores[sure, None]], axis=1)
