"""How objects move and how detectors err: a constant-velocity model with noise in metres and seconds.

A street camera stands still, so one scale per object, px per metre = height in px / height of its class in metres,
turns physical noise into pixels at any distance, and seconds make it hold at any rate. Places are foot points, because
those move on the ground. Four axes (``columns.AXES``) are followed alike and independently: foot x and y, logarithm of
height, logarithm of width / height. Two things are modelled that common trackers leave out:

* Detectors err alike in neighbouring frames. An axis' state holds place, velocity and the present error, which fades
  within ERROR_S; so 25 looks a second are not 25 times as good as one, and a box is expected where it was last seen
  (a Kalman filter with coloured measurement noise, Bryson and Henrikson, J. Spacecraft and Rockets 5(6), 1968).
* Constant velocity on the ground is not constant in the picture. With g the rate of the logarithm of the height, an
  object that comes nearer is r = 1 / (1 - g dt) times as large after dt; for a pinhole camera its displacement is then
  exactly v dt r and its new velocity v r^2, wherever the horizon is.

All functions work on float blocks (FLOATS, n) of ``columns`` in place; ``units`` (AXES, n) and ``errors`` (AXES, n) are
computed once per call by their caller.
"""

from typing import Final, NamedTuple

import numpy as np

from sightline.core.vocabulary import CLASSES, HEIGHT_M, TWO_WHEELERS, VEHICLES
from sightline.track import columns as c
from sightline.track.columns import F64, I64


class Kind(NamedTuple):
    """Motion, looks and life of one kind of road user."""

    accel: float  # noise of acceleration, m/s^1.5 (white, spectral density accel^2)
    across_m: float  # error of a detected foot point across the picture, m
    along_m: float  # and along its height, m
    log_height: float  # error of a detected height, natural logarithm
    log_shape: float  # error of a detected width / height, natural logarithm
    speed: float  # prior of the speed at birth, m/s
    fastest: float  # so fast a newborn may be where nothing else explains its second detection, m/s
    growth: float  # prior of the rate at which the height grows, 1/s
    growth_noise: float  # its change, 1/s^1.5
    death_s: float  # unmatched for so long ends a track
    limit: float  # nobody of the kind is faster, m/s: smoothing takes what leaps farther for two objects
    settle: float  # how fast the velocity of what stands goes back to zero, 1/s
    haste: float  # by how many times the variance of its acceleration grows once it drives


# Chosen on five static MOT15 sequences, PETS and drawn detections of districts; docs/guides/tracking.md says how, and
# what they reach on sequences left out. Persons' errors agree with what was measured against truth: 0.07 m across,
# 0.04 to 0.13 m along, 3 to 10 % of the height.
PERSON: Final = Kind(0.27, 0.07, 0.10, 0.10, 0.22, 0.8, 9.0, 0.02, 0.03, 2.0, 12.5, 0.0, 0.0)  # sprinters reach 12.4
TWO_WHEELER: Final = Kind(0.5, 0.14, 0.14, 0.10, 0.25, 2.5, 20.0, 0.3, 0.1, 1.6, 30.0, 0.0, 0.0)
VEHICLE: Final = Kind(0.55, 0.22, 0.20, 0.12, 0.39, 6.0, 40.0, 0.23, 0.09, 1.6, 70.0, 0.5, 2.0)

K_Y: Final = 0.35  # a street camera looks along the ground: motion away from it is foreshortened to about a third
ERROR_S: Final = 0.3  # an error of the detector fades to 1/e within this time
WHITE: Final = 0.28  # share of its variance that is new in every frame
LOOSE: Final = 4.0  # how much looser the place of a detection is as its score falls to 0
DECAY: Final = 0.5  # share of its velocity an object loses per second unseen: it may have stopped, 1/s
STAND_MPS: Final = 1.0  # slower may stand, the likelier the slower
DRIVE_MPS: Final = 4.0  # so fast it surely drives: it will brake, pull away or turn
_GROWN: Final = (0.5, 2.0)  # 1 / r is kept within: what comes so near leaves the picture


def _kind_of(name: str) -> Kind:
    if name in VEHICLES:
        return VEHICLE
    return TWO_WHEELER if name in TWO_WHEELERS else PERSON


KINDS: Final = [_kind_of(name) for name in CLASSES]

# One column per class: indexing with labels gives the parameters of all tracks at once.
FASTEST_MPS: Final = np.array([kind.fastest for kind in KINDS])
LIMIT_MPS: Final = np.array([kind.limit for kind in KINDS])
DEATH_S: Final = np.array([kind.death_s for kind in KINDS])
HEIGHTS_M: Final = np.array([HEIGHT_M[name] for name in CLASSES])
ACCEL, MEASURE_M, LOG_HEIGHT, SPEED, _SETTLE, _HASTE = (
    np.array([getattr(kind, name) for kind in KINDS])
    for name in ("accel", "along_m", "log_height", "speed", "settle", "haste")
)
# (AXES, classes), squared: spectral density of the velocities' change, errors of a detection, first velocities.
_CHANGE: Final = np.array([[k.accel, K_Y * k.accel, k.growth_noise, 0.0] for k in KINDS]).T ** 2
_ERRORS: Final = np.array([[k.across_m, k.along_m, k.log_height, k.log_shape] for k in KINDS]).T ** 2
_SPEEDS: Final = np.array([[k.speed, K_Y * k.speed, k.growth, 0.0] for k in KINDS]).T ** 2
GROWTH: Final = 0.08  # change of the logarithm of the height besides its rate, 1/s^0.5: people bend, boxes breathe
_WANDER: Final = np.array([[0.0], [0.0], [GROWTH], [0.15]]) ** 2  # and of that of width / height


_LASTING: Final = (1 - WHITE) * _ERRORS  # variance of the part of a detection's error that lasts
_SPREADS: Final = slice(c.PP.start, c.EE.stop)
_POWERS: Final = np.array([[2.0], [3.0], [1.0], [4.0], [2.0], [0.0]])  # of 1 / nearness by which PP, PV, ... grow


def scales(log_heights: F64, labels: I64) -> F64:
    """Pixels per metre (n,) of objects of the given log-height and class."""
    return np.asarray(np.exp(log_heights) / HEIGHTS_M[labels])


def units(log_heights: F64, labels: I64) -> F64:
    """What variances in metres are multiplied by (AXES, n): px^2 per m^2 for foot points, 1 for logarithms."""
    scale = np.exp(log_heights) / HEIGHTS_M[labels]
    out = np.ones((c.AXES, len(scale)))
    np.multiply(scale, scale, out=out[0])
    out[1] = out[0]
    return out


def errors(unit: F64, labels: I64) -> F64:
    """Variances (AXES, n) of a sure detection's whole error."""
    return np.asarray(_ERRORS.take(labels, 1) * unit)


def move(block: F64, labels: I64, dt_s: F64) -> None:
    """Predict tracks (FLOATS, n) dt_s (n,) seconds ahead."""
    place, speed, error, pp, pv, pe, vv, ve, ee = block[c.MOTION].reshape(9, c.AXES, -1)
    unit = units(place[c.HEIGHT], labels)
    change, lasting = _CHANGE.take(labels, 1) * unit, _LASTING.take(labels, 1) * unit
    if np.count_nonzero(_SETTLE[labels]):
        _stop_or_drive(block, labels, unit[0], change, dt_s)
    change *= dt_s
    fade = np.exp(dt_s * (-1 / ERROR_S))
    nearer = 1 - speed[c.HEIGHT] * dt_s
    grown = 1 / np.minimum(np.maximum(nearer, _GROWN[0]), _GROWN[1])
    step = speed[:2] * dt_s
    pp += dt_s * (2 * pv + dt_s * (vv + change / 3) + _WANDER)
    pp[:2] += (step * dt_s) ** 2 * vv[c.HEIGHT]  # how sure the growth is
    pv += dt_s * (vv + change / 2)
    vv += change
    pe += dt_s * ve
    pe *= fade
    ve *= fade
    error *= fade
    ee -= lasting
    ee *= fade * fade
    ee += lasting
    place[:2] += step * grown
    place[c.HEIGHT] += np.log(grown)
    speed[c.HEIGHT] *= grown
    speed[:2] *= grown * grown
    block[_SPREADS].reshape(6, c.AXES, -1)[:, :2] *= (grown**_POWERS)[:, None]


def _stop_or_drive(block: F64, labels: I64, unit: F64, change: F64, dt_s: F64) -> None:
    """Bring the velocities of what stands towards zero over dt_s (n,), and widen the changes (AXES, n) of the
    velocities of what drives; unit: (n,) px^2 per m^2.

    In a queue half hidden boxes tremble, and a velocity made of that carries a track to the next car. While it stands,
    an object's velocity is an Ornstein-Uhlenbeck process (Uhlenbeck and Ornstein, Physical Review 36, 1930) that is
    pulled to zero; how far it is taken to stand falls with the square of its speed.
    """
    across, along = block[c.VELOCITY][:2]
    squared = (across * across + along * along * K_Y**-2) / unit
    calm = np.exp(dt_s * -_SETTLE[labels] * np.maximum(1 - squared * STAND_MPS**-2, 0.0))
    for rows, power in ((c.VELOCITY, 1), (c.PV, 1), (c.VE, 1), (c.VV, 2)):
        block[rows][:2] *= calm**power
    change[:2] *= 1 + _HASTE[labels] * np.minimum(squared * DRIVE_MPS**-2, 1.0)


def expected(block: F64, error: F64) -> tuple[F64, F64]:
    """Where tracks (FLOATS, n) with errors (AXES, n) would be detected (AXES, n), and a sure detection's variance."""
    spread = block[c.PP] + 2 * block[c.PE] + block[c.EE] + WHITE * error
    return block[c.PLACE] + block[c.ERROR], spread


def loose(scores: F64) -> F64:
    """How many times its errors the variance of an unsure detection has besides, (n,)."""
    return np.asarray(LOOSE * (1 - scores) ** 2)


def correct(block: F64, seen: F64, noise: F64) -> None:
    """Kalman update of tracks (FLOATS, n) by what was seen (AXES, n), whose new error has variance noise (AXES, n)."""
    state = block[: 3 * c.AXES].reshape(3, c.AXES, -1)  # place, velocity, error
    spread = block[_SPREADS].reshape(6, c.AXES, -1)
    shared = spread[:3] + spread.take([2, 4, 5], 0)  # covariances of the state with what is seen, place + error
    total = shared[0] + shared[2] + noise
    state += shared * ((seen - state[0] - state[2]) / total)
    spread -= shared.take([0, 0, 0, 1, 1, 2], 0) * (shared / total).take([0, 1, 2, 1, 2, 2], 0)


def start(block: F64, labels: I64, seen: F64, doubt: F64) -> None:
    """Fill the motion of newborn tracks (FLOATS, n) from what was seen (AXES, n); doubt: (AXES, n) variance that the
    detections have besides a sure one's."""
    unit = units(seen[c.HEIGHT], labels)
    error = errors(unit, labels)
    block[c.MOTION] = 0
    block[c.PLACE] = seen
    block[c.PP] = error + doubt
    block[c.EE] = (1 - WHITE) * error
    block[c.PE] = -block[c.EE]
    block[c.VV] = _SPEEDS.take(labels, 1) * unit


def hurry(block: F64, tracks: I64, seen: F64, dt_s: F64) -> None:
    """Believe young tracks (k,) of the block that are seen (AXES, k) far from where dt_s (k,) has moved them to be
    as fast as that says, where the prior did not allow for it."""
    fast = (seen[:2] - block[c.PLACE][:2, tracks]) / dt_s
    more = np.maximum(fast * fast - block[c.VV][:2, tracks], 0.0)
    for rows, by in ((c.VV, 1.0), (c.PV, dt_s), (c.PP, dt_s * dt_s)):
        block[rows.start : rows.start + 2, tracks] += more * by


def speeds_mps(block: F64, labels: I64) -> F64:
    """Speed (n,) over the ground, m/s, foreshortening undone."""
    across, along = block[c.VELOCITY][:2]
    return np.asarray(np.hypot(across, along / K_Y) / scales(block[c.HEIGHT], labels))


def boxes(state: F64) -> F64:
    """Boxes (n, 4) px of states (AXES, n): left, top, right, bottom."""
    x, y = state[c.FOOT_X], state[c.FOOT_Y]
    height = np.exp(state[c.HEIGHT])
    half = 0.5 * height * np.exp(state[c.SHAPE])
    out = np.empty((len(x), 4))
    out[:, 0], out[:, 1], out[:, 2], out[:, 3] = x - half, y - height, x + half, y
    return out


def seen_boxes(block: F64) -> F64:
    """Boxes (n, 4) px in which tracks (FLOATS, n) would be detected now."""
    return boxes(block[c.PLACE] + block[c.ERROR])
