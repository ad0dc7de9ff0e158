"""What the tracker costs: microseconds per camera-frame by cameras per call and objects per camera.

Drawn columns: objects on straight ways with noise of a detector, one in ten missed, one faint clutter box per five
objects. Run ``python benchmarks/track_speed.py`` from the project's root; ``--profile`` shows where the time goes.
"""

import argparse
import cProfile
import json
import pstats
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from sightline.bench.result import result
from sightline.core.values import Detections
from sightline.core.vocabulary import CODE
from sightline.track import Sample, Tracker

HERE = Path(__file__).resolve().parent
SIZE = (1920, 1080)
RATE = 5.0  # frames per second and camera
WARM, TIMED = 15, 60  # frames per camera


def street(cameras: int, objects: int, seed: int) -> list[list[Sample]]:
    """WARM + TIMED rounds of one sample per camera."""
    rng = np.random.default_rng(seed)
    shape = (cameras, objects)
    foot = np.stack([rng.uniform(0, SIZE[0], shape), rng.uniform(300, SIZE[1], shape)], axis=-1)
    height = 40 + 0.15 * foot[..., 1]
    speed = rng.uniform(-1.4, 1.4, (*shape, 2)) * height[..., None] / 1.7 * np.array([1.0, 0.35])
    rounds = []
    for k in range(WARM + TIMED):
        samples = []
        foot += speed / RATE
        foot %= np.array(SIZE)
        for c in range(cameras):
            seen = rng.random(objects) < 0.9
            tall = height[c][seen]
            at = foot[c][seen] + rng.normal(0, 0.07, (len(tall), 2)) * tall[:, None] / 1.7
            tall = tall * np.exp(rng.normal(0, 0.05, len(tall)))
            extra = max(1, objects // 5)
            at = np.concatenate([at, rng.uniform(300, 1000, (extra, 2))])
            tall = np.append(tall, np.full(extra, 90.0))
            half = 0.2 * tall
            boxes = np.stack([at[:, 0] - half, at[:, 1] - tall, at[:, 0] + half, at[:, 1]], axis=1).astype(np.float32)
            scores = np.append(rng.uniform(0.6, 1, len(tall) - extra), rng.uniform(0.1, 0.4, extra)).astype(np.float32)
            labels = np.full(len(tall), CODE["pedestrian"], np.int16)
            found = Detections(boxes, scores, labels)
            samples.append(Sample(f"camera {c}", round(k / RATE * 1e9), SIZE, found))
        rounds.append(samples)
    return rounds


def cost_us(rounds: list[list[Sample]]) -> float:
    """Lower quartile over the timed rounds of the time per camera-frame, microseconds."""
    tracker = Tracker()
    for samples in rounds[:WARM]:
        tracker.update(samples)
    spent = []
    for samples in rounds[WARM:]:
        started = time.perf_counter_ns()
        tracker.update(samples)
        spent.append((time.perf_counter_ns() - started) / len(samples) / 1000)
    return float(np.percentile(spent, 25))  # a quarter: other work on the machine only ever adds


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true", help="profile 64 cameras with 10 objects and end")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    if options.profile:
        rounds = street(64, 10, 0)
        profiler = cProfile.Profile()
        profiler.runcall(cost_us, rounds)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
        return
    table = {
        f"{cameras} cameras, {objects} objects": round(cost_us(street(cameras, objects, 0)), 1)
        for objects in (5, 10, 20)
        for cameras in (1, 8, 64)
    }
    done = result("track-speed", {"us_per_camera_frame": table})
    print(json.dumps(asdict(done), indent=1))
    done.write(options.out)


if __name__ == "__main__":
    main()
