"""Buckets: what fits, what waits, and that a flood of other keys changes nothing but upwards."""

import pytest

from sightline.api.people.limits import WIDTH, Buckets, neighbourhood
from sightline.core.clock import ManualClock


def test_a_bucket_takes_what_fits_and_leaks():
    clock = ManualClock(1)
    buckets = Buckets(clock, capacity=3, per_s=0.5)
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(2.0)]
    assert buckets.take("b") == 0.0
    clock.advance(2)
    assert buckets.wait_s("a") == 0.0
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0
    buckets.give_back("a")
    assert buckets.take("a") == 0.0


def test_a_flood_of_other_keys_neither_frees_nor_fills_one():
    clock = ManualClock(1)
    buckets = Buckets(clock, capacity=5, per_s=1 / 60)
    while buckets.take("victim") == 0.0:
        pass
    size = buckets._levels.nbytes
    for number in range(2_000):
        buckets.take(f"flood {number}")
    assert buckets.take("victim") > 0, "a table that forgets its oldest keys would let it through"
    assert buckets._levels.nbytes == size
    assert buckets.take("somebody else") == 0.0, "2,000 of 16,384 buckets are touched, once each"
    assert WIDTH == 16_384


@pytest.mark.parametrize(
    ("address", "counted"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1:2", "2001:db8::/64"),
     ("fe80::1%eth0", "fe80::/64"), ("nonsense", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_neighbourhoods(address, counted):
    assert neighbourhood(address) == counted
