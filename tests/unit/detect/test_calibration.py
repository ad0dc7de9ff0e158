"""One scale of scores for all models."""

import numpy as np
import pytest

from sightline.detect.calibration import calibrated, raw_score
from sightline.models.registry import MODELS

DETECTORS = [name for name, model in MODELS.items() if model.task == "detect"]


@pytest.mark.parametrize("name", DETECTORS)
def test_curves_rise_from_zero_to_one_and_turn_back(name: str) -> None:
    model = MODELS[name]
    raw = np.linspace(0, 1, 101, dtype=np.float32)
    scores = calibrated(raw, model)
    assert scores.dtype == np.float32
    assert (scores[0], scores[-1] > 0.95) == (0.0, True)
    assert (np.diff(scores) > 0).all(), "a curve that is flat would lose the order of scores"
    assert [raw_score(float(score), model) for score in scores] == pytest.approx(raw.tolist(), abs=1e-4)


@pytest.mark.parametrize(("raw", "score"), [(0.25, 0.5), (0.3, 0.6), (0.35, 0.7), (0.4, 0.8)])
def test_the_street_model_is_doubled_where_trackers_decide(raw: float, score: float) -> None:
    model = MODELS["person-vehicle-bike-detection-2003"]
    assert float(calibrated(np.array([raw], np.float32), model)[0]) == pytest.approx(score, abs=0.021)
