"""What painting costs: pictures per second on one core at 640x360 with 60 road users, by weather.

The road users of several instants of one camera's street are put together until 60 are drawn that would each be seen
well enough to count (moving, at least 16 px high), and go on straight; `seen` says how many of them the others leave.
CPU time of one thread. Run ``python benchmarks/paint.py`` from the project's root; ``--profile`` shows where the time
goes.
"""

import argparse
import cProfile
import json
import pstats
import time
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np

from sightline.bench.result import result
from sightline.simulate.district import district
from sightline.simulate.flow import Traffic
from sightline.simulate.painter import Painter
from sightline.simulate.weather import WEATHERS
from sightline.simulate.world import Movers

HERE = Path(__file__).resolve().parent
OBJECTS, FPS, PICTURES = 60, 10.0, 300
USERS = 300  # busy, so that 60 come together soon


def crowd(painter: Painter, traffic: Traffic, objects: int) -> Movers:
    """So many road users that are counted, from instants 4 s apart, ids made different."""
    parts: list[Movers] = []
    for instant in range(400):
        for _ in range(40):
            traffic.advance()
        seen = painter.seen(traffic.movers)
        some = traffic.movers.keep(np.isin(traffic.movers.ids, seen.ids[seen.counted]))
        parts.append(replace(some, ids=some.ids + 1_000_000 * (instant + 1)))
        if sum(map(len, parts)) >= 4 * objects:
            break
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Movers.__dataclass_fields__}
    chosen = np.random.default_rng([1, 1]).permutation(len(columns["ids"]))[:objects]
    return Movers(**columns).keep(np.sort(chosen))


def ahead(movers: Movers, index: int) -> Movers:
    """The same some pictures later, going back and forth so that they stay in the picture."""
    gone = movers.speeds * ((index % 20) - 10) / FPS
    way = np.stack([np.cos(movers.headings), np.sin(movers.headings)], axis=1)
    return replace(movers, places=movers.places + gone[:, None] * way, gone_m=movers.gone_m + gone)


def paint(painter: Painter, movers: Movers, lights: np.ndarray, pictures: int) -> list[float]:
    """CPU seconds for each of so many pictures."""
    spent = []
    for index in range(pictures):
        now = ahead(movers, index)
        started = time.process_time()
        painter.paint(now, lights, index)
        spent.append(time.process_time() - started)
    return spent


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true", help="profile clear weather and end")
    parser.add_argument("--picture", type=Path, help="keep a picture here, too")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    one = district(1, 6)
    traffic = Traffic(one.layout, 1, users=USERS)
    camera = one.cameras[0]
    movers = crowd(Painter(one.layout, camera, WEATHERS["clear"], 1), traffic, OBJECTS)
    values: dict[str, object] = {"size": camera.size, "objects": len(movers)}
    for name, weather in WEATHERS.items():
        painter = Painter(one.layout, camera, weather, 1)
        started = time.process_time()
        _ = painter.scenery
        scenery_s = time.process_time() - started
        picture, seen = painter.paint(movers, traffic.lights, 1)
        if options.picture and name == "clear":
            cv2.imwrite(str(options.picture), picture)
        paint(painter, movers, traffic.lights, 10)
        if options.profile:
            profiler = cProfile.Profile()
            profiler.runcall(paint, painter, movers, traffic.lights, PICTURES)
            pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
            return
        spent = paint(painter, movers, traffic.lights, PICTURES)
        tall = np.median(seen.boxes_px[:, 3] - seen.boxes_px[:, 1])
        values[name] = {
            # The lower quartile: other work on the machine only ever adds. The median tells how much it did.
            "pictures_per_cpu_s": round(1 / float(np.percentile(spent, 25)), 1),
            "median_pictures_per_cpu_s": round(1 / float(np.median(spent)), 1),
            "seen": len(seen),
            "median_height_px": round(float(tall), 1),
            "scenery_cpu_s": round(scenery_s, 3),
        }
    done = result("paint", values)
    print(json.dumps(asdict(done), indent=1))
    done.write(options.out)


if __name__ == "__main__":
    main()
