"""Which frames of a recording are used at a lower rate: 1, 1 + F/S, 1 + 2 F/S, ..., one rule for every command.

F: frames per second of the recording's numbers, S: frames used per second; ``every`` is F/S, from 1. Numbers are
rounded, halves to the even one as numpy and Python do, so that no error adds up.
"""

import math
from typing import Final

import numpy as np

from sightline.core.errors import BadConfig
from sightline.core.values import I64, Bool

FASTEST_FPS: Final = 1000.0  # as for sources; slower than one frame per second nothing can be followed
SLOWEST_SAMPLE: Final = 0.1


def frames_per_sample(fps: float, sample: float | None) -> float:
    """How many frames of fps there are to one that is used, from 1; every frame where sample is None.

    BadConfig naming ``--fps`` or ``--sample`` for rates out of bounds.
    """
    if not 1 <= fps <= FASTEST_FPS:
        raise BadConfig("--fps", fps, f"frames per second from 1 to {FASTEST_FPS:g}")
    if sample is None:
        return 1.0
    if not SLOWEST_SAMPLE <= sample <= fps:
        raise BadConfig("--sample", sample, f"frames per second from {SLOWEST_SAMPLE:g} to those of --fps, {fps:g}")
    return fps / sample


def sampled_number(k: int, every: float) -> int:
    """The frame number of the k-th sample, from 0."""
    return 1 + round(k * every)


def count_sampled(last: int, every: float) -> int:
    """How many of the frames 1..last are used."""
    many = math.floor((last - 1) / every) + 1 if last else 0
    while last and sampled_number(many, every) <= last:  # one more where it was rounded down
        many += 1
    return many


def is_sampled(numbers: I64, every: float) -> Bool:
    """Which frame numbers (n,), from 1, are used."""
    nearest = np.rint((numbers - 1) / every)
    hits = [1 + np.rint((nearest + step) * every) == numbers for step in (-1, 0, 1)]
    return np.asarray(np.logical_or.reduce(hits))
