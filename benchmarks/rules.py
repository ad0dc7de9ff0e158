"""What rules cost, and how right they are: turning counts, queues, speeds and the ground against simulated truth.

Cost: 100 cameras with 20 tracks and 10 rules each, drawn traffic over lines and through zones. Truth: junctions of two
seeds, tracks with true ids whose boxes tremble by 3 % and miss 4 %. Run ``python benchmarks/rules.py`` from the
project's root. Times are those of the processor (one core).
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from sightline.bench.result import result
from sightline.bench.rule_streets import StreetTracks, shaken, street_tracks, turns_of
from sightline.config.rules import GroundConfig, Length, RuleConfig
from sightline.core.events import Line, QueueChanged, SpeedMeasured, TurnMade, Zone
from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.rules import Drawing, GroundPlane, Ruleset, Sample
from sightline.simulate.survey import calibration
from sightline.simulate.world import Camera

HERE = Path(__file__).resolve().parent
MODEL: TypeAdapter[RuleConfig] = TypeAdapter(RuleConfig)
CAMERAS, TRACKS, SECONDS, FPS = 100, 20, 8.0, 5.0
SIZE = (1280, 720)
SEEDS = (1, 2)
JUNCTIONS, TRUTH_SECONDS = 8, 180.0
LONGEST_S = 120.0
PLACES = np.array([[x, y] for x in (0.3, 0.5, 0.7) for y in (0.4, 0.6, 0.8)])


def ten_rules() -> Drawing:
    """Four lines, three zones, ten rules of ten types, the ground known."""
    lines = tuple(Line(f"l{k}", (x, 0.05), (x, 0.98)) for k, x in enumerate((0.2, 0.4, 0.6, 0.8)))
    zones = tuple(
        Zone(f"z{k}", ((x, 0.3), (x + 0.2, 0.3), (x + 0.2, 0.95), (x, 0.95))) for k, x in enumerate((0.1, 0.4, 0.7))
    )
    given: list[dict[str, Any]] = [
        {"type": "line", "line": "l0"},
        {"type": "line", "line": "l3"},
        {
            "type": "turning",
            "entries": [{"line": "l0", "direction": "backward"}, {"line": "l3", "direction": "forward"}],
            "exits": [{"line": "l0", "direction": "forward"}, {"line": "l3", "direction": "backward"}],
        },
        {"type": "occupancy", "zone": "z1", "every_s": 5},
        {"type": "dwell", "zone": "z0", "seconds": 20},
        {"type": "queue", "zone": "z2"},
        {"type": "stopped", "seconds": 10},
        {"type": "carriageway", "zone": "z1"},
        {"type": "near_miss", "zone": "z1"},
        {"type": "speed", "line": "l2"},
    ]
    rules = tuple(MODEL.validate_python({"name": f"r{k}"} | rule) for k, rule in enumerate(given))
    ground = GroundConfig(points=((0, 0.2, 0, 40), (1, 0.2, 60, 40), (1, 1, 40, 0), (0, 1, 20, 0)), automatic=False)
    return Drawing(lines, zones, rules, ground)


def drawn_traffic(seed: int) -> list[Tracks]:
    """Samples of one camera: vehicles, riders and persons across the picture, new ones where others left."""
    random = np.random.default_rng(seed)
    labels = np.array(
        [CODE[name] for name in ["car"] * 11 + ["truck"] + ["bicycle"] * 3 + ["pedestrian"] * 5], np.int16
    )
    sizes = np.array([[90, 60]] * 11 + [[160, 120]] + [[40, 70]] * 3 + [[25, 70]] * 5, np.float64)
    speeds = np.array([320.0] * 12 + [180.0] * 3 + [60.0] * 5) * random.choice([-1, 1], TRACKS)
    x, y = random.uniform(0, SIZE[0], TRACKS), random.uniform(250, SIZE[1], TRACKS)
    ids, born, following = np.arange(1, TRACKS + 1), np.zeros(TRACKS), TRACKS + 1
    samples = []
    for k in range(round(SECONDS * FPS)):
        out = (x < 0) | (x > SIZE[0])
        x = np.where(out, np.where(speeds > 0, 1.0, SIZE[0] - 1.0), x)
        ids = np.where(out, following + np.cumsum(out) - 1, ids)
        following += int(out.sum())
        born = np.where(out, k / FPS, born)
        feet = np.stack([x, y], axis=1) + random.normal(0, 1.5, (TRACKS, 2))
        boxes = np.concatenate([feet - sizes * [0.5, 1], feet + sizes * [0.5, 0]], axis=1).astype(np.float32)
        ages = (k / FPS - born).astype(np.float32)
        held = np.zeros(TRACKS, np.bool_)
        samples.append(Tracks(boxes, np.full(TRACKS, 0.9, np.float32), labels, ids.astype(np.int64), ages, held))
        x = x + speeds / FPS
    return samples


def cost() -> dict[str, Any]:
    """Microseconds per sample, and events a second, of one core."""
    streets = [drawn_traffic(seed) for seed in range(CAMERAS)]
    sets = [Ruleset(f"{k:03d}", ten_rules()) for k in range(CAMERAS)]
    kinds: Counter[str] = Counter()
    started = time.process_time()
    for k in range(len(streets[0])):
        for number, one in enumerate(sets):
            events = one.update(Sample(f"{number:03d}", round(k / FPS * 1e9), SIZE, streets[number][k]))
            kinds.update(type(event).__name__ for event in events)
    spent = time.process_time() - started
    samples = CAMERAS * len(streets[0])
    return {
        "cameras": CAMERAS,
        "tracks_per_camera": TRACKS,
        "rules_per_camera": 10,
        "samples_per_second_and_camera": FPS,
        "us_per_sample": round(spent / samples * 1e6, 1),
        "samples_per_core_second": round(samples / spent),
        "track_samples_per_core_second": round(samples * TRACKS / spent),
        "events_per_core_second": round(kinds.total() / spent),
        "events": dict(sorted(kinds.items())),
    }


def turning(streets: Sequence[StreetTracks], fps: float) -> dict[str, Any]:
    """Turning counts by way in, way out and class, against the true ones."""
    true_all = said_all = off = 0
    for street in streets:
        step = round(10 / fps)
        for number, (camera, junction) in enumerate(zip(street.cameras, street.junctions, strict=True)):
            back = {"forward": "backward", "backward": "forward"}
            pairs = list(zip(junction.lines, junction.inwards, strict=True))
            rule = MODEL.validate_python(
                {
                    "type": "turning",
                    "name": "turns",
                    "entries": [{"line": line.name, "direction": way} for line, way in pairs],
                    "exits": [{"line": line.name, "direction": back[way]} for line, way in pairs],
                    "longest_s": LONGEST_S,
                }
            )
            ruleset = Ruleset(camera.name, Drawing(junction.lines, (), (rule,), GroundConfig(automatic=False)))
            said: Counter[tuple[str, ...]] = Counter()
            for time_ns, tracks in zip(
                street.times_ns[::step], shaken(street.tracks[number][::step], number), strict=True
            ):
                for event in ruleset.update(Sample(camera.name, time_ns, camera.size, tracks)):
                    if isinstance(event, TurnMade):
                        said[event.label, event.entry, event.exit] += 1
            true = Counter(turn[1:] for turn in turns_of(street.passes, junction, LONGEST_S))
            true_all, said_all = true_all + true.total(), said_all + said.total()
            off += sum(abs(true[key] - said[key]) for key in {*true, *said})
    return {"truth": true_all, "said": said_all, "off_by_movement_and_class": off,
            "error_percent": round(100 * off / true_all, 2)}  # fmt: skip


def queues(streets: Sequence[StreetTracks], fps: float) -> dict[str, Any]:
    """Vehicles in the queue of every lane, once a second, against the true ones; the ground automatic."""
    off: list[int] = []
    true: list[int] = []
    for street in streets:
        step = round(10 / fps)
        for number, camera in enumerate(street.cameras):
            own = {lane.zone.name: k for k, lane in enumerate(street.lanes) if lane.camera == camera.name}
            zones = tuple(street.lanes[k].zone for k in own.values())
            queue = {"type": "queue", "vehicles": 1, "min_s": 0, "every_s": 1}
            rules = tuple(MODEL.validate_python(queue | {"name": zone.name, "zone": zone.name}) for zone in zones)
            ruleset = Ruleset(camera.name, Drawing((), zones, rules))
            now = dict.fromkeys(own, 0)
            for k, tracks in enumerate(shaken(street.tracks[number][::step], number)):
                for event in ruleset.update(Sample(camera.name, street.times_ns[k * step], camera.size, tracks)):
                    if isinstance(event, QueueChanged):
                        now[event.rule] = 0 if event.state == "ended" else event.vehicles
                if k % round(fps) == 0:
                    true += [int(street.queued[k * step, lane]) for lane in own.values()]
                    off += [now[name] - int(street.queued[k * step, lane]) for name, lane in own.items()]
    wrong, there = np.array(off), np.array(true)
    return {
        "lanes": sum(len(street.lanes) for street in streets),
        "seconds": len(wrong),
        "vehicles_mean_where_any": round(float(there[there > 0].mean()), 2),
        "mean_error_vehicles": round(float(np.abs(wrong).mean()), 3),
        "mean_error_vehicles_where_any": round(float(np.abs(wrong[there > 0]).mean()), 3),
        "bias_vehicles": round(float(wrong.mean()), 3),
        "within_one_percent": round(100 * float((np.abs(wrong) <= 1).mean()), 1),
    }


def true_ground(camera: Camera) -> GroundPlane:
    """The ground as the simulator knows it."""
    width, height = camera.size
    matrix = np.array(calibration(camera)["ground"]) @ np.diag([width, height, 1.0])
    return GroundPlane(matrix * np.sign(matrix[2] @ [0.5, 1.0, 1.0]), 0.0, 0.0, "points")


def speeds(streets: Sequence[StreetTracks], method: str) -> dict[str, Any]:
    """Speeds over the gates against the true ones, with a ground clicked (kerb to kerb) or automatic."""
    pairs: list[tuple[float, float, float]] = []
    grounds: list[tuple[float, float]] = []
    for street in streets:
        passes = street.passes
        for number, (camera, junction) in enumerate(zip(street.cameras, street.junctions, strict=True)):
            truth = true_ground(camera)
            ends = [truth.metres(np.array([line.start, line.end])) for line in junction.lines]
            clicked = [
                Length(start=line.start, end=line.end, metres=float(np.hypot(*(a - b))))
                for line, (a, b) in zip(junction.lines, ends, strict=True)
            ]
            ground = GroundConfig() if method == "automatic" else GroundConfig(lengths=clicked)
            rules = [
                MODEL.validate_python({"type": "speed", "name": line.name, "line": line.name})
                for line in junction.lines
            ]
            ruleset = Ruleset(camera.name, Drawing(junction.lines, (), tuple(rules), ground))
            own = np.flatnonzero(passes["camera"] == camera.name)
            for time_ns, tracks in zip(street.times_ns[::2], shaken(street.tracks[number][::2], number), strict=True):
                for event in ruleset.update(Sample(camera.name, time_ns, camera.size, tracks)):
                    if isinstance(event, SpeedMeasured):
                        same = own[(passes["id"][own] == event.track_id) & (passes["line"][own] == event.rule)]
                        near = same[np.abs(passes["time_s"][same] - time_ns / 1e9) < 2]
                        if len(near) and passes["speed_mps"][near[0]] > 1.0:
                            pairs.append((event.speed_mps, event.error_mps, float(passes["speed_mps"][near[0]])))
            if ruleset.ground is not None:
                grounds.append((scale_error(ruleset.ground, truth), ruleset.ground.error_share))
    table, scale = np.array(pairs), np.array(grounds)
    off = (table[:, 0] - table[:, 2]) / table[:, 2]
    return {
        "speeds": len(table),
        "mean_error_percent": round(100 * float(np.mean(np.abs(off))), 1),
        "bias_percent": round(100 * float(np.median(off)), 1),
        "error_over_stated_rms": round(float(np.sqrt(np.mean(((table[:, 0] - table[:, 2]) / table[:, 1]) ** 2))), 2),
        "cameras": sum(len(street.cameras) for street in streets),
        "cameras_calibrated": len(scale),
        "ground_error_percent_median": round(100 * float(np.median(scale[:, 0])), 1),
        "ground_error_percent_p90": round(100 * float(np.quantile(scale[:, 0], 0.9)), 1),
        "ground_error_stated_percent_median": round(100 * float(np.median(scale[:, 1])), 1),
        "ground_error_over_stated_rms": round(float(np.sqrt(np.mean((scale[:, 0] / scale[:, 1]) ** 2))), 2),
    }


def scale_error(ground: GroundPlane, truth: GroundPlane) -> float:
    """Root mean square of the error of short lengths over the middle and lower picture, share."""
    off = []
    for step in ([0.01, 0.0], [0.0, 0.01]):
        said = ground.metres(PLACES + step) - ground.metres(PLACES)
        true = truth.metres(PLACES + step) - truth.metres(PLACES)
        off.append(np.log(np.hypot(said[:, 0], said[:, 1]) / np.hypot(true[:, 0], true[:, 1])))
    return float(np.sqrt(np.nanmean(np.concatenate(off) ** 2)))


def main() -> None:
    """Measure, print, keep."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    streets = [street_tracks(seed, JUNCTIONS, TRUTH_SECONDS, 10.0) for seed in SEEDS]
    values = {
        "cost": cost(),
        "turning_10_per_second": turning(streets, 10.0),
        "turning_2_per_second": turning(streets, 2.0),
        "queues_10_per_second": queues(streets, 10.0),
        "queues_2_per_second": queues(streets, 2.0),
        "speeds_clicked_kerbs": speeds(streets, "clicked"),
        "speeds_automatic": speeds(streets, "automatic"),
    }
    outcome = result("rules", values)
    outcome.write(HERE / "results")
    print(json.dumps(asdict(outcome), indent=1))


if __name__ == "__main__":
    main()
