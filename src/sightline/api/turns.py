"""Heavy questions to the store, one at a time: each may take some 200 MB, and a core for a second."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sightline.core.errors import SightlineError

MOST_WAITING: Final = 8  # of the 40 threads that serve requests: the others are for all else
PATIENCE_S: Final = 30.0  # then the one before is still not done, and whoever asked has likely left


class TooManyQuestions(SightlineError):
    """More heavy questions wait than the store should be asked."""


class Turns:
    """One at a time; at most ``MOST_WAITING`` others wait, each for at most ``patience_s``, then they are refused."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(1 + MOST_WAITING)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The block has its turn; TooManyQuestions where there is no place to wait, or the wait is too long."""
        if not self._places.acquire(blocking=False):
            raise TooManyQuestions(f"counts and exports: expected at most {MOST_WAITING} that wait, got one more")
        try:
            if not self._turn.acquire(timeout=self._patience_s):
                raise TooManyQuestions(f"counts and exports: expected a turn within {self._patience_s:g} s, got none")
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()
