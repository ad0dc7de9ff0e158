"""Detections of a camera in, track ids out; all cameras of a worker in one call."""

from sightline.track.sample import FirstHit, Sample, TrackerStats
from sightline.track.tracker import Tracker, birth_scores

__all__ = ["FirstHit", "Sample", "Tracker", "TrackerStats", "birth_scores"]
