"""The audit log for code that must not wait: entries are written in order by a thread of its own."""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, Final

from sightline.core.audit import Happening
from sightline.core.errors import SightlineError

log = logging.getLogger(__name__)
# Entries that wait for the disk. One takes some milliseconds; 1,000 outlast the longest wait for a locked store.
WAITING: Final = 1_000


class LogUnavailable(SightlineError):
    """The audit log cannot be written, so what must stand in it is not done."""


class Journal:
    """Writes notes to the audit log in the background; when it cannot, ``check`` refuses what has to be noted.

    Up to ``WAITING`` notes wait; one more is refused (LogUnavailable), none is dropped silently. A note that the store
    refuses is kept and tried again; until it is written, ``sound`` is False.
    """

    def __init__(self, append: Callable[[Happening], Any], *, retry_s: float = 1.0) -> None:
        self._append = append
        self._retry_s = retry_s
        self._waiting: queue.Queue[Happening | None] = queue.Queue(WAITING)
        self._stopped = threading.Event()
        self._fault = ""
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def sound(self) -> bool:
        """Whether the newest try to write worked and there is room for more."""
        return not self._fault and not self._waiting.full() and not self._stopped.is_set()

    def check(self) -> None:
        """LogUnavailable where the log cannot be written at the moment."""
        if not self.sound:
            raise LogUnavailable(f"audit: expected a log that can be written, got {self._fault or 'one that is full'}")

    def note(self, who: str, what: str, subject: str = "", **detail: Any) -> None:
        """Log something soon; returns at once. LogUnavailable where it cannot be, and then it must not happen."""
        self.check()
        try:
            self._waiting.put_nowait(Happening(who, what, subject, detail))
        except queue.Full as error:
            raise LogUnavailable("audit: expected a log that keeps up, got one that is full") from error

    def close_note(self, who: str, what: str, subject: str = "", **detail: Any) -> None:
        """Log the end of something; where there is no room, a warning in the program's log is all that stays of it."""
        try:
            self._waiting.put_nowait(Happening(who, what, subject, detail))
        except queue.Full:
            log.warning("audit: no room for %s of %s", what, subject)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all notes until now are written; False where that took longer."""
        with self._waiting.all_tasks_done:
            return self._waiting.all_tasks_done.wait_for(lambda: not self._waiting.unfinished_tasks, timeout_s)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Write what waits and end; what cannot be written within the time is named in the program's log."""
        if not self.flush(timeout_s):
            log.warning("audit: %d entries could not be written (%s)", self._waiting.unfinished_tasks, self._fault)
        self._stopped.set()
        with contextlib.suppress(queue.Full):  # then the thread is awake anyway
            self._waiting.put_nowait(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (happening := self._waiting.get()) is not None:
            while not self._written(happening) and not self._stopped.wait(self._retry_s):
                pass
            self._waiting.task_done()
            if self._stopped.is_set():
                return

    def _written(self, happening: Happening) -> bool:
        try:
            self._append(happening)
        except SightlineError as error:
            if not self._fault:
                log.error("audit: entries cannot be written: %s", error)
            self._fault = str(error)
            return False
        self._fault = ""
        return True
