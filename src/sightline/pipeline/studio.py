"""Makes the pictures that people asked for: redact, scale, JPEG; each with the boxes of exactly that picture."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from sightline.config import PageSettings
from sightline.core.clock import Clock
from sightline.core.frame import Frame
from sightline.core.values import Attributes, Detections, Redacted, Tracks
from sightline.core.vocabulary import CLASSES
from sightline.pipeline.board import Board
from sightline.pipeline.meter import Meter
from sightline.pipeline.order import Analysed
from sightline.pipeline.ports import Overlay, OverlayObject, Picture
from sightline.pipeline.supervisor import Faults, attempt
from sightline.privacy import Redactor


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame somebody wants to see, with the tracks at its time.

    age_s: seconds since the analysis they come from. found: the frame's own detections where it was analysed: what is
    hidden is what was seen, not where the tracker believes it.
    """

    frame: Frame
    tracks: Tracks
    attributes: Attributes
    age_s: float
    analysed: bool
    found: Detections | None = None


class Studio:
    """One thread that serves all watched cameras of a worker, newest shot of each first come first served.

    Waiting shots: one per camera, a newer replaces the older (nobody wants to see the past).
    """

    def __init__(
        self, redact: Redactor, board: Board, meter_of: Callable[[str], Meter], settings: PageSettings, clock: Clock
    ) -> None:
        self._redact = redact
        self._board = board
        self._meter_of = meter_of
        self._settings = settings
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[str, Shot] = {}
        self._shown_at_ns: dict[str, int] = {}
        self._faults = Faults()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="studio", daemon=True)

    def start(self) -> None:
        """Begin to make pictures."""
        self._thread.start()

    def stop(self) -> None:
        """End after the picture in work."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def wants(self, camera: str) -> bool:
        """Whether a picture of this camera is asked for and its rate allows one now."""
        if not self._board.watched(camera):
            return False
        before = self._shown_at_ns.get(camera)
        gap_ns = 1e9 / self._settings.picture_fps
        # A tenth early is on time: a 12 fps source at picture_fps 12 must not lose every second picture to jitter.
        return before is None or self._clock.monotonic_ns() - before >= 0.9 * gap_ns

    def offer(self, shot: Shot) -> None:
        """Leave the newest shot of a camera."""
        with self._changed:
            self._shown_at_ns[shot.frame.camera] = self._clock.monotonic_ns()
            self._waiting[shot.frame.camera] = shot
            self._changed.notify_all()

    def forget(self, camera: str) -> None:
        """A camera left: drop the shot of it that waits."""
        with self._changed:
            self._waiting.pop(camera, None)
            self._shown_at_ns.pop(camera, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                camera = next(iter(self._waiting))
                shot = self._waiting.pop(camera)
            fault = attempt(lambda shot=shot: self._make(shot))  # type: ignore[misc]
            if fault is None:
                self._faults.fine(camera)
            elif self._faults.failed(camera, "a picture", fault):
                self._board.note("studio", f"pictures of camera {camera} fail: {type(fault).__name__}")

    def _make(self, shot: Shot) -> None:
        """Redact, encode and publish one picture with its boxes."""
        meter = self._meter_of(shot.frame.camera)
        with meter.time("redact"):
            picture = self._redact(
                shot.frame,
                shot.tracks if shot.found is None else shot.tracks.as_detected(shot.found),
                age_s=shot.age_s,
                analysed=shot.analysed,
                width=min(self._settings.picture_width, shot.frame.width),
            )
        with meter.time("jpeg"):
            message = to_jpeg(picture, self._settings.jpeg_quality)
        self._board.publish(overlay_of(shot))
        self._board.publish(message)


def to_jpeg(picture: Redacted, quality: int) -> Picture:
    """The JPEG of a redacted picture."""
    done, encoded = cv2.imencode(".jpg", picture.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"JPEG encoding failed for a picture of shape {picture.pixels.shape}")
    height, width = picture.pixels.shape[:2]
    return Picture(
        camera=picture.camera,
        index=picture.index,
        time_ns=picture.time_ns,
        width=width,
        height=height,
        jpeg=encoded.tobytes(),
        pixelated=picture.pixelated,
        reason=picture.reason,
    )


def overlay_of(shot: Shot) -> Overlay:
    """The boxes to draw over the picture of this shot: confirmed tracks only."""
    tracks = shot.tracks.confirmed()
    size = np.array([shot.frame.width, shot.frame.height] * 2, np.float32)
    shares = np.clip(tracks.boxes_px / size, 0, 1)
    row_of = {track: row for row, track in enumerate(shot.attributes.ids.tolist())}
    objects = tuple(
        OverlayObject(
            id=track,
            label=CLASSES[int(tracks.labels[row])],
            score=round(float(tracks.scores[row]), 3),
            box=(float(shares[row, 0]), float(shares[row, 1]), float(shares[row, 2]), float(shares[row, 3])),
            held=bool(tracks.held[row]),
            age_s=round(float(tracks.ages_s[row]), 2),
            attributes=shot.attributes.named(row_of[track]) if track in row_of else {},
        )
        for row, track in enumerate(tracks.ids.tolist())
    )
    return Overlay(shot.frame.camera, shot.frame.index, shot.frame.time_ns, objects)


def shot_of(frame: Frame, analysed: Analysed) -> Shot:
    """The shot of a frame that was itself analysed."""
    return Shot(frame, analysed.tracks, analysed.attributes, 0.0, analysed=True, found=analysed.detections)
