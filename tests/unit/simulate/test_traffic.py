"""How road users behave."""

from itertools import pairwise

import numpy as np
import pytest

from sightline.simulate.traffic import KERB_M, LENGTH_M, ZEBRA_M, Traffic

STEP_S = 0.1


@pytest.mark.parametrize("seed", range(3))
def test_nobody_drives_into_another(seed: int) -> None:
    traffic = Traffic(seed, STEP_S)
    for _ in range(1200):
        traffic.advance()
        lanes: dict[float, list[tuple[float, float]]] = {}
        for mover in traffic.movers:
            if mover.label != "pedestrian":
                lanes.setdefault(mover.x, []).append((mover.y, LENGTH_M[mover.label]))
        for lane in lanes.values():
            lane.sort()
            for (y0, length0), (y1, length1) in pairwise(lane):
                assert y1 - y0 > (length0 + length1) / 2 - 0.3


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_run_over(seed: int) -> None:
    traffic = Traffic(seed, STEP_S)
    crossed = 0
    for _ in range(1200):
        traffic.advance()
        walkers = [m for m in traffic.movers if m.label == "pedestrian" and abs(m.x) < KERB_M]
        crossed += len(walkers)
        for walker in walkers:
            assert ZEBRA_M[0] <= walker.y <= ZEBRA_M[1], "they cross on the zebra"
            for other in traffic.movers:
                if other.label != "pedestrian" and abs(other.x - walker.x) < 1.0:
                    assert abs(other.y - walker.y) > LENGTH_M[other.label] / 2 - 0.2
    assert crossed


def test_speeds_and_density() -> None:
    traffic = Traffic(5, STEP_S)
    counts, speeds = [], []
    for _ in range(1800):
        traffic.advance()
        counts.append(len(traffic.movers))
        speeds += [m.speed for m in traffic.movers if m.label == "car"]
    assert 8 < np.mean(counts) < 40
    assert max(counts) < 60
    assert 0 <= min(speeds) <= max(speeds) < 17
    assert np.median(speeds) > 5, "traffic flows"


def test_same_seed_same_traffic() -> None:
    one, two = Traffic(9, STEP_S), Traffic(9, STEP_S)
    for _ in range(100):
        one.advance()
        two.advance()
    assert [(m.id, m.label, m.x, m.y) for m in one.movers] == [(m.id, m.label, m.x, m.y) for m in two.movers]


@pytest.mark.parametrize("seed", [0, 3])
def test_nobody_waits_for_ever(seed: int) -> None:
    """Walkers and drivers who let each other pass must not do so without end."""
    traffic = Traffic(seed, STEP_S)
    stands: dict[int, float] = {}
    for _ in range(6000):
        traffic.advance()
        for mover in traffic.movers:
            stands[mover.id] = stands.get(mover.id, 0.0) + STEP_S if mover.speed < 0.05 else 0.0
    assert max(stands.values()) < 60
    assert len(traffic.movers) < 50
