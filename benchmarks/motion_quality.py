"""How good the built-in motion detector is: followed and counted on painted districts, followed on a real street.

The districts are of seeds the net was never trained on, painted, encoded as H.264 at 640x360 and 10 frames per second,
and go through the commands a person types: `sightline simulate --video`, `sightline watch --detector motion`,
`sightline evaluate`. The real street is PETS 2009 S2.L1, of which nothing was used in
training. Cost is processor time of the detector alone on one core. Run ``python benchmarks/motion_quality.py`` from the
project's root.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sightline.bench.result import result
from sightline.config import DetectSettings, VideoSettings
from sightline.detect import make_detector
from sightline.models.library import Library
from sightline.video import open_source

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("SIGHTLINE_SHARED", HERE.parents[1] / "shared"))
PETS, PETS_FPS = SHARED / "groundtruth" / "pets09-s2l1-first400", 7
DISTRICTS = ((20_001, "clear"), (20_002, "overcast"), (20_003, "rain"), (20_004, "low sun"), (20_005, "night"))
CAMERAS = 6
USERS = 90  # on the move: a busy morning, as in the demo


def sightline(*words: str | Path) -> Any:
    """The JSON that a command answers with."""
    command = [sys.executable, "-m", "sightline", *map(str, words), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def district(seed: int, weather: str, seconds: float, folder: Path) -> dict[str, Any]:
    """Scores of all cameras of one district."""
    film, said = folder / f"film-{seed}", folder / f"said-{seed}"
    sightline("simulate", film, "--video", "--cameras", str(CAMERAS), "--seconds", str(seconds), "--seed", str(seed),
              "--weather", weather, "--users", str(USERS))  # fmt: skip
    sightline("watch", film, "--headless", "--detector", "motion", "--out", said)
    return dict(sightline("evaluate", film, said))


def pets(folder: Path) -> dict[str, Any]:
    """Scores on the real street."""
    sightline("watch", PETS / "video.mp4", "--headless", "--detector", "motion", "--source-fps", str(PETS_FPS), "--out",
              folder / "pets")  # fmt: skip
    return dict(sightline("evaluate", PETS / "gt.txt", folder / "pets" / "video.txt"))


def cost_ms(clip: Path) -> float:
    """Processor time of the detector for one picture of a clip, ms, one thread."""
    cv2.setNumThreads(1)
    detector = make_detector("motion", Library(None), DetectSettings(), threads=1)
    frames = []
    for frame in open_source(str(clip), camera="clip", settings=VideoSettings()):
        frames.append(frame)
        if len(frames) == 150:
            break
    for frame in frames[:30]:
        detector([frame])
    started = time.process_time()
    for frame in frames[30:]:
        detector([frame])
    return round((time.process_time() - started) / len(frames[30:]) * 1e3, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each district")
    parser.add_argument("--districts", type=int, default=len(DISTRICTS))
    parser.add_argument("--out", type=Path, default=HERE / "results")
    told = parser.parse_args()
    values: dict[str, Any] = {"seconds": told.seconds, "cameras of each district": CAMERAS, "districts": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed, weather in DISTRICTS[: told.districts]:
            values["districts"][f"{seed}, {weather}"] = district(seed, weather, told.seconds, folder)
        values["cost, ms of one core per picture of 640x360"] = cost_ms(
            next((folder / f"film-{DISTRICTS[0][0]}" / "cameras").glob("*.mp4"))
        )
        if (PETS / "gt.txt").is_file():
            values["PETS 2009 S2.L1"] = pets(folder)
    hota = [camera for one in values["districts"].values() for camera in hota_of(one)]
    values["mean HOTA of all cameras"] = round(float(np.mean(hota)), 2)
    print(result("motion-quality", values).write(told.out))


def hota_of(scores: dict[str, Any]) -> list[float]:
    """HOTA of each camera."""
    return [float(camera["HOTA"]) for camera in scores["sequences"].values()]


if __name__ == "__main__":
    main()
