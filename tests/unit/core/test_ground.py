"""Ground points against a pinhole written the other way round: from a place on the ground to the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.core.errors import BadConfig
from sightline.core.ground import CONE_M, EARTH_M, FAR_M, Mount, ground_metres, ground_points, view_cone

WIDE = 16 / 9


def mount(bearing=0.0, pitch=25.0, height=8.0, field=60.0, lon=8.65, lat=49.87):
    return Mount(lon, lat, height, bearing, pitch, field)


def picture_points(where, aspect, metres):
    """Shares (n, 2) of the picture at which ground points (n, 2), metres east and north of the camera, are seen."""
    bearing, pitch = np.radians(where.bearing_deg), np.radians(where.pitch_deg)
    axis = np.array([np.sin(bearing) * np.cos(pitch), np.cos(bearing) * np.cos(pitch), -np.sin(pitch)])
    right = np.array([np.cos(bearing), -np.sin(bearing), 0.0])
    down = np.cross(axis, right)
    points = np.column_stack([metres, np.full(len(metres), -where.height_m)])
    depth = points @ axis
    focal = 0.5 / np.tan(np.radians(where.field_deg) / 2)  # in widths of the picture
    return np.column_stack([0.5 + focal * points @ right / depth, 0.5 + aspect * focal * points @ down / depth])


def metres_of(where, lonlat):
    """Metres east and north of the camera."""
    scale = np.radians(1.0) * EARTH_M
    east = (lonlat[:, 0] - where.lon) * scale * np.cos(np.radians(where.lat))
    return np.column_stack([east, (lonlat[:, 1] - where.lat) * scale])


MOUNTS = st.builds(
    Mount,
    lon=st.floats(-179, 179),
    lat=st.floats(-70, 70),
    height_m=st.floats(2, 40),
    bearing_deg=st.floats(-360, 360),
    pitch_deg=st.floats(3, 60),
    field_deg=st.floats(20, 110),
)


@given(MOUNTS, st.floats(0.5, 3.0), st.floats(0.2, 140.0), st.floats(-1.0, 1.0))
def test_ground_to_picture_to_ground(where, aspect, distance, aside):
    """Whatever ground a camera sees, its place in the picture leads back to it."""
    turn = np.radians(where.bearing_deg) + aside * np.radians(where.field_deg) / 2
    metres = distance * np.array([[np.sin(turn), np.cos(turn)]])
    shares = picture_points(where, aspect, metres)
    back = metres_of(where, ground_points(where, aspect, shares))
    assert np.allclose(back, metres, atol=0.01 + 1e-5 * distance**2)


@given(MOUNTS, st.floats(0.5, 3.0), st.floats(0, 1), st.floats(0, 1))
def test_picture_to_ground_to_picture(where, aspect, x, y):
    shares = np.array([[x, y]])
    metres = ground_metres(where, aspect, shares)
    distance = np.hypot(*metres[0])
    lonlat = ground_points(where, aspect, shares)
    if not np.isfinite(distance) or distance > FAR_M:
        assert np.isnan(lonlat).all()
        return
    assert np.allclose(picture_points(where, aspect, metres), shares, atol=1e-6)
    assert np.isfinite(lonlat).all()


@pytest.mark.parametrize(
    ("bearing", "direction"),
    [(0, (0, 1)), (90, (1, 0)), (180, (0, -1)), (270, (-1, 0)), (-90, (-1, 0)), (45, (0.5**0.5, 0.5**0.5))],
)
def test_middle_of_the_picture_lies_straight_ahead(bearing, direction):
    where = mount(bearing=bearing, pitch=20.0, height=10.0)
    reach = 10.0 / np.tan(np.radians(20.0))
    metres = metres_of(where, ground_points(where, WIDE, np.array([[0.5, 0.5]])))
    assert metres[0] == pytest.approx(reach * np.array(direction), abs=1e-3)


def test_right_in_the_picture_is_right_on_the_ground():
    metres = metres_of(mount(), ground_points(mount(), WIDE, np.array([[0.1, 0.8], [0.9, 0.8], [0.9, 0.9]])))
    assert metres[0, 0] < 0 < metres[1, 0]
    assert metres[2, 1] < metres[1, 1], "lower in the picture is nearer"


@pytest.mark.parametrize(
    ("pitch", "y", "seen"),
    [(0, 0.5, False), (0, 0.49, False), (0, 0.99, True), (-30, 0.5, False), (25, 0.0, True), (2, 0.51, False)],
    ids=["at the horizon", "above it", "below it", "looking up", "looking down", "beyond 150 m"],
)
def test_what_is_no_ground_is_nan(pitch, y, seen):
    points = ground_points(mount(pitch=pitch), WIDE, np.array([[0.5, y]]))
    assert np.isfinite(points).all() == seen


def test_no_points():
    assert ground_points(mount(), WIDE, np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("aspect", [0.0, -1.0, float("nan"), float("inf")])
def test_aspect_that_cannot_be(aspect):
    with pytest.raises(ValueError, match="aspect: expected"):
        ground_points(mount(), aspect, np.zeros((1, 2)))


@pytest.mark.parametrize(
    "change",
    [{"lat": 91.0}, {"lon": 181.0}, {"height": 0.0}, {"field": 180.0}, {"pitch": 95.0}, {"bearing": float("nan")}],
    ids=str,
)
def test_mounts_that_cannot_be(change):
    with pytest.raises(BadConfig, match=r"^mount\.\w+: expected a number in "):
        mount(**change)


@given(MOUNTS, st.floats(0.8, 2.5))
def test_view_cone_is_what_the_camera_sees(where, aspect):
    cone = view_cone(where, aspect)
    if not len(cone):
        return
    metres = metres_of(where, cone)
    shares = picture_points(where, aspect, metres)
    assert (np.hypot(metres[:, 0], metres[:, 1]) < CONE_M + 0.1).all()
    assert (shares > -1e-3).all()
    assert (shares < 1 + 1e-3).all()


@pytest.mark.parametrize(
    ("where", "corners"),
    [(mount(), 11), (mount(pitch=-40.0), 0), (mount(height=100.0, pitch=30.0), 0), (mount(pitch=80.0), 11)],
    ids=["a street camera", "looks at the sky", "on a tower", "straight down"],
)
def test_corners_of_the_cone(where, corners):
    assert view_cone(where, WIDE).shape == (corners, 2)
