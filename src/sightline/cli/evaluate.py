"""``sightline evaluate``: how good tracks are against the truth."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sightline.cli.terminal import answer_json, answers
from sightline.evaluate import evaluate_paths

SHOWN = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW")


def evaluate(
    truth: Annotated[Path, typer.Argument(help="MOT truth: a file, or a folder of sequences.")],
    prediction: Annotated[Path, typer.Argument(help="MOT tracks: a file, or a folder of <sequence>.txt.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """HOTA, DetA, AssA, IDF1, MOTA, ID switches and count error, equal to TrackEval's."""
    result = evaluate_paths(truth, prediction)
    if as_json:
        answer_json(result)
        return
    table = Table("sequence", *SHOWN)
    for name, row in [*result.get("sequences", {}).items(), ("all", result)]:
        table.add_row(name, *(f"{row[key]:.0f}" if key == "IDSW" else f"{row[key]:.2f}" for key in SHOWN))
    answers.print(table)
