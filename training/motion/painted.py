"""Clips of painted districts with their truth, by seed."""

from collections.abc import Iterator
from math import ceil
from typing import Final

import numpy as np
from clips import Shot

from sightline.core.vocabulary import CODE
from sightline.simulate.district import district
from sightline.simulate.flow import Traffic
from sightline.simulate.painter import Painter
from sightline.simulate.weather import WEATHERS
from sightline.simulate.world import Movers

LEAST_PX: Final = 14.0  # height from which a road user should be found: a little under what is counted (16 px)
LEAST_SEEN: Final = 0.25  # share of a road user that must be visible, as it is counted
_LONGEST_STEP_S: Final = 0.1
_WHEELS: Final = (CODE["motorcycle"], CODE["bicycle"], CODE["scooter"])


def cameras_of(
    seed: int, size: tuple[int, int], fps: float, pictures: int, cameras: int = 6
) -> Iterator[tuple[str, list[Shot]]]:
    """The weather's name and the clip of each camera of one district, all of the same seconds."""
    random = np.random.default_rng([seed, 30])
    place = district(seed, cameras, size=size, fps=fps)
    steps = max(1, ceil(1 / fps / _LONGEST_STEP_S - 1e-9))
    users = int(random.integers(40, 70)) * len(place.layout.streets) // 6
    traffic = Traffic(place.layout, seed, step_s=1 / fps / steps, hour=float(random.uniform(6, 22)), users=users)
    for _ in range(int(random.integers(0, 300))):
        traffic.advance()
    names = list(WEATHERS)
    weather = names[int(random.choice(len(names), p=_shares(names)))]
    painters = [Painter(place.layout, camera, WEATHERS[weather], seed) for camera in place.cameras]
    clips: list[list[Shot]] = [[] for _ in painters]
    for index in range(1, pictures + 1):
        movers, lights = traffic.movers, traffic.lights
        for painter, clip in zip(painters, clips, strict=True):
            bgr, seen = painter.paint(movers, lights, index)
            tall = seen.boxes_px[:, 3] - seen.boxes_px[:, 1]
            care = (seen.visibility >= LEAST_SEEN) & (tall >= LEAST_PX) & ~_left_alone(movers, seen.ids, seen.labels)
            clip.append(Shot(bgr.copy(), seen.boxes_px, seen.labels.astype(np.int64), care))
        for _ in range(steps):
            traffic.advance()
    for clip in clips:
        yield weather, clip


def _shares(names: list[str]) -> np.ndarray:
    """Clear and overcast skies more often than the others."""
    share = np.array([2.0 if name in ("clear", "overcast") else 1.0 for name in names])
    return share / share.sum()


def _left_alone(movers: Movers, ids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which rows are two-wheelers that nobody rides: neither to be found nor wrong to be found."""
    parked = np.isin(ids, movers.ids[movers.parked])
    return parked & np.isin(labels, _WHEELS)
