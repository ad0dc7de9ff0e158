"""``sightline privacy``: does this installation keep its promises, and is its audit log whole."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.terminal import answer_json, answers
from sightline.cli.wiring import open_library
from sightline.config import Settings, load_settings
from sightline.config.site import SiteConfig
from sightline.config.store import StoreSettings
from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig
from sightline.core.wording import number_of
from sightline.formats.site_yaml import read_site
from sightline.privacy.check import Site, privacy_check
from sightline.privacy.promises import Finding, Stored
from sightline.store.engine import FILE, StoreUnavailable
from sightline.store.promises import Promises, audit_verdict, promises

app = typer.Typer(help="Does this installation keep its promises.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command()
def check(
    config: Annotated[Path | None, typer.Argument(metavar="[CONFIG.yaml]", help="A site's file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check redaction, models, and where pages are served; of a site also purposes, retention, roles and audit log.

    Exit 1 when a promise is not kept.
    """
    findings = _of_installation(load_settings()) if config is None else _of_site(read_site(config))
    kept = all(finding.ok for finding in findings)
    if as_json:
        answer_json({"kept": kept, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            answers.print(f"{'kept  ' if finding.ok else 'BROKEN'}  {finding.rule}: {finding.sentence}", markup=False)
    if not kept:
        raise typer.Exit(1)


@app.command()
def audit(
    store: Annotated[Path, typer.Argument(metavar="CONFIG.yaml|STORE", help="A site's file, or the store's folder.")],
    as_json: AsJson = False,
) -> None:
    """Verify the audit log from its first entry to its anchor; exit 1 and name the first broken entry otherwise."""
    verdict = audit_verdict(_store_settings(store), SystemClock())
    if as_json:
        answer_json(asdict(verdict))
    elif verdict.sound:
        entries = number_of(verdict.entries, "line")
        answers.print(f"whole   {entries}, {verdict.anchored} of them vouched for by the anchor")
        for seq in verdict.renewals:
            answers.print(f"note    entry {seq}: the anchor was made anew; a tail cut before it would not be found")
    else:
        answers.print(f"BROKEN  {verdict.reason}", markup=False)
    if not verdict.sound:
        raise typer.Exit(1)


def _of_installation(settings: Settings) -> list[Finding]:
    has_token = settings.page.token is not None
    return privacy_check(settings.privacy, open_library(settings), settings.page.host, has_token=has_token)


def _of_site(config: SiteConfig) -> list[Finding]:
    settings = config.effective()
    stored = None
    if config.store.address is not None or (config.store.folder / FILE).is_file():
        stored = _stored(promises(config.store, SystemClock()))
    site = Site(config, stored)
    return privacy_check(settings.privacy, open_library(settings), settings.page.host, site=site)


def _stored(said: Promises) -> Stored:
    return Stored(
        verdict=said.verdict,
        held={one.name: one.rows for one in said.held},
        grants=[one.grants for one in said.people if not one.disabled],
        endless=[one.name for one in said.tokens if one.expires_ns is None and not one.revoked],
    )


def _store_settings(given: Path) -> StoreSettings:
    """The store of a site's file, of a folder, or of a database file."""
    if given.is_dir():
        return StoreSettings(folder=given)
    if not given.exists():
        raise StoreUnavailable(f"store: expected a site's file or a store's folder, got nothing at {given}")
    if given.name == FILE:
        return StoreSettings(folder=given.parent)
    if given.suffix not in (".yaml", ".yml"):
        raise BadConfig("STORE", str(given), f"a site's file (.yaml), a folder, or {FILE} in it")
    return read_site(given).store
