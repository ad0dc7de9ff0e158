"""The measures every claim rests on."""

from sightline.evaluate.counts import count_scores
from sightline.evaluate.detection import detection_scores
from sightline.evaluate.folders import evaluate_paths
from sightline.evaluate.handover import hand_over_scores
from sightline.evaluate.scores import evaluate, evaluate_network, evaluate_sequences
from sightline.evaluate.trips import od_scores, speed_scores, travel_time_scores

__all__ = [
    "count_scores",
    "detection_scores",
    "evaluate",
    "evaluate_network",
    "evaluate_paths",
    "evaluate_sequences",
    "hand_over_scores",
    "od_scores",
    "speed_scores",
    "travel_time_scores",
]
