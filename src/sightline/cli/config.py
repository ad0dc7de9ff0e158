"""``sightline config``: is a site's file sound, and what may stand in it."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from sightline.cli.terminal import answer_json, answers
from sightline.config.rules import GroundConfig
from sightline.config.site import SiteConfig, schema
from sightline.core.errors import BadConfig, without_credentials
from sightline.core.wording import number_of
from sightline.formats.site_yaml import BadSite, Fault, line_of, read_site
from sightline.rules.ruleset import ground_of

app = typer.Typer(help="Is a site's file sound, and what may stand in it.", no_args_is_help=True)

_USUAL_ASPECT: Final = 16 / 9  # of a picture nobody has seen yet, as for those that run


@app.command("check")
def check(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="A site's file.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Read a site's file as `run` would, and say every fault with its line; exit 2 when there is one."""
    try:
        site = read_site(config)
        _check_grounds(config, site)
    except BadSite as error:
        if as_json:
            faults = [{"line": one.line, "key": one.key, "sentence": one.sentence} for one in error.faults]
            answer_json({"sound": False, "faults": faults})
        else:
            for fault in error.faults:
                answers.print(f"{config} {fault}", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    if as_json:
        answer_json({"sound": True, "faults": [], "site": site.name, "cameras": _cameras(site)})
        return
    cameras, doors = number_of(len(site.cameras), "camera"), number_of(len(site.doors.sinks), "door")
    answers.print(f"{config} is sound: site {site.name}, {cameras}, {doors}", markup=False, soft_wrap=True)
    table = Table("camera", "source", "purpose", "lines", "zones", "rules")
    for name, row in _cameras(site).items():
        table.add_row(name, row["source"], row["purpose"], *(str(row[key]) for key in ("lines", "zones", "rules")))
    if site.cameras:
        answers.print(table)


def _check_grounds(config: Path, site: SiteConfig) -> None:
    """BadSite where known lengths or points are of no flat ground; a picture nobody has seen yet is taken as 16:9."""
    faults: list[Fault] = []
    for name, camera in site.cameras.items():
        try:
            ground_of(camera.ground or GroundConfig(), _USUAL_ASPECT)
        except BadConfig as error:
            line = line_of(config, "cameras", name, *error.key.split("."))
            sentence = str(error).removeprefix(f"{error.key}: ")
            faults.append(Fault(line, f"cameras.{name}.{error.key}", sentence))
    if faults:
        raise BadSite(config, sorted(faults, key=lambda fault: fault.line))


def _cameras(site: SiteConfig) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "source": without_credentials(camera.source.url),
            "purpose": camera.purpose,
            "lines": len(camera.lines),
            "zones": len(camera.zones),
            "rules": len(camera.rules),
            "paused": camera.paused,
        }
        for name, camera in site.cameras.items()
    }


@app.command("schema")
def show_schema() -> None:
    """The layout of a site's file as a JSON Schema on stdout; editors check and complete with it."""
    answer_json(schema())
