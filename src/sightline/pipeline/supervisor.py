"""Keeps a worker's loop alive: one bad picture is skipped, a broken stage ends the worker with its reason."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

# So many turns in a row that failed are not bad pictures but a broken stage.
FAULTS_IN_A_ROW = 20


def supervise(cycle: Callable[[], bool], *, stopping: threading.Event) -> Exception | None:
    """Call cycle until it answers False or stopping is set; the exception that ended it, or None.

    The one place of the program that catches everything.
    """
    faults = 0
    while not stopping.is_set():
        try:
            if not cycle():
                return None
            faults = 0
        except Exception as error:
            faults += 1
            log.exception("a batch of frames failed and is skipped (%d in a row)", faults)
            if faults >= FAULTS_IN_A_ROW:
                return error
    return None
