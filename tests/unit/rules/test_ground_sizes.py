"""Metres from the sizes of road users, on a simulated street whose camera is known."""

import numpy as np
import pytest

from sightline.bench.rule_streets import StreetTracks, shaken, street_tracks
from sightline.config import CountSettings
from sightline.rules.ground_plane import GroundPlane
from sightline.rules.ground_sizes import Sightings, SizeCalibrator, ground_from_sizes
from sightline.rules.memory import Memory
from sightline.rules.scene import Sample
from sightline.simulate.survey import calibration

PLACES = np.array([[x, y] for x in (0.3, 0.5, 0.7) for y in (0.4, 0.6, 0.8)])


@pytest.fixture(scope="module")
def street() -> StreetTracks:
    return street_tracks(1, 2, 120.0, 2.5)


def test_street_is_measured_as_well_as_stated(street: StreetTracks) -> None:
    found = 0
    for number, camera in enumerate(street.cameras):
        memory, calibrator, ground = Memory(CountSettings()), SizeCalibrator(), None
        for time_ns, tracks in zip(street.times_ns, shaken(street.tracks[number], number), strict=True):
            scene = memory.update(Sample(camera.name, time_ns, camera.size, tracks), None)
            ground = calibrator.see(scene) or ground
        if ground is None:
            continue
        found += 1
        matrix = np.array(calibration(camera)["ground"]) @ np.diag([*camera.size, 1.0])
        true = GroundPlane(matrix * np.sign(matrix[2] @ [0.5, 1, 1]), 0, 0, "points")
        ratios = []
        for step in ([0.01, 0], [0, 0.01]):
            said, were = (one.metres(PLACES + step) - one.metres(PLACES) for one in (ground, true))
            ratios.append(np.log(np.hypot(*said.T) / np.hypot(*were.T)))
        off = float(np.sqrt(np.nanmean(np.concatenate(ratios) ** 2)))
        assert off < 2.5 * ground.error_share, camera.name
        assert 0.05 < ground.error_share <= 0.25
        assert ground.method == "sizes"
    assert found


def test_too_little_is_no_calibration() -> None:
    none = Sightings(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, np.bool_), np.zeros(0))
    assert ground_from_sizes(none, 16 / 9) is None
    n = 40  # a crowd at one depth says nothing of the ground behind it
    feet = np.column_stack([np.linspace(-0.5, 0.5, n), np.full(n, 0.2)])
    row = Sightings(feet, np.tile([0.03, 0.1], (n, 1)), np.zeros((n, 2)), np.zeros(n, np.bool_), np.ones(n))
    assert ground_from_sizes(row, 16 / 9) is None
