"""What `make demo` shows: errors against the truth, seed by seed, and how long a person waits for the first picture.

Runs the command as a person does, page and all, and reads the page's own API; the seeds are not those the motion
detector was trained on. Run ``python benchmarks/demo.py`` from the project's root.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from sightline.bench.result import result

HERE = Path(__file__).resolve().parent
KEPT = ("HOTA", "DetA", "AssA", "IDF1", "counted", "crossed", "miscounted", "frames")


def run(seed: int, seconds: float, more: list[str]) -> dict[str, Any]:
    """One demo: seconds until every camera gave an analysed picture, and its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "sightline", "demo", "--port", "0", "--seed", str(seed), "--seconds",
                   str(seconds), "--report", str(report), *more]  # fmt: skip
        started = time.monotonic()
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            url = next(found[0] for line in process.stderr if (found := re.search(r"http://\S+", line)))
            threading.Thread(target=process.stderr.read, daemon=True).start()
            waits = first_pictures(url.rstrip("/"), started)
            if process.wait() != 0:
                process.send_signal(signal.SIGTERM)
                raise SystemExit(f"demo: expected exit code 0, got {process.returncode}")
        said = json.loads(report.read_text())
    cameras = {name: {key: row.get(key) for key in KEPT} for name, row in said["cameras"].items()}
    crossed = sum(row["crossed"] for row in cameras.values())
    return {
        **waits,
        "HOTA": round(said["HOTA"], 2),
        "count_error": round(said["count_error"], 2),
        "crossed": crossed,
        "pictures_per_second": round(sum(row["frames"] for row in cameras.values()) / said["seconds"], 1),
        "cameras": {
            name: {key: round(value, 2) if isinstance(value, float) else value for key, value in row.items()}
            for name, row in cameras.items()
        },
    }


def first_pictures(url: str, started: float) -> dict[str, float]:
    """Seconds until the first camera, and until the last, had an analysed picture."""
    first = None
    while True:
        with urllib.request.urlopen(f"{url}/api/v1/summary", timeout=10) as answer:
            analysed = [one["frames_analysed"] for one in json.load(answer)["cameras"].values()]
        now = round(time.monotonic() - started, 1)
        first = now if first is None and any(analysed) else first
        if first is not None and all(analysed):
            return {"first_picture_s": first, "all_cameras_s": now}
        time.sleep(0.1)


def main() -> None:
    """Run the seeds and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--more", nargs="*", default=[], help="further options of the demo")
    told = parser.parse_args()
    runs = {str(seed): run(seed, told.seconds, told.more) for seed in told.seeds}
    wrong = sum(row["miscounted"] for one in runs.values() for row in one["cameras"].values())
    crossed = sum(one["crossed"] for one in runs.values())
    values = {
        "seconds": told.seconds,
        "mean_HOTA": round(sum(one["HOTA"] for one in runs.values()) / len(runs), 2),
        "count_error": round(100.0 * wrong / max(1, crossed), 2),
        "crossed": crossed,
        "seeds": runs,
    }
    kept = result("demo", values).write(HERE / "results")
    print(json.dumps({key: values[key] for key in ("mean_HOTA", "count_error", "crossed")}), kept)
    for seed, one in runs.items():
        print(seed, {key: one[key] for key in one if key != "cameras"})


if __name__ == "__main__":
    main()
