"""What is kept of a track once it ended: what it was, when it was there, and the way of its foot point."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.core.vocabulary import CODE, VEHICLES

U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]

FULL_SCALE: Final = 65_535  # of feet: the picture's right or lower edge
MOST_POINTS: Final = 100_000  # of one path: 14 hours at 2 samples per second, far longer than anybody is followed


@dataclass(frozen=True, slots=True, eq=False)
class TrackSummary:
    """One ended track of one camera.

    likelihood: of the label, 0..1; attributes: name -> (value, probability); times_ms: u32 (n,) since began_ns, rising;
    feet: u16 (n, 2) middle of the box's lower edge, x and y in 1/65535 of the picture; speed_mps: mean, None without a
    ground calibration. ValueError for anything else.
    """

    camera: str
    track_id: int
    label: str
    likelihood: float
    began_ns: int
    ended_ns: int
    attributes: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    times_ms: U32 = field(default_factory=lambda: np.zeros(0, np.uint32))
    feet: U16 = field(default_factory=lambda: np.zeros((0, 2), np.uint16))
    speed_mps: float | None = None

    def __post_init__(self) -> None:
        if self.label not in CODE:
            raise ValueError(f"label: expected one of {', '.join(CODE)}, got {self.label!r}")
        if not 0.0 <= self.likelihood <= 1.0:
            raise ValueError(f"likelihood: expected 0..1, got {self.likelihood}")
        if not 0 <= self.began_ns <= self.ended_ns:
            raise ValueError(f"ended_ns: expected {self.began_ns} or later, got {self.ended_ns}")
        if self.speed_mps is not None and not (isfinite(self.speed_mps) and self.speed_mps >= 0):
            raise ValueError(f"speed_mps: expected 0 or more, got {self.speed_mps}")
        count = len(self.times_ms)
        if self.times_ms.dtype != np.uint32 or self.times_ms.shape != (count,) or count > MOST_POINTS:
            got = f"{self.times_ms.dtype} {self.times_ms.shape}"
            raise ValueError(f"times_ms: expected u32 (n,) with n up to {MOST_POINTS}, got {got}")
        if self.feet.dtype != np.uint16 or self.feet.shape != (count, 2):
            raise ValueError(f"feet: expected u16 ({count}, 2), got {self.feet.dtype} {self.feet.shape}")
        if count > 1 and not (self.times_ms[1:] > self.times_ms[:-1]).all():
            raise ValueError("times_ms: expected times that rise, got one that does not")


def track_concerns(label: str) -> Literal["person", "vehicle"]:
    """Whom a track is about: a person sits on every two-wheeler, and what is not known may be one."""
    return "vehicle" if label in VEHICLES else "person"
