"""Parked vehicles: seen but not counted, until they move."""

import numpy as np
import pytest

from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.parking import Parking


def one(label: str, left: float, track: int = 1, jitter: float = 0.0) -> Tracks:
    return Tracks(
        np.array([[left + jitter, 50 - jitter, left + 80, 90]], np.float32),
        np.ones(1, np.float32),
        np.array([CODE[label]], np.int16),
        np.array([track], np.int64),
        np.zeros(1, np.float32),
        np.zeros(1, np.bool_),
    )


@pytest.mark.parametrize(
    ("label", "lefts", "parked", "why"),
    [
        ("car", [10] * 5, [True] * 5, "a car that stands"),
        ("bicycle", [10] * 3, [True] * 3, "a bicycle that stands"),
        ("pedestrian", [10] * 3, [False] * 3, "a person may stand and counts"),
        ("car", [10, 20, 60, 60, 60], [True, True, False, False, False], "a car that drove and stopped again"),
        ("unknown", [10] * 2, [False] * 2, "what is not known to be a vehicle"),
    ],
)
def test_parked(label: str, lefts: list[float], parked: list[bool], why: str) -> None:
    parking = Parking()
    assert [bool(parking.update(one(label, left))[0]) for left in lefts] == parked, why


def test_a_jittering_box_stays_parked() -> None:
    parking = Parking()
    random = np.random.default_rng(3)
    assert all(parking.update(one("car", 10, jitter=float(random.normal(0, 4))))[0] for _ in range(500))


def test_unconfirmed_rows_are_not_judged_and_ended_tracks_are_forgotten() -> None:
    parking = Parking()
    assert not parking.update(one("car", 10, track=-1))[0]
    parking.update(one("car", 10))
    parking.forget([1, 2])
    assert parking.update(one("car", 300))[0], "an id that begins anew begins parked"
