"""Writes what ``watch`` leaves in a folder: tracks, events, counts, summary and, if asked, the annotated clip."""

import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import SightlineError
from sightline.core.events import Event
from sightline.core.frame import Frame
from sightline.formats.counts_csv import write_counts
from sightline.formats.events_jsonl import EventWriter
from sightline.formats.mot import MotWriter
from sightline.formats.summary import CameraSummary, write_summary
from sightline.pipeline.annotate import Annotator
from sightline.pipeline.board import Board
from sightline.pipeline.order import Analysed
from sightline.pipeline.ports import CountRow
from sightline.privacy import Redactor
from sightline.video import ClipWriter

log = logging.getLogger(__name__)

# A track is confirmed at its second hit, at most 1.5 s after its first (the longest a vehicle lives unseen): its first
# row still finds its place when rows wait so many frames (1.5 s at 30 fps, and some).
HOLD_FRAMES = 64
CLIP_WIDTH = 1280  # widest annotated clip, pixels: enough to read the labels


class Files:
    """A sink that keeps one folder; every file is complete whenever ``close`` has run, also after Ctrl-C.

    Where a file can no longer be written (a full disk), its writing ends, a note on the board says so, and the analysis
    and the other files go on; ``error`` is the first such failure.
    """

    def __init__(self, folder: Path, board: Board, *, clip_fps: Mapping[str, float] | None, redact: Redactor) -> None:
        """clip_fps: frames per second of each camera's annotated clip, 0 = those of its source; None = no clips."""
        self._folder = folder
        self._board = board
        self._clip_fps = clip_fps
        self._redact = redact
        self._tracks: dict[str, _TrackFile] = {}
        self._clips: dict[str, _Clip] = {}
        self._lock = threading.Lock()
        self._ended: set[str] = set()  # what is written no more
        self.error: SightlineError | None = None
        self._events = EventWriter(folder / "events.jsonl")

    def __call__(self, frame: Frame, analysed: Analysed) -> None:
        """Take the outcome of one frame."""
        name = analysed.camera
        self._try(f"tracks of {name}", lambda: self._track_file(name).write(analysed))
        if self._clip_fps is not None:
            self._try(f"clip of {name}", lambda: self._clip(name).write(frame, analysed))

    def happened(self, event: Event) -> None:
        """Keep an event; sources are lost in their readers' threads, lines crossed in the analysis'."""
        with self._lock:
            self._try("events", lambda: self._events.write([event]))

    def close(self, seconds: float) -> dict[str, CameraSummary]:
        """Complete every file that can be; answers the summary."""
        for name, clip in self._clips.items():
            self._try(f"end of the clip of {name}", clip.close)
        rows: list[CountRow] = []
        for status in self._board.cameras():  # of a camera without a frame there is an empty file
            self._try(f"end of the tracks of {status.name}", lambda name=status.name: self._track_file(name).close())  # type: ignore[misc]
            rows += self._board.counts(status.name, 1)
            rows += self._board.counts(status.name, 15)
        with self._lock:
            self._try("end of the events", self._events.close)
            self._ended.add("events")
        summary = summaries(self._board)
        self._try("counts", lambda: write_counts(self._folder / "counts.csv", rows))
        path = self._folder / "summary.json"
        self._try("summary", lambda: write_summary(path, summary, seconds=round(seconds, 3)))
        return summary

    def _try(self, what: str, write: Callable[[], None]) -> None:
        if what in self._ended:
            return
        try:
            write()
        except (SightlineError, OSError) as error:
            self._ended.add(what)
            said = error if isinstance(error, SightlineError) else SightlineError(f"{what}: {error.strerror}")
            self.error = self.error or said
            self._board.note(what, f"{what}: no longer written: {said}")
            log.error("%s: no longer written: %s", what, said)

    def _track_file(self, name: str) -> "_TrackFile":
        if name not in self._tracks:
            self._tracks[name] = _TrackFile(self._folder / f"{file_name(name)}.txt")
        return self._tracks[name]

    def _clip(self, name: str) -> "_Clip":
        if name not in self._clips:
            status = next(one for one in self._board.cameras() if one.name == name)
            asked = (self._clip_fps or {}).get(name) or 0.0
            # Analysed frames only, so no more than the source has.
            fps = min(asked or 1000.0, status.source_fps or asked or 10.0)
            self._clips[name] = _Clip(self._folder / f"{file_name(name)}.mp4", fps, self._redact)
        return self._clips[name]


def summaries(board: Board) -> dict[str, CameraSummary]:
    """Camera name -> what happened on it so far."""
    return {
        status.name: CameraSummary(
            frames_read=status.frames_read,
            frames_analysed=status.frames_analysed,
            dropped=status.dropped,
            tracks=status.tracks,
            counts=board.totals(status.name),
            ms=status.ms,
            source=status.source,
            detector=status.detector,
            reason=status.reason if status.state in ("failed", "lost") else "",
            notes=status.notes,
        )
        for status in board.cameras()
    }


def file_name(camera: str) -> str:
    """A camera's name as a file name on any system."""
    return re.sub(r"[^\w.-]+", "_", camera).strip("._") or "camera"


class _TrackFile:
    """One camera's MOTChallenge file: confirmed tracks from their first hit on, without what is parked.

    Rows of a vehicle wait until it is known to move; of one that stood for longer, the last HOLD_FRAMES are written.
    """

    def __init__(self, path: Path) -> None:
        self._writer = MotWriter(path, hold_frames=HOLD_FRAMES)
        self._index_at: deque[tuple[int, int]] = deque(maxlen=HOLD_FRAMES)  # time_ns, index of the latest frames
        self._waiting: dict[int, deque[_Row]] = {}

    def write(self, analysed: Analysed) -> None:
        index_of = dict(self._index_at)
        for hit in analysed.first_hits:
            if hit.time_ns in index_of:
                first = _Row(index_of[hit.time_ns], np.array([hit.box]), np.array([hit.score]))
                self._waiting.setdefault(hit.id, deque(maxlen=HOLD_FRAMES)).append(first)
        tracks = analysed.tracks
        for row in np.flatnonzero(tracks.ids >= 0).tolist():
            track = int(tracks.ids[row])
            waiting = self._waiting.setdefault(track, deque(maxlen=HOLD_FRAMES))
            waiting.append(_Row(analysed.index, tracks.boxes_px[row : row + 1], tracks.scores[row : row + 1]))
            if not analysed.parked[row]:
                for one in waiting:
                    if one.frame > analysed.index - HOLD_FRAMES:
                        self._writer.write(one.frame, np.array([track]), one.box, one.score)
                waiting.clear()
        none = np.zeros(0)
        self._writer.write(analysed.index, none.astype(int), none.reshape(0, 4), none)  # lets older frames be written
        self._index_at.append((analysed.time_ns, analysed.index))
        if len(self._waiting) > 4 * HOLD_FRAMES:  # ended tracks wait for nothing
            oldest = analysed.index - HOLD_FRAMES
            self._waiting = {i: rows for i, rows in self._waiting.items() if rows and rows[-1].frame > oldest}

    def close(self) -> None:
        self._writer.close()


class _Row(NamedTuple):
    """One row that may wait: frame number, box (1, 4), score (1,)."""

    frame: int
    box: NDArray[np.floating]
    score: NDArray[np.floating]


class _Clip:
    """One camera's redacted, annotated MP4 of the analysed frames."""

    def __init__(self, path: Path, fps: float, redact: Redactor) -> None:
        self._path, self._fps, self._redact = path, fps, redact
        self._annotator = Annotator()
        self._writer: ClipWriter | None = None

    def write(self, frame: Frame, analysed: Analysed) -> None:
        width = min(CLIP_WIDTH, frame.width)
        picture = self._redact(frame, analysed.tracks.as_detected(analysed.detections), width=width)
        drawn = self._annotator.draw(picture, width / frame.width, analysed.tracks, analysed.attributes)
        if self._writer is None:
            height, width = drawn.shape[:2]
            self._writer = ClipWriter(self._path, self._fps, (width, height))
        self._writer.write(drawn)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
