"""Tracks as a tracker on a real street would give them: true visits with faults drawn from a seed, camera by camera."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadConfig
from sightline.core.geometry import areas, clip_boxes
from sightline.core.values import I16, I64
from sightline.core.vocabulary import CODE
from sightline.formats.district import TrackLooks
from sightline.simulate.descriptors import Descriptors
from sightline.simulate.truths import Visits
from sightline.simulate.world import F64

F32 = NDArray[np.float32]
STREAM: Final = 71  # of the random numbers; the camera's number follows
_FEWEST: Final = 2  # samples of a track; a tracker confirms at the second hit
_MEET_IOU: Final = 0.1  # boxes that overlap by so much may exchange their identities
_FALSE_S: Final = (1.0, 5.0)
# What each class is taken for: the ones that look most like it.
_CONFUSED: Final = {
    "car": ("van",), "van": ("car", "truck"), "truck": ("van", "bus"), "bus": ("truck",), "motorcycle": ("bicycle",),
    "bicycle": ("motorcycle", "scooter"), "scooter": ("bicycle", "pedestrian"), "pedestrian": ("scooter",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Faults:
    """How bad tracks are. missed, split, switched, false, wrong_class: shares of tracks (0..0.9); jitter: spread of
    each edge of a box in heights of the box; clock_s: clocks are wrong by up to so many seconds either way; drift_ppm:
    and go wrong by up to so many millionths; noise, cast, own: spreads of a descriptor (see Descriptors).
    """

    missed: float = 0.08
    split: float = 0.06
    switched: float = 0.03
    jitter: float = 0.03
    false: float = 0.05
    wrong_class: float = 0.05
    clock_s: float = 2.0
    drift_ppm: float = 50.0
    noise: float = 0.35
    cast: float = 0.2
    own: float = 0.3

    def __post_init__(self) -> None:
        limits = {"clock_s": 600.0, "drift_ppm": 10_000.0, "noise": 100.0, "cast": 10.0, "own": 10.0}
        for field in fields(self):
            most = limits.get(field.name, 0.9)
            if not 0.0 <= getattr(self, field.name) <= most:  # also refuses NaN
                raise BadConfig(field.name.replace("_", "-"), getattr(self, field.name), f"a number in 0..{most:g}")


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Whose track it is: columns sorted by track, then time. tracks i64; movers i64 (0 = nobody: a false track);
    labels i16, the true class; first_frames, last_frames: i64 by the district's time, from 1. A track has several
    parts where two exchanged their identities.
    """

    tracks: I64
    movers: I64
    labels: I16
    first_frames: I64
    last_frames: I64


@dataclass(frozen=True, slots=True, eq=False)
class FaultyTracks:
    """Tracks of one camera. frames, ids i64, boxes_px f32 (n, 4), confidences f32: rows sorted by frame (the camera's
    own, from 1); looks: one row per track; parts: the truth; offset_s, drift_ppm: how wrong the camera's clock is.
    """

    frames: I64
    ids: I64
    boxes_px: F32
    confidences: F32
    looks: TrackLooks
    parts: Parts
    offset_s: float
    drift_ppm: float


def faulty_tracks(
    seen: Visits, camera: int, size: tuple[int, int], fps: float, faults: Faults, drawn: Descriptors
) -> FaultyTracks:
    """The tracks of a camera (its number) with faults, drawn from the seed of ``drawn``; size of the picture, px."""
    rng = np.random.default_rng([drawn.seed, STREAM, camera])
    offset_s, drift_ppm = (rng.uniform(-1, 1, 2) * (faults.clock_s, faults.drift_ppm)).tolist()
    visit, rows = _kept(seen, faults, rng)
    frames, movers, labels = rows["frame"].astype(np.int64), rows["id"], rows["label"].astype(np.int16)
    boxes = rows["box"].astype(np.float64)
    tracks = _switched(visit, frames, boxes, faults, rng)

    false = _false_rows(int(rng.poisson(faults.false * len(np.unique(tracks)))), rows, size, fps, rng)
    count = int(tracks.max(initial=-1)) + 1
    tracks = np.concatenate([tracks, false[0] + count])
    frames = np.concatenate([frames, false[1]])
    boxes = np.concatenate([boxes, false[2]])
    movers = np.concatenate([movers, np.zeros(len(false[0]), np.int64)])
    labels = np.concatenate([labels, false[3]])

    heights = (boxes[:, 3] - boxes[:, 1])[:, None]
    boxes = clip_boxes(boxes + rng.normal(0, 1, boxes.shape) * faults.jitter * heights, *size).astype(np.float64)
    confidences = rng.beta(8, 2, len(boxes))
    whole = ((boxes[:, 2:] - boxes[:, :2]) >= 2.0).all(axis=1)
    # The camera's own frames: a clock that goes wrong takes them at other times, in the end one more or less.
    own = np.floor((frames - 1) * (1 + drift_ppm * 1e-6) + 0.5).astype(np.int64) + 1
    order = np.lexsort((tracks, frames))
    order = order[whole[order]]
    once = np.ones(len(order), np.bool_)
    seen_before = np.lexsort((own[order], tracks[order]))
    again = (np.diff(tracks[order][seen_before]) == 0) & (np.diff(own[order][seen_before]) == 0)
    once[seen_before[1:][again]] = False
    order = order[once]
    tracks, frames, own, movers, labels = (column[order] for column in (tracks, frames, own, movers, labels))
    # Numbers from 1 in the order in which the tracks begin.
    known, first, place = np.unique(tracks, return_index=True, return_inverse=True)
    number = np.empty(len(known), np.int64)
    number[np.argsort(first, kind="stable")] = np.arange(1, len(known) + 1)
    ids = number[place] if len(known) else np.zeros(0, np.int64)
    parts = _parts(ids, frames, movers, labels)
    weights = (parts.last_frames - parts.first_frames + 1).astype(np.float64)
    looks = TrackLooks(
        np.arange(1, len(known) + 1),
        _said(parts, len(known), faults, rng),
        drawn.of(camera, parts.tracks, parts.movers, weights, rng),
    )
    return FaultyTracks(
        own, ids, boxes[order].astype(np.float32), confidences[order].astype(np.float32), looks, parts, offset_s,
        drift_ppm,
    )  # fmt: skip


def _kept(seen: Visits, faults: Faults, rng: np.random.Generator) -> tuple[I64, Any]:
    """The track (n,) and row (n,) of what is left after missing and splitting visits."""
    lengths = seen.ends - seen.starts + 1
    n = len(lengths)
    missed = (rng.random(n) < faults.missed) | (lengths < _FEWEST)
    split = (rng.random(n) < faults.split) & (lengths >= 3 * _FEWEST)
    # Cut where both halves are tracks still; one or two samples are lost there.
    cut = _FEWEST + (rng.random(n) * np.maximum(lengths - 3 * _FEWEST + 1, 1)).astype(np.int64)
    lost = rng.integers(1, 3, n)
    visit = np.repeat(np.arange(n), lengths)
    step = np.arange(len(visit)) - seen.starts[visit]
    second = split[visit] & (step >= (cut + lost)[visit])
    keep = ~missed[visit] & ~(split[visit] & (step >= cut[visit]) & ~second)
    return 2 * visit[keep] + second[keep], seen.rows[keep]


def _switched(tracks: I64, frames: I64, boxes: F64, faults: Faults, rng: np.random.Generator) -> I64:
    """Tracks (n,) after some that meet have exchanged their identities from there on."""
    tracks = tracks.copy()
    wanted = faults.switched * len(np.unique(tracks))
    events = int(wanted // 2 + (rng.random() < wanted / 2 % 1))  # two tracks take part in each
    if not events:
        return tracks
    # All pairs of rows of one frame, each once.
    order = np.argsort(frames, kind="stable")
    ends = np.searchsorted(frames[order], frames[order], "right")
    others = ends - np.arange(len(order)) - 1
    first = np.repeat(np.arange(len(order)), others)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(others) - others, others)
    a, b = order[first], order[second]
    meet = _overlap(boxes[a], boxes[b]) > _MEET_IOU
    meetings = np.stack([frames[a[meet]], tracks[a[meet]], tracks[b[meet]]], axis=1).tolist()
    taken: set[int] = set()
    for k in rng.permutation(len(meetings)).tolist():
        frame, a, b = meetings[k]
        later = frames > frame
        mine, other = later & (tracks == a), later & (tracks == b)
        if a in taken or b in taken or not mine.any() or not other.any():
            continue
        tracks[mine], tracks[other] = b, a
        taken |= {a, b}
        if len(taken) >= 2 * events:
            break
    return tracks


def _overlap(a: F64, b: F64) -> F64:
    """Intersection over union (n,) of boxes a (n, 4) and b (n, 4), row by row."""
    both = areas(np.concatenate([np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])], axis=1))
    return np.asarray(both / np.maximum(areas(a) + areas(b) - both, 1e-9))


def _false_rows(
    count: int, rows: Any, size: tuple[int, int], fps: float, rng: np.random.Generator
) -> tuple[I64, I64, F64, I16]:
    """Tracks from 0, frames, boxes and labels of objects that are not there: a box as large as others, near where
    others are, that hardly moves (a reflection, foliage, a shadow)."""
    if not len(rows):
        count = 0
    model = rows[rng.integers(0, max(len(rows), 1), count)]
    lengths = np.maximum(_FEWEST, np.rint(rng.uniform(*_FALSE_S, count) * fps)).astype(np.int64)
    track = np.repeat(np.arange(count), lengths)
    step = np.arange(len(track)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    box = model["box"].astype(np.float64)
    sides = box[:, 2:] - box[:, :2]
    shift = rng.normal(0, 1.0, (count, 2)) * sides
    middle = np.clip((box[:, :2] + box[:, 2:]) / 2 + shift, 0, size)
    way = rng.normal(0, 0.03, (count, 2)) * sides
    at = middle[track] + way[track] * step[:, None]
    boxes = np.concatenate([at - sides[track] / 2, at + sides[track] / 2], axis=1)
    frames = model["frame"].astype(np.int64)[track] + step
    last = int(rows["frame"].max(initial=0))
    inside = frames <= last
    return track[inside], frames[inside], boxes[inside], model["label"].astype(np.int16)[track][inside]


def _parts(ids: I64, frames: I64, movers: I64, labels: I16) -> Parts:
    """The parts of tracks from rows sorted by frame."""
    order = np.argsort(ids, kind="stable")
    ids, frames, movers, labels = ids[order], frames[order], movers[order], labels[order]
    begins = np.ones(len(ids), np.bool_)
    begins[1:] = (np.diff(ids) != 0) | (np.diff(movers) != 0)
    starts = np.flatnonzero(begins)
    ends = np.append(starts, len(ids))[1:] - 1
    return Parts(ids[starts], movers[starts], labels[starts], frames[starts], frames[ends])


def _said(parts: Parts, count: int, faults: Faults, rng: np.random.Generator) -> I16:
    """The class said of each track: that of its first part, or one that looks like it."""
    said = np.zeros(count, np.int16)
    said[parts.tracks[::-1] - 1] = parts.labels[::-1]
    for row in np.flatnonzero(rng.random(count) < faults.wrong_class).tolist():
        names = [name for name, code in CODE.items() if code == said[row]]
        others = _CONFUSED[names[0]]
        said[row] = CODE[others[int(rng.integers(len(others)))]]
    return said
