"""What simple matching of tracks across cameras reaches: the bar below which a district would be too easy."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import I64, Bool
from sightline.core.wording import number_of
from sightline.simulate.world import F64

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

GAP_S: Final = 300.0  # a hand-over takes at most so long
MOST_CAMERAS: Final = 400  # judged: looks are compared all with all
_CHOICES: Final = 3  # candidates of an entry that take part in the one-to-one choice
_BLOCK: Final = 512
_FEWEST: Final = 3  # passages from which a pair of cameras is a link
_TAIL: Final = 0.005  # of travel times on either side is given up
_BIN_S: Final = 2.0
# (cameras, largest F1): matching by looks alone; and with links without zones at any number of cameras.
LOOKS_LIMITS: Final = ((100, 0.30), (400, 0.10))
LINKS_LIMIT: Final = 0.82


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """All tracks of a district as columns of equal length n.

    cameras i32; tracks i64, their numbers in their cameras; first_s, last_s f64 as their cameras' clocks say it;
    descriptors f32 (n, 32) unit vectors; entering, leaving i64: who is in the track's first and last part (0 =
    nobody); true_first_s, true_last_s f64; true_taken_s f64, when the last part began.
    """

    cameras: I32
    tracks: I64
    first_s: F64
    last_s: F64
    descriptors: F32
    entering: I64
    leaving: I64
    true_first_s: F64
    true_last_s: F64
    true_taken_s: F64

    def __len__(self) -> int:
        return len(self.cameras)

    def keep(self, chosen: Bool | NDArray[np.intp]) -> "Passages":
        """The rows a mask or indices choose."""
        return Passages(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @staticmethod
    def joined(parts: "list[Passages]") -> "Passages":
        """The rows of all parts (at least one), in their order."""
        return Passages(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Passages)))


def handovers(found: Passages) -> tuple[I64, I64]:
    """Rows (from, to) of the true hand-overs: consecutive tracks of the same mover in two different cameras, the second
    beginning at most GAP_S after the first ended (before it, where views overlap).

    What was missed is no hand-over: the track before it hands over to the one after it.
    """
    # A track whose identity was exchanged belongs to one mover at its entry and to another at its exit.
    n = np.arange(len(found))
    movers = np.concatenate([found.entering, found.leaving])
    times = np.concatenate([found.true_first_s, found.true_taken_s])
    rows = np.concatenate([n, n])
    is_exit = np.concatenate([np.zeros(len(n), np.bool_), np.ones(len(n), np.bool_)])
    order = np.lexsort((is_exit, rows, times, movers))
    order = order[movers[order] > 0]
    a, b = order[:-1], order[1:]
    # Entry and exit of one track stand side by side: an exit followed by an entry of the same mover is a hand-over.
    same = (movers[a] == movers[b]) & is_exit[a] & ~is_exit[b]
    a, b = rows[a[same]], rows[b[same]]
    gap = found.true_first_s[b] - found.true_last_s[a]
    true = (found.cameras[a] != found.cameras[b]) & (gap <= GAP_S)
    return a[true].astype(np.int64), b[true].astype(np.int64)


def baselines(found: Passages, cameras: int) -> dict[str, Any]:
    """F1 of two ways to match that need no zones, with thresholds chosen in hindsight, so the best they could do.

    looks: every entry takes the track of another camera that looks most like it among those which began before it and
    were in view in the last GAP_S; one to one, the best first. links: the same among cameras which are linked, by
    looks, travel time and share of the link, all three taken from the truth (an upper bound of what could be learnt).
    Judged on the first MOST_CAMERAS cameras. Keys: cameras, tracks, handovers, looks_f1, links_f1.
    """
    judged = min(cameras, MOST_CAMERAS)
    found = found.keep(found.cameras < judged)
    found = found.keep(np.argsort(found.first_s, kind="stable"))
    truth = handovers(found)
    looks = _best_f1(_by_looks(found), truth, len(found))
    links = _best_f1(_by_links(found, truth), truth, len(found))
    return {
        "cameras": judged,
        "tracks": len(found),
        "handovers": len(truth[0]),
        "looks_f1": round(looks, 4),
        "links_f1": round(links, 4),
    }


def too_easy(said: Mapping[str, Any]) -> list[str]:
    """Sentences on every baseline that is above its limit; none where the district is hard enough."""
    sentences = []
    limit = looks_limit(int(said["cameras"]))
    if said["looks_f1"] > limit:
        sentences.append(
            f"too easy: matching by looks alone reaches F1 {said['looks_f1']:.2f}, expected at most {limit:.2f} "
            f"with {number_of(int(said['cameras']), 'camera')} (raise --noise)"
        )
    if said["links_f1"] > LINKS_LIMIT:
        sentences.append(
            f"too easy: camera links without zones reach F1 {said['links_f1']:.2f}, expected at most {LINKS_LIMIT:.2f} "
            "(raise --noise or --missed)"
        )
    return sentences


def looks_limit(cameras: int) -> float:
    """The largest F1 by looks alone for a number of cameras: the limits at 100 and 400 as a power law, at most 1."""
    (few, high), (many, low) = LOOKS_LIMITS
    power = np.log(low / high) / np.log(many / few)
    return float(min(1.0, high * (max(cameras, 1) / few) ** power))


Scored = tuple[I64, I64, F64]  # from, to, score


def _by_looks(found: Passages) -> Scored:
    """The few candidates of every entry that look most like it."""
    by_last = np.argsort(found.last_s, kind="stable")
    last = found.last_s[by_last]
    cast = found.descriptors[by_last]
    parts: list[Scored] = []
    for start in range(0, len(found), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(found)))
        low = int(np.searchsorted(last, found.first_s[rows[0]] - GAP_S))
        chosen = by_last[low:]
        began = found.first_s[chosen] < found.first_s[rows[-1]]
        chosen = chosen[began]
        likeness = found.descriptors[rows] @ cast[low:][began].T
        allowed = found.cameras[chosen] != found.cameras[rows, None]
        allowed &= found.first_s[chosen] < found.first_s[rows, None]
        allowed &= found.last_s[chosen] >= found.first_s[rows, None] - GAP_S
        likeness[~allowed] = -2.0
        for _ in range(min(_CHOICES, likeness.shape[1])):
            best = likeness.argmax(axis=1)
            score = likeness[np.arange(len(rows)), best]
            parts.append((chosen[best][score > -2], rows[score > -2], score[score > -2].astype(np.float64)))
            likeness[np.arange(len(rows)), best] = -2.0
    return _joined(parts)


def _by_links(found: Passages, truth: tuple[I64, I64]) -> Scored:
    """Candidates on the links that the truth knows, scored by looks, travel time and share of the link."""
    a, b = truth
    links = found.cameras[a].astype(np.int64) * MOST_CAMERAS + found.cameras[b]
    tau = found.first_s[b] - found.last_s[a]
    right = (found.descriptors[a] * found.descriptors[b]).sum(axis=1)
    rng = np.random.default_rng([len(found), 74])
    others = rng.permutation(len(b)) if len(b) else b
    wrong = (found.descriptors[a] * found.descriptors[b[others]]).sum(axis=1)
    like = _Likeness.of(right, wrong)
    parts: list[Scored] = []
    entries = np.argsort(found.cameras, kind="stable")
    starts = np.searchsorted(found.cameras[entries], np.arange(MOST_CAMERAS + 1))
    out_of = np.bincount(found.cameras[a], minlength=MOST_CAMERAS)
    for link, count in zip(*np.unique(links, return_counts=True), strict=True):
        if count < _FEWEST:
            continue
        one, two = divmod(int(link), MOST_CAMERAS)
        times = tau[links == link]
        low, high = np.quantile(times, [_TAIL, 1 - _TAIL])
        exits = entries[starts[one] : starts[one + 1]]
        exits = exits[np.argsort(found.last_s[exits], kind="stable")]
        into = entries[starts[two] : starts[two + 1]]
        first = np.searchsorted(found.last_s[exits], found.first_s[into] - high, "left")
        number = np.maximum(np.searchsorted(found.last_s[exits], found.first_s[into] - low, "right") - first, 0)
        to = np.repeat(into, number)
        came = exits[np.arange(len(to)) - np.repeat(np.cumsum(number) - number, number) + np.repeat(first, number)]
        taken = found.first_s[to] - found.last_s[came]
        score = _density(times, taken) + np.log(count / out_of[one])
        score += like.evidence((found.descriptors[came] * found.descriptors[to]).sum(axis=1))
        parts.append((came, to, score))
    return _joined(parts)


def _density(times: F64, taken: F64) -> F64:
    """Logarithm of the density (n,) per second of travel times taken (n,), from the histogram of true ones."""
    low, high = float(times.min()), float(times.max())
    edges = np.arange(low, high + 2 * _BIN_S, _BIN_S)
    counts = np.histogram(times, edges)[0] + 0.5
    place = np.clip(np.searchsorted(edges, taken, "right") - 1, 0, len(counts) - 1)
    return np.asarray(np.log(counts[place] / (counts.sum() * _BIN_S)))


@dataclass(frozen=True, slots=True)
class _Likeness:
    """Normal distributions of the cosine of the same and of others."""

    right: tuple[float, float]
    wrong: tuple[float, float]

    @staticmethod
    def of(right: NDArray[Any], wrong: NDArray[Any]) -> "_Likeness":
        if not len(right):
            return _Likeness((0.0, 1.0), (0.0, 1.0))
        return _Likeness(
            (float(right.mean()), max(float(right.std()), 1e-3)), (float(wrong.mean()), max(float(wrong.std()), 1e-3))
        )

    def evidence(self, cosines: NDArray[Any]) -> F64:
        """The logarithm of how much likelier each cosine is of the same than of others."""
        (m, s), (n, t) = self.right, self.wrong
        return np.asarray(-0.5 * ((cosines - m) / s) ** 2 - np.log(s) + 0.5 * ((cosines - n) / t) ** 2 + np.log(t))


def _joined(parts: list[Scored]) -> Scored:
    none = np.zeros(0, np.int64)
    came, to, score = zip((none, none, np.zeros(0)), *parts, strict=True)
    return np.concatenate(came).astype(np.int64), np.concatenate(to).astype(np.int64), np.concatenate(score)


def _best_f1(scored: Scored, truth: tuple[I64, I64], count: int) -> float:
    """F1 at the best threshold of the one-to-one choice that takes the best score first."""
    came, to, score = scored
    left, entered = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    order = np.lexsort((to, came, -score))
    true = dict(zip(truth[1].tolist(), truth[0].tolist(), strict=True))
    said = right = 0
    best = 0.0
    for a, b in zip(came[order].tolist(), to[order].tolist(), strict=True):
        if left[a] or entered[b]:
            continue
        left[a] = entered[b] = True
        said += 1
        right += true.get(b) == a
        best = max(best, 2.0 * right / (len(true) + said))
    return best
