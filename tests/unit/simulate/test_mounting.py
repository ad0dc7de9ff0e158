"""Cameras stand on pavements, look at streets, and their lines lie in the picture across the street."""

import numpy as np
import pytest

from sightline.core.errors import BadConfig
from sightline.simulate.district import district
from sightline.simulate.layout import make_layout
from sightline.simulate.mounting import lines_for, open_ground, place_cameras, project
from sightline.simulate.world import Camera, Layout


def ground(camera: Camera, share: tuple[float, float]) -> np.ndarray:
    """The ground point (2,) at a share of the picture."""
    x = (share[0] - 0.5) * camera.size[0] / camera.focal_px
    y = (share[1] - 0.5) * camera.size[1] / camera.focal_px
    ahead = np.cos(camera.pitch) - y * np.sin(camera.pitch)
    scale = camera.place[2] / (np.sin(camera.pitch) + y * np.cos(camera.pitch))
    view = np.array([np.cos(camera.yaw), np.sin(camera.yaw)])
    right = np.array([view[1], -view[0]])
    return np.asarray(np.array(camera.place[:2]) + (view * ahead + right * x) * scale)


def on_road(layout: Layout, point: np.ndarray) -> bool:
    for k, one in enumerate(layout.streets):
        start, ahead, length = layout.axis(k)
        along, across = (point - start) @ ahead, abs((point - start) @ np.array([ahead[1], -ahead[0]]))
        if -1 < along < length + 1 and across < one.kerb_m - 0.05:
            return True
    return False


@pytest.mark.parametrize("seed", range(12))
def test_views_of_a_small_district(seed: int) -> None:
    one = district(seed)
    assert [camera.name for camera in one.cameras] == [f"cam-0{k}" for k in range(1, 7)]
    lines = 0
    for camera in one.cameras:
        assert 6 <= camera.place[2] <= 11
        assert 21.9 <= np.degrees(camera.pitch) <= 38.1
        assert 50 <= np.degrees(camera.field) <= 75
        assert 0.8 <= camera.gain <= 1.25
        place = np.array(camera.place[:2])
        everything = list(range(len(one.layout.streets)))
        assert open_ground(one.layout, place[None], everything).all(), "inside a house"
        assert not on_road(one.layout, place)
        ahead = np.linspace(6, 30, 20)[:, None]
        way = place + ahead * np.array([np.cos(camera.yaw), np.sin(camera.yaw)])
        assert open_ground(one.layout, way[:12], everything).mean() > 0.85, "looks at a wall"
        lines += len(lines_for(one.layout, camera))
    assert lines >= 6


def test_projection_there_and_back() -> None:
    camera = district(4).cameras[0]
    for share in ((0.2, 0.6), (0.5, 0.5), (0.9, 0.95)):
        back, ahead = project(camera, ground(camera, share)[None])
        assert back[0] == pytest.approx(share, abs=1e-9)
        assert ahead[0] > 0


@pytest.mark.parametrize("seed", range(6))
def test_lines_reach_from_kerb_to_kerb(seed: int) -> None:
    one = district(seed)
    for camera in one.cameras:
        for line in lines_for(one.layout, camera):
            ends = np.array([ground(camera, line.start), ground(camera, line.end)])
            if line.name.endswith("pavement"):
                continue
            width = np.hypot(*(ends[1] - ends[0]))
            assert any(abs(width - 2 * street.kerb_m) < 0.5 for street in one.layout.streets)
            assert on_road(one.layout, ends.mean(axis=0))


def test_many_cameras_spread_over_the_district() -> None:
    one = district(2, 300)
    assert len({camera.name for camera in one.cameras}) == 300
    places = np.array([camera.place[:2] for camera in one.cameras])
    low, high = one.layout.nodes.min(axis=0), one.layout.nodes.max(axis=0)
    quarters = ((places - low) / (high - low) > 0.5) @ np.array([1, 2])
    assert np.bincount(quarters, minlength=4).min() > 40


def test_same_seed_same_cameras() -> None:
    layout = make_layout(3, 8)
    assert place_cameras(layout, 3, 12) == place_cameras(layout, 3, 12)
    assert place_cameras(layout, 3, 12) != place_cameras(layout, 4, 12)
    assert place_cameras(layout, 3, 0) == ()


@pytest.mark.parametrize(("n", "size", "fps"), [(-1, (640, 360), 10.0), (3, (10, 360), 10.0), (3, (640, 360), 0.0)])
def test_refuses(n: int, size: tuple[int, int], fps: float) -> None:
    with pytest.raises(BadConfig):
        place_cameras(make_layout(1, 1), 1, n, size, fps)
