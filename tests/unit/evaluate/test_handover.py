"""Links, survival, calibration and journeys on cases small enough to count by hand."""

from collections.abc import Callable

import numpy as np
import pytest

from sightline.core.errors import BadData
from sightline.evaluate import evaluate_network, hand_over_scores
from sightline.evaluate.handover import calibration, journey_identity
from sightline.evaluate.owners import NOBODY, Owners, owners, true_links
from sightline.formats.mot import MotTable

Rows = Callable[..., MotTable]


def links(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, np.int64).reshape(-1, 2)


def chain(first: int, hops: int) -> list[tuple[int, int]]:
    return [(first + k, first + k + 1) for k in range(hops)]


def column(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.mark.parametrize(
    ("word", "truth", "said", "expected"),
    [
        ("perfect", chain(0, 4), chain(0, 4), {"precision": 1, "recall": 1, "f1": 1}),
        (
            "one of two found, one wrong",
            [(1, 2), (5, 6)],
            [(1, 2), (5, 9)],
            {"precision": 0.5, "recall": 0.5, "f1": 0.5},
        ),
        ("the wrong way round", [(1, 2)], [(2, 1)], {"precision": 0, "recall": 0, "f1": 0}),
        ("nothing said", [(1, 2)], [], {"precision": None, "recall": 0, "f1": 0}),
        ("nothing there", [], [(1, 2)], {"precision": 0, "recall": None, "f1": 0}),
        ("neither", [], [], {"precision": None, "recall": None, "f1": None}),
    ],
)
def test_links(word: str, truth: list, said: list, expected: dict[str, float | None]) -> None:  # type: ignore[type-arg]
    scores = hand_over_scores(links(*truth), links(*said))
    for key, value in expected.items():
        assert scores[key] == value, f"{word}: {key}"


@pytest.mark.parametrize(
    ("word", "truth", "said", "expected"),
    [
        ("all right", chain(0, 10), chain(0, 10), {"3": 1.0, "5": 1.0, "10": 1.0}),
        ("broken at the fourth hop", chain(0, 10), chain(0, 3) + chain(4, 6), {"3": 1.0, "5": 0.0, "10": 0.0}),
        ("right again does not help", chain(0, 5), [(0, 9), *chain(1, 4)], {"3": 0.0, "5": 0.0, "10": None}),
        ("short journeys are not asked", chain(0, 3) + chain(100, 5), chain(0, 3), {"3": 0.5, "5": 0.0, "10": None}),
        ("nothing said", chain(0, 3), [], {"3": 0.0, "5": None, "10": None}),
        ("no journey", [], [(1, 2)], {"3": None, "5": None, "10": None}),
    ],
)
def test_survival(word: str, truth: list, said: list, expected: dict[str, float | None]) -> None:  # type: ignore[type-arg]
    assert hand_over_scores(links(*truth), links(*said))["survival"] == expected, word


def test_a_chain_follows_the_likeliest_link() -> None:
    said = links((0, 1), (0, 7), (1, 2), (2, 3))
    survival = [
        hand_over_scores(links(*chain(0, 3)), said, np.array([p, 0.5, 1, 1]))["survival"]["3"] for p in (0.6, 0.4)
    ]
    assert survival == [1.0, 0.0]


@pytest.mark.parametrize(
    ("word", "truth", "said", "probabilities", "message"),
    [
        ("a link twice", [(1, 2)], [(3, 4), (3, 4)], None, "expected each link once, got 3 to 4 twice"),
        ("to itself", [(1, 1)], [], None, "truth_pairs row 0: expected two tracks, got 1 twice"),
        ("one track goes on twice", [(1, 2), (1, 3)], [], None, "track 1 leaves one link"),
        ("two tracks become one", [(1, 3), (2, 3)], [], None, "track 3 enters one link"),
        ("too few probabilities", [(1, 2)], [(1, 2)], [], "one for each of 1 links, got 0"),
        ("a probability of 2", [(1, 2)], [(1, 2)], [2.0], r"row 0: expected 0\.\.1, got 2"),
        ("no number", [(1, 2)], [(1, 2)], [np.nan], r"row 0: expected 0\.\.1, got nan"),
    ],
)  # fmt: skip
def test_refuses(word: str, truth: list, said: list, probabilities: list | None, message: str) -> None:  # type: ignore[type-arg]
    given = None if probabilities is None else np.array(probabilities, np.float64)
    with pytest.raises(BadData, match=message):
        hand_over_scores(links(*truth), links(*said), given)


def test_calibration() -> None:
    right = np.array([True] * 9 + [False] + [True] * 2 + [False] * 8)
    honest = calibration(np.array([0.9] * 10 + [0.2] * 10), right)
    assert honest["ece"] == pytest.approx(0)
    assert [row["count"] for row in honest["reliability"]] == [10, 10]
    boastful = calibration(np.ones(20), right)
    assert boastful["ece"] == pytest.approx(9 / 20)
    assert boastful["reliability"] == [{"said": 1.0, "right": 11 / 20, "count": 20}], "equal values are never parted"
    assert calibration(np.zeros(0), np.zeros(0, np.bool_)) == {"ece": None, "reliability": []}


def test_bins_of_equal_mass() -> None:
    said = np.linspace(0, 1, 1000) ** 3
    random = np.random.default_rng(5)
    scores = calibration(said, random.random(1000) < said)
    assert [row["count"] for row in scores["reliability"]] == [100] * 10
    assert scores["ece"] < 0.05


def test_journeys_as_identities() -> None:
    # Object 1 in three cameras, object 2 in one; a false track of 5 boxes.
    tracks = Owners(column(0, 1, 2, 0, 1), column(1, 1, 1, 2, 9), column(1, 1, 1, 2, NOBODY), column(10, 20, 30, 40, 5),
                    column(10, 20, 30, 40, 0))  # fmt: skip
    assert journey_identity(tracks, links((0, 1), (1, 2))).scores()["IDF1"] == pytest.approx(100 * 200 / (100 + 105))
    assert journey_identity(tracks, links((0, 1))).matches == 30 + 40, "object 1 is best explained by its longer half"
    assert journey_identity(tracks, links((0, 1), (1, 2)), missed_boxes=7).misses == 7
    scores = hand_over_scores(links((0, 1), (1, 2)), links((0, 1), (1, 2)), np.ones(2), tracks)
    assert scores["idf1"] == pytest.approx(200 / 205)
    with pytest.raises(BadData, match=r"expected tracks 0\.\.4, got 5"):
        journey_identity(tracks, links((0, 5)))


def test_boxes_beside_the_owner_are_wrong(rows: Rows) -> None:
    truth = {"a": rows(*((f, 1, 0.0) for f in range(1, 101)))}
    found = {"a": rows(*((f, 7, 0.0 if f <= 60 else 400.0) for f in range(1, 101)))}
    tracks, missed = owners(truth, found)
    scores = journey_identity(tracks, links(), missed_boxes=missed).scores()
    assert scores["IDF1"] == pytest.approx(evaluate_network(truth, found)["IDF1"]) == pytest.approx(60)


def test_owners_of_tracks(rows: Rows) -> None:
    walk = [(frame, 4, 0.0) for frame in range(1, 11)]
    truth = {"a": rows(*walk, *((f, 6, 100.0) for f in range(1, 11))), "b": rows(*walk)}
    found = {
        # Track 1 is on object 4 six times of ten, 2 follows 6, 3 is nowhere, 5 is on 4 in three of its nine boxes.
        "a": rows(
            *((f, 1, 0.0 if f <= 6 else 400.0) for f in range(1, 11)),
            *((f, 2, 101.0) for f in range(1, 11)),
            *((f, 3, 300.0) for f in range(1, 3)),
            *((f, 5, 0.0 if f > 7 else 500.0) for f in range(2, 11)),
        ),
        "b": rows(),
    }
    tracks, missed = owners(truth, found)
    assert tracks.cameras.tolist() == [0, 0, 0, 0]
    assert tracks.tracks.tolist() == [1, 2, 3, 5]
    assert tracks.movers.tolist() == [4, 6, NOBODY, NOBODY]
    assert tracks.boxes.tolist() == [10, 10, 2, 9]
    assert tracks.matched.tolist() == [6, 10, 0, 0]
    assert missed == 4 + 10
    with pytest.raises(BadData, match="expected camera b"):
        owners(truth, {"a": found["a"]})
    assert len(owners({}, {})[0]) == 0


def test_true_links() -> None:
    # Rows: object 1 in cameras 0, 1, 1 (broken), 2 (late); object 2 in 3, 4 with overlapping views; a false track.
    tracks = Owners(
        column(0, 1, 1, 2, 3, 4, 0),
        column(*range(7)),
        column(1, 1, 1, 1, 2, 2, NOBODY),
        column(*[9] * 7),
        column(*[9] * 7),
    )
    first = np.array([0.0, 20, 30, 900, 5, 8, 40])
    last = np.array([10.0, 25, 35, 950, 15, 30, 41])
    found = {tuple(pair) for pair in true_links(tracks, first, last, 300.0).tolist()}
    assert found == {(0, 1), (4, 5)}
    assert (2, 3) in {tuple(pair) for pair in true_links(tracks, first, last, 1000.0).tolist()}
