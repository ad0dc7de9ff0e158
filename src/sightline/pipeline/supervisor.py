"""Keeps the threads of a worker alive: one bad picture is skipped, what fails always ends with its reason."""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

# So many failures of a camera in a row are not bad pictures but a broken stage.
FAULTS_IN_A_ROW = 20


def attempt(work: Callable[[], None]) -> Exception | None:
    """Do the work; the exception it raised, or None. The one place of the program that catches everything."""
    try:
        work()
    except Exception as error:  # noqa: BLE001
        return error
    return None


class Faults:
    """Counts the failures of each camera; logs the first of a row with its trace, and says when it is enough."""

    def __init__(self) -> None:
        self._in_a_row: dict[str, int] = {}

    def fine(self, camera: str) -> None:
        """The camera's work succeeded: the row ends."""
        self._in_a_row.pop(camera, None)

    def failed(self, camera: str, what: str, fault: Exception) -> bool:
        """Note a failure; True when the camera has failed too often in a row."""
        row = self._in_a_row[camera] = self._in_a_row.get(camera, 0) + 1
        if row == 1:
            log.error("camera %s: %s failed and is skipped", camera, what, exc_info=fault)
        return row >= FAULTS_IN_A_ROW
