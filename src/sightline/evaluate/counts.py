"""How far counts are from the truth: error per line, direction and class, and GEH per quarter of an hour."""

from typing import Any, Final

import numpy as np

from sightline.core.errors import BadConfig, BadData
from sightline.core.values import I64
from sightline.core.vocabulary import CLASSES
from sightline.evaluate.crossings import DIRECTIONS, Crossings, Place
from sightline.evaluate.pairs import F64

WINDOW_S: Final = 900.0  # the quarter of an hour that traffic is counted in
_HOUR_S: Final = 3600.0
GOOD: Final = 5.0  # GEH below which a flow agrees (DMRB volume 12, section 2, part 1; it asks this of 85 % of flows)


def geh(said: F64, truth: F64) -> F64:
    """GEH statistic of hourly flows, of any equal shape: sqrt(2 (M - C)^2 / (M + C)), 0 where both are 0.

    Named after G. E. Havers; used by UK's Design Manual for Roads and Bridges (volume 12) to compare modelled flows M
    with counted flows C.
    """
    both = np.asarray(said + truth, np.float64)
    return np.asarray(np.sqrt(2 * np.divide((said - truth) ** 2, both, out=np.zeros_like(both), where=both > 0)))


def count_scores(
    truth: Crossings, said: Crossings, *, seconds: float | None = None, window_s: float = WINDOW_S
) -> dict[str, Any]:
    """Errors of counts at the lines of the truth, over ``seconds`` from 0 (default: to the last crossing of either).

    count_error: sum over lines and directions of abs(said - truth), percent of the truth's crossings (too many here
    never hide too few there; None without truth); class_error: the same told apart by class, so that a wrong class
    counts twice; truth, said: crossings; geh_below_5: share 0..1 of flows (a line, a direction, a window) with a GEH
    below 5, geh_mean their mean; flows: how many. ``lines``: camera, line, direction, truth, said, error (said -
    truth), geh (the windows' in order), by_class (name -> truth, said). ``classes``: name -> truth, said, error_percent
    (absolute errors of lines and directions added). ``lines_without_truth``: lines of said that truth does not have;
    they are left out. A last window that is cut short counts by its own length. BadData for a crossing after seconds
    or before 0, BadConfig for a window of no length.
    """
    if not window_s > 0:
        raise BadConfig("window_s", window_s, "more than 0")
    last = max((int(side.times_ns.max()) for side in (truth, said) if len(side)), default=0) * 1e-9
    length = (np.floor(last / window_s) + 1) * window_s if seconds is None else float(seconds)
    ends = np.append(np.arange(window_s, length, window_s), length)
    places = {place: k for k, place in enumerate(truth.lines)}
    counts = [_counts(side, name, places, ends) for side, name in ((truth, "truth"), (said, "said"))]
    hourly = _HOUR_S / np.diff(ends, prepend=0.0)
    flows = geh(*(side.sum(axis=-1) * hourly for side in reversed(counts)))
    used = flows[sum(side.sum(axis=-1) for side in counts) > 0]  # where nobody came or was said, nothing is shown
    # Axes: line, direction, window, class.
    true, found = (side.sum(axis=2) for side in counts)
    total = int(true.sum())
    by_class = np.abs(found - true).sum(axis=(0, 1))
    return {
        "count_error": 100 * float(np.abs((found - true).sum(axis=-1)).sum()) / total if total else None,
        "class_error": 100 * float(by_class.sum()) / total if total else None,
        "truth": total,
        "said": int(found.sum()),
        "geh_below_5": float((used < GOOD).mean()) if used.size else None,
        "geh_mean": float(used.mean()) if used.size else None,
        "flows": int(used.size),
        "window_s": window_s,
        "lines": [
            _line(place, direction, true[k, d], found[k, d], flows[k, d])
            for place, k in places.items()
            for d, direction in enumerate(DIRECTIONS)
        ],
        "classes": {
            name: {"truth": int(t), "said": int(s), "error_percent": 100 * float(e) / int(t) if t else None}
            for name, t, s, e in zip(CLASSES, true.sum(axis=(0, 1)), found.sum(axis=(0, 1)), by_class, strict=True)
            if t or s
        },
        "lines_without_truth": [f"{camera}/{line}" for camera, line in said.lines if (camera, line) not in places],
    }


def _line(place: Place, direction: str, truth: I64, said: I64, flows: F64) -> dict[str, Any]:
    seen = np.flatnonzero(truth + said).tolist()
    return {
        "camera": place[0],
        "line": place[1],
        "direction": direction,
        "truth": int(truth.sum()),
        "said": int(said.sum()),
        "error": int(said.sum() - truth.sum()),
        "geh": [round(value, 3) for value in flows.tolist()],
        "by_class": {CLASSES[label]: {"truth": int(truth[label]), "said": int(said[label])} for label in seen},
    }


def _counts(side: Crossings, name: str, places: dict[Place, int], ends: F64) -> I64:
    """i64 (lines, directions, windows, classes); crossings of lines that truth does not have are left out."""
    shape = (len(places), len(DIRECTIONS), len(ends), len(CLASSES))
    if not len(side):
        return np.zeros(shape, np.int64)
    seconds = side.times_ns * 1e-9
    bad = (side.times_ns < 0) | (seconds > ends[-1])
    if bad.any():
        row = int(bad.argmax())
        raise BadData(f"crossings of {name} row {row}: expected 0 to {ends[-1]:g} s, got {seconds[row]:.3f} s")
    line = np.array([places.get(place, -1) for place in side.lines], np.int64)[side.places]
    window = np.minimum(np.searchsorted(ends, seconds, "right"), len(ends) - 1)
    known = line >= 0
    index = np.ravel_multi_index(
        (line[known], side.directions[known], window[known], side.labels[known].astype(np.int64)), shape
    )
    return np.bincount(index, minlength=int(np.prod(shape))).reshape(shape).astype(np.int64)
