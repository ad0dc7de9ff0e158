"""``sightline bench``: every number of the README, measured on this machine."""

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.bench.first_box import first_box
from sightline.bench.overhead import overhead
from sightline.bench.result import result
from sightline.cli.terminal import answer_json, answers, say
from sightline.core.errors import BadConfig, SourceUnavailable

CLIPS = ("person-bicycle-car-detection.mp4", "car-detection.mp4", "one-by-one-person-detection.mp4")

BENCHES: dict[str, Callable[[list[Path]], dict[str, Any]]] = {
    "overhead": overhead,
    "first-box": lambda clips: first_box(clips[0]),
}


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    clip: Annotated[
        list[Path] | None, typer.Option(help="Clips to measure on. Default: those of the shared material.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder to keep NAME.json in.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure on this machine; the same code made the numbers in the README."""
    if name not in BENCHES:
        raise BadConfig("bench", name, f"one of {', '.join(BENCHES)}")
    clips = clip or _shared_clips()
    missing = [str(path) for path in clips if not path.is_file()]
    if missing:
        raise SourceUnavailable(f"bench {name}: expected a clip, got no file at {', '.join(missing)}")
    done = result(name, BENCHES[name](clips))
    if keep is not None:
        say(f"kept in {done.write(keep)}")
    if as_json:
        answer_json(asdict(done))
    else:
        answers.print_json(data=done.values)


def _shared_clips() -> list[Path]:
    folder = Path(os.environ.get("SIGHTLINE_SHARED", "../shared")) / "video"
    return [folder / name for name in CLIPS]
