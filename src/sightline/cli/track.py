"""``sightline track``: the tracker alone, on detections that lie in a file."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray

from sightline.cli.terminal import answer_json, progress, say
from sightline.config import TrackSettings, load_settings
from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig
from sightline.core.sampling import count_sampled, frames_per_sample, is_sampled, sampled_number
from sightline.core.values import F32, I64, UNCONFIRMED, Detections
from sightline.core.vocabulary import CLASSES, CODE
from sightline.formats.detections_txt import DetectionRows, read_detections
from sightline.formats.mot import table
from sightline.formats.tracks_txt import FILLED, HELD, SEEN, write_tracks
from sightline.track import Sample, Tracker, birth_scores
from sightline.track.smooth import Smoothed, TrackRows, smooth

_CAMERA: Final = "camera"  # ids are per camera, and here is only one
_WIDEST_PX: Final = 65_536
_TOLD_EVERY: Final = 200  # samples between two looks of the progress bar


def track(
    detections: Annotated[
        Path,
        typer.Argument(metavar="DETECTIONS.txt", help="MOT rows: frame, -1, left, top, width, height, score, class."),
    ],
    fps: Annotated[float, typer.Option(help="Rate of the frame numbers, 1 to 1000 per second.")],
    size: Annotated[str, typer.Option(help="Size of the pictures, WIDTHxHEIGHT.")],
    out: Annotated[Path, typer.Option(help="File of MOT rows to write, in a folder that exists.")],
    sample: Annotated[
        float | None, typer.Option(help="Use only so many frames per second: 1, 1 + fps/sample, ... Default: all.")
    ] = None,
    smoothed: Annotated[
        bool, typer.Option("--smooth", help="Smooth the boxes and fill the frames between; looks ahead.")
    ] = False,
    class_name: Annotated[
        str | None,
        typer.Option("--class", help="Class of all rows. Default: the file's; where it has none, pedestrian."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What was done as one JSON object on stdout.")] = False,
) -> None:
    """Follow the objects of one camera through detections in a file, and write their tracks."""
    every = frames_per_sample(fps, sample)
    size_px = _size(size)
    label = _label(class_name)
    settings = load_settings().track
    found = read_detections(detections, label)
    _check_out(out, detections)
    follower = _Follower(Tracker(settings), fps, size_px)
    rows = follower.run(found, every)
    done = smooth(rows, fps, every) if smoothed else Smoothed(rows, np.zeros(len(rows.frames), np.bool_), 0, 0)
    marks = np.where(done.filled, FILLED, np.where(done.rows.held, HELD, SEEN))
    written = table(done.rows.frames, done.rows.ids, done.rows.boxes_px, done.rows.scores)
    write_tracks(out, written, follower.qualities(done.rows.ids), marks)
    answer = _answer(found, follower, done, every, smoothed=smoothed)
    _tell(answer, out)
    if not answer["tracks"]:
        _hint(found, every, settings)
    if as_json:
        answer_json(answer)


class _Follower:
    """One run of a tracker over the sampled frames of a file, and what it cost."""

    def __init__(self, tracker: Tracker, fps: float, size_px: tuple[int, int]) -> None:
        self._tracker = tracker
        self._fps = fps
        self._size_px = size_px
        self._clock = SystemClock()
        self._known: list[tuple[I64, F32]] = []
        self.updates = 0
        self.spent_ns = 0

    @property
    def refused(self) -> dict[str, int]:
        """Rows of the sampled frames that the tracker left out: for their box, or because there were too many in the
        frame; and those that were used but started no track, because too many lived (``birth``)."""
        stats = self._tracker.stats(_CAMERA)
        return {"box": stats.invalid, "limit": stats.over_limit, "birth": stats.births_refused}

    def qualities(self, ids: I64) -> NDArray[np.float64]:
        """The mean quality (n,) of each id's track over its life."""
        if not len(ids):
            return np.zeros(0)
        known, values = (np.concatenate(column) for column in zip(*self._known, strict=True))
        return np.asarray((np.bincount(known, values) / np.maximum(np.bincount(known), 1))[ids])

    def run(self, found: DetectionRows, every: float) -> TrackRows:
        """The tracks: rows with an id of every sampled frame, and their first hits; by frame, then id."""
        if not len(found.frames):
            return TrackRows.empty()
        rows = TrackRows.joined([TrackRows.empty(), *self._parts(found, every)])
        return rows.take(np.lexsort((rows.ids, rows.frames)))

    def _parts(self, found: DetectionRows, every: float) -> Iterator[TrackRows]:
        """What each sampled frame adds; where nothing lives, on to the next frame with detections."""
        numbers, starts = np.unique(found.frames, return_index=True)
        present, bounds = numbers.tolist(), [*starts.tolist(), len(found.frames)]
        at = k = before = 0
        with progress() as bar:
            task = bar.add_task("tracking", total=present[-1])
            while (number := sampled_number(k, every)) <= present[-1]:
                while present[at] < number:
                    at += 1
                given = present[at] == number
                if not given and not self._tracker.stats(_CAMERA).live:
                    k = max(k + 1, math.floor((present[at] - 1) / every) - 1)  # a recording may pause for months
                    continue
                k += 1
                if number == before:  # a rate a rounding error below that of the frames
                    continue
                before = number
                yield from self._update(number, found, slice(bounds[at], bounds[at + 1]) if given else slice(0, 0))
                if self.updates % _TOLD_EVERY == 0:
                    bar.update(task, completed=number)

    def _update(self, number: int, found: DetectionRows, rows: slice) -> Iterator[TrackRows]:
        """The rows with an id of a sampled frame, and those that its confirmations name in earlier ones."""
        seen = Detections(found.boxes_px[rows], found.scores[rows], found.labels[rows])
        # From the number and not step by step, so that no error adds up.
        sample = Sample(_CAMERA, round((number - 1) / self._fps * 1e9), self._size_px, seen)
        start = self._clock.monotonic_ns()
        (tracks,) = self._tracker.update([sample])
        self.spent_ns += self._clock.monotonic_ns() - start
        self.updates += 1
        self._known.append(self._tracker.quality(_CAMERA))
        known = tracks.keep(tracks.ids != UNCONFIRMED)
        if len(known):
            yield TrackRows(
                np.full(len(known), number),
                known.ids,
                known.boxes_px.astype(np.float64),
                known.scores.astype(np.float64),
                known.labels.astype(np.int64),
                known.held,
            )
        for first in self._tracker.confirmed_since(_CAMERA):
            yield TrackRows(
                np.array([1 + round(first.time_ns * 1e-9 * self._fps)]),
                np.array([first.id]),
                np.array([first.box]),
                np.array([first.score]),
                np.array([first.label]),
                np.zeros(1, np.bool_),
            )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not all(side.isascii() and side.isdigit() and 1 <= int(side[:9]) <= _WIDEST_PX for side in (width, height)):
        raise BadConfig("--size", text, f"WIDTHxHEIGHT in pixels, each from 1 to {_WIDEST_PX}")
    return int(width), int(height)


def _label(name: str | None) -> int | None:
    if name is None:
        return None
    if name not in CODE:
        raise BadConfig("--class", name, f"one of {', '.join(CLASSES)}")
    return CODE[name]


def _check_out(out: Path, detections: Path) -> None:
    """Say before the work what would stop its writing after it."""
    if not out.parent.is_dir():
        raise BadConfig("--out", str(out), "a file in a folder that exists")
    if out.exists() and not out.is_file():  # a device would be replaced by a file
        raise BadConfig("--out", str(out), "a file, not a folder or device")
    if out.exists() and out.samefile(detections):
        raise BadConfig("--out", str(out), "another file than the detections")


def _answer(
    found: DetectionRows, follower: _Follower, done: Smoothed, every: float, *, smoothed: bool
) -> dict[str, Any]:
    """What was done, as scripts read it."""
    last = int(found.frames[-1]) if len(found.frames) else 0
    rows = done.rows
    _, at = np.unique(rows.ids[::-1], return_index=True)
    labels = np.bincount(rows.labels[::-1][at], minlength=len(CLASSES))
    refused = found.refused | {"limit": 0, "birth": 0}
    for reason, many in follower.refused.items():
        refused[reason] += many
    answer: dict[str, Any] = {
        "frames": last,
        "samples": count_sampled(last, every),
        "tracks": len(at),
        "classes": {name: int(many) for name, many in zip(CLASSES, labels, strict=True) if many},
        "rows": len(rows.frames),
        "filled": int(done.filled.sum()),
        "refused": refused,
        "us_per_frame": round(follower.spent_ns / 1000 / follower.updates, 1) if follower.updates else None,
    }
    return answer | ({"left_open": done.left_open, "torn": done.torn} if smoothed else {})


def _tell(answer: dict[str, Any], out: Path) -> None:
    kinds = ", ".join(f"{many} {name}" for name, many in answer["classes"].items())
    say(
        f"{answer['tracks']} tracks{kinds and f' ({kinds})'} in {answer['samples']} of {answer['frames']} frames: "
        f"{answer['rows']} rows, {answer['filled']} of them filled, in {out}"
    )
    left = {reason: many for reason, many in answer["refused"].items() if many}
    if left:
        say(f"left out, rows by reason: {', '.join(f'{reason} {many}' for reason, many in left.items())}")
    if answer["refused"]["score"]:
        say("scores are taken from 0 to 1; a detector's own scale has to be brought there first")
    if answer["refused"]["class"]:
        say("--class NAME says what all rows are")


def _hint(found: DetectionRows, every: float, settings: TrackSettings) -> None:
    """Say so where there are no tracks because no detection was sure enough to start one."""
    used = is_sampled(found.frames, every)
    scores, needed = found.scores[used], birth_scores(settings)[found.labels[used]]
    if not len(scores) or (scores >= needed).any():
        return
    best = int((scores - needed).argmax())
    say(
        "no detection reaches the score from which one may start a track: "
        f"the nearest has {scores[best]:.2f} of {needed[best]:.2f} "
        "(SIGHTLINE_TRACK__BIRTH_SCORE for people, SIGHTLINE_TRACK__VEHICLE_BIRTH_SCORE for vehicles and riders)"
    )
