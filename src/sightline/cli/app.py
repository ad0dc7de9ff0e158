"""The command line: names of the commands, and one sentence with an exit code for every failure a person can mend."""

import sys
from typing import Annotated

import typer

from sightline import __version__
from sightline.cli import bench, config, demo, doctor, evaluate, models, privacy, probe, run, simulate, track, watch
from sightline.cli.allocator import share_heaps
from sightline.cli.terminal import set_up_logging
from sightline.core.errors import SightlineError

app = typer.Typer(
    name="sightline",
    help="Live video analytics for streets: boxes, tracks, counts and events; faces and plates blurred.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(asked: bool) -> None:
    if asked:
        print(f"sightline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="More log on stderr; twice: all.")] = 0,
) -> None:
    set_up_logging(verbose)


app.command("demo", rich_help_panel="See")(demo.demo)
app.command("watch", rich_help_panel="See")(watch.watch)
app.command("run", rich_help_panel="See")(run.run)
app.command("probe", rich_help_panel="See")(probe.probe)
app.command("simulate", rich_help_panel="Measure")(simulate.simulate)
app.command("track", rich_help_panel="Measure")(track.track)
app.command("evaluate", rich_help_panel="Measure")(evaluate.evaluate)
app.command("bench", rich_help_panel="Measure")(bench.bench)
app.add_typer(models.app, name="models", rich_help_panel="Set up")
app.add_typer(config.app, name="config", rich_help_panel="Set up")
app.command("doctor", rich_help_panel="Set up")(doctor.doctor)
app.add_typer(privacy.app, name="privacy", rich_help_panel="Set up")


def main() -> None:
    """Run the command line; exit 0 ok, 2 bad usage or configuration, 3 source or model not available, 1 fault."""
    share_heaps()
    try:
        app()
    except SightlineError as error:
        print(f"sightline: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except SystemExit as ended:
        if ended.code == 130:  # Ctrl-C before there was anything to end in order
            print("sightline: interrupted at the start; nothing was analysed", file=sys.stderr)
            raise SystemExit(1) from None
        raise
    except BrokenPipeError:
        # The reader of our output went away (``sightline ... | head``): not a fault.
        raise SystemExit(0) from None
