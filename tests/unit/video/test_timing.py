"""Stream time: media time of files, UTC of live streams, drift."""

from fractions import Fraction

import pytest

from sightline.core.clock import ManualClock
from sightline.video.timing import FileTime, LiveTime, to_ns

S = 1_000_000_000


def test_to_ns_is_exact() -> None:
    assert to_ns(90_000, Fraction(1, 90_000)) == S
    assert to_ns(1, Fraction(1, 3)) == 333_333_333


@pytest.mark.parametrize(
    ("pts_s", "expected_s", "word"),
    [
        ([0, 0.04, 0.08], [0, 0.04, 0.08], "steady"),
        ([5, 5.04, 5.5], [0, 0.04, 0.5], "from the first picture, gaps kept"),
        ([0, 0.04, 0.04, 0.08], [0, 0.04, 0.08, 0.12], "repeated stamp takes the nominal step"),
        ([0, 9, 0.1, 0.2], [0, 9, 9.04, 9.14], "jump back goes on"),
        ([0, 0.04, None, 0.12], [0, 0.04, 0.08, 0.12], "missing stamp is filled"),
        ([None, None, None], [0, 0.04, 0.08], "no stamps at all"),
        ([0, 3600], [0, 3600], "time lapse"),
    ],
)
def test_file_time(pts_s: list[float | None], expected_s: list[float], word: str) -> None:
    time = FileTime(source_fps=None, nominal_fps=25)
    got = [time.at(i + 1, None if p is None else round(p * S)) for i, p in enumerate(pts_s)]
    assert got == [round(value * S) for value in expected_s], word


def test_source_fps_overrides_stamps() -> None:
    time = FileTime(source_fps=7, nominal_fps=25)
    assert [time.at(i, 123) for i in (1, 2, 8)] == [0, round(S / 7), S]


def test_live_time_follows_stamps_not_arrival() -> None:
    clock = ManualClock(1000 * S)
    time = LiveTime(clock)
    assert time.at(1, 50 * S) == 1000 * S
    clock.advance(0.1)  # 60 ms late on the way
    assert time.at(2, 50 * S + 40_000_000) == 1000 * S + 40_000_000


def test_first_burst_is_never_in_the_future() -> None:
    clock = ManualClock(1000 * S)
    time = LiveTime(clock)
    stamps = []
    for number in range(50):  # two seconds of pictures at once
        clock.advance(0.001)
        stamps.append(time.at(number + 1, number * 40_000_000))
        assert stamps[-1] <= clock.now_ns()
    assert stamps == sorted(set(stamps))
    clock.advance(0.04)
    assert clock.now_ns() - time.at(51, 50 * 40_000_000) < 5_000_000


@pytest.mark.parametrize(("pts_s", "word"), [(0.0, "back to zero"), (10_000.0, "far ahead"), (None, "no stamp")])
def test_new_time_line_is_anchored_again(pts_s: float | None, word: str) -> None:
    clock = ManualClock(1000 * S)
    time = LiveTime(clock)
    time.at(1, 100 * S)
    clock.advance(1)
    assert time.at(2, None if pts_s is None else round(pts_s * S)) == 1001 * S, word


def test_times_go_on_after_a_reconnect_even_if_the_clock_stepped_back() -> None:
    time = LiveTime(ManualClock(5 * S), after_ns=9 * S)
    assert time.at(8, 0) == 9 * S + 1


@pytest.mark.parametrize(("rate", "sign"), [(1.001, -1), (0.999, 1), (1.0, 0)])
def test_drift_is_measured(rate: float, sign: int) -> None:
    clock = ManualClock(1000 * S)
    time = LiveTime(clock)
    for number in range(2500):  # 100 s: 0.1 s of drift
        time.at(number + 1, round(number * 40_000_000 * rate))
        clock.advance(0.04)
    assert time.drift_s is not None
    assert time.drift_s == pytest.approx(sign * 0.095, abs=0.015)


def test_a_file_has_no_drift() -> None:
    assert FileTime(source_fps=None, nominal_fps=None).drift_s is None
