"""Writes what ``watch`` leaves in a folder: tracks, events, counts, summary and, if asked, the annotated clip."""

import re
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

import numpy as np

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

# A track is confirmed at its second hit, at most 1.5 s after its first (the longest a vehicle lives unseen): its first
# row still finds its place when rows wait so many frames (1.5 s at 30 fps, and some).
HOLD_FRAMES = 64
CLIP_WIDTH = 1280  # widest annotated clip, pixels: enough to read the labels


class Files:
    """A sink that keeps one folder; every file is complete whenever ``close`` has run, also after Ctrl-C."""

    def __init__(self, folder: Path, board: Board, *, clip_fps: Mapping[str, float] | None, redact: Redactor) -> None:
        """clip_fps: frames per second of each camera's annotated clip; None = no clips."""
        self._folder = folder
        self._board = board
        self._clip_fps = clip_fps
        self._redact = redact
        self._tracks: dict[str, _TrackFile] = {}
        self._clips: dict[str, _Clip] = {}
        self._events = EventWriter(folder / "events.jsonl")
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, frame: Frame, analysed: Analysed) -> None:
        """Take the outcome of one frame."""
        name = analysed.camera
        if name not in self._tracks:
            self._tracks[name] = _TrackFile(self._folder / f"{file_name(name)}.txt")
        self._tracks[name].write(analysed)
        if self._clip_fps is not None:
            if name not in self._clips:
                path = self._folder / f"{file_name(name)}.mp4"
                self._clips[name] = _Clip(path, self._clip_fps.get(name) or 10.0, self._redact)
            self._clips[name].write(frame, analysed)

    def happened(self, event: Event) -> None:
        """Keep an event; sources are lost in their readers' threads, lines crossed in the analysis'."""
        with self._lock:
            if not self._closed:
                self._events.write([event])

    def close(self, seconds: float) -> dict[str, CameraSummary]:
        """Complete every file; answers the summary that was written."""
        for clip in self._clips.values():
            clip.close()
        statuses = self._board.cameras()
        rows: list[CountRow] = []
        for status in statuses:
            if status.name not in self._tracks:  # no frame was analysed: an empty file says so
                self._tracks[status.name] = _TrackFile(self._folder / f"{file_name(status.name)}.txt")
            rows += self._board.counts(status.name, 1)
            rows += self._board.counts(status.name, 15)
        for tracks in self._tracks.values():
            tracks.close()
        with self._lock:
            self._closed = True
            self._events.close()
        write_counts(self._folder / "counts.csv", rows)
        summary = summaries(self._board)
        write_summary(self._folder / "summary.json", summary, seconds=round(seconds, 3))
        return summary


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
    """One camera's MOTChallenge file; confirmed tracks only, from their first hit on."""

    def __init__(self, path: Path) -> None:
        self._writer = MotWriter(path, hold_frames=HOLD_FRAMES)
        self._index_at: deque[tuple[int, int]] = deque(maxlen=HOLD_FRAMES)  # time_ns, index of the latest frames

    def write(self, analysed: Analysed) -> None:
        tracks = analysed.tracks.confirmed()
        index_of = dict(self._index_at)
        for hit in analysed.first_hits:
            index = index_of.get(hit.time_ns)
            if index is not None:
                box = np.array([hit.box])
                self._writer.write(index, np.array([hit.id]), box, np.array([hit.score]))
        self._writer.write(analysed.index, tracks.ids, tracks.boxes_px, tracks.scores)
        self._index_at.append((analysed.time_ns, analysed.index))

    def close(self) -> None:
        self._writer.close()


class _Clip:
    """One camera's redacted, annotated MP4 of the analysed frames."""

    def __init__(self, path: Path, fps: float, redact: Redactor) -> None:
        self._path, self._fps, self._redact = path, fps, redact
        self._annotator = Annotator()
        self._writer: ClipWriter | None = None

    def write(self, frame: Frame, analysed: Analysed) -> None:
        width = min(CLIP_WIDTH, frame.width)
        picture = self._redact(frame, analysed.tracks, width=width)
        drawn = self._annotator.draw(picture, width / frame.width, analysed.tracks, analysed.attributes)
        if self._writer is None:
            height, width = drawn.shape[:2]
            self._writer = ClipWriter(self._path, self._fps, (width, height))
        self._writer.write(drawn)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
