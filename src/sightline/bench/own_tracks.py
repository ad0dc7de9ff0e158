"""Our own tracker on sampled cases: the rows it gives, and how they score as they come and smoothed."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from sightline.bench.opponents import SCORES, Sampled, Scores
from sightline.core.values import UNCONFIRMED, Detections
from sightline.evaluate import evaluate
from sightline.formats.mot import MotTable, table
from sightline.formats.mot_truth import FIRST_CLASS
from sightline.track import Sample, Tracker
from sightline.track.smooth import TrackRows, smooth

ONLINE: Final = "online"
SMOOTHED: Final = "smoothed"


def follow(one: Sampled) -> TrackRows:
    """Rows of the confirmed tracks of a case at a rate with the shipped settings, first hits told later included.

    The tracker is given times, sizes and scored detections: no picture, so nothing is known of patches that did not
    change and nothing is held.
    """
    case, tracker, parts = one.case, Tracker(), [TrackRows.empty()]
    first = np.append(np.searchsorted(one.detections.frames, one.frames), len(one.detections))
    for frame, low, high in zip(one.frames.tolist(), first[:-1].tolist(), first[1:].tolist(), strict=True):
        found = _detections(one.detections, slice(low, high))
        tracks = tracker.update([Sample(case.name, round((frame - 1) / case.fps * 1e9), case.size, found)])[0]
        sure = tracks.ids != UNCONFIRMED
        parts.append(
            TrackRows(
                np.full(int(sure.sum()), frame, np.int64),
                tracks.ids[sure],
                tracks.boxes_px[sure].astype(np.float64),
                tracks.scores[sure].astype(np.float64),
                tracks.labels[sure].astype(np.int64),
                tracks.held[sure],
            )
        )
        parts += [
            TrackRows(
                np.array([1 + round(hit.time_ns * 1e-9 * case.fps)], np.int64),
                np.array([hit.id], np.int64),
                np.array([hit.box], np.float64),
                np.array([hit.score], np.float64),
                np.array([hit.label], np.int64),
                np.zeros(1, np.bool_),
            )
            for hit in tracker.confirmed_since(case.name)
        ]
    return TrackRows.joined(parts)


def _detections(rows: MotTable, part: slice) -> Detections:
    labels = (rows.classes[part] - FIRST_CLASS).astype(np.int16)
    return Detections(rows.boxes_px[part].astype(np.float32), rows.confidences[part].astype(np.float32), labels)


def scores(one: Sampled) -> dict[str, Scores]:
    """ "online": against the truth of the frames analysed; "smoothed": filled, against the truth of every frame."""
    rows = follow(one)
    filled = smooth(rows, one.case.fps, max(1.0, one.case.fps / one.fps)).rows
    return {ONLINE: _scored(one.truth, rows), SMOOTHED: _scored(one.case.truth, filled)}


def _scored(truth: MotTable, rows: TrackRows) -> Scores:
    values = evaluate(truth, table(rows.frames, rows.ids, rows.boxes_px, rows.scores))
    return {name: round(float(values[name]), 2) for name in SCORES}


def averaged(by_case: Mapping[str, Scores], names: Sequence[str]) -> Scores:
    """Scores averaged over the cases named, score by score; empty where none is named."""
    if not names:
        return {}
    return {key: round(float(np.mean([by_case[name][key] for name in names])), 2) for key in SCORES}
