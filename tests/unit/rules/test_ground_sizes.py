"""Metres from the sizes of road users, on a simulated street whose camera is known."""

import numpy as np
import pytest

from sightline.bench.rule_streets import StreetTracks, shaken, street_tracks
from sightline.config import CountSettings
from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.rules import ground_sizes
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


def test_a_fit_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when what was kept is full: other traffic replaces the older half."""
    tries: list[int] = []
    plane = GroundPlane(np.eye(3), 0.1, 0.1, "sizes")

    def fit(seen: Sightings, aspect: float) -> GroundPlane | None:
        tries.append(len(seen.feet))
        return plane if np.mean(seen.feet[:, 1] > 0.1) > 0.5 else None  # most stand low in the picture

    monkeypatch.setattr(ground_sizes, "ground_from_sizes", fit)
    memory, calibrator, found = Memory(CountSettings()), SizeCalibrator(), []
    for k in range(2600):  # a person every second, each for two seconds; later ones nearer to the camera
        nearer = 200.0 * (k > 1300)
        ids = np.array([k // 2, 100_000 + k // 2])
        x = 100.0 + 150.0 * (k % 2) + np.array([0.0, 400.0])
        boxes = np.stack([x - 20, [200 + nearer, 300 + nearer], x + 20, [300 + nearer, 400 + nearer]], axis=1).astype(
            np.float32
        )
        rows = Tracks(
            boxes,
            np.full(2, 0.9, np.float32),
            np.full(2, CODE["pedestrian"], np.int16),
            ids,
            np.zeros(2, np.float32),
            np.zeros(2, np.bool_),
        )
        scene = memory.update(Sample("north", k * 1_000_000_000, (1280, 720), rows), None)
        if calibrator.see(scene) is not None:
            found.append(k)
    assert len(found) == 1, "then it rests: it has seen more objects than are ever wanted"
    assert 1600 < found[0] < 2600, "what was kept was full by then"
    assert len(tries) < 25, "each try waits for a quarter more objects"
    assert max(tries) <= 800, "a fit looks at so many"
