"""What it is worth to let each camera wish its own rate, against as many analyses at a fixed rate.

Districts are simulated at 10 frames a second and their detections drawn (``sightline.bench.drawn_detector``). The wish
picks each next frame, the tracker sees only those, tracks are filled linearly between samples, and everything is scored
on all frames of the truth: scoring only frames analysed would score the wish on the busiest ones. ``beta`` is chosen on
some seeds; the comparison is made on others. Beside it stands each fixed rate, and a fixed rate of exactly as many
analyses, once the same for all cameras and once each camera's own mean. Run ``python benchmarks/rate_wish.py`` from the
project's root.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sightline.bench.drawn_detector import STREET, detections
from sightline.bench.result import result
from sightline.bench.tracking_cases import Case, camera_truths, rounded
from sightline.config import RateSettings
from sightline.core.values import UNCONFIRMED, Detections
from sightline.evaluate import evaluate_sequences
from sightline.formats.mot import MotTable, table
from sightline.formats.mot_truth import FIRST_CLASS
from sightline.track import Sample, Tracker
from sightline.track.wish import Motion, rate_wish

HERE = Path(__file__).resolve().parent
CHOOSE, REPORT, MIXED = (21, 22, 23), (51, 52, 53), (61, 62, 63, 64)  # seeds; 31 to 44 were looked at before
CAMERAS = 3  # of a district
USERS, UNEQUAL = (60, 120, 200), (10, 200)  # moving road users, by seed: day everywhere; night here and rush hour there
FPS, SECONDS, SIZE = 10.0, 60.0, (640, 360)  # of the streams
RATES = (1.0, 2.0, 3.0, 5.0, 10.0)
BETAS = (0.4, 0.7, 1.0)
SCORES = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW")

Wish = Callable[[Motion], float]


@dataclass(frozen=True, slots=True)
class Street:
    """A case and its detections by frame."""

    case: Case
    found: list[Detections]


def streets(seeds: Sequence[int], users: tuple[int, ...]) -> list[Street]:
    """All cameras of the districts of some seeds; users are taken in turn."""
    made = []
    for seed in seeds:
        truths = camera_truths(seed, CAMERAS, seconds=SECONDS, fps=FPS, users=users[seed % len(users)])
        for k, (name, truth) in enumerate(truths.items()):
            drawn = rounded(detections(truth, FPS, SIZE, STREET, seed * 1000 + k))
            case = Case(f"district-{seed}-{name}", "mixed", FPS, round(SECONDS * FPS), SIZE, drawn, truth)
            made.append(Street(case, by_frame(case)))
    return made


def by_frame(case: Case) -> list[Detections]:
    """The detections of each frame, first to last."""
    found = [Detections.empty()] * case.frames
    for frame, rows in case.detections.by_frame():
        found[frame - 1] = Detections(
            case.detections.boxes_px[rows].astype(np.float32),
            case.detections.confidences[rows].astype(np.float32),
            (case.detections.classes[rows] - FIRST_CLASS).astype(np.int16),
        )
    return found


def follow(street: Street, wish: Wish) -> tuple[MotTable, int]:
    """Tracks of the frames the wish chose, and how many those were."""
    tracker, name = Tracker(), street.case.name
    rows: list[tuple[int, int, np.ndarray]] = []
    number, owed, analysed = 1, 0.0, 0
    while number <= street.case.frames:
        time_s = (number - 1) / FPS
        sample = Sample(name, round(time_s * 1e9), street.case.size, street.found[number - 1])
        tracks = tracker.update([sample])[0]
        analysed += 1
        sure = tracks.ids != UNCONFIRMED
        rows += [(number, i, b) for i, b in zip(tracks.ids[sure].tolist(), tracks.boxes_px[sure], strict=True)]
        for first in tracker.confirmed_since(name):
            rows.append((1 + round(first.time_ns * 1e-9 * FPS), first.id, np.array(first.box)))
        # The stream has only whole frames: what rounding took or gave is settled at the next.
        step = FPS / wish(tracker.motion(name)) + owed
        whole = max(1, int(step + 0.5))
        owed = min(max(step - whole, -0.5), 0.5)
        number += whole
    if not rows:
        return MotTable.empty(), analysed
    frames, ids, boxes = zip(*rows, strict=True)
    return filled(np.array(frames), np.array(ids), np.stack(boxes).astype(np.float64)), analysed


def filled(frames: np.ndarray, ids: np.ndarray, boxes: np.ndarray) -> MotTable:
    """The rows and, linearly between two of a track, those of the frames that were not analysed."""
    order = np.lexsort((frames, ids))
    frames, ids, boxes = frames[order], ids[order], boxes[order]
    steps = np.where(np.append(np.diff(ids) == 0, False), np.append(np.diff(frames), 1), 1)
    row = np.repeat(np.arange(len(ids)), steps)
    after = np.arange(len(row)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = (after / steps[row])[:, None]
    nxt = np.minimum(row + 1, len(ids) - 1)
    return table(frames[row] + after, ids[row], boxes[row] * (1 - share) + boxes[nxt] * share)


def measure(made: Sequence[Street], wishes: Sequence[Wish]) -> dict[str, Any]:
    """Scores of all cameras as one; wishes: one per camera. Also each camera's own HOTA and rate."""
    pairs, analysed = {}, np.zeros(len(made))
    for k, (street, wish) in enumerate(zip(made, wishes, strict=True)):
        tracks, analysed[k] = follow(street, wish)
        pairs[street.case.name] = (street.case.truth, tracks)
    values = evaluate_sequences(pairs)
    own = [float(values["sequences"][name]["HOTA"]) for name in pairs]
    return {
        "fps": float(analysed.mean() / SECONDS),
        **{name: float(values[name]) for name in SCORES},
        "camera_fps": (analysed / SECONDS).tolist(),
        "camera_HOTA": own,
    }


def fixed(fps: float) -> Wish:
    """The same rate always."""
    return lambda _: fps


def wishing(beta: float) -> Wish:
    """The rate wish with the other settings as they are."""
    return partial(_wish, RateSettings(beta=beta))


def _wish(settings: RateSettings, motion: Motion) -> float:
    return rate_wish(motion, settings)


def shown(values: dict[str, Any]) -> dict[str, float]:
    """The scores without the cameras' own."""
    return {name: round(value, 2) for name, value in values.items() if not name.startswith("camera_")}


def lead(wish: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    """How far the wish is ahead; over cameras also the mean difference of HOTA and its standard error."""
    apart = np.array(wish["camera_HOTA"]) - np.array(other["camera_HOTA"])
    return {
        **{name: round(wish[name] - other[name], 2) for name in ("fps", *SCORES)},
        "camera_HOTA_mean": round(float(apart.mean()), 2),
        "camera_HOTA_standard_error": round(float(apart.std(ddof=1) / np.sqrt(len(apart))), 2),
    }


def chosen(made: Sequence[Street]) -> tuple[float, dict[str, Any]]:
    """The beta that is furthest ahead in HOTA of a fixed rate with as many analyses, and what all of them reached."""
    tried = {}
    for beta in BETAS:
        wish = measure(made, [wishing(beta)] * len(made))
        same = measure(made, [fixed(wish["fps"])] * len(made))
        tried[beta] = {"wish": shown(wish), "lead_over_same_rate": lead(wish, same)}
    best = max(tried, key=lambda beta: tried[beta]["lead_over_same_rate"]["HOTA"])
    return best, {str(beta): values for beta, values in tried.items()}


def reported(made: Sequence[Street], beta: float) -> dict[str, Any]:
    """The comparison on streets that had no part in the choice."""
    wish = measure(made, [wishing(beta)] * len(made))
    same = measure(made, [fixed(wish["fps"])] * len(made))
    own = measure(made, [fixed(fps) for fps in wish["camera_fps"]])
    return {
        "wish": shown(wish),
        "lead_over_same_rate_for_all": lead(wish, same),
        "lead_over_each_camera_at_its_mean": lead(wish, own),
        "fixed": {f"{rate:g}": shown(measure(made, [fixed(rate)] * len(made))) for rate in RATES},
    }


def main() -> None:
    """Choose, compare, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    out = parser.parse_args().out
    beta, tried = chosen(streets(CHOOSE, USERS))
    values = {
        "seeds": {"chosen_on": CHOOSE, "day": REPORT, "night_and_rush": MIXED},
        "cameras_per_seed": CAMERAS,
        "margins_known": True,
        "beta": beta,
        "tried": tried,
        "day": reported(streets(REPORT, USERS), beta),
        "night_and_rush": reported(streets(MIXED, UNEQUAL), beta),
    }
    done = result("rate-wish", values)
    print(json.dumps(asdict(done), indent=1))
    done.write(out)


if __name__ == "__main__":
    main()
