"""What goes to the terminal: human text and progress bars on stderr, one JSON object on stdout when asked."""

import json
import logging
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sightline.core.errors import without_credentials

notices = Console(stderr=True, highlight=False)
answers = Console(highlight=False)


class _NoCredentials(logging.Filter):
    """The last line of defence: no log line leaves with a credential in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_credentials(record.getMessage()), None
        return True


def set_up_logging(verbose: int) -> None:
    """Logs on stderr: warnings only, with -v infos, with -vv everything."""
    handler = RichHandler(console=notices, show_path=False, markup=False, rich_tracebacks=False)
    handler.addFilter(_NoCredentials())
    level = [logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)]
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler], force=True)


def say(sentence: str) -> None:
    """One line of human text on stderr."""
    notices.print(without_credentials(sentence), markup=False, soft_wrap=True)


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
