"""The class of a track: what the detector keeps saying of it, made finer by what the 80-class model sees."""

from typing import Final

import numpy as np

from sightline.core.values import F32
from sightline.core.vocabulary import CLASSES, CODE, FINER, TWO_WHEELERS, VEHICLES
from sightline.describe.vote import voted

_KINDS: Final = ("vehicle", "rider", "pedestrian", "unknown")
_KIND_OF: Final = {
    **dict.fromkeys(VEHICLES, "vehicle"),
    **dict.fromkeys(TWO_WHEELERS, "rider"),
    "pedestrian": "pedestrian",
    "unknown": "unknown",
}
KIND: Final = np.array([_KINDS.index(_KIND_OF[name]) for name in CLASSES])  # kind of each class code
COARSE: Final = np.array([CODE[kind] for kind in _KINDS])  # the coarse class code of each kind
PEDESTRIAN: Final = _KINDS.index("pedestrian")
UNKNOWN: Final = _KINDS.index("unknown")
VEHICLE: Final = _KINDS.index("vehicle")
RIDER: Final = _KINDS.index("rider")
FINE: Final = np.array([CODE[name] for name in CLASSES if name not in FINER and name != "pedestrian"])

_CANDIDATES: Final = {
    _KINDS.index("vehicle"): np.array([CODE[name] for name in FINER["vehicle"]]),
    _KINDS.index("rider"): np.array([CODE[name] for name in FINER["rider"]]),
    UNKNOWN: np.array([CODE[name] for name in CLASSES if name not in FINER]),
}

HEARD_KEPT: Final = 0.95  # of what the detector said remains per sample: its last 20 samples decide the kind
_FLIP: Final = 1.5  # another kind must have been heard so many times more
_CHANGE: Final = 0.2  # lead in probability at which a said finer class gives way to another
_DROP: Final = 0.25  # so far under the bar a said finer class is taken back
_FLOOR: Final = 0.02  # probability every candidate keeps, so that one pass never decides alone


def kind_of(heard: F32, said: int) -> int:
    """The kind that the detector's scores (len(CLASSES),) say; the one said (a class code, -1 = none) stays until
    another is clearly stronger."""
    weights = np.bincount(KIND, weights=heard, minlength=len(_KINDS))
    best = int(weights.argmax())
    if said < 0:
        return best
    now = int(KIND[said])
    return best if weights[best] > _FLIP * weights[now] else now


def voted_class(heard: F32, passes: tuple[F32, F32], said: int, bar: float) -> int:
    """The class code to say.

    heard: f32 (len(CLASSES),) detector scores summed with forgetting; passes: probabilities (k, len(CLASSES)) of the
    naming passes and their weights (k,) 0..1; said: the code said before, -1 = none; bar: under this probability the
    class stays coarse. The kind is the detector's alone: a naming pass never makes a pedestrian of a vehicle.
    """
    kind = kind_of(heard, said)
    if kind == PEDESTRIAN:
        return int(COARSE[kind])
    candidates = _CANDIDATES[kind]
    p = voted(*_evidence(heard, passes, candidates), np.full(len(candidates), 1.0 / len(candidates), np.float32))
    top = int(p.argmax())
    before = np.flatnonzero(candidates == said)
    if len(before) and p[top] - p[before[0]] < _CHANGE:
        return said if p[before[0]] >= bar - _DROP else int(COARSE[kind])
    return int(candidates[top]) if p[top] >= bar else int(COARSE[kind])


def _evidence(heard: F32, passes: tuple[F32, F32], candidates: np.ndarray) -> tuple[F32, F32]:
    """Rows over the candidates and their weights: a pass weighs by how much of it speaks of them."""
    named, weights = passes
    rows = named[:, candidates]
    mass = rows.sum(axis=1)
    weights = weights * np.sqrt(np.minimum(mass, 1.0))
    own = heard[candidates]
    if own.sum() > 0:  # a detector of finer classes
        rows = np.vstack([rows, own])
        weights = np.append(weights, min(1.0, float(own.sum())))
    rows = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-6)
    rows = _FLOOR + (1.0 - _FLOOR * len(candidates)) * rows
    return np.asarray(rows, np.float32), np.asarray(weights, np.float32)
