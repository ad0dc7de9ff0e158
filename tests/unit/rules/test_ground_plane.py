"""Metres from clicks: what is told, and with what error, on pinholes one knows."""

from typing import Any

import numpy as np
import pytest

from sightline.core.errors import BadConfig
from sightline.rules.ground_plane import GroundPlane, KnownLength, Pinhole, from_lengths, from_points

ASPECT = 16 / 9
# Pitch, field of view and height of cameras on poles.
CAMERAS = [Pinhole(6.0, 0.35, ASPECT / 2 / np.tan(np.radians(30)), ASPECT),
           Pinhole(9.0, 0.6, ASPECT / 2 / np.tan(np.radians(40)), ASPECT)]  # fmt: skip
PLACES = np.array([[x, y] for x in (0.2, 0.5, 0.8) for y in (0.5, 0.7, 0.95)])
ENDS = [((0.2, 0.9), (0.8, 0.92)), ((0.3, 0.5), (0.7, 0.52)), ((0.3, 0.55), (0.25, 0.85)), ((0.75, 0.9), (0.65, 0.5))]


def plane_of(camera: Pinhole) -> GroundPlane:
    return GroundPlane(camera.homography(), 0.0, 0.0, "points")


def lengths_of(camera: Pinhole, random: np.random.Generator | None = None, n: int = 4) -> list[KnownLength]:
    known = []
    for ends in ENDS[:n]:
        a, b = plane_of(camera).metres(np.array(ends))
        shown = np.array(ends) + (random.normal(0, 0.003, (2, 2)) if random is not None else 0)
        (x0, y0), (x1, y1) = shown.tolist()
        known.append(KnownLength((x0, y0), (x1, y1), float(np.hypot(*(a - b)))))
    return known


def off(plane: GroundPlane, camera: Pinhole) -> float:
    """Root mean square error of short lengths all over the picture, share of them."""
    true = plane_of(camera)
    ratios = []
    for step in ([0.01, 0], [0, 0.01]):
        said, were = (one.metres(PLACES + step) - one.metres(PLACES) for one in (plane, true))
        ratios.append(np.log(np.hypot(*said.T) / np.hypot(*were.T)))
    return float(np.sqrt(np.mean(np.concatenate(ratios) ** 2)))


def test_homography_of_a_pinhole() -> None:
    """Looking straight ahead of 45 degrees down from 10 m, the picture's middle lies 10 m ahead."""
    plane = plane_of(Pinhole(10.0, np.pi / 4, 1.0, 1.0))
    np.testing.assert_allclose(plane.metres(np.array([[0.5, 0.5]])), [[0.0, 10.0]], atol=1e-9)
    right = plane.metres(np.array([[0.6, 0.5]]))[0]
    assert right[0] == pytest.approx(0.1 * np.hypot(10, 10))
    assert np.isnan(plane.metres(np.array([[0.5, -0.49], [0.5, -1.0]]))).all(), "at the horizon and above"


@pytest.mark.parametrize("camera", CAMERAS, ids=["flat", "steep"])
def test_exact_lengths_give_the_ground(camera: Pinhole) -> None:
    plane = from_lengths(lengths_of(camera), ASPECT)
    assert off(plane, camera) < 0.01
    assert plane.method == "lengths"
    assert plane.area_m2(np.array([[0.3, 0.6], [0.7, 0.6], [0.7, 0.9], [0.3, 0.9]])) == pytest.approx(
        plane_of(camera).area_m2(np.array([[0.3, 0.6], [0.7, 0.6], [0.7, 0.9], [0.3, 0.9]])), rel=0.02
    )


@pytest.mark.parametrize("camera", CAMERAS, ids=["flat", "steep"])
@pytest.mark.parametrize(("word", "n", "horizon"), [("four", 4, False), ("two and the horizon", 2, True)])
def test_stated_errors_hold(camera: Pinhole, word: str, n: int, horizon: bool) -> None:
    """Clicks that are off: errors are, in the root mean square over trials, not above 1.5 times what is stated."""
    random = np.random.default_rng(3)
    ratios = []
    for _ in range(6):
        guess = camera.horizon + 0.5 + random.normal(0, 0.02) if horizon else None
        plane = from_lengths(lengths_of(camera, random, n), ASPECT, guess)
        ratios.append(off(plane, camera) / plane.error_share)
    assert np.sqrt(np.mean(np.square(ratios))) < 1.5, word
    assert max(ratios) > 0.05, "errors that say nothing"


def test_a_known_lens_lessens_the_error() -> None:
    camera = CAMERAS[0]
    known = lengths_of(camera, None, 2)
    unsure, sure = from_lengths(known, ASPECT), from_lengths(known, ASPECT, field_deg=60.0)
    assert sure.error_share < unsure.error_share
    assert off(sure, camera) < 0.1


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("one", [KnownLength((0.1, 0.9), (0.9, 0.9), 5)], "two or more known lengths"),
        ("no way", [KnownLength((0.1, 0.9), (0.1, 0.9), 5)] * 2, "two points apart"),
        (
            "lengths that disagree",
            [KnownLength((0.1, 0.9), (0.9, 0.9), 5), KnownLength((0.1, 0.91), (0.9, 0.91), 50)],
            "one flat ground",
        ),
    ],
)
def test_lengths_refuse(word: str, known: list[KnownLength], said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        from_lengths(known, ASPECT)
    assert said in str(caught.value), word


@pytest.mark.parametrize("camera", CAMERAS, ids=["flat", "steep"])
def test_points_give_the_ground(camera: Pinhole) -> None:
    shown = PLACES[[0, 2, 4, 6, 8]]
    true = plane_of(camera).metres(shown)
    points = [(*place, *there) for place, there in zip(shown.tolist(), true.tolist(), strict=True)]
    plane = from_points(points)
    assert off(plane, camera) < 1e-6
    assert plane.residual_share < 1e-9
    random = np.random.default_rng(1)
    noisy = [(x + random.normal(0, 0.003), y + random.normal(0, 0.003), a, b) for x, y, a, b in points]
    assert 0.003 < from_points(noisy).error_share < 0.1
    wrong = [(x, y, a, b + (3.0 if k == 4 else 0.0)) for k, (x, y, a, b) in enumerate(points)]
    assert from_points(wrong).error_share > 0.05, "a point that is wrong shows"


@pytest.mark.parametrize(
    ("word", "points", "said"),
    [
        ("three", [(0, 0, 0, 0), (1, 0, 1, 0), (1, 1, 1, 1)], "four or more points"),
        ("on a line", [(0, 0, 0, 0), (0.5, 0.5, 1, 1), (1, 1, 2, 2), (0.2, 0.2, 0.4, 0.4)], "no three lie on a line"),
        ("a folded ground", [(0, 0, 0, 0), (1, 0, 5, 0), (1, 1, 0, 5), (0, 1, 5, 5)], "points of one flat ground"),
    ],
)
def test_points_refuse(word: str, points: Any, said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        from_points(points)
    assert said in str(caught.value), word
