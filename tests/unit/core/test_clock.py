"""Clocks."""

from sightline.core.clock import ManualClock, SystemClock


def test_manual_clock_moves_when_told() -> None:
    clock = ManualClock(5)
    assert (clock.now_ns(), clock.monotonic_ns()) == (5, 5)
    clock.advance(1.5)
    assert clock.now_ns() == 1_500_000_005


def test_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.monotonic_ns() <= clock.monotonic_ns()
    assert clock.now_ns() > 1_600_000_000 * 10**9
