"""What the tracker costs: microseconds per camera-frame by cameras per call and objects per camera, and memory.

Drawn columns: objects on straight ways with the noise of a detector, one in ten missed, one faint clutter box per five
objects. The library's trackers get the same columns of one camera in the same run, so that a ratio can be told which a
busy or slow machine changes little.
"""

import gc
import json
import os
import subprocess
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any, Final

import numpy as np

from sightline.core.clock import SystemClock
from sightline.core.errors import SightlineError, SourceUnavailable
from sightline.core.values import Detections
from sightline.core.vocabulary import CODE
from sightline.track import Sample, Tracker

CAMERAS: Final = (1, 8, 64)
OBJECTS: Final = (5, 10, 20)
MUST_REACH_US: Final = {"64 cameras, 10 objects": 50, "1 camera, 20 objects": 400}
TURNS: Final = 4  # the best of them counts, ours and the library's: other work on the machine only ever adds
LIBRARY: Final = ("ByteTrack", "SORT")
LIBRARY_OBJECTS: Final = 10
SCRIPT: Final = Path(__file__).resolve().with_name("library_speed.py")
RATE: Final = 5.0  # frames per second and camera
WARM, TIMED = 15, 60  # frames per camera
_SIZE: Final = (1920, 1080)
_MANY: Final = 256  # cameras over which memory is averaged
_PATIENCE_S: Final = 120.0

Rounds = list[list[Sample]]


def street(cameras: int, objects: int, seed: int, rounds: int = WARM + TIMED) -> Rounds:
    """Rounds of one sample per camera, RATE a second."""
    rng = np.random.default_rng(seed)
    shape = (cameras, objects)
    foot = np.stack([rng.uniform(0, _SIZE[0], shape), rng.uniform(300, _SIZE[1], shape)], axis=-1)
    height = 40 + 0.15 * foot[..., 1]
    # People: up to 1.4 m/s across the picture, shortened along the view; a height of 1.7 m is the scale.
    speed = rng.uniform(-1.4, 1.4, (*shape, 2)) * height[..., None] / 1.7 * np.array([1.0, 0.35])
    answer = []
    for k in range(rounds):
        foot = (foot + speed / RATE) % np.array(_SIZE)
        time_ns = round(k / RATE * 1e9)
        answer.append([Sample(f"camera {c}", time_ns, _SIZE, _seen(rng, foot[c], height[c])) for c in range(cameras)])
    return answer


def _seen(rng: np.random.Generator, foot: np.ndarray, height: np.ndarray) -> Detections:
    """Detections of objects with feet (n, 2) px and heights (n,) px, and clutter."""
    objects = len(height)
    if not objects:
        return Detections.empty()
    hit = rng.random(objects) < 0.9
    tall = height[hit]
    at = foot[hit] + rng.normal(0, 0.07, (len(tall), 2)) * tall[:, None] / 1.7
    tall = tall * np.exp(rng.normal(0, 0.05, len(tall)))
    extra = max(1, objects // 5)
    at = np.concatenate([at, rng.uniform(300, 1000, (extra, 2))])
    tall = np.append(tall, np.full(extra, 90.0))
    half = 0.2 * tall
    boxes = np.stack([at[:, 0] - half, at[:, 1] - tall, at[:, 0] + half, at[:, 1]], axis=1).astype(np.float32)
    scores = np.append(rng.uniform(0.6, 1, len(tall) - extra), rng.uniform(0.1, 0.4, extra)).astype(np.float32)
    return Detections(boxes, scores, np.full(len(tall), CODE["pedestrian"], np.int16))


def track(python: Path | None) -> dict[str, Any]:
    """``us_per_camera_frame``: cameras -> objects -> microseconds; ``memory``; ``library``: the same of its trackers.

    python: an interpreter with the package ``trackers``; None = without it, and the values say so. SourceUnavailable
    where it lacks the package.
    """
    times = [_round_us(python) for _ in range(TURNS)]
    table = {str(c): {str(o): round(min(ours[c, o] for ours, _ in times), 1) for o in OBJECTS} for c in CAMERAS}
    values: dict[str, Any] = {"us_per_camera_frame": table, "must_reach_us": MUST_REACH_US, "memory": memory()}
    if python is None:
        return values | {"library": None}
    told = {name: round(min(theirs["us_per_frame"][name] for _, theirs in times), 1) for name in LIBRARY}
    many = str(LIBRARY_OBJECTS)
    ratios = {name: {cameras: round(us / table[cameras][many], 1) for cameras in table} for name, us in told.items()}
    about = {"objects": LIBRARY_OBJECTS, "us_per_camera_frame": told, "times_ours_by_cameras": ratios}
    return values | {"library": about | {"versions": times[0][1]["versions"]}}


def _round_us(python: Path | None) -> tuple[dict[tuple[int, int], float], dict[str, Any]]:
    """One turn: ours by (cameras, objects), then the library's answer, so that both meet the machine as it is."""
    ours = {(c, o): cost_us(street(c, o, 0)) for c in CAMERAS for o in OBJECTS}
    return ours, {} if python is None else library_us(python, street(1, LIBRARY_OBJECTS, 0))


def cost_us(rounds: Rounds) -> float:
    """Lower quartile over the timed rounds of the time per camera-frame, microseconds."""
    tracker, clock = Tracker(), SystemClock()
    for samples in rounds[:WARM]:
        tracker.update(samples)
    spent = []
    for samples in rounds[WARM:]:
        started = clock.monotonic_ns()
        tracker.update(samples)
        spent.append((clock.monotonic_ns() - started) / len(samples) / 1000)
    return float(np.percentile(spent, 25))  # a quarter: other work on the machine only ever adds


def memory() -> dict[str, Any]:
    """Bytes a tracker keeps per camera and, beyond that, per live track; spare room of its columns included."""
    empty, _ = _kept(street(_MANY, 0, 0, WARM))
    full, live = _kept(street(_MANY, LIBRARY_OBJECTS, 0, WARM))
    return {
        "bytes_per_camera": round(empty / _MANY),
        "bytes_per_track": round((full - empty) / live),
        "cameras": _MANY,
        "tracks": live,
    }


def _kept(rounds: Rounds) -> tuple[int, int]:
    """Bytes that a tracker holds after the rounds, and its live tracks."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracker = Tracker()
        for samples in rounds:
            tracker.update(samples)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    return kept, sum(tracker.stats(sample.camera).live for sample in rounds[-1])


def library_us(python: Path, rounds: Rounds) -> dict[str, Any]:
    """``us_per_frame`` (tracker -> lower quartile, microseconds) of the library on one camera's samples; ``versions``.

    SourceUnavailable where there is no such interpreter or it lacks the package; SightlineError where it fails.
    """
    if not python.is_file():
        raise SourceUnavailable(f"library trackers: expected an interpreter, got no file at {python}")
    found = [samples[0].detections for samples in rounds]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "street.npz"
        np.savez(
            path,
            first=np.cumsum([0, *(len(one) for one in found)]),
            boxes=np.concatenate([one.boxes_px for one in found]),
            scores=np.concatenate([one.scores for one in found]),
        )
        words = [str(python), "-I", str(SCRIPT), str(path), str(WARM), str(RATE), *LIBRARY]
        try:
            done = subprocess.run(
                words, env=_environment(), capture_output=True, text=True, check=False, timeout=_PATIENCE_S
            )
        except subprocess.TimeoutExpired as error:
            raise SightlineError(f"library trackers: expected an answer in {_PATIENCE_S:g} s, got none") from error
    if done.returncode:
        raise SightlineError(f"library trackers ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "absent" in answer:
        raise SourceUnavailable(f"library trackers: expected the package {answer['absent']}, got none in {python}")
    return answer


def _environment() -> dict[str, str]:
    """This one without what would lead the other interpreter to our packages, and with one thread."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
    return ours | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
