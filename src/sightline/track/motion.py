"""How objects move: a constant-velocity model of foot point and height with noise in metres and seconds.

A street camera stands still, so one scale per object, px per metre = height in px / height of its class in metres,
turns physical noise into pixels at any distance, and seconds make it hold at any rate. Places are foot points, because
those move on the ground. All functions work on float blocks (FLOATS, n) of ``columns`` in place.
"""

from typing import Final, NamedTuple

import numpy as np

from sightline.core.vocabulary import CLASSES, HEIGHT_M, TWO_WHEELERS, VEHICLES
from sightline.track import columns as c
from sightline.track.columns import F64, I64

# Rows of what is measured of a detection: foot point px, logarithm of the height in px, score, and the variance that
# the picture's edge adds to the log-height because it cuts the box.
FOOT_X, FOOT_Y, LOG_HEIGHT_PX, SCORE, CUT_H = range(5)
MEASURED: Final = 5


class Kind(NamedTuple):
    """Motion and life of one kind of road user."""

    accel: float  # noise of acceleration, m/s^1.5 (white, spectral density accel^2)
    measure_m: float  # noise of a detected foot point, m
    log_height: float  # noise of a detected height, natural logarithm
    speed: float  # prior of the speed at birth, m/s
    death_s: float  # unmatched for so long ends a track


# Noise of detected persons, measured on six static street scenes against their truth: foot point 0.05 to 0.12 m, height
# 4 to 14 %, more where persons overlap. Walkers: 0 to 1.4 m/s in any direction.
PERSON: Final = Kind(accel=0.3, measure_m=0.10, log_height=0.12, speed=0.8, death_s=1.5)
TWO_WHEELER: Final = Kind(accel=0.6, measure_m=0.15, log_height=0.12, speed=3.0, death_s=1.5)
VEHICLE: Final = Kind(accel=1.0, measure_m=0.20, log_height=0.12, speed=6.0, death_s=1.5)


def _kind_of(name: str) -> Kind:
    if name in VEHICLES:
        return VEHICLE
    return TWO_WHEELER if name in TWO_WHEELERS else PERSON


# One column per parameter, one row per class: indexing with labels gives the parameters of all tracks at once.
ACCEL, MEASURE_M, LOG_HEIGHT, SPEED, DEATH_S = np.array([_kind_of(name) for name in CLASSES]).T
HEIGHTS_M: Final = np.array([HEIGHT_M[name] for name in CLASSES])

K_Y: Final = 0.35  # a street camera looks along the ground: motion away from it is foreshortened to about a third
GROWTH: Final = 0.1  # change of the logarithm of the height, 1/s^0.5
LOOSE: Final = 3.0  # how much looser the place of a detection is as its score falls to 0
DECAY: Final = 0.5  # share of its velocity an object loses per second unseen: it may have stopped, 1/s


def scales(log_heights: F64, labels: I64) -> F64:
    """Pixels per metre (n,) of objects of the given log-height and class."""
    return np.asarray(np.exp(log_heights) / HEIGHTS_M[labels])


def move(block: F64, labels: I64, dt_s: F64) -> None:
    """Predict tracks (FLOATS, n) dt_s (n,) seconds ahead."""
    block[c.X] += block[c.VX] * dt_s
    block[c.Y] += block[c.VY] * dt_s
    q = (ACCEL[labels] * scales(block[c.LOG_H], labels)) ** 2 * dt_s
    for place, cross, velocity, share in ((c.XX, c.XV, c.X_VV, 1.0), (c.YY, c.YV, c.Y_VV, K_Y * K_Y)):
        noise = q * share
        block[place] += dt_s * (2 * block[cross] + dt_s * (block[velocity] + noise / 3))
        block[cross] += dt_s * (block[velocity] + noise / 2)
        block[velocity] += noise
    block[c.HH] += GROWTH * GROWTH * dt_s


def measurement_noise(log_heights: F64, labels: I64, measured: F64) -> tuple[F64, F64]:
    """Variances (n,) of a measured foot point per axis (px^2) and log-height; an unsure or cut box is a loose one."""
    spread = MEASURE_M[labels] * scales(log_heights, labels)
    noise = spread * spread * (1 + LOOSE * (1 - measured[SCORE]) ** 2)
    return noise, LOG_HEIGHT[labels] ** 2 + measured[CUT_H]


def correct(block: F64, labels: I64, measured: F64) -> None:
    """Kalman update of tracks (FLOATS, n) by measured (MEASURED, n), row by row."""
    noise, noise_h = measurement_noise(block[c.LOG_H], labels, measured)
    for at, speed, place, cross, velocity, seen in (
        (c.X, c.VX, c.XX, c.XV, c.X_VV, measured[FOOT_X]),
        (c.Y, c.VY, c.YY, c.YV, c.Y_VV, measured[FOOT_Y]),
    ):
        total = block[place] + noise
        gain, gain_v = block[place] / total, block[cross] / total
        surprise = seen - block[at]
        block[at] += gain * surprise
        block[speed] += gain_v * surprise
        block[velocity] -= gain_v * block[cross]
        block[cross] *= 1 - gain
        block[place] *= 1 - gain
    gain = block[c.HH] / (block[c.HH] + noise_h)
    block[c.LOG_H] += gain * (measured[LOG_HEIGHT_PX] - block[c.LOG_H])
    block[c.HH] *= 1 - gain


def start(block: F64, labels: I64, measured: F64) -> None:
    """Fill the motion of newborn tracks (FLOATS, n) from measured (MEASURED, n)."""
    block[c.X], block[c.Y], block[c.LOG_H] = measured[FOOT_X], measured[FOOT_Y], measured[LOG_HEIGHT_PX]
    block[c.VX] = block[c.VY] = 0.0
    log_heights = measured[LOG_HEIGHT_PX]
    noise, block[c.HH] = measurement_noise(log_heights, labels, measured)
    block[c.XX] = block[c.YY] = noise
    speed = SPEED[labels] * scales(log_heights, labels)
    block[c.XV] = block[c.YV] = 0.0
    block[c.X_VV] = speed * speed
    block[c.Y_VV] = (K_Y * speed) ** 2


def speeds_mps(block: F64, labels: I64) -> F64:
    """Speed (n,) over the ground, m/s, foreshortening undone."""
    return np.asarray(np.hypot(block[c.VX], block[c.VY] / K_Y) / scales(block[c.LOG_H], labels))


def boxes(block: F64) -> F64:
    """Boxes (n, 4) px of tracks (FLOATS, n): left, top, right, bottom."""
    height = np.exp(block[c.LOG_H])
    half = 0.5 * height * block[c.RATIO]
    x, y = block[c.X], block[c.Y]
    return np.stack([x - half, y - height, x + half, y], axis=1)
