"""Times trackers of the package ``trackers`` (Apache-2.0) on one camera; started by ``bench.track`` in the environment
that has the package, so nothing of Sightline may be imported here.

Arguments: a file of columns (``first`` i64 (samples + 1,), where each sample's rows start, ``boxes`` (n, 4) left top
right bottom px, ``scores`` (n,)), how many samples warm up, frames per second, names of trackers. Standard output is
``{"us_per_frame": {NAME: lower quartile}, "versions": {...}}`` or ``{"absent": "module"}``. Only ``update`` is timed:
what the library wants to be given is made before.
"""

import json
import sys
import timeit
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

CLASSES: Final = {"SORT": "SORTTracker", "ByteTrack": "ByteTrackTracker"}
NEEDED: Final = ("trackers", "supervision")


def cost_us(tracker: Any, samples: list[Any], warm: int) -> float:
    """Lower quartile of the time per frame after the warm ones, microseconds."""
    spent = []
    for given in samples:
        started = timeit.default_timer()
        tracker.update(given)
        spent.append(1e6 * (timeit.default_timer() - started))
    return float(np.percentile(spent[warm:], 25))


def main(path: str, warm: int, rate: float, names: list[str]) -> dict[str, Any]:
    """The answer, as said above."""
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        return {"absent": absent[0]}
    kind, library = import_module("supervision").Detections, import_module("trackers")
    with np.load(path) as columns:
        first, boxes, scores = columns["first"], columns["boxes"], columns["scores"]
    spent = {}
    for name in names:
        samples = [
            kind(xyxy=boxes[i:j], confidence=scores[i:j], class_id=np.zeros(j - i, int))
            for i, j in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)
        ]
        spent[name] = cost_us(getattr(library, CLASSES[name])(frame_rate=rate), samples, warm)
    return {"us_per_frame": spent, "versions": {name: version(name) for name in NEEDED}}


if __name__ == "__main__":
    said = main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
    sys.stdout.write(json.dumps(said) + "\n")
