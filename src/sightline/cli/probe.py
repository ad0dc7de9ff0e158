"""``sightline probe``: what a source delivers, and what it will cost."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from sightline.cli.terminal import answer_json, answers
from sightline.config import load_settings
from sightline.video import probe as probe_source


def probe(
    source: Annotated[str, typer.Argument(help="File, URL or device.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Codec, size, rate, key-frame distance, discardable frames, drift, and what the source will cost."""
    report = probe_source(source, load_settings().video)
    if as_json:
        answer_json(asdict(report))
        return
    table = Table("property", "value", show_header=False)
    for key, value in asdict(report).items():
        if value is not None:
            table.add_row(key.replace("_", " "), f"{value:.2f}" if isinstance(value, float) else str(value))
    answers.print(table)
