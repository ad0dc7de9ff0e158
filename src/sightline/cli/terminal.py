"""What goes to the terminal: human text and progress bars on stderr, one JSON object on stdout when asked."""

import json
import logging
import sys
import threading
from collections.abc import Mapping

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sightline.core.errors import without_credentials

notices = Console(stderr=True, highlight=False)
answers = Console(highlight=False)


class _NoCredentials(logging.Formatter):
    """The last line of defence: no log line, and no trace in it, leaves with a credential."""

    def format(self, record: logging.LogRecord) -> str:
        return without_credentials(super().format(record))


def _thread_broke(broke: threading.ExceptHookArgs) -> None:
    name = broke.thread.name if broke.thread else "a thread"
    logging.getLogger("sightline").error("%s broke off: %s", name, broke.exc_value)


def set_up_logging(verbose: int) -> None:
    """Logs on stderr: warnings only, with -v infos, with -vv everything."""
    handler = RichHandler(console=notices, show_path=False, markup=False, rich_tracebacks=False)
    handler.setFormatter(_NoCredentials("%(message)s"))
    threading.excepthook = _thread_broke
    level = [logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)]
    logging.basicConfig(level=level, handlers=[handler], force=True)


def say(sentence: str) -> None:
    """One line of human text on stderr."""
    notices.print(without_credentials(sentence), markup=False, soft_wrap=True)


def say_token(line: str) -> None:
    """One line on stderr that shows the page's own token to the person who started it, as it is."""
    notices.print(line, markup=False, soft_wrap=True)


def answer_json(value: Mapping[str, object]) -> None:
    """Exactly one JSON object on stdout."""
    sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")
    sys.stdout.flush()


def progress() -> Progress:
    """A progress bar on stderr; nothing where stderr is not a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=notices,
        transient=True,
        disable=not notices.is_terminal,
    )
