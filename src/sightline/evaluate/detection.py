"""Average precision and recall of scored boxes, as COCO counts them, over all heights and by height of the object.

The rules are those of pycocotools (github.com/cocodataset/cocoapi, BSD): within a picture each box takes, in falling
order of score, the free truth it overlaps most; truth that does not count may be taken without gain or loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sightline.core.geometry import iou
from sightline.core.values import I64, Bool
from sightline.evaluate.pairs import F64, Convention, convention_of, together
from sightline.formats.mot import MotTable

THRESHOLDS: Final[F64] = np.linspace(0.5, 0.95, 10)  # COCO's IoU thresholds .50:.05:.95
RECALLS: Final[F64] = np.linspace(0, 1, 101)  # where COCO reads precision
MOST: Final = 100  # boxes of one picture that COCO looks at, the best scored
# Heights in px, from and below: the smallest a detector of streets sees at all, small, and what most measures speak of.
HEIGHTS: Final = {"16-24": (16.0, 24.0), "24-40": (24.0, 40.0), ">40": (40.0, np.inf)}
_ALL: Final = (0.0, np.inf)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Overlapping boxes of all pictures: per pair (m,) the index of truth and of the found box, and their IoU."""

    truth: I64
    found: I64
    ious: F64


def detection_scores(
    sequences: Mapping[str, tuple[MotTable, MotTable]], *, convention: Convention = "auto", most: int = MOST
) -> dict[str, Any]:
    """AP of scored boxes over all sequences (name -> truth, detections), percent; classes are not told apart.

    AP (IoU .50:.05:.95), AP50, AP75, recall (of counted truth at IoU 0.5, whatever the score), AR (mean of recall over
    the thresholds), boxes (of the truth that count), and ``heights``: the same for truth of 16-24, 24-40 and > 40 px
    (found boxes of other heights that match no truth are left out, as COCO does by area). None where no truth counts.
    Truth that is not counted (see ``pairs.pair``; of MOT17 and MOT20 all but pedestrians) may be found without gain or
    loss. Ids of detections do not matter.
    """
    truths: list[MotTable] = []
    founds: list[MotTable] = []
    counted: list[Bool] = []
    pairs: list[_Pairs] = []
    ranks: list[I64] = []
    rows = columns = 0
    for truth, found in sequences.values():
        found = _best_of_frames(found, most)
        counted.append(_counted(truth, convention))
        one = _overlaps(truth, found)
        pairs.append(_Pairs(one.truth + rows, one.found + columns, one.ious))
        # In a picture equal scores keep their order; between pictures the order is that of pictures.
        ranks.append(np.lexsort((np.arange(len(found)), -found.confidences)) + columns)
        truths.append(truth)
        founds.append(found)
        rows, columns = rows + len(truth), columns + len(found)
    scores = _join([found.confidences for found in founds])
    order = _join(ranks).astype(np.int64)
    order = order[np.argsort(-scores[order], kind="stable")]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    heights = [_join([_heights(table) for table in side]) for side in (truths, founds)]
    joined = _Pairs(
        _join([one.truth for one in pairs]).astype(np.int64),
        _join([one.found for one in pairs]).astype(np.int64),
        _join([one.ious for one in pairs]),
    )
    count = _join(counted).astype(np.bool_)
    whole = _band(joined, rank, count, heights, _ALL)
    bands = {name: _band(joined, rank, count, heights, band) for name, band in HEIGHTS.items()}
    return whole | {"heights": bands}


def _band(pairs: _Pairs, rank: I64, counted: Bool, heights: list[F64], band: tuple[float, float]) -> dict[str, Any]:
    """The scores of truth within one band of heights."""
    low, high = band
    inside = counted & (heights[0] >= low) & (heights[0] < high)
    boxes = int(inside.sum())
    if not boxes:
        return {"AP": None, "AP50": None, "AP75": None, "recall": None, "AR": None, "boxes": 0}
    loose = (heights[1] < low) | (heights[1] >= high)
    precisions, recalls = [], []
    for threshold in THRESHOLDS:
        taken = _assign(pairs, rank, inside, float(threshold))
        matched = taken >= 0
        right = np.zeros(len(rank), np.bool_)
        right[matched] = inside[taken[matched]]
        ignored = np.where(matched, ~right, loose)
        precision, recall = _precision(right, ignored, rank, boxes)
        precisions.append(precision)
        recalls.append(recall)
    return {
        "AP": 100 * float(np.mean(precisions)),
        "AP50": 100 * precisions[0],
        "AP75": 100 * precisions[5],
        "recall": 100 * recalls[0],
        "AR": 100 * float(np.mean(recalls)),
        "boxes": boxes,
    }


def _assign(pairs: _Pairs, rank: I64, inside: Bool, threshold: float) -> I64:
    """For each found box (p,) the truth it takes, -1 = none.

    Going through boxes by score and giving each the best truth still free is the one stable matching of boxes that
    prefer truth (inside the band first, then by IoU, then the later one, as pycocotools) and truth that prefers the
    higher score; proposals (Gale and Shapley, 1962) find it for all pictures at once.
    """
    chosen = np.flatnonzero(pairs.ious >= min(threshold, 1 - 1e-10))
    chosen = chosen[
        np.lexsort((-pairs.truth[chosen], -pairs.ious[chosen], ~inside[pairs.truth[chosen]], pairs.found[chosen]))
    ]
    truth, found = pairs.truth[chosen], pairs.found[chosen]
    boxes = len(rank)
    ends = np.searchsorted(found, np.arange(boxes), "right")
    at = np.searchsorted(found, np.arange(boxes), "left")  # the pair each box proposes next
    holder = np.full(len(inside), boxes, np.int64)  # rank of the box that holds each truth; boxes = nobody
    by_rank = np.argsort(rank)
    taken = np.full(boxes, -1, np.int64)
    free = np.flatnonzero(at < ends)
    while len(free):
        wanted = truth[at[free]]
        before = holder[wanted]
        np.minimum.at(holder, wanted, rank[free])
        won = holder[wanted] == rank[free]
        # Who held a truth that somebody better now has must look on.
        ousted = by_rank[before[won & (before < boxes)]]
        taken[ousted] = -1
        taken[free[won]] = wanted[won]
        losers = np.concatenate([free[~won], ousted])
        at[losers] += 1
        free = losers[at[losers] < ends[losers]]
    return taken


def _precision(right: Bool, ignored: Bool, rank: I64, boxes: int) -> tuple[float, float]:
    """Mean over RECALLS of the best precision at that recall or beyond, and the final recall; both 0..1."""
    order = np.argsort(rank)
    order = order[~ignored[order]]
    hits = np.cumsum(right[order]).astype(np.float64)
    if not len(hits):
        return 0.0, 0.0
    precision = hits / (np.arange(1, len(hits) + 1) + np.spacing(1))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    where = np.searchsorted(hits / boxes, RECALLS, "left")
    read = np.append(envelope, 0.0)[np.minimum(where, len(hits))]
    return float(read.mean()), float(hits[-1] / boxes)


def _overlaps(truth: MotTable, found: MotTable) -> _Pairs:
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    least = float(THRESHOLDS[0])
    for _, t, p in together(truth, found):
        if t.start < t.stop and p.start < p.stop:
            ious = np.asarray(iou(truth.boxes_px[t], found.boxes_px[p]), np.float64)
            rows, columns = np.nonzero(ious >= least)
            parts.append((rows + t.start, columns + p.start, ious[rows, columns]))
    return _Pairs(*(np.concatenate([part[k] for part in parts]) for k in range(3)))


def _best_of_frames(found: MotTable, most: int) -> MotTable:
    """At most the best scored ``most`` rows of each frame, in the file's order."""
    order = np.lexsort((np.arange(len(found)), -found.confidences, found.frames))
    frames = found.frames[order]
    place = np.arange(len(found)) - np.searchsorted(frames, frames, "left")
    kept = np.zeros(len(found), np.bool_)
    kept[order[place < most]] = True
    return found.keep(kept)


def _counted(truth: MotTable, convention: Convention) -> Bool:
    chosen = convention_of(truth, convention)
    counted = truth.confidences != 0
    return np.asarray(counted & (truth.classes == 1) if chosen in ("mot17", "mot20") else counted)


def _heights(table: MotTable) -> F64:
    return table.boxes_px[:, 3] - table.boxes_px[:, 1]


def _join(parts: list[Any]) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0)
