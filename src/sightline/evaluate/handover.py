"""How well tracks are handed over from camera to camera: links, journeys that stay right, and honest probabilities."""

from typing import Any, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sightline.core.errors import BadData
from sightline.core.values import I64, Bool
from sightline.evaluate.identity import IdentitySums, agreement
from sightline.evaluate.owners import NOBODY, Owners
from sightline.evaluate.pairs import F64

HOPS: Final = (3, 5, 10)  # after how many hand-overs a journey is looked at
BINS: Final = 10


def hand_over_scores(
    truth_pairs: I64,
    predicted_pairs: I64,
    probabilities: F64 | None = None,
    owners: Owners | None = None,
    *,
    missed_boxes: int = 0,
) -> dict[str, Any]:
    """Scores of the links between tracks of different cameras; shares 0..1, None where there is nothing to share.

    truth_pairs i64 (n, 2), predicted_pairs i64 (m, 2): numbers of the track before and the track after, one number per
    track of the network (see ``owners.true_links`` for the truth of an analysis' own tracks); probabilities f64 (m,)
    0..1 that each predicted link is right; owners: with its rows as the tracks' numbers, for idf1; missed_boxes: boxes
    of the truth that no track holds.

    precision, recall, f1 of links; survival: hops -> share of journeys of at least so many hand-overs of which the
    predicted chain, followed from the journey's first track, has been right in each of the first so many; ece and
    reliability: see ``calibration``; idf1: IDF1 over boxes where all tracks of a predicted chain are one identity.
    BadData for a pair that stands twice, a track linked to itself, or probabilities outside 0..1.
    """
    truth, said = _pairs("truth_pairs", truth_pairs), _pairs("predicted_pairs", predicted_pairs)
    right = np.isin(_keys(said, truth), _keys(truth, said))
    hits = int(right.sum())
    honest: dict[str, Any] = {"ece": None} if probabilities is None else calibration(probabilities, right)
    answer: dict[str, Any] = {
        "precision": hits / len(said) if len(said) else None,
        "recall": hits / len(truth) if len(truth) else None,
        "f1": 2 * hits / (len(said) + len(truth)) if len(said) or len(truth) else None,
        "links": len(truth),
        "links_said": len(said),
        "survival": _survival(truth, said, right, probabilities),
        "idf1": None,
        **honest,
    }
    if owners is not None:
        answer["idf1"] = journey_identity(owners, said, missed_boxes=missed_boxes).scores()["IDF1"] / 100
    return answer


def calibration(probabilities: F64, right: Bool, bins: int = BINS) -> dict[str, Any]:
    """Whether what was said with probability p is right in a share p of the cases.

    probabilities f64 (m,), right bool (m,). ``reliability``: bins of equal mass (equal probabilities are never parted),
    each with said (mean probability), right (share) and count; ``ece``: the mean of their distance weighted by count,
    the expected calibration error (Naeini et al., AAAI 2015; bins of equal mass: Nixon et al., CVPR workshops 2019).
    BadData for values outside 0..1.
    """
    bad = ~((probabilities >= 0) & (probabilities <= 1))
    if probabilities.shape != right.shape:
        raise BadData(f"probabilities: expected one for each of {len(right)} links, got {len(probabilities)}")
    if bad.any():
        row = int(bad.argmax())
        raise BadData(f"probabilities row {row}: expected 0..1, got {probabilities[row]:g}")
    n = len(probabilities)
    if not n:
        return {"ece": None, "reliability": []}
    ordered = np.sort(probabilities)
    # The bin of a value is that of the first of its equals.
    number = np.searchsorted(ordered, probabilities, "left") * bins // n
    counts = np.bincount(number, minlength=bins)
    used = counts > 0
    said = np.bincount(number, probabilities, minlength=bins)[used] / counts[used]
    share = np.bincount(number, right, minlength=bins)[used] / counts[used]
    ece = float((np.abs(said - share) * counts[used]).sum() / n)
    rows = zip(said.tolist(), share.tolist(), counts[used].tolist(), strict=True)
    return {"ece": ece, "reliability": [{"said": p, "right": share, "count": count} for p, share, count in rows]}


def journey_identity(owners: Owners, predicted_pairs: I64, *, missed_boxes: int = 0) -> IdentitySums:
    """IDF1's sums over boxes, where the tracks that predicted links join are one identity.

    Rows of owners are the tracks; boxes beside their owner and of false tracks are wrong, missed_boxes are missed.
    """
    n = len(owners)
    if len(predicted_pairs) and (predicted_pairs.min() < 0 or predicted_pairs.max() >= n):
        raise BadData(f"predicted_pairs: expected tracks 0..{n - 1}, got {predicted_pairs.max()}")
    links = coo_array((np.ones(len(predicted_pairs)), (predicted_pairs[:, 0], predicted_pairs[:, 1])), shape=(n, n))
    journeys = connected_components(links, directed=False)[1].astype(np.int64)
    owned = owners.movers != NOBODY
    _, movers = np.unique(owners.movers[owned], return_inverse=True)
    keys = movers * max(n, 1) + journeys[owned]
    unique, where = np.unique(keys, return_inverse=True)
    counts = np.bincount(where, owners.matched[owned], minlength=len(unique)).astype(np.int64)
    matches = agreement(unique // max(n, 1), unique % max(n, 1), counts)
    truth = int(owners.matched[owned].sum()) + missed_boxes
    return IdentitySums(matches, truth - matches, int(owners.boxes.sum()) - matches)


def _pairs(name: str, pairs: I64) -> I64:
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    own = pairs[:, 0] == pairs[:, 1]
    if own.any():
        row = int(own.argmax())
        raise BadData(f"{name} row {row}: expected two tracks, got {pairs[row, 0]} twice")
    ordered = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    twice = (ordered[1:] == ordered[:-1]).all(axis=1)
    if twice.any():
        one = ordered[int(twice.argmax())]
        raise BadData(f"{name}: expected each link once, got {one[0]} to {one[1]} twice")
    return pairs


def _keys(pairs: I64, others: I64) -> I64:
    """One number per pair (n,), comparable between both tables."""
    tracks, number = np.unique(np.concatenate([pairs.ravel(), others.ravel()]), return_inverse=True)
    first = number[: pairs.size].reshape(-1, 2)
    return np.asarray(first[:, 0] * len(tracks) + first[:, 1], np.int64)


def _survival(truth: I64, said: I64, right: Bool, probabilities: F64 | None) -> dict[str, float | None]:
    """Hops -> share of true journeys that long whose first so many hand-overs the predicted chain follows."""
    if not len(truth):
        return {str(hops): None for hops in HOPS}
    # Of several links from one track the chain follows the likeliest, of equals the first.
    likely = np.zeros(len(said)) if probabilities is None else probabilities
    order = np.lexsort((-likely, said[:, 0]))
    followed = np.zeros(len(said), np.bool_)
    followed[order[np.flatnonzero(np.diff(said[order, 0], prepend=np.iinfo(np.int64).min))]] = True
    good = np.isin(_keys(truth, said), _keys(said, truth)[followed & right])
    tracks, number = np.unique(truth, return_inverse=True)
    before, after = number.reshape(-1, 2).T
    for side, word in ((before, "leaves"), (after, "enters")):
        if len(np.unique(side)) != len(side):
            track = tracks[int(np.bincount(side).argmax())]
            raise BadData(f"truth_pairs: expected that track {track} {word} one link, got several")
    following = np.full(len(tracks), -1, np.int64)
    kept = np.zeros(len(tracks), np.bool_)
    following[before], kept[before] = after, good
    at = np.setdiff1d(before, after)  # first tracks of journeys
    alive = np.ones(len(at), np.bool_)
    shares: dict[str, float | None] = {}
    for hop in range(1, max(HOPS) + 1):
        going = following[at] >= 0
        at, alive = at[going], alive[going]
        alive = alive & kept[at]
        at = following[at]
        if hop in HOPS:
            shares[str(hop)] = float(alive.mean()) if len(at) else None
    return shares
