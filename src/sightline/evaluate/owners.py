"""Whose tracks they are: which object of the truth each track of an analysis follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sightline.core.errors import BadData
from sightline.core.values import I64
from sightline.evaluate.pairs import EPS, MATCH, Convention, assign, pair
from sightline.formats.mot import MotTable

NOBODY: Final = -1  # the owner of a false track


@dataclass(frozen=True, slots=True, eq=False)
class Owners:
    """Tracks of all cameras as columns i64 (n,).

    cameras: numbers of cameras; tracks: ids within the camera; movers: ids of the truth that are one object in all
    cameras, NOBODY = a false track; boxes: boxes of the track; matched:
    how many of them lie on boxes of the owner (0 of a false track). A track is named elsewhere by its row here.
    """

    cameras: I64
    tracks: I64
    movers: I64
    boxes: I64
    matched: I64

    def __post_init__(self) -> None:
        for name in ("cameras", "tracks", "movers", "boxes", "matched"):
            column = getattr(self, name)
            if column.dtype != np.int64 or column.shape != (len(self.cameras),):
                got = f"{column.dtype} {column.shape}"
                raise TypeError(f"Owners.{name}: expected int64 ({len(self.cameras)},), got {got}")

    def __len__(self) -> int:
        return len(self.cameras)


def owners(
    truth: Mapping[str, MotTable], found: Mapping[str, MotTable], *, convention: Convention = "auto"
) -> tuple[Owners, int]:
    """The owner of every track of found, cameras in the order of truth's names, and the boxes of truth that no
    track of their owner found.

    Frame by frame boxes are matched one to one at IoU >= 0.5; a track belongs to the object that most of its matched
    boxes belong to (the smaller id where two are equal), if these are at least half of all its boxes. Results on truth
    that does not count are left out. BadData as ``pairs.pair``, and for a camera that found does not have.
    """
    columns: list[tuple[I64, I64, I64, I64, I64]] = []
    missed = 0
    for number, name in enumerate(truth):
        if name not in found:
            raise BadData(f"prediction: expected camera {name}, got no such camera")
        sequence = pair(truth[name], found[name], convention)
        width = len(sequence.truth_counts)
        keys = [np.zeros(0, np.int64)]
        for frame in sequence.frames:
            if frame.ious.size:
                scores = np.where(frame.ious < MATCH - EPS, 0, frame.ious)
                rows, places = assign(scores)
                good = scores[rows, places] > EPS
                keys.append(frame.found[places[good]] * width + frame.truth[rows[good]])
        pairs, counts = np.unique(np.concatenate(keys), return_counts=True)
        track, mover = pairs // max(width, 1), pairs % max(width, 1)
        order = np.lexsort((mover, -counts, track))
        first = order[np.flatnonzero(np.diff(track[order], prepend=-1))]
        first = first[2 * counts[first] >= sequence.found_counts[track[first]]]
        movers = np.full(len(sequence.found_counts), NOBODY, np.int64)
        movers[track[first]] = sequence.truth_ids[mover[first]]
        matched = np.zeros(len(movers), np.int64)
        matched[track[first]] = counts[first]
        missed += sequence.truth_boxes - int(matched.sum())
        said = np.full(len(movers), number, np.int64)
        columns.append((said, sequence.found_ids, movers, sequence.found_counts, matched))
    empty = (np.zeros(0, np.int64),) * 5
    return Owners(*(np.concatenate(parts) for parts in zip(empty, *columns, strict=True))), missed


def true_links(tracks: Owners, first_s: np.ndarray, last_s: np.ndarray, longest_s: float) -> I64:
    """The hand-overs that happened: i64 (m, 2) rows of tracks, before and after, rising by the second.

    first_s, last_s: f64 (n,) when each track begins and ends, on one clock. Two tracks of one object make a hand-over
    where they follow one another in the order of their beginnings, lie in different cameras, and at most longest_s
    passes between the end of one and the beginning of the other (less than 0 where views overlap).
    """
    owned = np.flatnonzero(tracks.movers != NOBODY)
    order = owned[np.lexsort((last_s[owned], first_s[owned], tracks.movers[owned]))]
    before, after = order[:-1], order[1:]
    linked = (
        (tracks.movers[before] == tracks.movers[after])
        & (tracks.cameras[before] != tracks.cameras[after])
        & (first_s[after] - last_s[before] <= longest_s)
    )
    pairs = np.stack([before[linked], after[linked]], axis=1)
    return np.asarray(pairs[np.argsort(pairs[:, 1], kind="stable")], np.int64)
