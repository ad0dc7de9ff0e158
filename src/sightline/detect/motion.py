"""Finding road users before a still camera without fetching a model: a background per camera and a tiny shipped net."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.geometry import clip_boxes
from sightline.core.values import F32, Bool, Detections
from sightline.detect.background import Background
from sightline.detect.blobs import stray
from sightline.detect.middles import Curve, read
from sightline.models.shipped import ShippedNet

WEIGHTS: Final = Path(__file__).with_name("weights")
_CLAIM_SCORE: Final = 0.4  # from which a detection keeps its place out of the background
_STANDS_OUT: Final = 20.0  # grey levels from the background that are no noise on compressed video ...
_STANDS_OUT_SHARE: Final = 0.10  # ... in so much of a box: something came there since the background was learnt


class MotionDetector:
    """Road users that move, or that stand and look like one, named by a net of 0.2 million weights in the package.

    The net sees the picture, the camera's background and the picture before, so it finds what moves and what stopped,
    splits groups, and is useful from the first picture on. What moves and the net does not know is "unknown" at a low
    score. Score: the share of boxes with that score that are right, measured on pictures the net never saw.
    threads: cameras' pictures at once, 0 = one per core. name, notes, cost: see ``choose.Detector``.
    """

    def __init__(self, settings: DetectSettings, *, notes: tuple[str, ...] = (), threads: int = 0) -> None:
        self.name = "motion"
        self.notes = notes
        self.cost = 0.12
        self._min_score = settings.min_score
        self._net = ShippedNet(WEIGHTS / "motion.xml", threads=threads)
        self._curves = _curves()
        least = min(_raw(curve, settings.min_score) for curve in self._curves)
        self._least_logit = float(np.log(least / (1.0 - least)))
        self._cameras: dict[str, Background] = {}

    def forget(self, camera: str) -> None:
        """Drop the background of a camera."""
        self._cameras.pop(camera, None)

    def __call__(self, frames: Sequence[Frame]) -> list[Detections]:
        """Who is in each frame, in the same order; frames of one camera must come in the order of their time."""
        found: dict[int, Detections] = {}
        waiting = list(range(len(frames)))
        while waiting:  # one round unless a camera comes more than once
            earliest = {frames[i].camera: i for i in reversed(waiting)}
            now = sorted(earliest.values())
            backgrounds = [self._background(frames[i]) for i in now]
            planes = [background.see(frames[i]) for i, background in zip(now, backgrounds, strict=True)]
            answers = self._net.run_many(planes)
            for i, background, answer in zip(now, backgrounds, answers, strict=True):
                found[i] = self._read(answer, background)
            waiting = [i for i in waiting if earliest[frames[i].camera] != i]
        return [found[i] for i in range(len(frames))]

    def _background(self, frame: Frame) -> Background:
        known = self._cameras.get(frame.camera)
        if known is None or known.size != (frame.width, frame.height):
            known = self._cameras[frame.camera] = Background((frame.width, frame.height))
        return known

    def _read(self, answer: F32, background: Background) -> Detections:
        """Rows of one frame, best first; the background learns from what they leave free."""
        rows, _ = read(answer, self._least_logit)
        (width, height), (net_width, net_height) = background.size, background.net_size
        boxes = clip_boxes(
            rows.boxes * np.array([width / net_width, height / net_height] * 2, np.float32), width, height
        )
        came: Bool = background.share_over(boxes, _STANDS_OUT) >= _STANDS_OUT_SHARE
        scores = np.where(came, *(_calibrated(rows.scores, curve) for curve in self._curves))
        good = (scores >= self._min_score) & ((boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=1e9) >= 1.0)
        seen = Detections(boxes[good], scores[good].astype(np.float32), rows.labels[good])
        extra = stray(background, seen)
        background.learn(seen.boxes_px[seen.scores >= _CLAIM_SCORE])
        both = Detections(
            np.concatenate([seen.boxes_px, extra.boxes_px]),
            np.concatenate([seen.scores, extra.scores]),
            np.concatenate([seen.labels, extra.labels]),
        )
        best = np.argsort(-both.scores, kind="stable")
        best = best[both.scores[best] >= self._min_score]
        return Detections(both.boxes_px[best], both.scores[best], both.labels[best])


def _curves() -> tuple[Curve, Curve]:
    """Raw score -> calibrated score: of boxes in which something came, and of those that are as ever."""
    said = json.loads((WEIGHTS / "motion.json").read_text(encoding="utf-8"))["calibration"]
    came, ever = (tuple((float(a), float(b)) for a, b in said[name]) for name in ("came", "as ever"))
    return came, ever


def _calibrated(raw: F32, curve: Curve) -> F32:
    at, value = zip(*curve, strict=True)
    return np.asarray(np.interp(raw, at, value), np.float32)


def _raw(curve: Curve, score: float) -> float:
    """The raw score that stands for a calibrated one, within what a logit can say."""
    at, value = zip(*curve, strict=True)
    return float(np.clip(np.interp(score, value, at), 0.01, 0.99))
