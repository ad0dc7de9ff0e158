"""The motion model: speeds are found, noise grows in metres, perspective is exact, lasting errors count once."""

import numpy as np
import pytest

from sightline.core.vocabulary import CODE
from sightline.track import columns as c
from sightline.track import motion

PERSON, CAR = np.array([CODE["pedestrian"]]), np.array([CODE["car"]])
SURE = np.zeros((c.AXES, 1))


def seen(x: float, y: float, height: float, shape: float = 0.4) -> np.ndarray:
    """A state (AXES, 1)."""
    return np.array([[x], [y], [np.log(height)], [np.log(shape)]])


def newborn(state: np.ndarray, labels: np.ndarray = PERSON) -> np.ndarray:
    block = np.zeros((c.FLOATS, 1))
    motion.start(block, labels, state, SURE)
    return block


def errors(block: np.ndarray, labels: np.ndarray = PERSON) -> np.ndarray:
    return motion.errors(motion.units(block[c.HEIGHT], labels), labels)


@pytest.mark.parametrize("rate", [1, 2, 5, 25])
def test_speed_of_a_walker_at_any_rate(rate: int) -> None:
    block = newborn(seen(0, 500, 170))
    for k in range(1, 4 * rate + 1):
        motion.move(block, PERSON, np.array([1 / rate]))
        motion.correct(block, seen(140 * k / rate, 500, 170), motion.WHITE * errors(block))
    assert motion.speeds_mps(block, PERSON) == pytest.approx([1.4], abs=0.1)


def test_noise_is_the_same_in_metres_near_and_far() -> None:
    metres = []
    for height in (34.0, 340.0):
        block = newborn(seen(0, 500, height))
        motion.move(block, PERSON, np.array([0.5]))
        metres.append(np.sqrt(block[c.PP][:2]) / motion.scales(block[c.HEIGHT], PERSON))
    assert metres[0] == pytest.approx(metres[1])


def test_one_long_step_equals_two_short_ones_where_nothing_comes_nearer() -> None:
    one, two = newborn(seen(10, 500, 170)), newborn(seen(10, 500, 170))
    for block, steps in ((one, [0.6]), (two, [0.2, 0.4])):
        block[c.VV][c.HEIGHT] = 0.0
        block[c.VELOCITY][c.FOOT_X] = 30.0
        for step in steps:
            motion.move(block, PERSON, np.array([step]))
    # The noise of the scale aside, which is taken at the start of each step.
    assert one[: c.SCORE] == pytest.approx(two[: c.SCORE], rel=0.02, abs=1e-3)


def test_a_car_that_comes_nearer_is_where_a_pinhole_camera_sees_it() -> None:
    """A car 40 m away drives towards the camera at 10 m/s and 2 m/s to the side; the camera hangs 6 m high, its focal
    length is 800 px: foot y = 100 + 800 * 6 / d, x = 320 + 800 * side / d, height = 800 * 1.5 / d."""

    def picture(d: float, side: float) -> tuple[float, float, float]:
        return 320 + 800 * side / d, 100 + 4800 / d, 1200 / d

    x, y, height = picture(40.0, 3.0)
    block = newborn(seen(x, y, height), CAR)
    block[c.VELOCITY] = np.array([[800 * (2 * 40 + 10 * 3) / 40**2], [4800 * 10 / 40**2], [10 / 40], [0.0]])
    motion.move(block, CAR, np.array([1.0]))
    x, y, height = picture(30.0, 5.0)
    assert motion.boxes(block[c.PLACE])[0, 3] == pytest.approx(y)
    assert block[c.FOOT_X] == pytest.approx([x])
    assert np.exp(block[c.HEIGHT]) == pytest.approx([height])
    assert block[c.VELOCITY][:3, 0] == pytest.approx([800 * (2 * 30 + 10 * 5) / 30**2, 4800 * 10 / 30**2, 10 / 30])


def test_many_looks_at_one_error_are_not_many_looks() -> None:
    """A second of 25 frames whose errors hardly change says less than 25 frames of independent errors would."""
    block = newborn(seen(0, 500, 170))
    for _ in range(25):
        motion.move(block, PERSON, np.array([0.04]))
        motion.correct(block, seen(0, 500, 170), motion.WHITE * errors(block))
    independent = errors(block)[c.FOOT_X] / 26
    assert (block[c.PP][c.FOOT_X] > 3 * independent).all()


def test_a_box_is_expected_with_the_error_it_had() -> None:
    block = newborn(seen(0, 500, 170))
    for _ in range(20):
        motion.move(block, PERSON, np.array([0.2]))
        motion.correct(block, seen(0, 500, 170), motion.WHITE * errors(block))
    motion.move(block, PERSON, np.array([0.04]))
    motion.correct(block, seen(8, 500, 170), motion.WHITE * errors(block))
    centre, _ = motion.expected(block, errors(block))
    assert abs(block[c.FOOT_X][0]) < centre[c.FOOT_X][0] < 8
    motion.move(block, PERSON, np.array([2.0]))
    assert abs(block[c.ERROR]).max() < 0.05  # and forgets it


def test_boxes_are_what_was_measured() -> None:
    assert motion.seen_boxes(newborn(seen(300, 500, 170)))[0] == pytest.approx([266, 330, 334, 500])


def test_variances_stay_variances() -> None:
    rng = np.random.default_rng(2)
    block = newborn(seen(300, 500, 170))
    for _ in range(300):
        motion.move(block, PERSON, rng.uniform(0.001, 3.0, 1))
        block[c.VELOCITY][c.HEIGHT] = rng.normal(0, 0.5)
        motion.correct(
            block, seen(*rng.uniform(100, 600, 2), rng.uniform(20, 300)), errors(block) * rng.uniform(0.3, 9)
        )
        block[c.PLACE] = seen(300, 500, 170)
        pp, pe, ee, pv, vv = (block[rows] for rows in (c.PP, c.PE, c.EE, c.PV, c.VV))
        assert (pp > 0).all()
        assert (ee > 0).all()
        assert (pp * ee >= pe * pe * (1 - 1e-9)).all()
        assert (pp * vv >= pv * pv * (1 - 1e-9)).all()


@pytest.mark.parametrize(
    ("name", "speed", "least", "most", "word"),
    [
        ("car", 0.2, 0.55, 0.7, "a queue's box that trembles: it stands"),
        ("car", 0.7, 0.72, 0.85, "nobody knows: half of the pull"),
        ("car", 4.0, 0.99, 1.0, "it drives"),
        ("pedestrian", 0.2, 1.0, 1.0, "people dawdle"),
        ("bicycle", 0.2, 1.0, 1.0, "riders balance"),
    ],
)
def test_what_stands_goes_on_standing(name: str, speed: float, least: float, most: float, word: str) -> None:
    """Share of its velocity, and of its error, that is left after a second; at any angle to the picture."""
    labels = np.array([CODE[name]])
    for angle in (0.0, 0.6, np.pi / 2):
        block, still = newborn(seen(0, 500, 150), labels), newborn(seen(0, 500, 150), labels)
        scale = motion.scales(block[c.HEIGHT], labels)
        start = speed * scale * np.array([np.cos(angle), motion.K_Y * np.sin(angle)])[:, None]
        block[c.VELOCITY][:2] = start
        for one in (block, still):
            one[c.VV][:] = 0.0
            one[c.VV][:2] = 1.0 * scale**2
            motion.move(one, labels, np.ones(1))
        left = np.hypot(*block[c.VELOCITY][:2, 0]) / np.hypot(*start[:, 0])
        assert least - 1e-9 <= left <= most + 1e-9, word
        assert (still[c.VELOCITY][:2] == 0).all()


def test_the_velocity_of_a_driver_may_change_more_than_that_of_a_queue() -> None:
    """Braking and pulling away, in m/s within half a second, from a velocity that is known."""
    sigmas = []
    for speed in (0.0, 2.0, 4.0, 20.0):
        block = newborn(seen(0, 500, 150), CAR)
        block[c.VV] = 0.0
        scale = motion.scales(block[c.HEIGHT], CAR)
        block[c.VELOCITY][0] = speed * scale
        motion.move(block, CAR, np.array([0.5]))
        sigmas.append(float(np.sqrt(block[c.VV][0, 0]) / scale[0]))
    assert sigmas == sorted(sigmas)
    assert sigmas[0] == pytest.approx(motion.VEHICLE.accel * 0.5**0.5)
    assert sigmas[2] == sigmas[3] == pytest.approx(sigmas[0] * (1 + motion.VEHICLE.haste) ** 0.5)
