"""``sightline demo``: drawn street cameras with known truth, analysed live; nothing to download."""

import json
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sightline.cli.running import Outcome, Show, run
from sightline.cli.terminal import say
from sightline.cli.wiring import build, open_library
from sightline.config import load_settings
from sightline.core.clock import SystemClock
from sightline.evaluate import evaluate
from sightline.formats.atomic import write_atomically
from sightline.formats.mot import MotTable, table
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.order import Analysed
from sightline.simulate.source import DrawnSource
from sightline.simulate.street import Scene, scene
from sightline.simulate.view import VIEWS

SIZE = (640, 360)
REMEMBERED = 10_000  # frames per camera that are compared with the truth, the newest quarter of an hour
FPS = 12.0  # three streets are drawn and analysed on two cores with room to spare


def demo(
    seconds: Annotated[float | None, typer.Option(min=1, help="End after so long. Default: at Ctrl-C.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No page.")] = False,
    report: Annotated[Path | None, typer.Option(help="File for the errors against the known truth, JSON.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another traffic.")] = 1,
    port: Annotated[int | None, typer.Option(help="Port of the page; 0 = any free one.")] = None,
) -> None:
    """Drawn streets, analysed live by the built-in motion detector, with their known truth; nothing to download."""
    settings = load_settings(detect={"detector": "motion"}, page={} if port is None else {"port": port})
    clock = SystemClock()
    scenes = {f"street-{number}": scene(seed + number, SIZE, FPS, view=number) for number in range(len(VIEWS))}
    plans = [
        CameraPlan(
            name=name,
            source=f"drawn:{one.view.name}",
            kind="live",
            analysis_fps=FPS,
            lines=(one.line,),
            opener=lambda name=name, one=one: DrawnSource(name, one, None, clock, pace=True),  # type: ignore[misc]
        )
        for name, one in scenes.items()
    ]
    notebook = Notebook()
    say("three drawn streets, analysed by the built-in motion detector (a real camera: sightline watch SOURCE)")
    # What is missing to redact real pictures does not concern drawn ones.
    built = replace(build(open_library(settings), settings), notes=())
    outcome = run(plans, built, settings, Show(headless=headless, seconds=seconds), notebook.note)
    errors = notebook.errors(scenes, outcome)
    for name, row in errors["cameras"].items():
        counted, truth = row["counted"], row["crossed"]
        say(f"{name}: HOTA {row['HOTA']:.1f}, IDF1 {row['IDF1']:.1f}; counted {counted} of {truth} over the line")
    if report is not None:
        write_atomically(report, json.dumps(errors, indent=1) + "\n")
        say(f"errors against the truth in {report}")


class Notebook:
    """Remembers what the pipeline said of each analysed frame, to compare it with the truth afterwards."""

    def __init__(self) -> None:
        self._rows: dict[str, deque[tuple[int, Any, Any]]] = {}

    def note(self, _: object, analysed: Analysed) -> None:
        """Keep the confirmed tracks of one frame."""
        tracks = analysed.tracks.confirmed()
        self._rows.setdefault(analysed.camera, deque(maxlen=REMEMBERED)).append(
            (analysed.index, tracks.ids, tracks.boxes_px)
        )

    def errors(self, scenes: dict[str, Scene], outcome: Outcome) -> dict[str, Any]:
        """Per camera HOTA and IDF1 (percent) over the analysed frames and the error of the counts (percent)."""
        cameras = {}
        for name, one in scenes.items():
            rows = list(self._rows.get(name, ()))
            scores = evaluate(_truth(one, [index for index, _, _ in rows]), _said(rows))
            last = max((index for index, _, _ in rows), default=0)
            crossed = len(one.crossings(one.line, last))
            counted = sum(
                count
                for directions in outcome.summary["cameras"][name]["counts"].values()
                for classes in directions.values()
                for count in classes.values()
            )
            cameras[name] = {
                "HOTA": scores["HOTA"],
                "IDF1": scores["IDF1"],
                "counted": counted,
                "crossed": crossed,
                "count_error": 100.0 * abs(counted - crossed) / max(1, crossed),
                "frames": len(rows),
            }
        return {"cameras": cameras, "seconds": outcome.seconds}


def _truth(one: Scene, indices: list[int]) -> MotTable:
    frames, ids, boxes = [], [], []
    for index in indices:
        truth = one.truth(index)
        frames.append(np.full(len(truth), index))
        ids.append(truth.ids)
        boxes.append(truth.boxes_px)
    return _table(frames, ids, boxes)


def _said(rows: list[tuple[int, Any, Any]]) -> MotTable:
    frames = [np.full(len(ids), index) for index, ids, _ in rows]
    return _table(frames, [ids for _, ids, _ in rows], [boxes for _, _, boxes in rows])


def _table(frames: list[Any], ids: list[Any], boxes: list[Any]) -> MotTable:
    if not frames:
        return MotTable.empty()
    return table(np.concatenate(frames), np.concatenate(ids), np.concatenate(boxes))
