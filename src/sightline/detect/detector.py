"""Finding road users with one model: many frames in, one ``Detections`` per frame out, in the same order."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.geometry import areas, clip_boxes
from sightline.core.values import F32, Detections
from sightline.detect.families import FAMILIES
from sightline.detect.family import Found, prepare
from sightline.detect.merge import settle
from sightline.detect.tiles import View, join_views, views_of
from sightline.models.library import Library
from sightline.models.session import Answers, cores, open_session

# A picture without road users, darkened by the camera, makes a faint box around nearly all of it; what really fills so
# much of the picture (a bus at the lens) is seen with certainty.
_WHOLE_SHARE: Final = 0.5
_WHOLE_SCORE: Final = 0.9


class ModelDetector:
    """A detection model over whole frames, or over overlapping tiles and the whole frame.

    name: the model's; notes: sentences that people should read; cost: of one frame relative to
    person-vehicle-bike-detection-2003 = 1.0.
    """

    def __init__(
        self, name: str, library: Library, settings: DetectSettings, *, threads: int = 0, notes: tuple[str, ...] = ()
    ) -> None:
        model = library.model(name)
        self._read = FAMILIES[model.family]
        self._session = open_session(library, name, requests=max(2, threads or cores()), threads=threads)
        self._settings = settings
        self.name = name
        self.notes = notes
        self.cost = model.cost * (1 if settings.tiles == 1 else settings.tiles**2 + 1)

    def forget(self, camera: str) -> None:
        """Nothing is kept of any camera."""

    def __call__(self, frames: Sequence[Frame]) -> list[Detections]:
        """What is seen in each frame, scores from ``min_score`` on, boxes inside the picture, best first."""
        views = [views_of(frame.width, frame.height, self._settings.tiles) for frame in frames]
        plan = [(frame, view) for frame, of_frame in zip(frames, views, strict=True) for view in of_frame]
        scales: list[tuple[float, float]] = []
        answers = iter(self._session.run_many(self._tensors(plan, scales)))
        placed = iter(scales)
        return [
            self._settled(frame, [self._placed(next(answers), next(placed), view) for view in of_frame])
            for frame, of_frame in zip(frames, views, strict=True)
        ]

    def _tensors(self, plan: Sequence[tuple[Frame, View]], scales: list[tuple[float, float]]) -> Iterator[F32]:
        """Drawn while earlier pictures are in flight, so that preparing costs no waiting; fills scales."""
        for frame, view in plan:
            tensor, scale = prepare(
                view.cut(frame.pixels, frame.layout),
                view.layout(frame.layout),
                self._session.model,
                self._session.input_hw,
            )
            scales.append(scale)
            yield tensor

    def _placed(self, answer: Answers, scale: tuple[float, float], view: View) -> Found:
        """The rows of one pass in pixels of the frame."""
        session = self._session
        found = self._read(answer, session.model, session.input_hw, self._settings.min_score)
        factor = np.array([*scale, *scale], np.float32)
        shift = np.array([view.left, view.top, view.left, view.top], np.float32)
        boxes, keep = view.whole_objects(found.boxes * factor + shift)
        return Found(boxes, found.scores[keep], found.labels[keep])

    def _settled(self, frame: Frame, parts: Sequence[Found]) -> Detections:
        found = settle(join_views(parts))
        boxes = clip_boxes(found.boxes, frame.width, frame.height)
        good = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1) & (found.scores >= self._settings.min_score)
        good &= np.isfinite(boxes).all(axis=1)
        share = areas(boxes) / (frame.width * frame.height)
        good &= (share < _WHOLE_SHARE) | (found.scores >= _WHOLE_SCORE)
        return Detections(boxes[good].astype(np.float32), found.scores[good], found.labels[good])
