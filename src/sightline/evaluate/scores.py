"""The scores of tracking results against truth, of one sequence, many, or a whole network of cameras."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from sightline.core.errors import BadData
from sightline.core.values import I64
from sightline.core.vocabulary import CLASSES
from sightline.evaluate.clear import ClearSums, clear_sums
from sightline.evaluate.hota import ALPHAS, HotaSums, hota_sums
from sightline.evaluate.identity import IdentitySums, identity_sums
from sightline.evaluate.pairs import Convention, Sequence, check_ids, convention_of, pair
from sightline.formats.mot import MotTable, table


@dataclass(frozen=True, slots=True)
class _Sums:
    """Everything that is added over sequences before shares are taken (as TrackEval combines).

    classes: i64 (classes, 3), road users, boxes and boxes found per class of a district's truth.
    """

    hota: HotaSums
    clear: ClearSums
    identity: IdentitySums
    truth_ids: int
    found_ids: int
    miscounted: int
    classes: I64

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.hota + other.hota,
            self.clear + other.clear,
            self.identity + other.identity,
            self.truth_ids + other.truth_ids,
            self.found_ids + other.found_ids,
            self.miscounted + other.miscounted,
            self.classes + other.classes,
        )

    def scores(self, curves: bool) -> dict[str, Any]:
        answer: dict[str, Any] = {
            **self.hota.scores(),
            **self.identity.scores(),
            **self.clear.scores(),
            "count_error": 100.0 * self.miscounted / max(1, self.truth_ids),
            "GT_IDs": self.truth_ids,
            "IDs": self.found_ids,
        }
        if self.classes.any():
            answer["classes"] = {
                name: {"recall": 100.0 * found / boxes, "GT_IDs": ids, "boxes": boxes}
                for name, (ids, boxes, found) in zip(CLASSES, self.classes.tolist(), strict=True)
                if boxes
            }
        return answer | (_curves(self.hota) if curves else {})


def evaluate(
    truth: MotTable, prediction: MotTable, *, convention: Convention = "auto", curves: bool = False
) -> dict[str, Any]:
    """Scores of one sequence under TrackEval's names.

    HOTA, DetA, AssA, LocA, IDF1, IDP, IDR, MOTA, MOTP in percent; IDSW, FP, FN as counts; GT_IDs and IDs: objects in
    truth and results; count_error: how far these two are apart, percent of the truth (over sequences the differences
    are added, so that too many here never hide too few there). With truth of a district also ``classes``: name ->
    recall (boxes found at IoU 0.5, percent; results need no class), GT_IDs, boxes. With curves also ``alpha``: the
    thresholds, and HOTA, DetA, AssA, LocA at each. BadData as ``pairs.pair``.
    """
    return _sums(truth, prediction, convention).scores(curves)


def evaluate_sequences(
    sequences: Mapping[str, tuple[MotTable, MotTable]],
    *,
    convention: Convention = "auto",
    curves: bool = False,
    done: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Scores over all sequences (name -> truth, prediction), and of each under ``sequences``; done hears each name."""
    sums: dict[str, _Sums] = {}
    for name, (truth, found) in sequences.items():
        sums[name] = _sums(truth, found, convention)
        done(name)
    if not sums:
        raise BadData("sequences: expected at least one, got none")
    total = reduce(add, sums.values())
    return total.scores(curves) | {"sequences": {name: part.scores(False) for name, part in sums.items()}}


def evaluate_network(
    truth: Mapping[str, MotTable],
    prediction: Mapping[str, MotTable],
    *,
    convention: Convention = "auto",
    curves: bool = False,
) -> dict[str, Any]:
    """HOTA, DetA, AssA, LocA, IDF1, IDP, IDR, GT_IDs, IDs over all cameras, where an id is one object in all of them.

    All cameras make one sequence whose frames are pairs of camera and frame, as the AI City Challenge scores
    multi-camera tracking (Naphade et al., CVPR workshops 2021): an object that gets another id in another camera is as
    wrong as one that changes its id within a camera. Switches and MOTA depend on an order of frames, which cameras do
    not have, and are not given. BadData for a camera of the truth without a table in prediction; predictions of other
    cameras are left out.
    """
    if not truth:
        raise BadData("truth: expected at least one camera, got none")
    missing = [name for name in truth if name not in prediction]
    if missing:
        raise BadData(f"prediction: expected camera {missing[0]}, got no such camera")
    names = sorted(truth)
    _one_convention(truth, names, convention)
    sequence = pair(_merged("truth", truth, names), _merged("prediction", prediction, names), convention)
    hota = hota_sums(sequence)
    answer: dict[str, Any] = {**hota.scores(), **identity_sums(sequence).scores()}
    answer |= {"GT_IDs": len(sequence.truth_counts), "IDs": len(sequence.found_counts)}
    return answer | (_curves(hota) if curves else {})


def _one_convention(tables: Mapping[str, MotTable], names: list[str], convention: Convention) -> None:
    first = ""
    for name in names:
        if len(tables[name]):
            chosen = convention_of(tables[name], convention)
            first = first or chosen
            if chosen != first:
                raise BadData(f"truth {name}: expected class numbers as in {first} like other cameras, got {chosen}")


def _merged(side: str, tables: Mapping[str, MotTable], names: list[str]) -> MotTable:
    """All cameras as one table; frames of camera k come after all frames of camera k - 1."""
    for name in names:
        check_ids(f"{side} {name}", tables[name])
    parts = [tables[name] for name in names]
    step = 2_000_000_000  # beyond every frame number that a file may hold (formats.mot)
    frames = [part.frames + number * step for number, part in enumerate(parts)]
    return table(
        np.concatenate(frames),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.boxes_px for part in parts]),
        np.concatenate([part.confidences for part in parts]),
        np.concatenate([part.classes for part in parts]),
        np.concatenate([part.visibility for part in parts]),
    )


def _curves(hota: HotaSums) -> dict[str, Any]:
    curves = {name: [round(value, 4) for value in curve.tolist()] for name, curve in hota.curves().items()}
    return {"alpha": {"threshold": [round(alpha, 2) for alpha in ALPHAS.tolist()], **curves}}


def _sums(truth: MotTable, prediction: MotTable, convention: Convention) -> _Sums:
    sequence = pair(truth, prediction, convention)
    truth_ids, found_ids = len(sequence.truth_counts), len(sequence.found_counts)
    clear, often = clear_sums(sequence)
    return _Sums(
        hota_sums(sequence),
        clear,
        identity_sums(sequence),
        truth_ids,
        found_ids,
        abs(found_ids - truth_ids),
        _by_class(sequence, often),
    )


def _by_class(sequence: Sequence, often: I64) -> I64:
    """Road users, boxes, boxes found: i64 (classes, 3)."""
    known = sequence.truth_labels >= 0
    labels = sequence.truth_labels[known]
    columns = (None, sequence.truth_counts[known], often[known])
    counts = [np.bincount(labels, weights, minlength=len(CLASSES)) for weights in columns]
    return np.stack(counts, axis=1).astype(np.int64)
