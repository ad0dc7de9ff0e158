"""Which frames are due: tables of rates, and what watching may and may not change."""

import pytest

from sightline.pipeline.pace import Due, Selection

S = 1_000_000_000


def due_indices(source_fps: float, fps: float | None, frames: int) -> list[int]:
    due = Due(fps)
    return [index for index in range(frames) if due(round(index * S / source_fps))]


@pytest.mark.parametrize(
    ("source_fps", "fps", "expected", "why"),
    [
        (25, None, list(range(11)), "no rate: every frame"),
        (25, 25, list(range(11)), "the source's own rate: every frame"),
        (25, 50, list(range(11)), "more than the source has: every frame"),
        (25, 5, [0, 5, 10], "a fifth: every fifth"),
        (12, 6, [0, 2, 4, 6, 8, 10], "half: every second"),
        (7, 3.5, [0, 2, 4, 6, 8, 10], "half of an odd rate"),
        (10, 4, [0, 2, 5, 7, 10], "no whole ratio: the nearest or next frame, the rate kept"),
    ],
)
def test_due_keeps_the_rate(source_fps: float, fps: float | None, expected: list[int], why: str) -> None:
    assert due_indices(source_fps, fps, 11) == expected, why


def test_a_gap_is_not_made_up_for() -> None:
    due = Due(10)
    assert due(0)
    assert due(5 * S)
    assert not due(5 * S + S // 25)


def test_time_that_jumps_back_starts_the_grid_anew() -> None:
    due = Due(5)
    assert due(10 * S)
    assert due(1 * S)
    assert not due(1 * S + S // 25)
    assert due(1 * S + S // 5)


@pytest.mark.parametrize("watched", [False, True])
def test_watching_a_file_does_not_change_what_is_analysed(watched: bool) -> None:
    selection = Selection(5, live=False, watched=lambda: watched)
    analysed = []
    for index in range(1, 27):
        time_ns = (index - 1) * S // 25
        if selection.wanted(index, time_ns) and selection.due(index, time_ns):
            analysed.append(index)
    assert analysed == [1, 6, 11, 16, 21, 26]


@pytest.mark.parametrize(("watched", "wanted"), [(False, 6), (True, 26)])
def test_pixels_of_frames_between_are_made_only_for_watchers(watched: bool, wanted: int) -> None:
    selection = Selection(5, live=False, watched=lambda: watched)
    assert sum(selection.wanted(index, index * S // 25) for index in range(26)) == wanted


def test_a_live_camera_is_analysed_at_its_rate_while_watched() -> None:
    selection = Selection(5, live=True, watched=lambda: True)
    seen = [index for index in range(26) if selection.wanted(index, index * S // 25)]
    assert [index for index in seen if selection.due(index, index * S // 25)] == [0, 5, 10, 15, 20, 25]
