"""Everything that can be measured of results on disk against truth on disk, as one object."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sightline.core.errors import BadConfig
from sightline.evaluate.counts import count_scores
from sightline.evaluate.crossings import read_said, read_true
from sightline.evaluate.detection import detection_scores
from sightline.evaluate.folders import (
    EVENTS_FILE,
    are_folders,
    district_of,
    evaluate_paths,
    only_file,
    paired,
    read_truth,
)
from sightline.evaluate.scores import evaluate_network, evaluate_sequences
from sightline.formats.mot import read_mot


def report(
    truth: Path,
    prediction: Path,
    *,
    network: bool = False,
    detections: Path | None = None,
    curves: bool = False,
    done: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The scores of ``folders.evaluate_paths``, and what else the folders allow.

    ``counts`` (``counts.count_scores``) where truth is a district and prediction holds events.jsonl; with network also
    ``network`` (``scores.evaluate_network``: ids are one object in all cameras); with detections, a file or folder of
    scored boxes in prediction's layout, also ``detections`` (``detection.detection_scores``). done hears each sequence
    that is through. BadConfig for a network of single files.
    """
    if not are_folders(truth, prediction):
        if network:
            raise BadConfig("--network", str(truth), "folders of cameras on both sides")
        answer = evaluate_paths(truth, prediction, curves=curves, done=done)
        if detections is not None:
            answer["detections"] = detection_scores({"": (read_mot(only_file(truth)), read_mot(detections))})
        return answer
    told = read_truth(truth)
    pairs = paired(told, prediction)
    answer = evaluate_sequences(pairs, curves=curves, done=done)
    if network:
        answer["network"] = evaluate_network(told.tables, {name: said for name, (_, said) in pairs.items()})
    if detections is not None:
        answer["detections"] = detection_scores(paired(told, detections, detections=True))
    district = district_of(truth)
    if district is not None and (prediction / EVENTS_FILE).is_file():
        begin = district.manifest.start_ns
        said = read_said(prediction / EVENTS_FILE, start_ns=begin)
        answer["counts"] = count_scores(read_true(district), said, seconds=district.manifest.seconds)
    return answer
