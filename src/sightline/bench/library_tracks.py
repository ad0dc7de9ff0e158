"""Runs trackers of the package ``trackers`` (Apache-2.0) on request; started by ``bench.opponents`` in the environment
that has the package, so nothing of Sightline may be imported here.

Argument: a folder of ``KEY.npz`` with ``first`` i64 (samples + 1,), where each sample's rows start, ``boxes`` f64
(n, 4) left top right bottom px, ``scores`` f64 (n,) and ``groups`` i64 (n,). The first line of standard output is
``{"versions": {...}}`` or ``{"absent": "module"}``. Then every line of standard input is one job, ``{"samples": KEY,
"tracker": NAME, "options": {...}, "by_group": bool, "least_score": x}``, and is answered by one line ``{"rows": [...],
"ids": [...], "late": [...]}``: the rows that belong to a track with its id, from 0, and whether the library itself gave
that row no id, because its track was confirmed (or found again) later. Options are arguments of the tracker's class;
``iou`` and ``state_estimator_class`` are given by name.
"""

import json
import sys
from collections import defaultdict
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

# Name -> class, and where its tracks' class lives.
TRACKERS: Final = {
    "SORT": ("SORTTracker", "sort", "SORTTracklet"),
    "ByteTrack": ("ByteTrackTracker", "bytetrack", "ByteTrackTracklet"),
    "OC-SORT": ("OCSORTTracker", "ocsort", "OCSORTTracklet"),
    "BoT-SORT": ("BoTSORTTracker", "botsort", "BoTSORTTracklet"),
    "C-BIoU": ("CBIoUTracker", "botsort", "BoTSORTTracklet"),
}
NEEDED: Final = ("trackers", "supervision")


def note_boxes(kind: Any) -> None:
    """Make the tracks of a class say which box they took last, as ``noted``: the library keeps only filtered ones."""
    if hasattr(kind, "noted"):
        return
    begin, update = kind.__init__, kind.update

    def noting_begin(track: Any, initial_bbox: Any, *others: Any, **named: Any) -> None:
        begin(track, initial_bbox, *others, **named)
        track.noted = initial_bbox

    def noting_update(track: Any, bbox: Any, *others: Any, **named: Any) -> None:
        update(track, bbox, *others, **named)
        track.noted = bbox

    kind.__init__, kind.update, kind.noted = noting_begin, noting_update, None


class Followed:
    """One tracker of the library and the rows that each of its tracks took."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        title, package, tracklet = TRACKERS[name]
        library = import_module("trackers")
        note_boxes(getattr(import_module(f"trackers.core.{package}.tracklet"), tracklet))
        self._detections = import_module("supervision").Detections
        named = dict(options)
        if "iou" in named:
            named["iou"] = getattr(library, named["iou"])()
        if "state_estimator_class" in named:
            states = import_module("trackers.utils.state_representations")
            named["state_estimator_class"] = getattr(states, named["state_estimator_class"])
        self._tracker = getattr(library, title)(**named)
        self._early: dict[Any, list[int]] = {}  # rows of tracks without an id yet
        self.rows: list[int] = []
        self.ids: list[int] = []
        self.late: list[bool] = []

    def update(self, rows: Any, boxes: Any, scores: Any) -> None:
        """Give the detections of one sample: their row numbers (k,), boxes (k, 4), scores (k,)."""
        given = self._detections(xyxy=boxes, confidence=scores, class_id=np.zeros(len(rows), int), data={"row": rows})
        answer = self._tracker.update(given)
        ids = np.asarray(answer.tracker_id)
        told = ids >= 0
        known = dict(zip(answer.data["row"][told].tolist(), ids[told].tolist(), strict=True)) if told.any() else {}
        self._add(list(known), list(known.values()), late=False)
        self._note(rows, boxes, known)

    def _add(self, rows: list[int], ids: list[int], *, late: bool) -> None:
        self.rows += rows
        self.ids += ids
        self.late += [late] * len(rows)

    def _note(self, rows: Any, boxes: Any, known: dict[int, int]) -> None:
        """Remember which rows went to tracks without an id; tell them once their track has one."""
        waiting: dict[bytes, list[int]] = defaultdict(list)
        for row, box in zip(rows.tolist(), boxes, strict=True):
            if row not in known:
                waiting[box.tobytes()].append(row)
        still: dict[Any, list[int]] = {}
        for track in self._tracker.tracks:
            mine = self._early.get(track, [])
            if track.noted is not None:
                same = waiting.get(np.asarray(track.noted, np.float64).tobytes())
                mine = [*mine, same.pop()] if same else mine
                track.noted = None
            if track.tracker_id >= 0:
                self._add(mine, [int(track.tracker_id)] * len(mine), late=True)
            elif mine:
                still[track] = mine
        self._early = still


def follow(samples: Any, job: dict[str, Any]) -> dict[str, list[Any]]:
    """The answer to a job on the columns of its samples."""
    first, boxes, scores, groups = (samples[name] for name in ("first", "boxes", "scores", "groups"))
    kinds = sorted(set(groups.tolist())) if job["by_group"] else [None]
    out: dict[str, list[Any]] = {"rows": [], "ids": [], "late": []}
    for number, kind in enumerate(kinds):
        one = Followed(job["tracker"], job["options"])
        for low, high in zip(first[:-1].tolist(), first[1:].tolist(), strict=True):
            given = scores[low:high] >= job["least_score"]
            if kind is not None:
                given &= groups[low:high] == kind
            rows = low + np.flatnonzero(given)
            one.update(rows, boxes[rows], scores[rows])
        out["rows"] += one.rows
        out["ids"] += [i * len(kinds) + number for i in one.ids]
        out["late"] += [int(late) for late in one.late]
    return out


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    """Answer jobs until standard input ends."""
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        _say({"absent": absent[0]})
        return
    _say({"versions": {name: version(name) for name in NEEDED}})
    loaded: tuple[str, Any] = ("", None)
    for line in sys.stdin:
        job = json.loads(line)
        if loaded[0] != job["samples"]:
            with np.load(folder / f"{job['samples']}.npz") as columns:
                loaded = (job["samples"], dict(columns))
        _say(follow(loaded[1], job))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
