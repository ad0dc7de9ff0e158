"""``sightline watch``: analyse files, URLs and devices now, with the live page or headless."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sightline.cli.filmed import Filmed, filmed, is_district
from sightline.cli.running import Show, run
from sightline.cli.terminal import answer_json
from sightline.cli.wiring import build, fetch_missing, open_library
from sightline.config import Settings, load_settings
from sightline.core.errors import BadConfig, SightlineError, SourceUnavailable
from sightline.core.events import Line
from sightline.pipeline.camera import CameraPlan, Polygon
from sightline.video import camera_name, kind, open_source


def watch(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Files, URLs (rtsp, rtmp, http, https), devices, districts."),
    ],
    seconds: Annotated[float | None, typer.Option(min=0.1, help="End after so long (of a file: its own time).")] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.01, max=240, help="Analyses per second. Default: a file's every frame.")
    ] = None,
    source_fps: Annotated[float | None, typer.Option(min=0.01, max=1000, help="Corrects a file's wrong clock.")] = None,
    detector: Annotated[str | None, typer.Option(help="street, motion, or a detection model. Default: street.")] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="No page; a file is analysed as fast as possible.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for tracks, events, counts and summary.")] = None,
    video: Annotated[bool, typer.Option("--video", help="Also write a redacted, annotated MP4 per camera.")] = False,
    line: Annotated[
        list[str] | None, typer.Option(help="Counting line x1,y1,x2,y2 in shares (0..1) of the picture.")
    ] = None,
    mask: Annotated[
        list[str] | None, typer.Option(help="Part that is never shown: corners x,y;x,y;x,y in shares of the picture.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address of the page; any but loopback needs a token.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the page; 0 = any free one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as one JSON object on stdout.")] = False,
) -> None:
    """Analyse files, URLs and devices now: boxes, classes, counts; live page unless headless."""
    if video and out is None:
        raise BadConfig("--video", True, "an --out DIR to write the clip to")
    settings = settings_of(detector=detector, host=host, port=port)
    lines = tuple(line_of(text, number) for number, text in enumerate(line or [], start=1))
    masks = tuple(mask_of(text) for text in mask or [])
    known, city = districts(sources)
    plans = [
        CameraPlan(
            name=name,
            source=source,
            kind=kind_of(source, settings),
            analysis_fps=fps,
            source_fps=source_fps,
            paced=not headless,
            seconds=seconds,
            lines=lines or (known[source].lines if source in known else ()),
            masks=masks,
            mount=known[source].mount if source in known else None,
        )
        for name, source in named([*known, *(source for source in sources if not is_district(source))]).items()
    ]
    library = open_library(settings)
    fetch_missing(library, settings)
    outcome = run(
        plans,
        build(library, settings),
        settings,
        Show(headless=headless, out=out, video=video, seconds=seconds, stay=sys.stdout.isatty(), city=city),
    )
    if as_json:
        answer_json(outcome.summary)
    if outcome.faults:
        raise SightlineError("; ".join(outcome.faults))
    if outcome.unavailable:
        raise SourceUnavailable("; ".join(outcome.unavailable))


def districts(sources: list[str]) -> tuple[dict[str, Filmed], dict[str, Any] | None]:
    """Clip -> camera of the folders among the sources, and the map of the first (each has its own place on earth)."""
    known: dict[str, Filmed] = {}
    city = None
    for source in sources:
        if is_district(source):
            cameras, own = filmed(source)
            known |= {one.clip: one for one in cameras}
            city = city or own
    return known, city


def settings_of(*, detector: str | None, host: str | None, port: int | None) -> Settings:
    """The settings of environment and options."""
    page = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    detect = {} if detector is None else {"detector": detector}
    return load_settings(page=page, detect=detect)


def named(sources: list[str]) -> dict[str, str]:
    """Camera name -> source, a number behind the names of sources that would be called the same."""
    cameras: dict[str, str] = {}
    for source in sources:
        name = first = camera_name(source)
        number = 1
        while name in cameras:
            number += 1
            name = f"{first}-{number}"
        cameras[name] = source
    return cameras


def line_of(text: str, number: int) -> Line:
    """A counting line from "x1,y1,x2,y2" or "name=x1,y1,x2,y2"; BadConfig says what is expected."""
    name, _, corners = text.rpartition("=")
    try:
        x1, y1, x2, y2 = (float(part) for part in corners.split(","))
    except ValueError:
        raise BadConfig("--line", text, "four numbers x1,y1,x2,y2 in 0..1, as in 0.1,0.6,0.9,0.6") from None
    return Line(name or f"line {number}", (x1, y1), (x2, y2))


def mask_of(text: str) -> Polygon:
    """A masked polygon from "x,y;x,y;x,y"; BadConfig says what is expected."""
    try:
        corners = tuple((float(x), float(y)) for x, y in (corner.split(",") for corner in text.split(";")))
    except ValueError:
        raise BadConfig("--mask", text, "corners x,y;x,y;x,y in 0..1, as in 0,0;0.3,0;0.3,0.2") from None
    return corners


def kind_of(source: str, settings: Settings) -> Literal["file", "live"]:
    """Whether a source has an end; a web address that does not say is opened to see whether it has a duration."""
    guess = kind(source)
    if guess == "file" or not source.lower().startswith(("http://", "https://")):
        return guess
    try:
        with open_source(source, camera="probe", settings=settings.video) as opened:
            return opened.info.kind
    except SourceUnavailable:
        return guess  # whoever reads it will say what is wrong
