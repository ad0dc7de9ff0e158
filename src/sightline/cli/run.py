"""``sightline run``: the service of a site, for years."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from sightline.cli.running import ctrl_c
from sightline.cli.terminal import say
from sightline.cli.wiring import build, fetch_missing, open_library
from sightline.core.clock import SystemClock
from sightline.formats.site_yaml import read_site


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="A site's file.")],
    headless: Annotated[bool, typer.Option("--headless", help="No page and no API.")] = False,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="End after so long; default: never.")] = None,
) -> None:
    """Run the service of a site: cameras, rules, store, page with people and roles, doors to other systems.

    SIGHUP, and any change of the file, has it read again; cameras that did not change go on undisturbed.
    """
    from sightline.cli.service import Opened, Service  # the database's library costs every other command a second

    if "no_proxy" in os.environ:  # FFmpeg reads the small letters itself, and would go past the guard of addresses
        os.environ["NO_PROXY"] = os.environ.pop("no_proxy")
    site = read_site(config)
    settings = site.effective()
    library = open_library(settings)
    fetch_missing(library, settings)
    service = Service(Opened(config, site), settings, build(library, settings), SystemClock())
    stop, reload = threading.Event(), threading.Event()
    timer = threading.Timer(seconds, stop.set) if seconds is not None else None
    with ctrl_c(stop), _hang_up(reload):
        if timer is not None:
            timer.daemon = True
            timer.start()
        service.run(stop, reload, page=not headless)
        if timer is not None:
            timer.cancel()
    say("ended in order")


@contextmanager
def _hang_up(reload: threading.Event) -> Iterator[None]:
    """SIGHUP asks for the file to be read again; not on systems without it."""
    if sys.platform == "win32":
        yield
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        reload.set()

    before = signal.signal(signal.SIGHUP, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
