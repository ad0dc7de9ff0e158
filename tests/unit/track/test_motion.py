"""The motion model: a steady walker's speed is found, noise grows in metres, boxes come back as they were."""

import numpy as np
import pytest

from sightline.core.vocabulary import CODE
from sightline.track import columns as c
from sightline.track import motion

PERSON = np.array([CODE["pedestrian"]])


def measured(x: float, y: float, height: float, score: float = 1.0) -> np.ndarray:
    """A block (MEASURED, 1)."""
    return np.array([[x], [y], [np.log(height)], [score], [0.0]])


@pytest.mark.parametrize("rate", [1, 2, 5, 25])
def test_speed_of_a_walker_at_any_rate(rate: int) -> None:
    block = np.zeros((c.FLOATS, 1))
    motion.start(block, PERSON, measured(0, 500, 170))
    for k in range(1, 4 * rate + 1):
        motion.move(block, PERSON, np.array([1 / rate]))
        motion.correct(block, PERSON, measured(140 * k / rate, 500, 170))
    assert motion.speeds_mps(block, PERSON) == pytest.approx([1.4], abs=0.1)


def test_noise_is_the_same_in_metres_near_and_far() -> None:
    metres = []
    for height in (34.0, 340.0):
        block = np.zeros((c.FLOATS, 1))
        motion.start(block, PERSON, measured(0, 500, height))
        motion.move(block, PERSON, np.array([0.5]))
        metres.append(np.sqrt(block[c.XX]) / motion.scales(block[c.LOG_H], PERSON))
    assert metres[0] == pytest.approx(metres[1])


def test_one_long_step_equals_two_short_ones() -> None:
    one, two = np.zeros((c.FLOATS, 1)), np.zeros((c.FLOATS, 1))
    for block, steps in ((one, [0.6]), (two, [0.2, 0.4])):
        motion.start(block, PERSON, measured(10, 500, 170))
        block[c.VX] = 30.0
        for step in steps:
            motion.move(block, PERSON, np.array([step]))
    assert one == pytest.approx(two)


def test_boxes_are_what_was_measured() -> None:
    block = np.zeros((c.FLOATS, 1))
    motion.start(block, PERSON, measured(300, 500, 170))
    block[c.RATIO] = 0.4
    assert motion.boxes(block)[0] == pytest.approx([266, 330, 334, 500])
