"""How right the numbers are, as JSON: of each camera, and of all together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

from sightline.pipeline.ports import CameraScores, CountScore


def scores_fields(scores: Mapping[str, CameraScores]) -> dict[str, Any]:
    """{"cameras": {name: scores with the errors of its counts}, "network": the same over all, None without any}."""
    network = None
    if scores:
        counts = [row for one in scores.values() for row in one.counts]
        network = {
            "hota": _mean(one.hota for one in scores.values()),
            "idf1": _mean(one.idf1 for one in scores.values()),
            **count_errors(counts),
        }
    cameras = {
        name: {
            "hota": _number(one.hota),
            "idf1": _number(one.idf1),
            **count_errors(one.counts),
            "counts": [asdict(row) for row in one.counts],
            "note": one.note,
        }
        for name, one in scores.items()
    }
    return {"cameras": cameras, "network": network}


def count_errors(counts: Sequence[CountScore]) -> dict[str, Any]:
    """Sums and errors in percent of the truth: of the sums, and of each line and direction by itself."""
    counted, truth = sum(row.counted for row in counts), sum(row.truth for row in counts)
    apart = sum(abs(row.counted - row.truth) for row in counts)
    return {
        "counted": counted,
        "truth": truth,
        "count_error": 100.0 * (counted - truth) / truth if truth else None,
        "line_error": 100.0 * apart / truth if truth else None,
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _mean(values: Iterable[float | None]) -> float | None:
    """Of those that are known; None where none is."""
    known = [value for value in values if value is not None and isfinite(value)]
    return sum(known) / len(known) if known else None
