"""A frame slot keeps its size, its order and its count, whatever happens."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.core.frame import Frame
from sightline.video import FrameSlot

PIXELS = np.zeros((2, 2, 3), np.uint8)


@settings(deadline=None)
@given(size=st.integers(1, 5), steps=st.lists(st.sampled_from(["put", "take"]), max_size=60))
def test_newest_slot(size: int, steps: list[str]) -> None:
    slot = FrameSlot("newest", size)
    put, taken = 0, []
    for step in steps:
        if step == "put":
            put += 1
            assert slot.put(Frame("cam", put, put, PIXELS))
        elif (frame := slot.take(0)) is not None:
            taken.append(frame.index)
        assert len(slot) <= size
        assert put == len(taken) + slot.dropped + len(slot)
    assert taken == sorted(set(taken))
    slot.close()
    rest = [frame.index for frame in iter(lambda: slot.take(0), None)]
    assert rest == list(range(put - len(rest) + 1, put + 1))
    assert not slot.put(Frame("cam", 99, 99, PIXELS))
