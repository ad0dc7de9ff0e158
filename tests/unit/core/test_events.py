"""Lines and events."""

import math

import pytest

from sightline.core.errors import BadConfig
from sightline.core.events import Line, Zone


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


SQUARE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))


@pytest.mark.parametrize(
    ("word", "corners", "said"),
    [
        ("two corners", SQUARE[:2], "expected 3 to 64 corners, got '2 corners'"),
        ("too many", tuple((k / 65, (k % 2) / 2) for k in range(65)), "expected 3 to 64 corners"),
        ("outside", (*SQUARE[:3], (-0.1, 0.9)), "expected two numbers in 0..1"),
        ("not a number", (*SQUARE[:3], (math.nan, 0.9)), "expected two numbers in 0..1"),
        ("on a line", ((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)), "corners around a piece of the picture"),
        ("a bow tie", (SQUARE[0], SQUARE[1], SQUARE[3], (0.8, 0.95)), "corners in order around the zone"),
    ],
)
def test_zone_refuses(word: str, corners: tuple[tuple[float, float], ...], said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        Zone("z", corners)
    assert said in str(caught.value), word


def test_zone_may_be_concave() -> None:
    bent = Zone("z", ((0.1, 0.1), (0.9, 0.1), (0.5, 0.4), (0.9, 0.9), (0.1, 0.9)))
    assert bent == Zone("z", bent.corners)
    with pytest.raises(BadConfig, match="zone name"):
        Zone("", SQUARE)
