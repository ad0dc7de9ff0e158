"""Runs a tracker of the package ``trackers`` on public detections; started in its isolated environment.

Arguments: SORT, ByteTrack or OCSORT; a folder of ``<sequence>/det/det.txt``; a folder for ``<sequence>.txt``. Prints
"absent" where the package is not installed.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np


def main(name: str, folder: Path, out: Path) -> None:
    import supervision
    import trackers

    kinds = {
        "SORT": trackers.SORTTracker,
        "ByteTrack": trackers.ByteTrackTracker,
        "OCSORT": trackers.OCSORTTracker,
    }
    for path in sorted(folder.glob("*/det/det.txt")):
        rows = np.loadtxt(path, delimiter=",")
        least, most = rows[:, 6].min(), rows[:, 6].max()
        scores = 0.4 + 0.6 * (rows[:, 6] - least) / max(most - least, 1e-9)
        tracker = kinds[name]()
        lines = []
        for frame in range(1, int(rows[:, 0].max()) + 1):
            here = rows[:, 0] == frame
            boxes = np.concatenate([rows[here, 2:4], rows[here, 2:4] + rows[here, 4:6]], axis=1)
            found = supervision.Detections(
                xyxy=boxes, confidence=scores[here], class_id=np.zeros(len(boxes), dtype=int)
            )
            tracks = tracker.update(found)
            for (left, top, right, bottom), one in zip(tracks.xyxy, tracks.tracker_id, strict=True):
                if one >= 0:
                    lines.append(
                        f"{frame},{one + 1},{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f},1,-1,-1,-1"
                    )
        (out / f"{path.parts[-3]}.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    if find_spec("trackers") is None or find_spec("supervision") is None:
        print("absent")
    else:
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
