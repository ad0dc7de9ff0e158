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
    at_samples,
    district_of,
    evaluate_paths,
    only_file,
    paired,
    read_truth,
)
from sightline.evaluate.scores import evaluate_network, evaluate_sequences
from sightline.formats.mot import read_mot


def report(  # one argument per option of the command
    truth: Path,
    prediction: Path,
    *,
    network: bool = False,
    detections: Path | None = None,
    curves: bool = False,
    every: float = 1.0,
    done: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The scores of ``folders.evaluate_paths``, and what else the folders allow.

    ``counts`` (``counts.count_scores``) where truth is a district and prediction holds events.jsonl; with network also
    ``network`` (``scores.evaluate_network``: ids are one object in all cameras); with detections, a file or folder of
    scored boxes in prediction's layout, also ``detections`` (``detection.detection_scores``). every: frames to one that
    is scored (``core.sampling``); counts are of the whole time. done hears each sequence that is through. BadConfig for
    a network of single files.
    """
    if not are_folders(truth, prediction):
        if network:
            raise BadConfig("--network", str(truth), "folders of cameras on both sides")
        answer = evaluate_paths(truth, prediction, curves=curves, every=every, done=done)
        if detections is not None:
            tables = [at_samples(read_mot(path), every) for path in (only_file(truth), detections)]
            answer["detections"] = detection_scores({"": (tables[0], tables[1])})
        return answer
    told = read_truth(truth)
    pairs = paired(told, prediction, every=every)
    answer = evaluate_sequences(pairs, curves=curves, done=done)
    if network:
        true, said = ({name: pair[side] for name, pair in pairs.items()} for side in (0, 1))
        answer["network"] = evaluate_network(true, said)
    if detections is not None:
        answer["detections"] = detection_scores(paired(told, detections, detections=True, every=every))
    district = district_of(truth)
    if district is not None and (prediction / EVENTS_FILE).is_file():
        begin = district.manifest.start_ns
        crossed = read_said(prediction / EVENTS_FILE, start_ns=begin)
        answer["counts"] = count_scores(read_true(district), crossed, seconds=district.manifest.seconds)
    return answer
