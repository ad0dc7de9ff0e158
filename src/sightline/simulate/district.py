"""A district: a layout and the cameras that watch it, from one seed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sightline.simulate.layout import make_layout
from sightline.simulate.mounting import place_cameras
from sightline.simulate.world import Camera, Layout

_CAMERAS_PER_JUNCTION: Final = 1.5


@dataclass(frozen=True, slots=True)
class District:
    """A layout with its cameras."""

    layout: Layout
    cameras: tuple[Camera, ...]


def district(seed: int, cameras: int = 6, *, size: tuple[int, int] = (640, 360), fps: float = 10.0) -> District:
    """A district for so many cameras: about one junction for every 1.5 of them. BadConfig."""
    junctions = max(1, int(np.ceil(cameras / _CAMERAS_PER_JUNCTION)))
    layout = make_layout(seed, junctions)
    return District(layout, place_cameras(layout, seed, cameras, size, fps))
