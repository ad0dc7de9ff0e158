"""The meter: mean times per stage, the rate and the age shown."""

import pytest

from sightline.core.clock import ManualClock
from sightline.pipeline.meter import Meter


def test_mean_time_of_a_stage() -> None:
    clock = ManualClock()
    meter = Meter(clock)
    for spent_s in (0.010, 0.030):
        with meter.time("detect"):
            clock.advance(spent_s)
    assert meter.ms() == pytest.approx({"detect": 20.0})


def test_rate_and_age() -> None:
    clock = ManualClock()
    meter = Meter(clock)
    assert (meter.rate(), meter.age_s()) == (0.0, None)
    for _ in range(41):
        meter.tick()
        clock.advance(0.1)
    assert meter.rate() == pytest.approx(10, rel=0.05)
    assert meter.age_s() == pytest.approx(0.1)
    clock.advance(60)
    assert meter.rate() == 0.0, "a camera that stopped has no rate"
    assert meter.analysed == 41
