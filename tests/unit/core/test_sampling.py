"""Which frames are used at a lower rate: one rule, however it is asked."""

import numpy as np
import pytest

from sightline.core.errors import BadConfig
from sightline.core.sampling import count_sampled, frames_per_sample, is_sampled, sampled_number


@pytest.mark.parametrize(
    ("fps", "sample", "first"),
    [
        (30.0, None, [1, 2, 3, 4]),
        (30.0, 30.0, [1, 2, 3, 4]),
        (30.0, 20.0, [1, 3, 4, 5, 7]),  # 1, 2.5, 4, 5.5, 7: halves to the even step
        (25.0, 2.0, [1, 13, 26, 39]),
        (29.97, 3.0, [1, 11, 21, 31]),
        (30.0, 0.1, [1, 301, 601]),
    ],
    ids=["all", "the same rate", "halves", "halves of 25", "uneven", "the slowest"],
)
def test_frames_of_a_rate(fps: float, sample: float | None, first: list[int]) -> None:
    every = frames_per_sample(fps, sample)
    assert [sampled_number(k, every) for k in range(len(first))] == first
    numbers = np.arange(1, first[-1] + 1)
    assert numbers[is_sampled(numbers, every)].tolist() == first
    assert count_sampled(first[-1], every) == len(first)
    assert count_sampled(0, every) == 0


@pytest.mark.parametrize("every", [1.0, 1.5, 2.0, 7.3, 8.325, 1 + 1e-9, 12.5, 299.7])
def test_mask_and_list_agree(every: float) -> None:
    last = 5000
    listed = {sampled_number(k, every) for k in range(last) if sampled_number(k, every) <= last}
    numbers = np.arange(1, last + 1)
    assert set(numbers[is_sampled(numbers, every)].tolist()) == listed
    assert not is_sampled(np.zeros(0, np.int64), every).size


@pytest.mark.parametrize(
    ("fps", "sample", "word"),
    [(0.5, None, "--fps"), (2000.0, None, "--fps"), (30.0, 31.0, "--sample"), (30.0, 0.01, "--sample")],
)
def test_rates_out_of_bounds_are_refused(fps: float, sample: float | None, word: str) -> None:
    with pytest.raises(BadConfig, match=f"{word}: expected frames per second from"):
        frames_per_sample(fps, sample)
