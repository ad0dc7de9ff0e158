"""What a summary of a track accepts, and whom it concerns."""

from typing import Any

import numpy as np
import pytest

from sightline.core.summaries import TrackSummary, track_concerns
from sightline.core.vocabulary import CLASSES


def _summary(**changes: Any) -> TrackSummary:
    fields: dict[str, Any] = {
        "camera": "north",
        "track_id": 1,
        "label": "car",
        "likelihood": 0.9,
        "began_ns": 10,
        "ended_ns": 20,
        "times_ms": np.array([0, 5], np.uint32),
        "feet": np.zeros((2, 2), np.uint16),
    }
    return TrackSummary(**(fields | changes))


def test_a_summary_without_a_path() -> None:
    assert len(TrackSummary("north", 1, "car", 1.0, 10, 10).times_ms) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"label": "tram"}, "label: expected one of car", id="another class"),
        pytest.param({"likelihood": float("nan")}, "likelihood: expected", id="no number"),
        pytest.param({"likelihood": 1.1}, "likelihood: expected", id="over one"),
        pytest.param({"ended_ns": 9}, "ended_ns: expected 10 or later", id="ends before it began"),
        pytest.param({"began_ns": -1}, "ended_ns", id="before 1970"),
        pytest.param({"speed_mps": -1.0}, "speed_mps", id="backwards"),
        pytest.param({"speed_mps": float("inf")}, "speed_mps", id="endless"),
        pytest.param({"times_ms": np.array([0, 5])}, "times_ms: expected u32", id="another dtype"),
        pytest.param({"times_ms": np.array([5, 5], np.uint32)}, "times that rise", id="standing time"),
        pytest.param({"feet": np.zeros((3, 2), np.uint16)}, "feet: expected u16", id="more feet than times"),
    ],
)
def test_other_values_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _summary(**changes)


def test_whom_a_track_concerns() -> None:
    persons = {"motorcycle", "bicycle", "scooter", "pedestrian", "rider", "unknown"}
    assert {name for name in CLASSES if track_concerns(name) == "person"} == persons
