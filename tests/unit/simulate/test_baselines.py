"""What simple matching reaches, on passages one can check by hand."""

import numpy as np
import pytest

from sightline.simulate.baselines import Passages, baselines, handovers, looks_limit, too_easy

Row = tuple[int, float, float, int, int]  # camera, first, last, entering, leaving


def passages(*rows: Row, looks: np.ndarray | None = None) -> Passages:
    camera, first, last, entering, leaving = (np.array(column) for column in zip(*rows, strict=True))
    n = len(rows)
    return Passages(
        camera.astype(np.int32), np.arange(1, n + 1), first.astype(float), last.astype(float),
        np.eye(32, dtype=np.float32)[entering % 32] if looks is None else looks, entering, leaving,
        first.astype(float), last.astype(float), np.where(entering == leaving, first, (first + last) / 2),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        ([(0, 0, 5, 1, 1), (1, 20, 25, 1, 1)], [(0, 1)]),
        ([(0, 0, 5, 1, 1), (0, 9, 12, 1, 1), (1, 20, 25, 1, 1)], [(1, 2)]),
        ([(0, 0, 5, 1, 1), (1, 306, 309, 1, 1)], []),
        ([(0, 0, 9, 1, 1), (1, 4, 12, 1, 1)], [(0, 1)]),
        ([(0, 0, 5, 1, 1), (1, 20, 25, 2, 2)], []),
        ([(0, 0, 5, 0, 0), (1, 20, 25, 0, 0)], []),
        ([(0, 0, 9, 1, 2), (0, 0, 9, 2, 1), (1, 20, 25, 1, 1), (2, 20, 25, 2, 2)], [(1, 2), (0, 3)]),
        ([(3, -9, -5, 1, 1), (0, 0, 9, 1, 2), (0, 1, 9, 2, 1), (1, 20, 25, 1, 1)], [(0, 1), (2, 3)]),
    ],
    ids=["one", "split", "too late", "overlapping views", "somebody else", "nobody", "exchanged", "exchanged later"],
)
def test_true_handovers(rows: list[Row], pairs: list[tuple[int, int]]) -> None:
    a, b = handovers(passages(*rows))
    assert sorted(zip(a.tolist(), b.tolist(), strict=True)) == sorted(pairs)


def journeys(people: int, noise: float) -> Passages:
    """Everybody goes from camera 0 to camera 1 in 10 to 90 s; there are 32 groups of look-alikes."""
    rng = np.random.default_rng(1)
    start = np.sort(rng.uniform(0, 2000, people))
    takes = rng.uniform(20, 100, people)
    rows: list[Row] = []
    for k in range(people):
        rows += [(c, start[k] + c * takes[k], start[k] + c * takes[k] + 10, k + 1, k + 1) for c in range(2)]
    looks = np.eye(32)[np.repeat(np.arange(people), 2) % 32] + noise * rng.normal(size=(2 * people, 32)) / np.sqrt(32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    return passages(*rows, looks=looks.astype(np.float32))


def test_looks_are_enough_where_everybody_looks_different() -> None:
    said = baselines(journeys(20, 0.1), 2)
    assert said["handovers"] == 20
    assert said["looks_f1"] > 0.95
    assert said["links_f1"] > 0.9
    assert len(too_easy(said)) == 1  # two cameras may be as easy by looks as they like


def test_look_alikes_and_noise_make_it_hard() -> None:
    clear, noisy = baselines(journeys(300, 0.1), 2), baselines(journeys(300, 3.0), 2)
    assert noisy["looks_f1"] < 0.5 * clear["looks_f1"]
    assert noisy["links_f1"] < clear["links_f1"]
    assert noisy["links_f1"] > noisy["looks_f1"]


@pytest.mark.parametrize(
    ("cameras", "looks", "links", "words"),
    [
        (100, 0.30, 0.82, []),
        (100, 0.31, 0.82, ["looks alone reaches F1 0.31, expected at most 0.30"]),
        (400, 0.11, 0.83, ["looks alone reaches F1 0.11, expected at most 0.10", "links without zones reach F1 0.83"]),
        (6, 0.99, 0.5, []),
    ],
)
def test_what_is_too_easy_is_said(cameras: int, looks: float, links: float, words: list[str]) -> None:
    sentences = too_easy({"cameras": cameras, "looks_f1": looks, "links_f1": links})
    assert len(sentences) == len(words)
    assert all(word in sentence for word, sentence in zip(words, sentences, strict=True))


def test_the_limit_passes_through_both_points() -> None:
    assert looks_limit(100) == pytest.approx(0.30)
    assert looks_limit(400) == pytest.approx(0.10)
    assert looks_limit(1) == 1.0


def test_nobody_is_no_handover() -> None:
    said = baselines(passages((0, 0, 5, 1, 1)), 1)
    assert (said["handovers"], said["looks_f1"], said["links_f1"]) == (0, 0.0, 0.0)
