"""Frames in, Detections out: one file per model family, and a motion detector that needs no model."""

from sightline.detect.choose import Detector, make_detector, models_for
from sightline.detect.namer import make_namer

__all__ = ["Detector", "make_detector", "make_namer", "models_for"]
