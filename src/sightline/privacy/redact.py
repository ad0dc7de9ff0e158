"""Makes of a frame the picture that may leave the worker: faces and plates gone, or the whole of it pixelated."""

import threading
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from sightline.config import PrivacySettings
from sightline.core.errors import ModelUnavailable, SightlineError
from sightline.core.frame import Frame
from sightline.core.geometry import grow_boxes
from sightline.core.values import F32, Redacted, Tracks
from sightline.models.library import Library
from sightline.models.session import open_session
from sightline.models.tensors import resized_bgr
from sightline.privacy.faces import FaceFinder
from sightline.privacy.masks import checked_masks
from sightline.privacy.memory import CameraMemory
from sightline.privacy.obscure import Polygon, fill_masks, obscure, pixelated
from sightline.privacy.plates import PlateFinder
from sightline.privacy.regions import (
    Regions,
    head_parts,
    head_sizes,
    large_enough,
    metre_px,
    motion_margin,
    person_rows,
    plate_bands,
    vehicle_rows,
    widened,
)
from sightline.privacy.second_look import MODELS, SecondLook

FACE_MODEL: Final = "yunet-dynamic"
PLATE_MODEL: Final = "vehicle-license-plate-detection-barrier-0106"
NO_ANALYSIS: Final = "pixelated: no analysis of this camera yet, so that faces and plates cannot be placed"
_CELLS_PER_FACE: Final = 3.0  # a face in 3 x 3 smoothed cells keeps no feature; recognition starts above 8 x 8
_BAND_CELL_M: Final = 0.15  # twice the height of a plate's characters (0.075 m in Europe): less than one cell of each
# What a run of a model or a resize can raise: the runtime's errors are RuntimeError, wrong shapes ValueError.
_FAILURES: Final = (SightlineError, RuntimeError, ValueError, MemoryError, cv2.error)


class Redactor:
    """``pipeline.contracts.Redact``: safe to call from any thread; one camera's pictures come in the order of time.

    ready: whether real pictures can be redacted; reason: one sentence why not (empty when ready).
    """

    def __init__(
        self,
        faces: FaceFinder | None,
        plates: PlateFinder | None,
        settings: PrivacySettings,
        *,
        second: SecondLook | None = None,
        reason: str = "",
    ) -> None:
        self._faces = faces
        self._plates = plates
        self._second = second
        self._settings = settings
        self.ready = faces is not None and plates is not None
        self.reason = "" if self.ready else reason or "pixelated: the models that find faces and plates are missing"
        self._masks: dict[str, tuple[Polygon, ...]] = {}
        self._memories: dict[str, CameraMemory] = {}
        self._lock = threading.Lock()

    def set_masks(self, camera: str, polygons: Sequence[Polygon]) -> None:
        """Parts of a camera's picture that are always filled: polygons of (x, y) in shares 0..1; BadConfig if not."""
        checked = checked_masks(camera, polygons)
        with self._lock:
            self._masks[camera] = checked

    def forget(self, camera: str) -> None:
        """Drop what is remembered of a camera's pictures (its masks stay)."""
        with self._lock:
            self._memories.pop(camera, None)

    def __call__(
        self, frame: Frame, tracks: Tracks, *, age_s: float = 0.0, analysed: bool = True, width: int | None = None
    ) -> Redacted:
        """The picture without faces and plates, at most ``width`` px wide (None = as it came).

        tracks: predicted to the frame's time; age_s: seconds since the analysis they come from; analysed: False where
        the camera has not been analysed yet. Where redaction is not possible the whole picture is pixelated.
        """
        return self.examine(frame, tracks, age_s=age_s, analysed=analysed, width=width)[0]

    def examine(
        self, frame: Frame, tracks: Tracks, *, age_s: float = 0.0, analysed: bool = True, width: int | None = None
    ) -> tuple[Redacted, Regions]:
        """As a call, and the regions altered (px of the frame; none where the whole picture was pixelated)."""
        scale = 1.0 if width is None else min(1.0, width / frame.width)
        size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
        picture = resized_bgr(frame.pixels, frame.layout, size)
        if np.shares_memory(picture, frame.pixels):
            picture = picture.copy()
        reason, regions = "", Regions.empty()
        if not frame.synthetic:
            reason = self.reason or ("" if analysed else NO_ANALYSIS)
            if not reason:
                try:
                    regions = self.plan(frame, tracks, age_s=age_s)
                    picture = obscure(picture, regions, size[0] / frame.width)
                except _FAILURES as error:
                    reason = f"pixelated: finding faces and plates failed ({type(error).__name__})"
            if reason:
                picture, regions = pixelated(picture, self._settings.pixel_blocks), Regions.empty()
        fill_masks(picture, self._masks.get(frame.camera, ()))
        return Redacted(frame.camera, frame.index, frame.time_ns, picture, bool(reason), reason), regions

    def plan(self, frame: Frame, tracks: Tracks, *, age_s: float = 0.0) -> Regions:
        """The regions of the frame that must be altered; raises what the models raise."""
        age_s = max(0.0, age_s)
        with self._lock:
            memory = self._memories.setdefault(frame.camera, CameraMemory())
            memory.begin(frame.time_ns)
        look = self._second is not None and memory.pictures % self._second.every == 0
        seen = self._second(frame) if self._second is not None and look else Tracks.empty()
        velocities = memory.velocities_of(tracks)
        lost, lost_speeds, lost_ages = memory.lost(tracks, analysed_ns=frame.time_ns - round(age_s * 1e9), looked=look)
        speeds = np.hypot(velocities[:, 0], velocities[:, 1]).astype(np.float32)
        everyone = _joined([tracks, lost, seen])
        margins = np.concatenate(
            [
                motion_margin(tracks, speeds, age_s),
                motion_margin(lost, lost_speeds, lost_ages + age_s * (lost.ids >= 0)),
                np.zeros(len(seen), np.float32),
            ]
        )
        found = Regions.join([self._found_faces(frame), self._found_plates(frame, everyone, margins)])
        before, before_ages = memory.places(everyone)
        memory.remember(tracks, velocities, seen, found)
        drift = (before.boxes_px[:, 3] - before.boxes_px[:, 1]) * np.minimum(before_ages, 1.0)
        again = Regions(widened(before.boxes_px, drift.astype(np.float32)), before.cells_px, before.kinds)
        placed = self._placed(everyone, margins)
        return Regions.join([placed, again, found]).within(frame.width, frame.height)

    def _placed(self, tracks: Tracks, margins: F32) -> Regions:
        """Heads of all persons and riders, bands of all vehicles on which a person could read a plate."""
        people = person_rows(tracks.labels)
        heads = head_parts(tracks.boxes_px[people], tracks.labels[people])
        head_cells = head_sizes(tracks.boxes_px[people]) / _CELLS_PER_FACE
        vehicles = vehicle_rows(tracks.labels) & large_enough(tracks.boxes_px, self._settings.plate_bar_px)
        boxes = tracks.boxes_px[vehicles]
        bands = plate_bands(boxes, tracks.labels[vehicles])
        band_cells = _BAND_CELL_M * metre_px(boxes, tracks.labels[vehicles])
        return Regions.join(
            [
                Regions.of("head", widened(heads, margins[people]), head_cells),
                Regions.of(
                    "band", widened(bands, margins[vehicles]), _BAND_CELL_M * metre_px(boxes, tracks.labels[vehicles])
                ),
            ]
        )

    def _found_faces(self, frame: Frame) -> Regions:
        assert self._faces is not None
        faces = self._faces.everywhere(frame)[:, :4]
        cells = np.minimum(faces[:, 2] - faces[:, 0], faces[:, 3] - faces[:, 1]) / _CELLS_PER_FACE
        return Regions.of("face", grow_boxes(faces, self._settings.margin_share, self._settings.margin_share), cells)

    def _found_plates(self, frame: Frame, tracks: Tracks, margins: F32) -> Regions:
        assert self._plates is not None
        vehicles = vehicle_rows(tracks.labels) & large_enough(tracks.boxes_px, self._settings.plate_bar_px)
        boxes = widened(grow_boxes(tracks.boxes_px[vehicles], 0.05, 0.05).astype(np.float32), margins[vehicles])
        largest = np.argsort(-(boxes[:, 3] - boxes[:, 1]), kind="stable")[: self._settings.plate_crops]
        plates = self._plates.inside(frame, boxes[largest])[:, :4]
        margin = self._settings.margin_share
        return Regions.of("plate", grow_boxes(plates, margin, 2 * margin), plates[:, 3] - plates[:, 1])


def _joined(parts: Sequence[Tracks]) -> Tracks:
    return Tracks(
        np.concatenate([part.boxes_px for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.ages_s for part in parts]),
        np.concatenate([part.held for part in parts]),
    )


def _second_look(library: Library, settings: PrivacySettings, threads: int) -> SecondLook | None:
    for name in MODELS:
        if library.installed(name):
            session = open_session(library, name, requests=1, threads=threads)
            return SecondLook(session, min_score=settings.second_score)
    return None


def make_redactor(library: Library, settings: PrivacySettings, *, threads: int = 0) -> Redactor:
    """The redactor with the models of the library; one without them (everything pixelated) where they are missing.

    threads: inference threads, 0 = one per core.
    """
    try:
        faces = open_session(library, FACE_MODEL, requests=1, threads=threads)
        plates = open_session(library, PLATE_MODEL, requests=2, threads=threads)
    except ModelUnavailable as error:
        return Redactor(None, None, settings, reason=f"pixelated: {error}")
    return Redactor(
        FaceFinder(faces, side_px=settings.face_side_px, min_score=settings.face_score),
        PlateFinder(plates, min_score=settings.plate_score),
        settings,
        second=_second_look(library, settings, threads),
    )
