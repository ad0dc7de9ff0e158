"""How fast a district's truth is made, how much room it takes, and what simple matching of its tracks reaches.

Run ``python benchmarks/district.py`` from the project's root; ``--large`` adds 1,000 cameras (minutes). Times are those
of the processor (one core), so that other work on the machine does not count.
"""

import argparse
import json
import resource
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sightline.bench.result import result
from sightline.simulate.district import district
from sightline.simulate.faults import Faults
from sightline.simulate.flow import Traffic
from sightline.simulate.mounting import lines_for
from sightline.simulate.record import Scene, record
from sightline.simulate.record_tracks import record_tracks
from sightline.simulate.world import I8, Movers

HERE = Path(__file__).resolve().parent
RUNS = ((100, (1, 2, 3)), (400, (1, 2)))  # cameras, seeds
SECONDS = 120.0
TRACK_SECONDS = 600.0
LARGE_SECONDS = 300.0


class Timed:
    """Traffic that knows how much time it took, and how many moved on average."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self.spent_s = 0.0
        self.moving: list[int] = []

    @property
    def movers(self) -> Movers:
        started = time.process_time()
        movers = self._traffic.movers
        self.spent_s += time.process_time() - started
        self.moving.append(int((~movers.parked).sum()))
        return movers

    @property
    def lights(self) -> I8:
        return self._traffic.lights

    def advance(self) -> None:
        started = time.process_time()
        self._traffic.advance()
        self.spent_s += time.process_time() - started


def silent(done: int, total: int, what: str) -> None:
    """Nobody watches."""


def room_mb(folder: Path) -> float:
    """Megabytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def truth(cameras: int, users: int, seed: int) -> dict[str, Any]:
    """Truth of all kinds at 5 samples a second, traffic and writing included, warm-up and layout apart."""
    started = time.process_time()
    made = district(seed, cameras)
    lines = tuple(lines_for(made.layout, camera) for camera in made.cameras)
    scene = Scene(made.layout, made.cameras, lines, seed, SECONDS, 5.0, 10**18)
    traffic = Timed(Traffic(made.layout, seed, step_s=scene.step_s, users=users))
    prepared = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder), scene, traffic, silent)
        spent = time.process_time() - prepared
        room = room_mb(Path(folder))
    return {
        "cameras": cameras,
        "users_mean": round(sum(traffic.moving) / len(traffic.moving)),
        "seconds": SECONDS,
        "times_real_time": round(SECONDS / spent, 1),
        "share_of_traffic": round(traffic.spent_s / spent, 2),
        "prepare_s": round(prepared - started, 2),
        "mb": round(room, 1),
    }


def tracks(cameras: int, seconds: float, seed: int) -> dict[str, Any]:
    """Tracks with faults at 2 frames a second."""
    started = time.process_time()
    made = district(seed, cameras, fps=2.0)
    scene = Scene(made.layout, made.cameras, ((),) * cameras, seed, seconds, 2.0, 10**18)
    traffic = Timed(Traffic(made.layout, seed, step_s=scene.step_s))
    with tempfile.TemporaryDirectory() as folder:
        said = record_tracks(Path(folder), scene, traffic, Faults(), silent)
        spent = time.process_time() - started
        room = room_mb(Path(folder))
    return said | {
        "seed": seed,
        "cameras": cameras,
        "judged": said["cameras"],
        "users_mean": round(sum(traffic.moving) / len(traffic.moving)),
        "seconds": seconds,
        "cpu_s": round(spent, 1),
        "times_real_time": round(seconds / spent, 1),
        "share_of_traffic": round(traffic.spent_s / spent, 2),
        "mb": round(room, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 1,000 cameras")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    values: dict[str, Any] = {
        "truth": truth(100, 1000, 1),
        "tracks": [tracks(cameras, TRACK_SECONDS, seed) for cameras, seeds in RUNS for seed in seeds],
    }
    if options.large:
        values["tracks"].append(tracks(1000, LARGE_SECONDS, 1))
    done = result("district", values)
    print(json.dumps(asdict(done), indent=1))
    done.write(options.out)


if __name__ == "__main__":
    main()
