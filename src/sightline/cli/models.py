"""``sightline models``: what there is, fetch, verify, bring from a folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID
from rich.table import Column, Table

from sightline.cli.terminal import answer_json, answers, progress, say
from sightline.cli.wiring import open_library
from sightline.config import load_settings
from sightline.core.errors import ModelUnavailable
from sightline.models.library import Library

app = typer.Typer(help="Model files: list, pull, verify, import.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Every model of the registry: its task, where it comes from, whether it is here."""
    library = open_library(load_settings())
    rows = library.list()
    if as_json:
        answer_json(
            {
                "folder": str(library.folder),
                "models": [
                    {
                        "name": row.name,
                        "task": row.task,
                        "state": row.state,
                        "bytes": row.size,
                        "origin": row.origin,
                        "licence": row.licence,
                    }
                    for row in rows
                ],
            }
        )
        return
    table = Table(
        Column("model", no_wrap=True), "task", "state", "MB", "origin", "licence", title=f"Models in {library.folder}"
    )
    for row in rows:
        size = "" if row.size is None else f"{row.size / 1e6:.1f}"
        table.add_row(row.name, row.task, row.state, size, row.origin, row.licence.split(" (")[0])
    answers.print(table)


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names as `models list` shows them.")],
    as_json: AsJson = False,
) -> None:
    """Fetch models from their official addresses; every file is verified before it is used."""
    library = open_library(load_settings())
    for name in names:
        pull_one(library, name)
        say(f"{name}: fetched and verified")
    if as_json:
        answer_json({"pulled": names, "folder": str(library.folder)})


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="Default: all that are installed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check size and checksum of every installed file; exit 3 when one is wrong."""
    library = open_library(load_settings())
    chosen = names or [row.name for row in library.list() if row.state != "absent"]
    faults: dict[str, str] = {}
    for name in chosen:
        try:
            library.verify(name)
        except ModelUnavailable as error:
            faults[name] = str(error)
    if as_json:
        answer_json({"verified": [name for name in chosen if name not in faults], "faults": faults})
    for name in chosen:
        say(faults.get(name, f"{name}: as published"))
    if not chosen:
        say(f"no model is installed in {library.folder}")
    if faults:
        raise typer.Exit(ModelUnavailable.exit_code)


@app.command("import")
def import_models(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Searched through; files are recognised by checksum.")],
    as_json: AsJson = False,
) -> None:
    """Copy models from a folder, for machines without a network."""
    library = open_library(load_settings())
    names = library.import_dir(folder)
    if as_json:
        answer_json({"imported": names, "folder": str(library.folder)})
    else:
        say(f"imported into {library.folder}: {', '.join(names)}")


def pull_one(library: Library, name: str) -> None:
    """Fetch one model with a progress bar; nothing to do when it is here and right."""
    with progress() as bar:
        tasks: dict[str, TaskID] = {}

        def report(file: str, done: int, total: int | None) -> None:
            task = tasks.get(file)
            if task is None:
                task = tasks[file] = bar.add_task(file, total=total)
            bar.update(task, completed=done, total=total)

        library.pull(name, report)
