"""Scores over all cameras, where an id is one object in all of them."""

from collections.abc import Callable

import pytest

from sightline.core.errors import BadData
from sightline.evaluate import evaluate, evaluate_network
from sightline.formats.mot import MotTable

Rows = Callable[..., MotTable]


def walk(id_: int, frames: int = 10) -> list[tuple[int, int, float]]:
    return [(frame, id_, 0.0) for frame in range(1, frames + 1)]


@pytest.mark.parametrize(
    ("word", "found", "expected"),
    [
        ("one id in both cameras", (7, 7), {"HOTA": 100, "IDF1": 100, "AssA": 100, "IDs": 1, "GT_IDs": 1}),
        ("another id in the second", (7, 8), {"HOTA": 100 * 0.5**0.5, "IDF1": 50, "AssA": 50, "DetA": 100, "IDs": 2}),
    ],
)
def test_by_hand(rows: Rows, word: str, found: tuple[int, int], expected: dict[str, float]) -> None:
    truth = {"a": rows(*walk(1)), "b": rows(*walk(1))}
    scores = evaluate_network(truth, {name: rows(*walk(i)) for name, i in zip("ab", found, strict=True)})
    for key, value in expected.items():
        assert scores[key] == pytest.approx(value), f"{word}: {key}"
    assert "MOTA" not in scores, "cameras have no order, so switches mean nothing"


def test_one_camera_is_a_sequence(rows: Rows) -> None:
    truth, found = rows(*walk(1), *((f, 2, 50.0) for f in (3, 4))), rows(*walk(4, 6), (3, 9, 51.0))
    alone = evaluate(truth, found)
    network = evaluate_network({"a": truth}, {"a": found, "not in the truth": truth})
    assert network == pytest.approx({key: alone[key] for key in network})


@pytest.mark.parametrize(
    ("word", "truth", "found", "said"),
    [
        ("no camera", {}, {}, "at least one camera"),
        ("a camera without results", {"a": [(1, 1, 0.0)]}, {}, "expected camera a, got no such camera"),
        ("an id twice", {"a": [(3, 1, 0.0)]}, {"a": [(3, 2, 0.0), (3, 2, 9.0)]}, "prediction a frame 3: .* 2 twice"),
        ("detections", {"a": [(3, 1, 0.0)]}, {"a": [(3, -1, 0.0)]}, "prediction a frame 3: expected an id of 0"),
    ],
)
def test_refuses(rows: Rows, word: str, truth: dict, found: dict, said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(BadData, match=said):
        evaluate_network(
            {name: rows(*given) for name, given in truth.items()}, {name: rows(*given) for name, given in found.items()}
        )


def test_cameras_of_two_conventions(rows: Rows) -> None:
    tables = {"a": rows((1, 1, 0.0), classes=[100]), "b": rows((1, 1, 0.0), classes=[1])}
    with pytest.raises(BadData, match="truth b: expected class numbers as in district"):
        evaluate_network(tables, tables)


def test_curves(rows: Rows) -> None:
    truth = {"a": rows(*walk(1))}
    curves = evaluate_network(truth, truth, curves=True)["alpha"]
    assert curves["threshold"][0] == 0.05
    assert curves["threshold"][-1] == 0.95
    assert len(curves["HOTA"]) == 19
    assert set(curves["HOTA"]) == {100.0}
