"""A program that writes to a store until it is killed, and says on stdout what was acknowledged; for the tests.

It stays beside as a parent that has everything imported: for each line ``FOLDER NUMBER`` on stdin it forks a child that
opens the store in the folder and writes events numbered from NUMBER; ``pid N`` names the child, ``ack N`` says that all
events below N were acknowledged, ``log N`` that the audit entry N was, ``dead`` that the child is gone.
"""

import os
import signal
import sys
from pathlib import Path

from sightline.config.store import StoreSettings
from sightline.core.audit import Happening
from sightline.core.clock import SystemClock
from sightline.core.events import LineCrossed
from sightline.store.query import CountRow
from sightline.store.store import open_store

PUT = 50  # events of one put: they lie in one transaction, so that all or none of them may be there
MINUTE_NS = 60_000_000_000


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def write(folder: Path, number: int) -> None:
    clock = SystemClock()
    store = open_store(StoreSettings(folder=folder, batch_s=0.0), clock)
    say("open")
    minute = clock.now_ns() // MINUTE_NS * MINUTE_NS
    while True:
        now_ns = clock.now_ns()
        store.put_events([LineCrossed("north", now_ns, "a", "forward", number + n, "car", 0.9) for n in range(PUT)])
        store.put_counts([CountRow("north", f"line {number % 7}", "forward", minute, 1, {"car": number})])
        number += PUT
        if not store.flush(30):
            say("late")
            return
        say(f"ack {number}")
        say(f"log {store.audit.append(Happening('ann', 'wrote', str(number))).seq}")


def main() -> None:
    for line in sys.stdin:
        folder, number = line.split()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            write(Path(folder), int(number))
            os._exit(0)
        say(f"pid {child}")
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
