"""Runs TrackEval on a folder of cases and prints its scores as JSON; started in its isolated environment.

Arguments: the folder and MOT15, MOT17 or MOT20. The folder holds ``gt/<sequence>/gt/gt.txt`` and
``trackers/case/data/<sequence>.txt``.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import trackeval


def last_frame(*files: Path) -> int:
    frames = [int(float(line.split(",")[0])) for path in files for line in path.read_text().splitlines() if line]
    return max(frames, default=1)


def main(folder: Path, benchmark: str) -> dict[str, dict[str, float]]:
    results = folder / "trackers" / "case" / "data"
    lengths = {
        path.parts[-3]: last_frame(path, results / f"{path.parts[-3]}.txt") for path in folder.glob("gt/*/gt/gt.txt")
    }
    dataset = trackeval.datasets.MotChallenge2DBox(
        {
            "GT_FOLDER": str(folder / "gt"),
            "TRACKERS_FOLDER": str(folder / "trackers"),
            "BENCHMARK": benchmark,
            "SEQ_INFO": lengths,
            "SKIP_SPLIT_FOL": True,
            "PRINT_CONFIG": False,
        }
    )
    quiet = {"PRINT_CONFIG": False}
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)]
    settings = dict.fromkeys(
        ["PRINT_RESULTS", "PRINT_CONFIG", "TIME_PROGRESS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES"], False
    )
    scores, _ = trackeval.Evaluator(settings | {"LOG_ON_ERROR": None}).evaluate([dataset], metrics)
    shown = {}
    for name, classes in scores["MotChallenge2DBox"]["case"].items():
        of = classes["pedestrian"]
        shown[name] = {key: 100 * float(of["HOTA"][key].mean()) for key in ("HOTA", "DetA", "AssA", "LocA")}
        shown[name] |= {key: 100 * float(of["Identity"][key]) for key in ("IDF1", "IDP", "IDR")}
        shown[name] |= {key: 100 * float(of["CLEAR"][key]) for key in ("MOTA", "MOTP")}
        shown[name] |= {"IDSW": float(of["CLEAR"]["IDSW"]), "FP": float(of["CLEAR"]["CLR_FP"])}
        shown[name] |= {"FN": float(of["CLEAR"]["CLR_FN"])}
        shown[name] |= {key: float(of["Count"][key]) for key in ("IDs", "GT_IDs")}
    return shown


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        answer = main(Path(sys.argv[1]), sys.argv[2])
    print(json.dumps(answer))
