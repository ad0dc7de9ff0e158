"""Drift, offset and jumps of clocks whose truth is known, through a network that delays."""

import numpy as np
import pytest

from sightline.core.clock import ManualClock
from sightline.video.drift import Drift
from sightline.video.timing import LiveTime

S = 1_000_000_000
UTC = 1_800_000_000 * S


def watched(seconds: int, *, ppm: float = 0, ahead_ms: float = 0, jump_at: int | None = None, seed: int = 0) -> Drift:
    """Five looks a second at a clock that is ahead and runs fast, by ways of 20 ms and now and then much more."""
    rng, drift = np.random.default_rng(seed), Drift()
    for number in range(seconds * 5):
        real = number * S // 5
        told = real + round(real * ppm / 1e6 + ahead_ms * 1e6)
        if jump_at is not None and number >= jump_at * 5:
            told += 3 * S
        delay = 20e6 + rng.exponential(8e6) + (300e6 if rng.random() < 0.1 else 0)
        drift.note(UTC + real + round(delay), UTC + told)
    return drift


@pytest.mark.parametrize("ppm", [0.0, 50.0, -200.0])
@pytest.mark.parametrize("ahead_ms", [0.0, 90_000.0])
def test_offset_and_drift(ppm: float, ahead_ms: float) -> None:
    report = watched(300, ppm=ppm, ahead_ms=ahead_ms).report()
    assert report is not None
    assert report.drift_ppm == pytest.approx(ppm, abs=15)
    assert abs(report.drift_ppm - ppm) < 5 * report.error_ppm + 3  # type: ignore[operator]
    assert report.offset_ms == pytest.approx(ahead_ms + ppm * 0.3 - 21, abs=6)  # less the shortest way
    assert report.jumps == 0


def test_a_clock_that_is_set_is_a_jump_not_a_drift() -> None:
    report = watched(300, ahead_ms=100, jump_at=200).report()
    assert report is not None
    assert report.jumps == 1
    assert report.offset_ms == pytest.approx(3100 - 21, abs=6)
    assert report.drift_ppm == pytest.approx(0, abs=60)
    assert report.span_s < 110


def test_a_delay_of_one_window_is_no_jump() -> None:
    drift = Drift()
    for number in range(300):
        late = 2 * S if 150 <= number < 160 else 0  # two seconds of everything late
        drift.note(UTC + number * S // 5 + late, UTC + number * S // 5)
    report = drift.report()
    assert report is not None
    assert report.jumps == 0


def test_nothing_is_told_too_early() -> None:
    assert Drift().report() is None
    early = watched(8).report()
    assert early is not None
    assert early.drift_ppm is None


def test_a_stream_that_begins_anew_is_no_jump() -> None:
    clock = ManualClock(UTC)
    time = LiveTime(clock)
    for number in range(400):
        clock.advance(0.1)
        time.at(number, (number % 200) * S // 10)
    report = time.drift.report()
    assert report is not None
    assert report.jumps == 0
