"""What rules are handed: places, velocities with their errors, chances, whoever goes on under another id."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sightline.config import CountSettings
from sightline.core.events import Zone
from sightline.core.values import Tracks
from sightline.rules import Sample, Scene
from sightline.rules.ground_plane import GroundPlane
from sightline.rules.memory import Memory, inside
from sightline.rules.scene import chance, speed_chance

SIZE = (1000, 500)
HALF = Zone("half", ((0.3, 0.2), (0.7, 0.2), (0.7, 0.98), (0.3, 0.98)))
PLAN = GroundPlane(np.diag([50.0, 25.0, 1.0]), 0.02, 0.0, "points")


@pytest.fixture
def scene_of(tracks: Callable[..., Tracks]) -> Callable[..., Scene]:
    """The last scene of samples of rows, so many per second."""

    def made(samples: list[list[Any]], fps: float = 10.0, ground: GroundPlane | None = None) -> Scene:
        memory = Memory(CountSettings())
        memory.set_zones((HALF,))
        for k, rows in enumerate(samples):
            scene = memory.update(Sample("north", round(k / fps * 1e9), SIZE, tracks(*rows)), ground)
        return scene

    return made


@pytest.mark.parametrize("fps", [2.0, 5.0, 30.0])
@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_velocity_and_its_error(scene_of: Callable[..., Scene], seen: Any, fps: float, jitter: float) -> None:
    random = np.random.default_rng(1)
    off = []
    for _ in range(20):
        rows = [
            [seen(1, 100 + 100 * k / fps + random.normal(0, jitter), 300 + random.normal(0, jitter), 60, 40)]
            for k in range(round(3 * fps))
        ]
        scene = scene_of(rows, fps, PLAN)
        np.testing.assert_allclose(scene.velocities[0], [0.2, 0.0], atol=0.03)  # heights of 500 px per second
        assert scene.speeds_mps()[0] == pytest.approx(5.0, abs=0.7)
        off.append((np.hypot(*(scene.velocities[0] - [0.2, 0.0]))) / scene.velocity_errors[0])
    assert np.sqrt(np.mean(np.square(off))) < 2.0, "errors hold"
    assert scene.moving[0]
    assert scene.travelled[0]


def test_one_sample_tells_no_velocity(scene_of: Callable[..., Scene], seen: Any) -> None:
    scene = scene_of([[seen(1, 500, 300)]])
    assert np.isinf(scene.velocity_errors[0])
    assert speed_chance(scene, 0, 1.0, metric=False) == 0.5, "nobody knows"
    assert scene.row_of(1) == 0
    assert scene.row_of(2) is None
    with pytest.raises(KeyError):
        scene.in_zone("other")
    assert scene.in_zone(None).all()


@pytest.mark.parametrize(
    ("word", "x", "low", "high"),
    [("in the middle", 500, 0.99, 1.0), ("on the border", 300, 0.3, 0.7), ("outside", 270, 0.0, 0.01)],
)
def test_chance_to_be_inside(
    scene_of: Callable[..., Scene], seen: Any, word: str, x: float, low: float, high: float
) -> None:
    scene = scene_of([[seen(1, x, 300, 20, 40)]])
    assert low <= scene.chance_inside("half", 0) <= high, word


def test_chances() -> None:
    assert chance(0.0) == 0.5
    assert chance(1.645) == pytest.approx(0.95, abs=1e-3)


def test_inside_of_polygons_of_other_lengths() -> None:
    bent = np.array([(0.1, 0.1), (0.9, 0.1), (0.5, 0.4), (0.9, 0.9), (0.1, 0.9)])
    three = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    sides = np.zeros((2, 5, 4))
    for k, ring in enumerate((bent, three)):
        sides[k, : len(ring)] = np.concatenate([ring, np.roll(ring, -1, axis=0)], axis=1)
    points = np.array([[0.2, 0.2], [0.8, 0.45], [0.6, 0.6], [0.95, 0.02]])
    assert inside(points, sides).tolist() == [[True, True], [False, False], [True, False], [False, True]]


def test_held_ones_stay_and_absent_ones_are_remembered(scene_of: Callable[..., Scene], seen: Any) -> None:
    coming = [[seen(1, 100 + 20 * k, 300, 60, 40)] for k in range(10)]
    held = scene_of([*coming, *[[seen(1, 900, 300, 60, 40, held=True)]] * 3])
    assert held.feet[0, 0] == pytest.approx(0.28), "where it was seen last"
    assert (held.present[0], held.seen[0]) == (True, False)
    absent = scene_of([*coming, *[[]] * 10])
    assert (absent.present[0], absent.seen[0]) == (False, False)
    gone = scene_of([*coming, *[[]] * 20])
    assert len(gone) == 1
    assert len(scene_of([*coming, *[[]] * 22])) == 0
    leaving = [[seen(1, 800 + 20 * k, 300, 60, 40)] for k in range(9)]
    assert len(scene_of([*leaving, *[[]] * 8])) == 0, "who left the picture is forgotten sooner"


def test_one_id_twice_is_one_object(scene_of: Callable[..., Scene], seen: Any) -> None:
    scene = scene_of([[seen(1, 200, 300), seen(1, 700, 300), seen(2, 500, 300)]] * 3)
    assert scene.ids.tolist() == [1, 2]
    assert scene.feet[0, 0] == pytest.approx(0.2)
