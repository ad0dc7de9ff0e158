"""Windows of an observation: whole ones only, each once."""

import pytest

from sightline.pipeline.ports import CountRow
from sightline.sinks.windows import GRACE_NS, MINUTE_NS, Windows

START_NS = 1_795_000_200_000_000_000 // (15 * MINUTE_NS) * 15 * MINUTE_NS


def row(minute: int, label: str = "car", count: int = 2, direction: str = "forward", minutes: int = 1) -> CountRow:
    return CountRow("c", "l", direction, START_NS + minute * MINUTE_NS, minutes, {label: count})  # type: ignore[arg-type]


def given(windows: Windows, minute: float) -> list[tuple[int, str, str, int, float | None]]:
    """What is published when so many minutes have passed: minute of the start, direction, class, count, speed."""
    flows, _ = windows.closed(START_NS + round(minute * MINUTE_NS))
    return [
        ((flow.window.start_ns - START_NS) // MINUTE_NS, flow.direction, flow.label, flow.count, flow.speed_mps)
        for flow in flows
    ]


def test_a_window_is_given_once_after_its_end() -> None:
    windows = Windows(5)
    windows.add([row(minute) for minute in range(6)])
    windows.add([row(2, "bus", 1, "backward")])
    grace = GRACE_NS / MINUTE_NS
    assert given(windows, 5) == [], "rows of its last minute may still come"
    assert given(windows, 5 + grace) == [(0, "backward", "bus", 1, None), (0, "forward", "car", 10, None)]
    assert given(windows, 9) == []
    assert given(windows, 10 + grace) == [(5, "forward", "car", 2, None)]


@pytest.mark.parametrize(
    ("late", "refused"),
    [(row(4), 1), (row(7), 0), (row(0, minutes=15), 0), (CountRow("c", "l", "forward", 60 * 10**9, 1, {"car": 1}), 0)],
    ids=["of a window that was given", "of the open one", "of another length", "of a file"],
)
def test_a_late_row_does_not_replace_a_whole_by_a_part(late: CountRow, refused: int) -> None:
    windows = Windows(5)
    windows.add([row(0)])
    assert len(given(windows, 6)) == 1
    windows.add([late])
    assert windows.refused == refused
    assert given(windows, 9) == []


def test_a_window_under_way_at_the_start_is_left_out() -> None:
    windows = Windows(5, START_NS + MINUTE_NS)
    windows.add([row(minute) for minute in range(1, 10)])
    assert given(windows, 20) == [(5, "forward", "car", 10, None)]


def test_speeds_are_means_of_vehicles() -> None:
    windows = Windows(5)
    windows.add([row(0), row(0, "bicycle", 12)])
    for label, speed in (("car", 10.0), ("car", 14.0), ("bicycle", 5.0)):
        windows.add_speed(("c", "l"), "forward", label, START_NS, speed)
    assert given(windows, 6) == [(0, "forward", "car", 2, 12.0), (0, "forward", "bicycle", 12, None)]


def test_few_persons_wait_for_the_next_window() -> None:
    windows = Windows(5)
    windows.add([row(0, "pedestrian", 4), row(1, "pedestrian", 3, "backward"), row(5, "pedestrian", 5)])
    assert windows.closed(START_NS + 6 * MINUTE_NS) == ([], [])
    _, crowds = windows.closed(START_NS + 11 * MINUTE_NS)
    assert [(one.forward, one.backward) for one in crowds] == [(9, 3)]
    assert crowds[0].window.end_ns - crowds[0].window.start_ns == 10 * MINUTE_NS
