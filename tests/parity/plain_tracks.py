"""A tracker of the package ``trackers`` fed frame by frame as its documentation says, nothing else; started in its
isolated environment.

Arguments: name of the tracker's class, its arguments as JSON, a file of columns as ``bench.library_tracks`` reads them.
Prints {"rows": [...], "ids": [...]}: the rows that the library gave an id.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np


def main(title: str, options: str, path: Path) -> None:
    import supervision
    import trackers

    columns = np.load(path)
    tracker = getattr(trackers, title)(**json.loads(options))
    first, rows, ids = columns["first"], [], []
    for low, high in pairwise(first):
        boxes, scores = columns["boxes"][low:high], columns["scores"][low:high]
        found = supervision.Detections(xyxy=boxes, confidence=scores, class_id=np.zeros(len(boxes), dtype=int))
        answer = tracker.update(found)
        for box, one in zip(answer.xyxy, answer.tracker_id, strict=True):
            if one >= 0:
                rows.append(int(low + np.flatnonzero((boxes == box).all(axis=1))[0]))
                ids.append(int(one))
    print(json.dumps({"rows": rows, "ids": ids}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
