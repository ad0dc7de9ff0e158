"""A detector drawn at random over known truth: what it misses, how sure it is, and how its boxes err.

One latent sureness per true box gives both score and miss: the logit of the calibrated score, whose mean falls with
what hides the object and with its size, and whose rest has a part that stays with the object, a part that drifts within
seconds (an Ornstein-Uhlenbeck process) and a part that is new in every frame. Errors of boxes, second boxes and false
spots come and go in the same way, always in seconds, so that every rate of analysis sees the same process.

STREET is fitted to the street model (person-vehicle-bike-detection-2003) on the PETS street camera, on its clip made
smaller for the effect of height and, for boxes of vehicles, on photos brought to the size vehicles have in streets;
benchmarks/drawn_detector.py compares the two. We have no labelled vehicles over time: their scores and the pace of
their errors are those of people. STRONG stands for private detectors of tracking challenges: about half the errors.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import expit, logit, ndtr, ndtri

from sightline.core.errors import BadConfig, BadData
from sightline.core.geometry import areas, iou
from sightline.core.values import I64, Bool
from sightline.core.vocabulary import CLASSES, CODE, TWO_WHEELERS, VEHICLES
from sightline.formats.mot import MotTable, table
from sightline.formats.mot_truth import FIRST_CLASS
from sightline.models.suppress import suppress

F64 = NDArray[np.float64]
Random = np.random.Generator

# What an object of a class is taken for by mistake, and how often beside others: finer classes of vehicles often,
# riders for people on foot now and then, people for riders hardly ever (16 of 3,000 boxes on PETS).
_MISTAKEN: Final = {
    "car": ("van", 2.0), "van": ("car", 2.0), "truck": ("van", 2.0), "bus": ("truck", 2.0),
    "motorcycle": ("bicycle", 1.0), "bicycle": ("pedestrian", 1.0), "scooter": ("pedestrian", 1.0),
    "pedestrian": ("bicycle", 0.2), "vehicle": ("car", 2.0), "rider": ("pedestrian", 1.0),
    "unknown": ("pedestrian", 1.0),
}  # fmt: skip
_TAKEN_FOR: Final = np.array([CODE[other] for other, _ in _MISTAKEN.values()])
_OFTEN: Final = np.array([weight for _, weight in _MISTAKEN.values()])
_GROUP: Final = np.array([0 if name in VEHICLES else 1 if name in TWO_WHEELERS else 2 for name in CLASSES])
_LEAST_SIDE_PX: Final = 3.0
_MOST: Final = 20_000_000  # numbers drawn at once: 160 MB
# Rows of second boxes: how often (share of object and time) one is at least so sure, and where its edges lie, in
# heights of the object from those of its box; both as found on PETS.
_SECOND_OFTEN: Final = (0.0, 0.005, 0.011, 0.029, 0.18, 0.82, 1.0)
_SECOND_SURE: Final = (2.9, 1.7, 0.4, -0.85, -2.2, -2.94, -3.5)
_QUANTILES: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_SECOND_EDGES: Final = (
    (-0.3, -0.2, -0.1, 0.0, 0.08, 0.13, 0.2),
    (-0.4, -0.28, -0.16, -0.08, -0.01, 0.05, 0.1),
    (-0.2, -0.12, -0.04, 0.04, 0.13, 0.22, 0.3),
    (-0.65, -0.54, -0.37, -0.17, -0.02, 0.03, 0.08),
)


@dataclass(frozen=True, slots=True)
class Spreads:
    """Standard deviations of the errors of a clear box, drifting or not: of the foot point across and along the
    picture's height, in heights (vehicles: square roots of areas), of log-height and of log-width."""

    across: float
    along: float
    height: float
    width: float


@dataclass(frozen=True, slots=True)
class DrawnDetector:
    """How a detector errs. Sureness is the logit of the calibrated score; times in seconds; shares 0..1.

    sure: mean sureness of a large clear object; hidden: lost times the square of the hidden share; small: lost per
    halving of the height below tall_px; own, drift, white: standard deviations of the parts that stay with an object,
    drift within drift_s, are new in every frame; least: lower scores are not given.

    people (and riders), vehicles: errors of clear boxes, white_share of their variance new in every frame, the rest
    drifting within box_drift_s; coarse_px: further error of each, for small boxes; loose: errors so many times larger
    when all is hidden.

    shrink: share of the time in which an object partly behind another is boxed by what is seen of it; merge: in which
    two of which one covers the other in part give one box; second: how often an object has a further, fainter box
    beside what PETS showed; posts: things per picture that stand before the street and hide who passes behind;
    spots: places per picture that fire now and then; strays: further false boxes per second; mistaken: share of
    objects taken for another class for good, and of the time in which any is (times the weight of its class);
    most_iou: boxes of one class that overlap more become one. BadConfig for what cannot be.
    """

    sure: float = 2.9
    hidden: float = 6.5
    small: float = 2.7
    tall_px: float = 32.0
    own: float = 0.67
    drift: float = 1.15
    white: float = 0.35
    drift_s: float = 1.1
    least: float = 0.05
    people: Spreads = Spreads(across=0.043, along=0.023, height=0.033, width=0.15)
    vehicles: Spreads = Spreads(across=0.035, along=0.03, height=0.06, width=0.05)
    white_share: float = 0.12
    box_drift_s: float = 1.4
    coarse_px: float = 0.6
    loose: float = 2.5
    shrink: float = 0.12
    merge: float = 0.2
    second: float = 1.0
    posts: float = 1.5
    spots: float = 12.0
    strays: float = 0.7
    mistaken: float = 0.02
    most_iou: float = 0.6

    def __post_init__(self) -> None:
        for name in ("drift_s", "box_drift_s", "tall_px"):
            if not getattr(self, name) > 0:
                raise BadConfig(name, getattr(self, name), "more than 0")
        for name in ("least", "most_iou"):
            if not 0 < getattr(self, name) < 1:
                raise BadConfig(name, getattr(self, name), "between 0 and 1")
        for name in ("white_share", "shrink", "merge"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadConfig(name, getattr(self, name), "0 to 1")
        for name in ("second", "posts", "spots", "strays", "mistaken", "own", "drift", "white", "coarse_px"):
            if not 0 <= getattr(self, name) <= 100:
                raise BadConfig(name, getattr(self, name), "0 to 100")


STREET: Final = DrawnDetector()
STRONG: Final = DrawnDetector(
    sure=4.2, hidden=6.0, small=1.8, tall_px=28.0, own=0.5, drift=0.9, white=0.3,
    people=Spreads(across=0.022, along=0.014, height=0.02, width=0.08),
    vehicles=Spreads(across=0.018, along=0.015, height=0.03, width=0.025),
    coarse_px=0.4, shrink=0.08, merge=0.1, second=0.4, posts=0.0, spots=6.0, strays=0.3, mistaken=0.01, most_iou=0.7,
)  # fmt: skip


class Hidden(NamedTuple):
    """Share (n,) not seen of each box of a table; row (n,) of the box that covers most of it, -1 = none; share (n,)
    that this one covers."""

    share: F64
    by: I64
    covered: F64


def detections(truth: MotTable, fps: float, size: tuple[int, int], how: DrawnDetector, seed: int) -> MotTable:
    """What the detector says of the truth, at the truth's own rate; the same arguments give the same rows.

    truth: rows with confidence 0 are there for the detector like others; classes 100 + code, others are taken for
    pedestrians; visibility is used where it is known. fps: of the truth's frames; size: width, height of the picture,
    px. Ids of the answer are -1, scores from how.least, best first within a frame, classes 100 + code. BadConfig for
    fps of 0 or less or an empty picture, BadData for objects times frames beyond what memory should hold.
    """
    if not fps > 0:
        raise BadConfig("fps", fps, "more than 0")
    if min(size) < 1:
        raise BadConfig("size", size, "a width and height of 1 px or more")
    if not len(truth):
        return MotTable.empty()
    draws = _Draws(truth, fps, seed)
    codes = _codes(truth)
    hidden = hidden_by(truth, size)
    share = np.maximum(hidden.share, _behind_posts(truth, size, how, draws.random))
    sureness = _sureness(truth, share, how, draws)
    boxes = _moved(truth.boxes_px, codes, share, how, draws)
    partly = (hidden.covered > 0.15) & (hidden.covered < 0.9)
    shrunk = partly & draws.spells(how.shrink, how.drift_s)
    boxes[shrunk] = _rest(boxes[shrunk], truth.boxes_px[hidden.by[shrunk]])
    alone = _merge(boxes, partly & draws.spells(how.merge, how.drift_s), hidden.by, codes)
    told = _confused(codes, how, draws)
    seen = alone & (sureness >= logit(how.least))
    parts = [
        _Rows(truth.frames[seen], boxes[seen], sureness[seen], told[seen]),
        _seconds(truth, boxes, told, how, draws),
        _spots(truth, fps, size, how, draws.random),
        _strays(truth, fps, size, how, draws.random),
    ]
    rows = _Rows(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return _settled(rows, size, how)


class _Rows(NamedTuple):
    """Boxes as columns: frame (n,), sides (n, 4), sureness (n,), code (n,)."""

    frames: I64
    boxes: F64
    sureness: F64
    codes: I64


class _Draws:
    """Random numbers for each row of a table that belong to the row's object and time."""

    def __init__(self, truth: MotTable, fps: float, seed: int) -> None:
        self.random = np.random.default_rng([seed, 4201])
        self._fps = fps
        ids, self._object = np.unique(truth.ids, return_inverse=True)
        self._objects = len(ids)
        first, self._length = _span(truth)
        self._frame = truth.frames - first
        if self._objects * self._length > _MOST:
            got = f"{self._objects} over {self._length}"
            raise BadData(f"truth: expected at most {_MOST} objects times frames, got {got}")

    def constant(self) -> F64:
        """Standard normal, the same in all rows of an object."""
        return np.asarray(self.random.standard_normal(self._objects)[self._object])

    def white(self) -> F64:
        """Standard normal, new in every row."""
        return self.random.standard_normal(len(self._object))

    def drifting(self, time_s: float) -> F64:
        """Standard normal whose correlation within an object falls by e in time_s."""
        drawn = drifting(self.random, self._objects, self._length, self._fps * time_s)
        return np.asarray(drawn[self._object, self._frame])

    def spells(self, share: F64 | float, time_s: float) -> Bool:
        """True in that share of the time, in spells of about time_s."""
        return np.asarray(self.drifting(time_s) < ndtri(share))


def drifting(random: Random, rows: int, length: int, steps: float) -> F64:
    """Rows (rows, length) of a standard normal process whose correlation falls by e within so many steps."""
    keep = float(np.exp(-1.0 / steps))
    drawn = random.standard_normal((rows, length))
    drawn[:, 1:] *= np.sqrt(1.0 - keep * keep)
    return np.asarray(lfilter([1.0], [1.0, -keep], drawn, axis=1))


def hidden_by(truth: MotTable, size: tuple[int, int]) -> Hidden:
    """What hides each box: of boxes that overlap, the one with the lower lower edge is nearer to the camera.

    The share not seen is 1 - visibility where the truth knows it, else the largest share that one nearer box covers or
    that lies beside the picture.
    """
    covered, by = np.zeros(len(truth)), np.full(len(truth), -1, np.int64)
    for _, rows in truth.by_frame():
        boxes = truth.boxes_px[rows]
        low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        both = np.clip(high - low, 0, None).prod(axis=2) * (boxes[None, :, 3] > boxes[:, None, 3])
        most = both.argmax(axis=1)
        covered[rows] = both[np.arange(len(boxes)), most] / np.maximum(areas(boxes), 1e-9)
        by[rows] = np.where(covered[rows] > 0, most + rows.start, -1)
    inside = np.clip(truth.boxes_px, 0.0, np.array([*size, *size], np.float64))
    beside = 1.0 - areas(inside) / np.maximum(areas(truth.boxes_px), 1e-9)
    known = truth.visibility >= 0
    share = np.where(known, 1.0 - truth.visibility, np.maximum(covered, beside))
    return Hidden(np.clip(share, 0.0, 1.0), by, covered)


def _span(truth: MotTable) -> tuple[int, int]:
    """First frame with rows, and frames from there to the last one."""
    return int(truth.frames[0]), int(truth.frames[-1] - truth.frames[0]) + 1


def _codes(truth: MotTable) -> I64:
    named = (truth.classes >= FIRST_CLASS) & (truth.classes < FIRST_CLASS + len(CLASSES))
    return np.where(named, truth.classes - FIRST_CLASS, CODE["pedestrian"])


def _behind_posts(truth: MotTable, size: tuple[int, int], how: DrawnDetector, random: Random) -> F64:
    """Share (n,) of each box behind posts: upright, as wide as a person or less, before all whose foot is higher."""
    share = np.zeros(len(truth))
    left, top, right, bottom = truth.boxes_px.T
    for _ in range(int(random.poisson(how.posts))):
        like = int(random.integers(len(truth)))
        tall = bottom[like] - top[like]
        middle, foot = random.uniform(0, size[0]), bottom[like]
        half = 0.5 * tall * random.uniform(0.1, 0.3)
        across = np.clip(np.minimum(right, middle + half) - np.maximum(left, middle - half), 0.0, None)
        share = np.maximum(share, (bottom < foot) * across / np.maximum(right - left, 1e-9))
    return share


def _sureness(truth: MotTable, hidden: F64, how: DrawnDetector, draws: _Draws) -> F64:
    tall = np.maximum(truth.boxes_px[:, 3] - truth.boxes_px[:, 1], 1.0)
    mean = how.sure - how.hidden * hidden**2 - how.small * np.maximum(np.log2(how.tall_px / tall), 0.0)
    return mean + how.own * draws.constant() + how.drift * draws.drifting(how.drift_s) + how.white * draws.white()


def _moved(boxes: F64, codes: I64, hidden: F64, how: DrawnDetector, draws: _Draws) -> F64:
    """Boxes with their errors."""
    wide, tall = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3).T
    vehicle = _GROUP[codes] == 0
    unit = np.where(vehicle, np.sqrt(wide * tall), tall)
    more = 1.0 + (how.loose - 1.0) * hidden

    def error(people: float, vehicles: float, per: F64 | float) -> F64:
        """In pixels for `per` a length, as a share for `per` 1."""
        still = np.sqrt(1.0 - how.white_share) * draws.drifting(how.box_drift_s)
        shape = still + np.sqrt(how.white_share) * draws.white()
        return np.asarray(more * np.where(vehicle, vehicles, people) * per * shape)

    coarse = how.coarse_px * np.stack([draws.white() for _ in range(4)])
    x = 0.5 * (boxes[:, 0] + boxes[:, 2]) + error(how.people.across, how.vehicles.across, unit) + coarse[0]
    y = boxes[:, 3] + error(how.people.along, how.vehicles.along, unit) + coarse[1]
    height = tall * np.exp(error(how.people.height, how.vehicles.height, 1.0) + coarse[2] / tall)
    half = 0.5 * wide * np.exp(error(how.people.width, how.vehicles.width, 1.0) + coarse[3] / wide)
    return np.stack([x - half, y - height, x + half, y], axis=1)


def _rest(boxes: F64, by: F64) -> F64:
    """The largest of the four rectangles that a hiding box leaves of each box."""
    rests = np.repeat(boxes[None], 4, axis=0)
    rests[0, :, 2] = np.clip(by[:, 0], boxes[:, 0], boxes[:, 2])
    rests[1, :, 0] = np.clip(by[:, 2], boxes[:, 0], boxes[:, 2])
    rests[2, :, 3] = np.clip(by[:, 1], boxes[:, 1], boxes[:, 3])
    rests[3, :, 1] = np.clip(by[:, 3], boxes[:, 1], boxes[:, 3])
    best = np.stack([areas(rest) for rest in rests]).argmax(axis=0)
    return np.asarray(rests[best, np.arange(len(boxes))])


def _merge(boxes: F64, merged: Bool, by: I64, codes: I64) -> Bool:
    """Give the box before each merged one of its group what both fill, in place; rows (n,) that keep a box."""
    merged = merged & (_GROUP[codes] == _GROUP[codes[by]])
    front = by[merged]
    own = boxes[merged]
    np.minimum.at(boxes, (front[:, None], np.array([[0, 1]])), own[:, :2])
    np.maximum.at(boxes, (front[:, None], np.array([[2, 3]])), own[:, 2:])
    return ~merged


def _confused(codes: I64, how: DrawnDetector, draws: _Draws) -> I64:
    """Codes as the detector says them."""
    share = np.clip(how.mistaken * _OFTEN[codes], 1e-9, 0.5)
    wrong = (draws.constant() < ndtri(share)) ^ draws.spells(share, how.drift_s)
    return np.where(wrong, _TAKEN_FOR[codes], codes)


def _seconds(truth: MotTable, boxes: F64, codes: I64, how: DrawnDetector, draws: _Draws) -> _Rows:
    """Second boxes of some objects, mostly faint and around their upper part."""
    often = ndtr(draws.drifting(how.drift_s)) / max(how.second, 1e-9)
    sureness = np.interp(often, _SECOND_OFTEN, _SECOND_SURE)
    places = [ndtr(draws.drifting(how.drift_s)) for _ in range(2)]  # across and along: edges of a side move together
    chosen = (sureness >= logit(how.least)) & (often < 1.0)
    tall = (truth.boxes_px[:, 3] - truth.boxes_px[:, 1])[chosen]
    unit = np.minimum(tall, np.sqrt(areas(truth.boxes_px)[chosen]) * 1.7)  # 1.7: a person's height beside that root
    moved = boxes[chosen].copy()
    for side, knots in enumerate(_SECOND_EDGES):
        moved[:, side] += unit * np.interp(places[side % 2][chosen], _QUANTILES, knots)
    return _Rows(truth.frames[chosen], moved, sureness[chosen], codes[chosen])


def _false(truth: MotTable, count: int, size: tuple[int, int], random: Random) -> tuple[F64, I64]:
    """Boxes (count, 4) and codes like true ones, at their height in the picture but anywhere across it."""
    like = random.integers(0, len(truth), count)
    boxes = truth.boxes_px[like].copy()
    wide = boxes[:, 2] - boxes[:, 0]
    boxes[:, 0] = random.uniform(0.0, np.maximum(size[0] - wide, 1.0))
    boxes[:, 2] = boxes[:, 0] + wide
    return boxes, _codes(truth)[like]


def _spots(truth: MotTable, fps: float, size: tuple[int, int], how: DrawnDetector, random: Random) -> _Rows:
    """False boxes that stand still and fire again and again, most of them faint.

    Levels and paces are those of PETS: one fires nearly always, a few for a third of the time, many rarely.
    """
    first, length = _span(truth)
    count = int(random.poisson(how.spots))
    boxes, codes = _false(truth, count, size, random)
    level = -4.2 + random.exponential(0.5, count)
    sureness = level[:, None] + random.uniform(0.3, 1.2, (count, 1)) * drifting(random, count, length, 2.0 * fps)
    spot, frame = np.nonzero(sureness >= logit(how.least))
    shaken = 0.03 * (boxes[:, 3] - boxes[:, 1])[spot, None] * random.standard_normal((len(spot), 4))
    return _Rows(frame + first, boxes[spot] + shaken, sureness[spot, frame], codes[spot])


def _strays(truth: MotTable, fps: float, size: tuple[int, int], how: DrawnDetector, random: Random) -> _Rows:
    """False boxes of a single frame; one in 80 is sure."""
    first, length = _span(truth)
    count = int(random.poisson(how.strays * length / fps))
    boxes, codes = _false(truth, count, size, random)
    sureness = float(logit(how.least)) + random.exponential(0.75, count)
    return _Rows(first + random.integers(0, length, count), boxes, sureness, codes)


def _settled(rows: _Rows, size: tuple[int, int], how: DrawnDetector) -> MotTable:
    """Boxes cut to the picture, one of those that overlap too much."""
    boxes = np.clip(rows.boxes, 0.0, np.array([*size, *size], np.float64))
    good = np.flatnonzero(((boxes[:, 2:] - boxes[:, :2]) >= _LEAST_SIDE_PX).all(axis=1))
    good = good[np.argsort(rows.frames[good], kind="stable")]
    scores = expit(rows.sureness)
    low, cuts = boxes.astype(np.float32), np.flatnonzero(np.diff(rows.frames[good])) + 1
    kept = [np.zeros(0, np.int64)]
    for part in np.split(good, cuts):
        group, overlap = _GROUP[rows.codes[part]], iou(low[part], low[part])
        np.fill_diagonal(overlap, 0.0)
        # Most boxes overlap with none so much; only the others need to be gone through one by one.
        clash = ((overlap > how.most_iou) & (group[:, None] == group)).any(axis=1)
        one = part[clash]
        best = suppress(low[one], scores[one].astype(np.float32), group[clash], how.most_iou)
        stays = np.concatenate([part[~clash], one[best]])
        kept.append(stays[np.argsort(-scores[stays], kind="stable")])
    chosen = np.concatenate(kept)
    none = np.full(len(chosen), -1, np.int64)
    return table(rows.frames[chosen], none, boxes[chosen], scores[chosen], rows.codes[chosen] + FIRST_CLASS)
