"""The place between reader and analysis."""

import threading

import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.video.slot import FrameSlot

PIXELS = np.zeros((2, 2, 3), np.uint8)


def frame(index: int) -> Frame:
    return Frame("cam", index, index, PIXELS)


def test_newest_drops_the_oldest_and_counts() -> None:
    slot = FrameSlot("newest", 2)
    assert all(slot.put(frame(index)) for index in range(1, 6))
    assert slot.dropped == 3
    assert [slot.take(0).index, slot.take(0).index] == [4, 5]  # type: ignore[union-attr]
    assert slot.take(0) is None


def test_queue_waits_and_loses_nothing() -> None:
    slot = FrameSlot("queue", 2)
    writer = threading.Thread(target=lambda: [slot.put(frame(index)) for index in range(1, 51)])
    writer.start()
    taken = [slot.take(5).index for _ in range(50)]  # type: ignore[union-attr]
    writer.join(5)
    assert taken == list(range(1, 51))
    assert slot.dropped == 0


def test_close_frees_a_waiting_writer_and_keeps_what_is_inside() -> None:
    slot = FrameSlot("queue", 1)
    slot.put(frame(1))
    answers: list[bool] = []
    writer = threading.Thread(target=lambda: answers.append(slot.put(frame(2))))
    writer.start()
    slot.close()
    writer.join(5)
    assert answers == [False]
    assert not slot.drained
    assert slot.take(0).index == 1  # type: ignore[union-attr]
    assert slot.drained
    assert slot.take() is None  # a drained slot does not wait


def test_size_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        FrameSlot("newest", 0)
