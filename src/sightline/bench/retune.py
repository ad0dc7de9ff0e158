"""What may be re-tuned of the library's trackers, and the leave-one-case-out search for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

Value = float | str
Change = Mapping[str, Value]

# No arguments of the library, but how it is used: one tracker per group of classes; the least score it is given.
BY_GROUP: Final = "by_group"
LEAST_SCORE: Final = "least_score"
_IOU: Final = (0.05, 0.1, 0.2, 0.3)
# GIoU and DIoU reach from -1 (far apart) to 1: thresholds under 0 let boxes match that do not touch.
_SIGNED: Final = (-0.7, -0.5, -0.2, 0.1)
_BUFFERS: Final = ((0.3, 0.5), (0.5, 0.8), (0.8, 1.2))
# BoT-SORT weighs similarity with the score, after shifting GIoU and DIoU to 0..1; 0.8 is a typical score.
_TYPICAL_SCORE: Final = 0.8


# What the classes of trackers 2.6.1 take when nothing is said (a parity test asks them), of what is re-tuned here.
_FUSED: Final[Change] = {
    "lost_track_buffer": 30,
    "minimum_consecutive_frames": 2,
    "track_activation_threshold": 0.7,
    "minimum_iou_threshold_first_assoc": 0.2,
    "minimum_iou_threshold_second_assoc": 0.5,
    "minimum_iou_threshold_unconfirmed_assoc": 0.3,
    "state_estimator_class": "XCYCWHStateEstimator",
}
DEFAULTS: Final[Mapping[str, Change]] = {
    "SORT": {
        "lost_track_buffer": 30,
        "minimum_consecutive_frames": 3,
        "track_activation_threshold": 0.25,
        "minimum_iou_threshold": 0.3,
        "state_estimator_class": "XYXYStateEstimator",
        "iou": "IoU",
    },
    "ByteTrack": {
        "lost_track_buffer": 30,
        "minimum_consecutive_frames": 2,
        "track_activation_threshold": 0.7,
        "minimum_iou_threshold": 0.1,
        "state_estimator_class": "XYXYStateEstimator",
        "iou": "IoU",
    },
    "OC-SORT": {
        "lost_track_buffer": 30,
        "minimum_consecutive_frames": 3,
        "high_conf_det_threshold": 0.6,
        "minimum_iou_threshold": 0.3,
        "direction_consistency_weight": 0.2,
        "state_estimator_class": "XCYCSRStateEstimator",
        "iou": "IoU",
    },
    "BoT-SORT": {**_FUSED, "iou": "IoU"},
    "C-BIoU": {**_FUSED, "buffer_ratio_first": 0.3, "buffer_ratio_second": 0.5},
}
# How each is used unless said otherwise: what served it best over people, riders, vehicles and all of them in one
# picture. Only ByteTrack gains (1 HOTA in mixed traffic at 3 fps) where each group of classes has a tracker of its
# own. SORT cannot tell faint detections from sure ones and suffers from them (PETS 2009 at 7 fps: 20 HOTA). ByteTrack
# without those under 0.1, which BoT-SORT and C-BIoU leave out themselves (OC-SORT: under 0.6), gains 2 to 3 HOTA on
# simulated people and vehicles and loses 5 on PETS at 7 fps: ``opponents`` tries it both ways.
USAGE: Final[Mapping[str, Change]] = {
    "SORT": {BY_GROUP: False, LEAST_SCORE: 0.4},
    "ByteTrack": {BY_GROUP: True, LEAST_SCORE: 0.1},
    "OC-SORT": {BY_GROUP: False, LEAST_SCORE: 0.1},
    "BoT-SORT": {BY_GROUP: False, LEAST_SCORE: 0.1},
    "C-BIoU": {BY_GROUP: False, LEAST_SCORE: 0.1},
}


class Trial(NamedTuple):
    """A tracker of the library with what differs from DEFAULTS and USAGE, by name; frame_rate comes with the case."""

    tracker: str
    options: tuple[tuple[str, Value], ...] = ()

    def changed(self, change: Change) -> "Trial":
        """The trial with other values of some names."""
        usual = {**DEFAULTS[self.tracker], **USAGE[self.tracker]}
        options = {**dict(self.options), **change}
        return Trial(self.tracker, tuple(sorted((key, value) for key, value in options.items() if value != usual[key])))


def _overlap() -> list[Change]:
    plain: list[Change] = [{"iou": "IoU", "minimum_iou_threshold": least} for least in _IOU]
    return plain + [{"iou": k, "minimum_iou_threshold": least} for k in ("GIoU", "DIoU") for least in _SIGNED]


def _thresholds(fused: float, second: float) -> Change:
    return {
        "minimum_iou_threshold_first_assoc": fused,
        "minimum_iou_threshold_second_assoc": second,
        "minimum_iou_threshold_unconfirmed_assoc": fused,
    }


def _overlap_fused() -> list[Change]:
    plain: list[Change] = [{"iou": "IoU", **_thresholds(least, least)} for least in _IOU]
    shifted = [round(_TYPICAL_SCORE * (1 + least) / 2, 3) for least in _SIGNED]
    signed = list(zip(shifted, _SIGNED, strict=True))
    return plain + [{"iou": kind, **_thresholds(*pair)} for kind in ("GIoU", "DIoU") for pair in signed]


def _overlap_buffered() -> list[Change]:
    return [
        {"buffer_ratio_first": first, "buffer_ratio_second": second, **_thresholds(least, least)}
        for (first, second), least in product(_BUFFERS, _IOU)
    ]


def _axis(name: str, *values: Value) -> list[Change]:
    return [{name: value} for value in values]


_CONFIRM: Final = _axis("minimum_consecutive_frames", 1, 2, 3)
_LOST: Final = _axis("lost_track_buffer", 15, 30, 60, 90)  # frames at 30 fps: 0.5 to 3 s
_START: Final = _axis("track_activation_threshold", 0.4, 0.6, 0.7)
_LEAST: Final = _axis(LEAST_SCORE, 0.0, 0.1, 0.4)
_GROUPS: Final = _axis(BY_GROUP, False, True)
_CENTRES: Final = _axis("state_estimator_class", "XCYCSRStateEstimator")  # the filter follows centre, area and shape
_CORNERS: Final = _axis("state_estimator_class", "XYXYStateEstimator")  # or the corners of boxes

# Tracker -> axes of the search in order.
AXES: Final[Mapping[str, tuple[Sequence[Change], ...]]] = {
    "SORT": (_overlap(), _CONFIRM, _LOST, _START, _CENTRES, _LEAST, _GROUPS),
    "ByteTrack": (_overlap(), _CONFIRM, _LOST, _START, _CENTRES, _LEAST, _GROUPS),
    "OC-SORT": (
        _overlap(),
        _CONFIRM,
        _LOST,
        _axis("high_conf_det_threshold", 0.4, 0.5, 0.6),
        [*_CORNERS, *_axis("direction_consistency_weight", 0.0)],
        _GROUPS,
    ),
    "BoT-SORT": (_overlap_fused(), _CONFIRM, _LOST, _START, _CORNERS, _LEAST, _GROUPS),
    "C-BIoU": (_overlap_buffered(), _CONFIRM, _LOST, _START, _CORNERS, _LEAST, _GROUPS),
}


def descend(
    tracker: str,
    pools: Mapping[str, Sequence[str]],
    run: Callable[[Iterable[tuple[str, Trial]]], None],
    hota: Callable[[str, Trial], float],
) -> dict[str, Trial]:
    """The trial chosen for each case by what it reaches on average on the cases of its pool.

    pools: case -> the other cases that decide; empty: the defaults stay. run makes scores of (case, trial) known,
    also of the case itself; hota tells them. Axis by axis, each around what is chosen so far, and the first one once
    more at the end. Of equals the one tried first wins, what is chosen so far before all.
    """
    chosen = {case: Trial(tracker) for case in pools}
    axes = AXES[tracker]
    for axis in (*axes, axes[0]):
        tried = {
            case: [trial, *(trial.changed(change) for change in axis)] for case, trial in chosen.items() if pools[case]
        }
        run((key, trial) for case, trials in tried.items() for trial in trials for key in (case, *pools[case]))
        for case, trials in tried.items():
            means = [sum(hota(key, trial) for key in pools[case]) / len(pools[case]) for trial in trials]
            chosen[case] = trials[means.index(max(means))]
    return chosen
