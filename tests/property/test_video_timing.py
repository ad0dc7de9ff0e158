"""Stream time grows strictly whatever stamps a source gives; a live one is never ahead of the clock."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.core.clock import ManualClock
from sightline.video.timing import FileTime, LiveTime

STAMPS = st.lists(st.one_of(st.none(), st.integers(-(10**13), 10**13)), max_size=60)
STEPS = st.lists(st.tuples(st.floats(0, 20), st.integers(-(10**10), 2 * 10**10)), max_size=60)


@settings(deadline=None)
@given(stamps=STAMPS, fps=st.one_of(st.none(), st.floats(0.1, 240)))
def test_file_time_grows(stamps: list[int | None], fps: float | None) -> None:
    time = FileTime(source_fps=None, nominal_fps=fps)
    times = [time.at(index, pts) for index, pts in enumerate(stamps, 1)]
    assert times == sorted(set(times))
    assert times[:1] in ([], [0])


@settings(deadline=None)
@given(steps=STEPS)
def test_live_time_grows_and_stays_behind_the_clock(steps: list[tuple[float, int]]) -> None:
    clock, pts = ManualClock(10**18), 0
    time = LiveTime(clock)
    before = -1
    for index, (seconds, step) in enumerate(steps, 1):
        clock.advance(seconds)
        pts += step
        now = time.at(index, pts)
        assert now > before
        assert now <= max(clock.now_ns(), before + 1)
        before = now
