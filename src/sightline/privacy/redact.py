"""Makes of a frame the picture that may leave the worker: faces and plates gone, or the whole of it pixelated."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np

from sightline.config import PrivacySettings
from sightline.core.errors import ModelUnavailable, SightlineError
from sightline.core.frame import Frame
from sightline.core.geometry import grow_boxes
from sightline.core.values import F32, Bool, Redacted, Tracks
from sightline.models.library import Library
from sightline.models.session import open_session
from sightline.models.tensors import resized_bgr
from sightline.privacy.faces import MODELS as FACE_MODELS
from sightline.privacy.faces import FaceFinder
from sightline.privacy.masks import checked_masks
from sightline.privacy.memory import CameraMemory
from sightline.privacy.objects import Objects, gathered, joined
from sightline.privacy.obscure import Polygon, fill_masks, obscure, pixelated
from sightline.privacy.plates import PlateFinder
from sightline.privacy.regions import (
    Regions,
    head_parts,
    head_sizes,
    large_enough,
    metre_px,
    person_rows,
    plate_bands,
    vehicle_rows,
    widened,
)
from sightline.privacy.second_look import FRESH_MODELS, SECOND_MODELS, SecondLook

PLATE_MODEL: Final = "vehicle-license-plate-detection-barrier-0106"
NO_ANALYSIS: Final = "pixelated: no analysis of this camera yet, so that faces and plates cannot be placed"
NO_FRESH_LOOK: Final = f"{FRESH_MODELS[0]} is not installed: blurred places lag when pictures are not all analysed"
_CELLS_PER_FACE: Final = 3.0  # a face in 3 x 3 smoothed cells keeps no feature; recognition starts above 8 x 8
_CELLS_PER_HEAD: Final = 2.0  # of a head's height as the box tells it, which is less sure than a found face
_BAND_CELL_M: Final = 0.15  # twice the height of a plate's characters (0.075 m in Europe): less than one cell of each
# What a run of a model or a resize can raise: the runtime's errors are RuntimeError, wrong shapes ValueError, a model
# with other outputs KeyError. Anything else is a fault of the program: it ends the picture, which then does not leave.
_FAILURES: Final = (SightlineError, RuntimeError, ValueError, LookupError, ArithmeticError, MemoryError, cv2.error)
_MOST_MEMORIES: Final = 4096  # cameras times threads that ask for their pictures; the oldest goes first


FindFaces = Callable[[Frame, int], F32]  # frame, longer side of the picture sent -> faces (n, 5), see FaceFinder
FindPlates = Callable[[Frame, F32], F32]  # frame, vehicle boxes (m, 4) -> plates (n, 5), see PlateFinder


class Redactor:
    """``pipeline.contracts.Redact``: any number of threads may ask at once, one thread's pictures of a camera in order.

    Each thread that asks has its own memory of a camera, so that a clip being written and a live page do not disturb
    each other. ready: whether real pictures can be redacted; reason: one sentence why not (empty when ready); notes:
    sentences that people should read.
    """

    def __init__(
        self,
        faces: FindFaces | None,
        plates: FindPlates | None,
        settings: PrivacySettings,
        *,
        second: SecondLook | None = None,
        fresh: SecondLook | None = None,
        reason: str = "",
    ) -> None:
        self._finders = None if faces is None or plates is None else (faces, plates)
        self._second = second
        self._fresh = fresh
        self._settings = settings
        self.ready = self._finders is not None
        self.reason = "" if self.ready else reason or "pixelated: the models that find faces and plates are missing"
        self.notes = (NO_FRESH_LOOK,) if self.ready and fresh is None else ()
        self._masks: dict[str, tuple[Polygon, ...]] = {}
        self._memories: dict[tuple[str, int], CameraMemory] = {}
        self._lock = threading.Lock()

    def set_masks(self, camera: str, polygons: Sequence[Polygon]) -> None:
        """Parts of a camera's picture that are always filled: polygons of (x, y) in shares 0..1; BadConfig if not."""
        checked = checked_masks(camera, polygons)
        with self._lock:
            self._masks[camera] = checked

    def forget(self, camera: str) -> None:
        """Drop what is remembered of a camera's pictures (its masks stay)."""
        with self._lock:
            for key in [key for key in self._memories if key[0] == camera]:
                del self._memories[key]

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
        reason, regions = "", Regions.empty()
        if not frame.synthetic:
            reason = self._obstacle(age_s, analysed)
            if not reason:
                try:
                    regions = self._plan(frame, tracks, max(0.0, age_s), max(size))
                    picture = obscure(picture, regions, size[0] / frame.width)
                except _FAILURES as error:
                    reason = f"pixelated: finding faces and plates failed ({type(error).__name__})"
            if reason:
                picture, regions = pixelated(picture, self._settings.pixel_blocks), Regions.empty()
        if np.shares_memory(picture, frame.pixels):
            picture = picture.copy()
        fill_masks(picture, self._masks.get(frame.camera, ()))
        return Redacted(frame.camera, frame.index, frame.time_ns, picture, bool(reason), reason), regions

    def _obstacle(self, age_s: float, analysed: bool) -> str:
        """Why this picture cannot be redacted, in one sentence; empty where it can be tried."""
        if self.reason:
            return self.reason
        if not analysed:
            return NO_ANALYSIS
        if not age_s <= self._settings.oldest_analysis_s:  # also NaN
            return f"pixelated: the last analysis is {age_s:.1f} s old, at most {self._settings.oldest_analysis_s:g} s"
        return ""

    def _plan(self, frame: Frame, tracks: Tracks, age_s: float, sent_px: int) -> Regions:
        """The regions of the frame that must be altered; raises what the models raise."""
        if self._finders is None:
            raise ModelUnavailable(self.reason)
        faces, plates = self._finders
        likely = (tracks.ids >= 0) | (tracks.scores >= self._settings.object_score)
        tracks = tracks.keep(likely & np.asarray(np.isfinite(tracks.boxes_px).all(axis=1)))
        memory = self._memory(frame.camera)
        memory.begin(frame.time_ns)
        looks = [self._second, self._fresh if age_s > 0 else None]
        now = [look for look in looks if look is not None and memory.pictures % look.every == 0]
        seen = joined([Tracks.empty(), *(look(frame, sent_px) for look in now)])
        velocities = memory.velocities_of(tracks)
        lost = memory.lost(tracks, analysed_ns=frame.time_ns - round(age_s * 1e9), looked=bool(now))
        speeds = np.hypot(velocities[:, 0], velocities[:, 1]).astype(np.float32)
        objects = gathered(tracks, speeds, age_s, lost, seen)
        found = Regions.join([self._faces(faces(frame, sent_px)[:, :4]), self._plates(plates, frame, objects)])
        before = memory.places(objects.rows)
        memory.remember(tracks, velocities, seen, found)
        return Regions.join([self._placed(objects, frame.height), before, found]).within(frame.width, frame.height)

    def _memory(self, camera: str) -> CameraMemory:
        with self._lock:
            while len(self._memories) > _MOST_MEMORIES:
                del self._memories[next(iter(self._memories))]
            return self._memories.setdefault((camera, threading.get_ident()), CameraMemory())

    def _placed(self, objects: Objects, picture_height: int) -> Regions:
        """Heads of all persons and riders, bands of all vehicles on which a person could read a plate."""
        rows, margins = objects.rows, objects.margins_px
        people = person_rows(rows.labels)
        heads = head_parts(rows.boxes_px[people], rows.labels[people])
        head_cells = head_sizes(rows.boxes_px[people]) / _CELLS_PER_HEAD
        vehicles = self._legible(rows)
        boxes, labels = rows.boxes_px[vehicles], rows.labels[vehicles]
        bands = plate_bands(boxes, labels, picture_height)
        band_cells = _BAND_CELL_M * metre_px(boxes, labels, picture_height)
        return Regions.join(
            [
                Regions.of("head", widened(heads, margins[people]), head_cells),
                Regions.of("band", widened(bands, margins[vehicles]), band_cells),
            ]
        )

    def _legible(self, rows: Tracks) -> Bool:
        return vehicle_rows(rows.labels) & large_enough(rows.boxes_px, self._settings.plate_bar_px)

    def _faces(self, boxes: F32) -> Regions:
        margin = self._settings.margin_share
        cells = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) / _CELLS_PER_FACE
        return Regions.of("face", grow_boxes(boxes, margin, margin).astype(np.float32), cells)

    def _plates(self, finder: FindPlates, frame: Frame, objects: Objects) -> Regions:
        vehicles = self._legible(objects.rows)
        boxes = grow_boxes(objects.rows.boxes_px[vehicles], 0.05, 0.05).astype(np.float32)
        boxes = widened(boxes, objects.margins_px[vehicles])
        largest = np.argsort(boxes[:, 1] - boxes[:, 3], kind="stable")[: self._settings.plate_crops]
        plates = finder(frame, boxes[largest])[:, :4]
        margin = self._settings.margin_share
        cells = plates[:, 3] - plates[:, 1]
        return Regions.of("plate", grow_boxes(plates, margin, 2 * margin).astype(np.float32), cells)


def make_redactor(
    library: Library, settings: PrivacySettings, *, threads: int = 0, second_look: bool = True
) -> Redactor:
    """The redactor with the models of the library; one without them (everything pixelated) where they are missing.

    threads: inference threads, 0 = one per core; second_look: False only to measure what that look is worth.
    """
    try:
        faces = open_session(library, _first_installed(library, FACE_MODELS), requests=1, threads=threads)
        plates = open_session(library, PLATE_MODEL, requests=2, threads=threads)
        second = _look(library, SECOND_MODELS, settings.second_score, threads) if second_look else None
        if second is None and second_look:
            raise ModelUnavailable(f"second look: expected one of {', '.join(SECOND_MODELS)} installed, got none")
    except ModelUnavailable as error:
        return Redactor(None, None, settings, reason=f"pixelated: {error}")
    return Redactor(
        FaceFinder(faces, zoom=settings.face_zoom, min_score=settings.face_score),
        PlateFinder(plates, min_score=settings.plate_score),
        settings,
        second=second,
        fresh=_look(library, FRESH_MODELS, settings.fresh_score, threads),
    )


def missing_models(library: Library) -> list[str]:
    """Names of models that redaction wants and that can be fetched: one of each kind of which none is installed."""
    wanted = []
    for names in (FACE_MODELS, (PLATE_MODEL,), SECOND_MODELS, FRESH_MODELS):
        if not any(library.installed(name) for name in names):
            wanted += [name for name in names if library.model(name).origin != "import only"][:1]
    return wanted


def _first_installed(library: Library, names: Sequence[str]) -> str:
    return next((name for name in names if library.installed(name)), names[-1])


def _look(library: Library, names: Sequence[str], min_score: float, threads: int) -> SecondLook | None:
    for name in names:
        if library.installed(name):
            with contextlib.suppress(ModelUnavailable):  # a spoilt file: the next one may be sound
                return SecondLook(open_session(library, name, requests=1, threads=threads), min_score=min_score)
    return None
