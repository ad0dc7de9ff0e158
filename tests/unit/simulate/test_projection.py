"""The pinhole: where points of the world fall in a picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.simulate.projection import NEAREST_M, Pinhole, plane_depths
from sightline.simulate.world import Camera

CAMERA = Camera("north", (10.0, -5.0, 8.0), 0.7, 0.4, 1.1, (640, 360))


def test_the_axis_falls_into_the_middle() -> None:
    pinhole = Pinhole(CAMERA)
    reach = 8.0 / np.sin(CAMERA.pitch)  # along the axis to the ground
    flat = reach * np.cos(CAMERA.pitch)
    ahead = np.array([[10 + flat * np.cos(0.7), -5 + flat * np.sin(0.7), 0.0]])
    pixels, depth = pinhole.project(ahead)
    np.testing.assert_allclose(pixels, [[320, 180]], atol=1e-9)
    np.testing.assert_allclose(depth, [reach])


@pytest.mark.parametrize(
    ("word", "step", "moved"),
    [
        ("to the right", (np.sin(0.7), -np.cos(0.7), 0.0), (1, 0)),
        ("up", (0.0, 0.0, 1.0), (0, -1)),
        ("away on the ground", (np.cos(0.7), np.sin(0.7), 0.0), (0, -1)),
    ],
)
def test_directions(word: str, step: tuple[float, float, float], moved: tuple[int, int]) -> None:
    pinhole = Pinhole(CAMERA)
    flat = 8.0 / np.tan(CAMERA.pitch)
    foot = np.array([10 + flat * np.cos(0.7), -5 + flat * np.sin(0.7), 0.0])
    before, after = pinhole.project(np.stack([foot, foot + step]))[0]
    assert tuple(np.sign(np.round(after - before, 6)).astype(int)) == moved, word


@given(st.floats(-20, 60), st.floats(-40, 40), st.floats(0.1, 0.9), st.floats(-3, 3))
def test_ground_there_and_back(x: float, y: float, pitch: float, yaw: float) -> None:
    """The homography says the same as the projection, and its inverse leads back to the ground."""
    pinhole = Pinhole(Camera("c", (0.0, 0.0, 7.0), yaw, pitch, 1.0))
    pixels, depth = pinhole.project(np.array([[x, y, 0.0]]))
    if depth[0] < 1.0:
        return
    matrix = pinhole.ground_homography()
    there = matrix @ [x, y, 1.0]
    np.testing.assert_allclose(there[:2] / there[2], pixels[0], atol=1e-6)
    back = np.linalg.inv(matrix) @ [*pixels[0], 1.0]
    np.testing.assert_allclose(back[:2] / back[2], [x, y], atol=1e-6)


def test_ground_seen() -> None:
    pinhole = Pinhole(CAMERA)
    x, y, depth = pinhole.ground_seen()
    for row, column in ((359, 0), (200, 639), (120, 300)):
        pixels, away = pinhole.project(np.array([[x[row, column], y[row, column], 0.0]], np.float64))
        np.testing.assert_allclose(pixels[0], [column + 0.5, row + 0.5], atol=0.01)
        assert away[0] == pytest.approx(float(depth[row, column]), rel=1e-4)
    level = Pinhole(Camera("level", (0.0, 0.0, 7.0), 0.0, 0.05, 1.0)).ground_seen()[2]
    assert np.isnan(level[0]).all(), "the sky is no ground"


def test_polygons_are_cut_before_the_camera() -> None:
    pinhole = Pinhole(Camera("c", (0.0, 0.0, 5.0), 0.0, 0.3, 1.2))
    road = np.array([[-50.0, -2.0, 0.0], [50.0, -2.0, 0.0], [50.0, 2.0, 0.0], [-50.0, 2.0, 0.0]])
    cut = pinhole.polygon(road)
    assert cut is not None
    assert np.isfinite(cut).all()
    assert len(cut) == 4
    assert pinhole.polygon(road - np.array([60.0, 0, 0])) is None, "all behind"
    away = np.array([60.0, 0, 0])
    whole = pinhole.polygon(road + away)
    np.testing.assert_allclose(whole, pinhole.project(road + away)[0])
    assert pinhole.project(np.array([[-9.0, 0.0, 5.0]]))[1][0] < NEAREST_M


def test_plane_depths() -> None:
    """A wall's depth in each pixel is that of the point seen there."""
    pinhole = Pinhole(CAMERA)
    corner, along = np.array([30.0, 5.0, 0.0]), np.array([0.3, 1.0, 0.0])
    points = np.stack([corner, corner + 10 * along, corner + np.array([0, 0, 6.0])])
    pixels, depths = pinhole.project(points)
    inner = corner + 4 * along + np.array([0, 0, 2.5])
    (x, y), away = pinhole.project(inner[None])[0][0], pinhole.project(inner[None])[1][0]
    box = (int(x), int(y), int(x) + 1, int(y) + 1)
    assert plane_depths(pixels, depths, box)[0, 0] == pytest.approx(away, rel=0.01)
    flat = plane_depths(np.zeros((3, 2)), np.array([4.0, 5.0, 6.0]), (0, 0, 2, 2))
    np.testing.assert_allclose(flat, 5.0)
