"""The supervisor: skips what fails now and then, gives up on what always fails."""

import threading
from collections.abc import Callable

import pytest

from sightline.pipeline.supervisor import FAULTS_IN_A_ROW, supervise


def failing_at(turns: set[int], last: int) -> tuple[Callable[[], bool], list[int]]:
    done: list[int] = []

    def cycle() -> bool:
        done.append(len(done))
        if len(done) - 1 in turns:
            raise ValueError(f"turn {len(done) - 1}")
        return len(done) <= last

    return cycle, done


@pytest.mark.parametrize(
    ("turns", "survives", "why"),
    [
        (set(), True, "nothing fails"),
        ({0, 5, 9}, True, "single bad pictures are skipped"),
        (set(range(FAULTS_IN_A_ROW - 1)), True, "one short of giving up"),
        (set(range(3, 3 + FAULTS_IN_A_ROW)), False, "a broken stage ends the worker"),
    ],
)
def test_supervise(turns: set[int], survives: bool, why: str) -> None:
    cycle, done = failing_at(turns, last=60)
    fault = supervise(cycle, stopping=threading.Event())
    assert (fault is None) == survives, why
    if survives:
        assert len(done) == 61


def test_stopping_ends_it() -> None:
    stopping = threading.Event()
    turns: list[int] = []

    def cycle() -> bool:
        turns.append(1)
        if len(turns) == 3:
            stopping.set()
        return True

    assert supervise(cycle, stopping=stopping) is None
    assert len(turns) == 3
