"""``sightline bench``: every number of the README, measured on this machine."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from sightline.bench.first_box import first_box
from sightline.bench.overhead import overhead
from sightline.bench.result import result
from sightline.bench.track import track
from sightline.cli.terminal import answer_json, answers, say
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.evaluate.plot import check_plot

CLIPS: Final = ("person-bicycle-car-detection.mp4", "car-detection.mp4", "one-by-one-person-detection.mp4")
LIBRARIES: Final = Path(".venv-parity/bin/python")
SEARCH: Final = Path("benchmarks/data/tracker-search.json")  # how the tracker's constants fare on scenes left out


class Given(NamedTuple):
    """What the options say: clips, None = those shared; the interpreter with the library's trackers, None = none."""

    clips: list[Path] | None
    libraries: Path | None


def _tracking_quality(given: Given) -> dict[str, Any]:
    # Imported here: it draws on scipy.signal and scipy.stats, for which every command would wait a second.
    from sightline.bench.tracking_quality import all_sets, tracking_quality

    shared = _shared()
    if not (shared / "groundtruth").is_dir():
        raise SourceUnavailable(f"bench tracking-quality: expected truth, got no folder {shared / 'groundtruth'}")
    values = tracking_quality(all_sets(shared), given.libraries, tuned=True, say=say)
    return values | ({"leave_one_out": json.loads(SEARCH.read_text("utf-8"))} if SEARCH.is_file() else {})


BENCHES: dict[str, Callable[[Given], dict[str, Any]]] = {
    "overhead": lambda given: overhead(_clips("overhead", given)),
    "first-box": lambda given: first_box(_clips("first-box", given)[0]),
    "track": lambda given: track(given.libraries),
    "tracking-quality": _tracking_quality,
}
BESIDE_A_LIBRARY: Final = ("track", "tracking-quality")
DRAWN: Final = ("tracking-quality",)


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    clip: Annotated[
        list[Path] | None, typer.Option(help="Clips to measure on. Default: those of the shared material.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder to keep NAME.json in.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    libraries: Annotated[
        Path | None,
        typer.Option(
            help="Interpreter with the package trackers, for track and tracking-quality to compare with. "
            "Default: that of .venv-parity, if there."
        ),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Folder for the pictures of tracking-quality.")] = None,
) -> None:
    """Measure on this machine; the same code made the numbers in the README."""
    if name not in BENCHES:
        raise BadConfig("bench", name, f"one of {', '.join(BENCHES)}")
    if plot is not None:
        if name not in DRAWN:
            raise BadConfig("--plot", name, f"one of {', '.join(DRAWN)}")
        check_plot(plot / "tracking.png")  # before minutes of measuring, not after
    done = result(name, BENCHES[name](Given(clip, _libraries(name, libraries))))
    if keep is not None:
        say(f"kept in {done.write(keep)}")
    if plot is not None:
        _draw(done.values, plot)
    if as_json:
        answer_json(asdict(done))
    else:
        answers.print_json(data=done.values)


def _draw(values: dict[str, Any], folder: Path) -> None:
    from sightline.bench.tracking_pictures import draw  # here for the reason given above

    folder.mkdir(parents=True, exist_ok=True)
    for path in draw(values, folder):
        say(f"drawn in {path}")


def _libraries(name: str, asked: Path | None) -> Path | None:
    """The interpreter to compare with; says so where a benchmark that compares has none."""
    if asked is not None:
        return asked
    if LIBRARIES.is_file():
        return LIBRARIES.absolute()
    if name in BESIDE_A_LIBRARY:
        say(f"bench {name}: no {LIBRARIES}, so without the library's trackers; --libraries names another interpreter")
    return None


def _clips(name: str, given: Given) -> list[Path]:
    clips = given.clips or [_shared() / "video" / clip for clip in CLIPS]
    missing = [str(path) for path in clips if not path.is_file()]
    if missing:
        raise SourceUnavailable(f"bench {name}: expected a clip, got no file at {', '.join(missing)}")
    return clips


def _shared() -> Path:
    return Path(os.environ.get("SIGHTLINE_SHARED", "../shared"))
