"""The short memory of one camera's objects: where each was in the last second, if it moves, who goes on as whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.config import CountSettings
from sightline.core.events import Zone
from sightline.core.geometry import foot_points
from sightline.core.values import I64, UNCONFIRMED, Bool
from sightline.rules.ground_plane import GroundPlane
from sightline.rules.scene import F64, FOOT_ERROR, KIND_OF_LABEL, UNKNOWN, Gone, Sample, Scene

_SECOND_NS: Final = 1_000_000_000
_PLACES: Final = 16  # kept of each object: a second and more at 12 per second
_APART_NS: Final = 80_000_000  # nearer samples replace the newest place, so that 30 per second fit
# A velocity looks back so far, or at the three newest places, or at two: a shorter time trembles more, a longer one is
# late when somebody brakes. Over true tracks at 5 per second 0.65 s had the least error.
_WINDOWS_NS: Final = ((_PLACES, 650_000_000), (3, 1_050_000_000), (2, 2_500_000_000))
_ACCELERATION: Final = 1.2  # m/s2, root mean square of vehicles in towns: a velocity is that of half its time ago
_SHAPE: Final = 0.06  # of the speed: a box's foot moves along the object as it turns
LOST_NS: Final = 2 * _SECOND_NS  # who is not seen for so long is gone; nobody goes on as it by place any more
STOOD_NS: Final = 2 * _SECOND_NS  # ... but who did not move for so long before ...
KEPT_NS: Final = 10 * _SECOND_NS  # ... for so long: a tracker brings ids back that were hidden for up to 8 s
LEFT_NS: Final = _SECOND_NS * 7 // 10  # ... who was at the picture's edge and moved, for so long
_EDGE: Final = 0.012  # share of the picture
_HEIR_BOXES: Final = 0.7  # a new track this near to where a lost one must be goes on as that
_HEIR_SIZE: Final = 1.5
_EARLIER_NS: Final = _SECOND_NS // 20
_SCORE_S: Final = 1.0
_BEGIN: Final = 32  # slots at first


@dataclass(slots=True, eq=False)
class _Slots:
    """Columns (capacity,) by slot; id -1 = free. times_ns, feet: the newest places first, time -1 where none is."""

    ids: I64
    labels: NDArray[np.int16]
    scores: F64
    boxes: F64
    times_ns: I64
    feet: F64
    begun_ns: I64
    seen_ns: I64
    last_ns: I64
    anchors: F64
    anchored_ns: I64
    moving: Bool
    travelled: Bool
    velocities: F64
    errors: F64
    velocities_mps: F64
    errors_mps: F64

    @staticmethod
    def empty(n: int) -> "_Slots":
        def whole(value: int, *more: int) -> I64:
            return np.full((n, *more), value, np.int64)

        return _Slots(
            ids=whole(-1), labels=np.zeros(n, np.int16), scores=np.zeros(n), boxes=np.zeros((n, 4)),
            times_ns=whole(-1, _PLACES), feet=np.zeros((n, _PLACES, 2)), begun_ns=whole(0), seen_ns=whole(0),
            last_ns=whole(0), anchors=np.zeros((n, 4)), anchored_ns=whole(0), moving=np.zeros(n, np.bool_),
            travelled=np.zeros(n, np.bool_), velocities=np.zeros((n, 2)), errors=np.full(n, np.inf),
            velocities_mps=np.full((n, 2), np.nan), errors_mps=np.full(n, np.inf),
        )  # fmt: skip

    def grown(self) -> "_Slots":
        more = _Slots.empty(len(self.ids))
        return _Slots(*(np.concatenate([getattr(self, name), getattr(more, name)]) for name in self.__slots__))


class Memory:
    """The objects of one camera, sample by sample; memory is bounded by the objects in view in 10 s."""

    def __init__(self, settings: CountSettings) -> None:
        self._settings = settings
        self._slots = _Slots.empty(_BEGIN)
        self._slot_of: dict[int, int] = {}
        self._free = list(range(_BEGIN - 1, -1, -1))
        self._leaving: list[int] = []
        self._before_ns = 0  # time of the sample before
        self.set_zones(())

    def set_zones(self, zones: Sequence[Zone]) -> None:
        """Replace the zones that objects are looked for in."""
        self._zones: Mapping[str, int] = {zone.name: k for k, zone in enumerate(zones)}
        self._corners: Mapping[str, F64] = {zone.name: np.array(zone.corners) for zone in zones}
        most = max((len(zone.corners) for zone in zones), default=1)
        sides = np.zeros((len(zones), most, 4))  # unused ones are points, which no ray meets
        for k, zone in enumerate(zones):
            ring = np.array(zone.corners)
            sides[k, : len(ring)] = np.concatenate([ring, np.roll(ring, -1, axis=0)], axis=1)
        self._sides = sides

    def update(self, sample: Sample, ground: GroundPlane | None) -> Scene:
        """The scene of a sample; samples come in order of time."""
        now, tracks = sample.time_ns, sample.tracks
        for slot in self._leaving:
            self._slots.ids[slot] = -1
            self._free.append(slot)
        self._leaving = []
        aspect = sample.size_px[0] / sample.size_px[1]
        rows = np.flatnonzero(tracks.ids != UNCONFIRMED)
        rows = rows[np.argsort(tracks.ids[rows], kind="stable")]
        rows = rows[np.diff(tracks.ids[rows], prepend=UNCONFIRMED) != 0]  # of one id twice, the first
        boxes = tracks.boxes_px[rows] / np.array([*sample.size_px, *sample.size_px], np.float64)
        begun = now - np.round(tracks.ages_s[rows].astype(np.float64) * _SECOND_NS).astype(np.int64)
        kinds = KIND_OF_LABEL[tracks.labels[rows]]
        slots = self._slots_of(tracks.ids[rows], boxes, begun, kinds, (now, aspect))
        held = tracks.held[rows]
        self._note(slots, boxes, held, now, aspect)
        s = self._slots
        s.labels[slots] = tracks.labels[rows]
        gain = np.clip((now - s.seen_ns[slots]) / (_SCORE_S * _SECOND_NS), 0.05, 1.0) * ~held
        s.scores[slots] += gain * (tracks.scores[rows] - s.scores[slots])
        s.seen_ns[slots[~held]] = now
        s.last_ns[slots] = now
        self._measure(slots, now, aspect, ground)
        self._before_ns = now
        return self._scene(sample, slots, slots[~held], aspect, ground)

    def forget(self) -> None:
        """Drop all objects."""
        self._slots = _Slots.empty(_BEGIN)
        self._slot_of, self._free, self._leaving = {}, list(range(_BEGIN - 1, -1, -1)), []

    def _slots_of(self, ids: I64, boxes: F64, begun: I64, kinds: NDArray[np.int8], at: tuple[int, float]) -> I64:
        """The slots (n,) of tracks; new ones get that of a lost object which goes on as the track, or a free one."""
        now = at[0]
        slots = np.array([self._slot_of.get(one, -1) for one in ids.tolist()], np.int64)
        fresh = np.flatnonzero(slots < 0)
        if not len(fresh):
            return slots
        for row, slot in self._heirs(fresh, boxes, begun, kinds, slots, at).items():
            del self._slot_of[int(self._slots.ids[slot])]
            slots[row] = slot
            self._slots.ids[slot] = ids[row]
            self._slot_of[int(ids[row])] = slot
        for row in fresh[slots[fresh] < 0].tolist():
            if not self._free:
                n = len(self._slots.ids)
                self._slots = self._slots.grown()
                self._free = list(range(2 * n - 1, n - 1, -1))
            slot = slots[row] = self._free.pop()
            s = self._slots
            s.ids[slot], s.begun_ns[slot], s.anchored_ns[slot] = ids[row], begun[row], begun[row]
            s.anchors[slot], s.times_ns[slot], s.seen_ns[slot] = boxes[row], -1, now - _SECOND_NS
            s.boxes[slot] = boxes[row]
            s.moving[slot] = s.travelled[slot] = False
            s.velocities[slot], s.errors[slot] = 0.0, np.inf
            s.scores[slot] = 0.0
            self._slot_of[int(ids[row])] = slot
        return slots

    def _heirs(
        self,
        fresh: NDArray[np.intp],
        boxes: F64,
        begun: I64,
        kinds: NDArray[np.int8],
        slots: I64,
        at: tuple[int, float],
    ) -> dict[int, int]:  # six arguments and self: the columns of the new tracks
        """Row of a new track -> slot of the lost object it goes on as: where that must be, as large, of its kind."""
        (now, aspect), s = at, self._slots
        known = np.array(sorted(self._slot_of.values()), np.int64)
        lost = known[~np.isin(known, slots)]
        # At few samples a second the gap between two of them may be longer than that.
        lost = lost[(s.last_ns[lost] < now) & (self._before_ns - s.last_ns[lost] <= LOST_NS)]
        if not len(lost):
            return {}
        lost = lost[np.argsort(s.ids[lost], kind="stable")]
        stretch = np.array([aspect, 1.0])
        gap_s = np.minimum((now - s.last_ns[lost]) / _SECOND_NS, 1.0)
        there = s.feet[lost, 0] * stretch + s.velocities[lost] * gap_s[:, None]
        step = foot_points(boxes[fresh])[:, None] * stretch - there[None]
        sizes, old = _sizes(boxes[fresh], aspect)[:, None], _sizes(s.boxes[lost], aspect)[None]
        reach = _HEIR_BOXES * old + 0.5 * gap_s * np.hypot(s.velocities[lost, 0], s.velocities[lost, 1])
        far = np.hypot(step[..., 0], step[..., 1]) / np.maximum(reach, 1e-9)
        kind, was = kinds[fresh][:, None], KIND_OF_LABEL[s.labels[lost]][None]
        fits = (far <= 1) & (sizes <= old * _HEIR_SIZE) & (old <= sizes * _HEIR_SIZE)
        fits &= (kind == was) | (kind == UNKNOWN) | (was == UNKNOWN)
        fits &= begun[fresh][:, None] >= s.last_ns[lost][None] - _EARLIER_NS
        taken: dict[int, int] = {}
        for pair in np.argsort(np.where(fits, far, np.inf), axis=None, kind="stable")[: int(fits.sum())].tolist():
            row, slot = int(fresh[pair // len(lost)]), int(lost[pair % len(lost)])
            if row not in taken and slot not in taken.values():
                taken[row] = slot
        return taken

    def _note(self, slots: I64, boxes: F64, held: Bool, now: int, aspect: float) -> None:
        """Write down where objects are and which of them move (the rule of ``LineCounter``); held ones stay."""
        s = self._slots
        boxes = np.where(held[:, None], s.boxes[slots], boxes)
        s.boxes[slots] = boxes
        push = (s.times_ns[slots, 1] < 0) | (s.times_ns[slots, 0] - s.times_ns[slots, 1] >= _APART_NS)
        pushed = slots[push]
        s.times_ns[pushed, 1:] = s.times_ns[pushed, :-1]
        s.feet[pushed, 1:] = s.feet[pushed, :-1]
        s.times_ns[slots, 0] = now
        s.feet[slots, 0] = foot_points(boxes)
        anchors = s.anchors[slots]
        edges = np.abs(boxes - anchors) * np.array([aspect, 1.0, aspect, 1.0])
        gone = np.maximum(np.minimum(edges[:, 0], edges[:, 2]), np.minimum(edges[:, 1], edges[:, 3]))
        moved = (gone > self._settings.moved_share * _sizes(anchors, aspect)) & ~held
        rested = now - s.anchored_ns[slots] > self._settings.rest_s * _SECOND_NS
        s.moving[slots] = moved | (s.moving[slots] & ~rested)
        s.travelled[slots] |= moved
        s.anchors[slots[moved]] = boxes[moved]
        s.anchored_ns[slots[moved]] = now

    def _measure(self, slots: I64, now: int, aspect: float, ground: GroundPlane | None) -> None:
        """Velocities by least squares over the places of the last second, in the picture and on the ground."""
        s = self._slots
        times = s.times_ns[slots]
        used = np.zeros(times.shape, np.bool_)
        for newest, window_ns in _WINDOWS_NS:
            used[:, :newest] |= (times[:, :newest] >= 0) & (now - times[:, :newest] <= window_ns)
        t = np.where(used, (times - now) / _SECOND_NS, 0.0)
        feet = s.feet[slots]
        places = feet * np.array([aspect, 1.0])
        tremble = FOOT_ERROR * _sizes(s.boxes[slots], aspect)
        s.velocities[slots], s.errors[slots] = _slope(t, places, used, tremble)
        if ground is None:
            s.velocities_mps[slots], s.errors_mps[slots] = np.nan, np.inf
            return
        metres = ground.metres(feet)
        # Tremble of one foot in metres: how far the ground moves when the foot does, downwards where it is longest.
        shifted = ground.metres(feet[:, 0] + np.stack([np.zeros(len(slots)), tremble], axis=1))
        step = metres[:, 0] - shifted
        good = np.isfinite(metres).all(axis=2) & used
        velocity, error = _slope(
            t, np.where(good[..., None], metres, 0.0), good, np.hypot(step[:, 0], step[:, 1]) / 1.5
        )
        s.velocities_mps[slots] = np.where(np.isfinite(error)[:, None], velocity, np.nan)
        late = _ACCELERATION / 2 * -t.min(axis=1, initial=0.0)
        share = np.hypot(ground.error_share, _SHAPE) * np.hypot(velocity[:, 0], velocity[:, 1])
        s.errors_mps[slots] = np.sqrt(error**2 + share**2 + late**2)

    def _scene(self, sample: Sample, present: I64, seen: I64, aspect: float, ground: GroundPlane | None) -> Scene:
        now, s = sample.time_ns, self._slots
        known = np.array(list(self._slot_of.values()), np.int64)
        unseen_ns = now - s.last_ns[known]
        edge = (s.boxes[known] < _EDGE) | (s.boxes[known] > 1 - _EDGE)
        left = edge.any(axis=1) & s.moving[known]
        stood = ~s.moving[known] & (s.last_ns[known] - s.anchored_ns[known] >= STOOD_NS)
        away = unseen_ns > np.where(left, LEFT_NS, np.where(stood, KEPT_NS, LOST_NS))
        lost = known[away][np.argsort(s.ids[known[away]], kind="stable")]
        gone = Gone(lost, s.ids[lost].copy(), s.labels[lost].copy(), s.scores[lost].copy(), s.last_ns[lost].copy())
        for one in gone.ids.tolist():
            del self._slot_of[one]
        self._leaving = lost.tolist()
        rows = known[~away]
        rows = rows[np.argsort(s.ids[rows], kind="stable")]
        n = len(rows)
        here, detected = np.zeros(len(s.ids), np.bool_), np.zeros(len(s.ids), np.bool_)
        here[present], detected[seen] = True, True
        feet = s.feet[rows, 0]
        return Scene(
            camera=sample.camera,
            time_ns=now,
            aspect=aspect,
            capacity=len(s.ids),
            slots=rows,
            ids=s.ids[rows],
            labels=s.labels[rows],
            kinds=KIND_OF_LABEL[s.labels[rows]],
            scores=s.scores[rows],
            boxes=s.boxes[rows],
            feet=feet,
            sizes=_sizes(s.boxes[rows], aspect),
            present=here[rows],
            lately=now - s.last_ns[rows] <= LOST_NS,
            seen=detected[rows],
            last_ns=s.last_ns[rows],
            moving=s.moving[rows],
            travelled=s.travelled[rows],
            still_s=(now - s.anchored_ns[rows]) / _SECOND_NS,
            velocities=s.velocities[rows],
            velocity_errors=s.errors[rows],
            metres=np.full((n, 2), np.nan) if ground is None else ground.metres(feet),
            velocities_mps=s.velocities_mps[rows],
            speed_errors_mps=s.errors_mps[rows],
            inside=inside(feet, self._sides),
            zones=self._zones,
            corners=self._corners,
            gone=gone,
            crossings=sample.crossings or (),
            health=sample.health,
            ground=ground,
        )


def inside(points: F64, sides: F64) -> Bool:
    """Which points (n, 2) lie in which polygons (n, z), by their sides (z, k, 4): even-odd rule; unused sides are 0."""
    x, y = points[:, 0, None, None], points[:, 1, None, None]
    x1, y1, x2, y2 = (sides[None, ..., k] for k in range(4))
    rise = y2 - y1
    over = x < x1 + (x2 - x1) * (y - y1) / np.where(rise == 0, 1.0, rise)
    return np.asarray((((y1 > y) != (y2 > y)) & over).sum(axis=2) % 2 == 1)


def _slope(t: F64, places: F64, used: Bool, tremble: F64) -> tuple[F64, F64]:
    """Slopes (n, 2) of places (n, k, 2) over times (n, k) in seconds where used, and their standard errors (n,).

    The scatter about the slope counts where it is larger than the tremble (n,); inf where there is no slope.
    """
    count = used.sum(axis=1)
    some = np.maximum(count, 1)
    t = np.where(used, t - (np.where(used, t, 0.0).sum(axis=1) / some)[:, None], 0.0)
    middle = np.where(used[..., None], places, 0.0).sum(axis=1) / some[:, None]
    off = np.where(used[..., None], places - middle[:, None], 0.0)
    spread = (t**2).sum(axis=1)
    known = spread > 1e-4
    slope = (t[..., None] * off).sum(axis=1) / np.where(known, spread, np.inf)[:, None]
    rest = ((off - t[..., None] * slope[:, None]) ** 2).sum(axis=(1, 2)) / np.maximum(2 * (count - 2), 1)
    error = np.sqrt(np.maximum(rest, tremble**2) / np.where(known, spread, 1.0))
    return np.asarray(slope), np.where(known, error, np.inf)


def _sizes(boxes: F64, aspect: float) -> F64:
    """Side (n,) of the square as large as each box (n, 4) in shares, in heights of the picture."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(np.sqrt(sides[:, 0] * aspect * sides[:, 1]))
