"""Numbers of things in sentences."""

import pytest

from sightline.core.wording import number_of


@pytest.mark.parametrize(("count", "said"), [(0, "0 cameras"), (1, "1 camera"), (2, "2 cameras"), (11, "11 cameras")])
def test_one_is_not_many(count: int, said: str) -> None:
    assert number_of(count, "camera") == said
