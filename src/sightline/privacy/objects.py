"""The people and vehicles of one picture from all who know of them, and how wrong each place may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sightline.core.geometry import iou
from sightline.core.values import F32, Bool, Tracks
from sightline.core.vocabulary import CLASSES, VEHICLES
from sightline.privacy.regions import motion_margin, vehicle_rows

_SAME: Final = 0.3  # overlap from which what the second look sees now is the object predicted here
_SURE: Final = 0.4  # raw score from which the second look's class decides over a class that was left open
_OPEN: Final = np.array([name in ("vehicle", "unknown") for name in CLASSES])
_FINER: Final = np.array([name in VEHICLES and name != "vehicle" for name in CLASSES])


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """rows: the objects; margins_px: f32 (n,) how far each may be from its place."""

    rows: Tracks
    margins_px: F32


def gathered(tracks: Tracks, speeds: F32, age_s: float, lost: tuple[Tracks, F32, F32], seen: Tracks) -> Objects:
    """Everything that must be blurred in one picture.

    tracks: analysed age_s seconds ago and predicted since, with their speeds (n,) px/s; lost: as ``CameraMemory.lost``
    answers; seen: what the second look sees in this very picture. Where it sees a predicted object, that object's place
    is known: its margin is 0, a lost one is dropped.
    """
    gone, gone_speeds, gone_ages = lost
    found_again = _overlapping(gone, seen)
    gone, gone_speeds, gone_ages = gone.keep(~found_again), gone_speeds[~found_again], gone_ages[~found_again]
    margins = motion_margin(tracks, speeds, age_s)
    margins[_overlapping(tracks, seen)] = 0.0
    lost_margins = motion_margin(gone, gone_speeds, gone_ages + np.where(gone.ids >= 0, age_s, 0.0))
    return Objects(
        joined([_named(tracks, seen), gone, seen]),
        np.concatenate([margins, lost_margins, np.zeros(len(seen), np.float32)]).astype(np.float32),
    )


def joined(parts: Sequence[Tracks]) -> Tracks:
    """The rows of all parts, in order."""
    return Tracks(
        np.concatenate([part.boxes_px for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.ages_s for part in parts]),
        np.concatenate([part.held for part in parts]),
    )


def _overlapping(rows: Tracks, seen: Tracks) -> Bool:
    """Rows (n,) that the second look sees too, as the same kind of thing."""
    if not len(rows) or not len(seen):
        return np.zeros(len(rows), np.bool_)
    alike = vehicle_rows(rows.labels)[:, None] == vehicle_rows(seen.labels)[None, :]
    return np.asarray(((iou(rows.boxes_px, seen.boxes_px) >= _SAME) & alike).any(axis=1))


def _named(rows: Tracks, seen: Tracks) -> Tracks:
    """The rows, vehicles of unknown kind named as the second look names them: a bus is farther than a car as high."""
    sure = seen.keep(_FINER[seen.labels] & (seen.scores >= _SURE))
    if not len(rows) or not len(sure):
        return rows
    overlap = iou(rows.boxes_px, sure.boxes_px)
    best = overlap.argmax(axis=1)
    known = _OPEN[rows.labels] & (overlap[np.arange(len(rows)), best] >= 0.6)
    return rows.with_labels(np.where(known, sure.labels[best], rows.labels).astype(np.int16))
