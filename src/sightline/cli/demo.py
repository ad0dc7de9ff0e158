"""``sightline demo``: a simulated district on air, analysed live, with the error beside every number; no download."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import sightline
from sightline.cli.judge import Judge
from sightline.cli.running import Outcome, Show, run
from sightline.cli.terminal import progress, say
from sightline.cli.wiring import build, open_library
from sightline.config import load_settings
from sightline.core.ground import Mount
from sightline.core.wording import number_of
from sightline.formats.atomic import write_atomically
from sightline.formats.geojson import layout_geojson
from sightline.pipeline.camera import CameraPlan
from sightline.simulate.district import District, district
from sightline.simulate.live import Aired, Ask, Failed, LiveDistrict, News, Progress
from sightline.simulate.mounting import lines_for
from sightline.simulate.world import Camera

SEED = 2  # a district with two busy avenues; what other seeds give is in benchmarks/results/demo.json
USERS_PER_CAMERA = 15  # road users on the move: a busy morning, every camera sees somebody at most times


def demo(
    seconds: Annotated[float | None, typer.Option(min=1, help="End after so long. Default: at Ctrl-C.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No page.")] = False,
    report: Annotated[Path | None, typer.Option(help="File for the errors against the known truth, JSON.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another district.")] = SEED,
    cameras: Annotated[int, typer.Option(min=1, max=64, help="Cameras of the district.")] = 6,
    weather: Annotated[str, typer.Option(help="clear, low sun, overcast, rain or night.")] = "clear",
    port: Annotated[int | None, typer.Option(help="Port of the page; 0 = any free one.")] = None,
) -> None:
    """A simulated district with live cameras, map and known truth, analysed by the motion detector; no download."""
    settings = load_settings(detect={"detector": "motion"}, page={} if port is None else {"port": port})
    ask = Ask(seed=seed, cameras=cameras, users=USERS_PER_CAMERA * cameras, weather=weather)
    plan = district(seed, cameras, size=ask.size, fps=ask.fps)
    judge = Judge({camera.name: lines_for(plan.layout, camera) for camera in plan.cameras})
    say(
        f"a district of {number_of(cameras, 'simulated camera')}, analysed live (a real camera: sightline watch SOURCE)"
    )
    with progress() as bar:
        task = bar.add_task("laying streets", total=1.0)

        def hear(news: News) -> None:
            if isinstance(news, Progress):
                bar.update(task, completed=news.done, total=news.total, description=news.words)
            else:
                if isinstance(news, Failed):
                    say(news.reason)
                judge.hear(news)

        live = LiveDistrict(ask, hear)
        live.start()
    try:
        plans = [_plan(plan, camera, live.stream(camera.name)) for camera in plan.cameras]
        # What is missing to redact real pictures does not concern drawn ones.
        built = replace(build(open_library(settings), settings), redaction_notes=())
        show = Show(headless=headless, seconds=seconds, city=layout_geojson(plan.layout), at_start=judge.start)
        outcome = run(plans, built, settings, show, judge.note)
    finally:
        judge.stop()
        live.stop()
    errors = _errors(judge, outcome) | {"seed": seed, "weather": weather, "version": sightline.__version__}
    _tell(errors)
    if report is not None:
        write_atomically(report, json.dumps(errors, indent=1) + "\n")
        say(f"errors against the truth in {report}")


def _plan(plan: District, camera: Camera, aired: Aired) -> CameraPlan:
    """What a person who mounts a camera knows of it; nothing of the traffic."""
    return CameraPlan(
        name=camera.name,
        source=aired.url,
        kind="live",
        analysis_fps=camera.fps,
        lines=lines_for(plan.layout, camera),
        mark=aired.mark,
        mount=_mount(plan, camera),
    )


def _mount(plan: District, camera: Camera) -> Mount:
    x, y, height = camera.place
    lon, lat = plan.layout.lonlat(np.array([[x, y]]))[0].tolist()
    return Mount(
        lon=lon,
        lat=lat,
        height_m=height,
        bearing_deg=float((90.0 - np.degrees(camera.yaw)) % 360.0),
        pitch_deg=float(np.degrees(camera.pitch)),
        field_deg=float(np.degrees(camera.field)),
    )


def _errors(judge: Judge, outcome: Outcome) -> dict[str, Any]:
    cameras = judge.report({name: one["counts"] for name, one in outcome.summary["cameras"].items()})
    scored = [one["HOTA"] for one in cameras.values() if "HOTA" in one]
    wrong, crossed = (sum(one[key] for one in cameras.values()) for key in ("miscounted", "crossed"))
    return {
        "cameras": cameras,
        "HOTA": float(np.mean(scored)) if scored else None,
        "count_error": 100.0 * wrong / max(1, crossed),
        "handover": None,  # nothing is handed over between cameras yet
        "seconds": outcome.seconds,
    }


def _tell(errors: dict[str, Any]) -> None:
    for name, row in errors["cameras"].items():
        scores = f"HOTA {row['HOTA']:.1f}, IDF1 {row['IDF1']:.1f}" if "HOTA" in row else "too few pictures to score"
        counts = f"{row['counted']} counted, {row['crossed']} in truth, {row['miscounted']} wrong"
        say(f"{name}: {scores}; lines: {counts}")
    if errors["HOTA"] is not None:
        say(f"all cameras: mean HOTA {errors['HOTA']:.1f}, count error {errors['count_error']:.1f} %")
