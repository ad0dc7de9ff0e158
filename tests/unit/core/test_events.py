"""Lines and events."""

import math

import pytest

from sightline.core.errors import BadConfig
from sightline.core.events import Line


@pytest.mark.parametrize(
    ("word", "name", "start", "end", "said"),
    [
        ("outside", "a", (0.1, 1.2), (0.5, 0.5), "line 'a' start: expected two numbers in 0..1"),
        ("not a number", "a", (0.1, 0.2), (math.nan, 0.5), "line 'a' end: expected two numbers in 0..1"),
        ("a point", "a", (0.1, 0.2), (0.1, 0.2), "line 'a': expected two different points"),
        ("no name", "", (0.1, 0.2), (0.5, 0.5), "line name: expected 1 to 80 characters"),
        ("a novel", "a" * 81, (0.1, 0.2), (0.5, 0.5), "line name: expected 1 to 80 characters"),
    ],
)
def test_line_refuses(word: str, name: str, start: tuple[float, float], end: tuple[float, float], said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        Line(name, start, end)
    assert str(caught.value).startswith(said), word


def test_line_is_a_value() -> None:
    assert Line("a", (0, 0), (1, 1)) == Line("a", (0.0, 0.0), (1.0, 1.0))
    assert len({Line("a", (0, 0), (1, 1)), Line("a", (0, 0), (1, 1))}) == 1
