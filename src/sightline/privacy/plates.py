"""Finds number plates on vehicles, enlarged one by one."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from sightline.core.frame import Frame
from sightline.core.values import F32
from sightline.models.decode_pvb import decode_detection_out
from sightline.models.session import Session
from sightline.models.tensors import crop_bgr, to_nchw

PLATE_LABEL: Final = 2  # 1 is the vehicle


class PlateFinder:
    """The plate detector of a barrier (0106) on crops of vehicles. min_score: least score of a plate in a vehicle."""

    def __init__(self, session: Session, *, min_score: float) -> None:
        self._session = session
        self._min_score = min_score

    def __call__(self, frame: Frame, boxes: F32) -> F32:
        """Plates inside vehicle boxes (m, 4) px: f32 (n, 5) left top right bottom score in pixels of the frame."""
        if not len(boxes):
            return np.zeros((0, 5), np.float32)
        height, width = self._session.input_hw

        def tensors() -> Iterator[F32]:
            for box in boxes:
                part = crop_bgr(frame.pixels, frame.layout, box)
                yield to_nchw(np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8))

        answers = self._session.run_many(tensors())
        parts = []
        for box, answer in zip(boxes, answers, strict=True):
            left, top = np.floor(np.maximum(box[:2], 0))
            right = min(np.ceil(box[2]), frame.width)
            bottom = min(np.ceil(box[3]), frame.height)
            shares, scores, labels = decode_detection_out(answer, (1, 1))
            good = (labels == PLATE_LABEL) & (scores >= self._min_score)
            places = shares[good] * np.array([right - left, bottom - top] * 2) + np.array([left, top, left, top])
            parts.append(np.concatenate([places, scores[good, None]], axis=1))
        return np.concatenate(parts).astype(np.float32)
