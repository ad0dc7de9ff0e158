"""``sightline evaluate``: how good tracks are against the truth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sightline.cli.terminal import answer_json, answers, progress, say
from sightline.core.errors import BadConfig
from sightline.core.sampling import frames_per_sample
from sightline.evaluate.folders import looks_swapped
from sightline.evaluate.plot import check_plot, plot_scores
from sightline.evaluate.report import report

SHOWN = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW", "count_error")
WORDS = {"count_error": "objects off %", "error_percent": "error %", "GT_IDs": "objects", "IDs": "tracks"}
WHOLE = ("IDSW", "GT_IDs", "IDs", "boxes", "truth", "said", "error")


def evaluate(
    truth: Annotated[
        Path, typer.Argument(help="MOT truth: a file, a folder of sequences, or a district made by `simulate`.")
    ],
    prediction: Annotated[
        Path, typer.Argument(help="MOT tracks: a file, a folder of <sequence>.txt, or what `watch --out` left.")
    ],
    network: Annotated[
        bool, typer.Option("--network", help="Also HOTA and IDF1 over all cameras: an id is one object in all of them.")
    ] = False,
    detections: Annotated[
        Path | None, typer.Option(help="MOT detections with scores: also AP, and recall by height of the object.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the scores into this .png, .svg or .pdf (needs the extra `plot`).")
    ] = None,
    sample: Annotated[
        float | None,
        typer.Option(help="Score only so many frames per second: 1, 1 + fps/sample, ... of both. Default: all."),
    ] = None,
    fps: Annotated[float | None, typer.Option(help="With --sample: rate of the truth's frame numbers.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """HOTA, DetA, AssA, IDF1, MOTA, ID switches and count error, equal to TrackEval's; counts where both count."""
    every = _every(fps, sample)
    if plot is not None:
        check_plot(plot)
    with progress() as bar:
        task = bar.add_task("scoring", total=None)
        result = report(
            truth,
            prediction,
            network=network,
            detections=detections,
            curves=plot is not None,
            every=every,
            done=lambda name: bar.update(task, advance=1, description=f"scored {name}"),
        )
    doubt = looks_swapped(truth, prediction)
    if doubt:
        say(f"note: {doubt}")
    if plot is not None:
        plot_scores(result, plot)
        say(f"drawn: {plot}")
    if as_json:
        answer_json(result)
        return
    _show_tracks(result)
    if "network" in result:
        parts = result["network"]
        keys = ("HOTA", "DetA", "AssA", "IDF1", "GT_IDs", "IDs")
        _show("over all cameras", ("", *keys), [("network", parts)])
    if "classes" in result:
        _show("by class of the truth", ("class", "recall", "GT_IDs", "boxes"), result["classes"].items())
    if "detections" in result:
        found = result["detections"]
        rows = [("all", found), *((f"{name} px", part) for name, part in found["heights"].items())]
        _show("detections by height", ("height", "AP", "AP50", "recall", "boxes"), rows)
    if "counts" in result:
        _show_counts(result["counts"])


def _every(fps: float | None, sample: float | None) -> float:
    """Frames to one that is scored; BadConfig where only one of the two rates is given."""
    if sample is None and fps is None:
        return 1.0
    if fps is None:
        raise BadConfig("--fps", "nothing", "the rate of the truth's frame numbers, because --sample is given")
    if sample is None:
        raise BadConfig("--sample", "nothing", "the frames per second to score, because --fps is given")
    return frames_per_sample(fps, sample)


def _show_tracks(result: Mapping[str, Any]) -> None:
    rows = [*result.get("sequences", {}).items(), ("all", result)]
    _show("", ("sequence", *SHOWN), rows)


def _show_counts(counts: Mapping[str, Any]) -> None:
    rows = [(f"{row['camera']} {row['line']} {row['direction']}", row) for row in counts["lines"]]
    _show(
        "counts by line", ("line", "truth", "said", "error"), [row for row in rows if row[1]["truth"] or row[1]["said"]]
    )
    _show("counts by class", ("class", "truth", "said", "error_percent"), counts["classes"].items())
    below = counts["geh_below_5"]
    answers.print(
        f"crossings off {_cell('count_error', counts)} %, by class {_cell('class_error', counts)} %; "
        f"GEH below 5 in {'-' if below is None else f'{below:.0%}'} of {counts['flows']} flows"
    )
    if counts["lines_without_truth"]:
        say(f"left out, the truth has no such line: {', '.join(counts['lines_without_truth'])}")


def _show(title: str, columns: tuple[str, ...], rows: Any) -> None:
    table = Table(title=title or None, title_justify="left")
    for name in columns:
        table.add_column(WORDS.get(name, name), no_wrap=name == columns[0], overflow="fold")
    for name, row in rows:
        table.add_row(name, *(_cell(key, row) for key in columns[1:]))
    answers.print(table)


def _cell(key: str, row: Mapping[str, Any]) -> str:
    value = row[key]
    if value is None:
        return "-"
    return f"{value:.0f}" if key in WHOLE else f"{value:.2f}"
