"""What scoring costs: seconds of one core for 10,000 frames with 50 objects each, and for a network of cameras.

Drawn walks; the results lose a tenth of the boxes, shake the rest, change one identity in a hundred frames and add
false boxes. Run ``python benchmarks/evaluate.py`` from the project's root; ``--frames`` and ``--objects`` for others.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sightline.bench.result import result
from sightline.evaluate import count_scores, detection_scores, evaluate, evaluate_network, hand_over_scores
from sightline.evaluate.crossings import DIRECTIONS, Crossings
from sightline.formats.mot import MotTable, table

HERE = Path(__file__).resolve().parent
SIZE = np.array([1920.0, 1080.0])


def walks(frames: int, objects: int, seed: int) -> tuple[MotTable, MotTable]:
    """Truth of a district and results, both frames * objects rows but for what the results lose and invent."""
    random = np.random.default_rng([seed, 0])
    foot = random.uniform(0, 1, (objects, 2)) * SIZE
    step = random.normal(0, 2.0, (objects, 2))
    height = random.uniform(12, 120, objects)
    places = (foot + np.arange(frames)[:, None, None] * step) % SIZE
    corners = np.concatenate([places - height[:, None] * [0.2, 1.0], places + height[:, None] * [0.2, 0.0]], axis=2)
    boxes = corners.reshape(-1, 4)
    numbers = np.repeat(np.arange(1, frames + 1), objects)
    ids = np.tile(np.arange(1, objects + 1), frames)
    marks = np.where(ids % 10, 1.0, 0.0)  # a tenth does not count, as parked vehicles
    truth = table(numbers, ids, boxes, marks, 100 + ids % 8)
    kept = random.random(len(ids)) > 0.1
    shaken = boxes + random.normal(0, 0.05, boxes.shape) * np.tile(height, frames)[:, None]
    switched = ids + objects * (numbers // 100 * (ids % 3 == 0))
    false = random.uniform(0, 1, (len(ids) // 10, 2)) * SIZE
    rows = [
        np.append(numbers[kept], random.integers(1, frames + 1, len(false))),
        np.append(switched[kept], 10_000_000 + np.arange(len(false))),
        np.concatenate([shaken[kept], np.concatenate([false, false + np.array([20.0, 50.0])], axis=1)]),
    ]
    return truth, table(*rows, random.random(len(rows[0])))


def cost_s(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of processor time, and the answer."""
    start = time.process_time()
    answer = work()
    return round(time.process_time() - start, 2), answer


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--objects", type=int, default=50)
    given = parser.parse_args()
    truth, found = walks(given.frames, given.objects, 1)
    values: dict[str, Any] = {"frames": given.frames, "objects": given.objects, "boxes": len(truth) + len(found)}
    values["tracks_s"], scores = cost_s(lambda: evaluate(truth, found))
    values["HOTA"] = round(scores["HOTA"], 2)
    values["detections_s"], scores = cost_s(lambda: detection_scores({"one": (truth, found)}))
    values["AP"] = round(scores["AP"], 2)
    # The same boxes as 100 cameras with ids that run through all of them.
    length = max(1, given.frames // 100)
    cameras = [{f"{k:03d}": side.keep((side.frames - 1) // length == k) for k in range(100)} for side in (truth, found)]
    values["network_of_100_cameras_s"], _ = cost_s(lambda: evaluate_network(cameras[0], cameras[1]))
    random = np.random.default_rng([2, 0])
    pairs = np.stack([np.arange(1_000_000), np.arange(1, 1_000_001)], axis=1)
    said = pairs[random.random(len(pairs)) < 0.9]
    chances = random.random(len(said))
    values["hand_over_of_1000000_links_s"], _ = cost_s(lambda: hand_over_scores(pairs, said, chances))
    sides = [
        Crossings(
            random.integers(0, 86_400_000_000_000, 1_000_000),
            random.integers(0, 400, 1_000_000),
            random.integers(0, len(DIRECTIONS), 1_000_000),
            random.integers(0, 8, 1_000_000).astype(np.int16),
            tuple((f"{k:03d}", "gate") for k in range(400)),
        )
        for _ in range(2)
    ]
    values["counts_of_1000000_crossings_s"], _ = cost_s(lambda: count_scores(sides[0], sides[1], seconds=86_400.0))
    outcome = result("evaluate", values)
    outcome.write(HERE / "results")
    print(json.dumps(asdict(outcome), indent=1))


if __name__ == "__main__":
    main()
