"""``sightline privacy``: does this installation keep its promises."""

from dataclasses import asdict
from typing import Annotated

import typer

from sightline.cli.terminal import answer_json, answers
from sightline.cli.wiring import open_library
from sightline.config import load_settings
from sightline.privacy.check import privacy_check

app = typer.Typer(help="Does this installation keep its promises.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, also while it has one command."""


@app.command()
def check(as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Check redaction, models, and where pages are served; exit 1 when a promise is not kept."""
    settings = load_settings()
    findings = privacy_check(
        settings.privacy, open_library(settings), settings.page.host, has_token=settings.page.token is not None
    )
    kept = all(finding.ok for finding in findings)
    if as_json:
        answer_json({"kept": kept, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            answers.print(f"{'kept  ' if finding.ok else 'BROKEN'}  {finding.rule}: {finding.sentence}", markup=False)
    if not kept:
        raise typer.Exit(1)
