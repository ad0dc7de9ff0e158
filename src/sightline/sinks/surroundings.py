"""What a site hands to each of its doors."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from sightline.core.clock import Clock, SystemClock
from sightline.formats.ngsi_ld import Place
from sightline.sinks.address import Resolve, resolve

log = logging.getLogger(__name__)

PAUSE_S: Final = 5.0  # after a fault of our own: long enough not to fill a log

# Runs the work and gives back what it raised (``pipeline.supervisor.attempt``).
Attempt = Callable[[Callable[[], None]], Exception | None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The site around a door.

    site: its name in ids; cameras: names known at start (more may come); places: camera -> where it hangs; random:
    0..1, for jitter; plugins: name -> what the entry point of ``sightline.sinks`` gave; attempt: calls code from
    outside, None where no plug-in may run.
    """

    site: str = "site"
    clock: Clock = field(default_factory=SystemClock)
    cameras: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    random: Callable[[], float] = field(default_factory=lambda: Random().random)  # jitter, not a secret
    resolver: Resolve = resolve
    plugins: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    attempt: Attempt | None = None

    def keep_running(self, name: str, work: Callable[[], None], stopping: threading.Event) -> None:
        """Do a door's work; where it fails by a fault of ours, say so with its trace and begin it anew after a pause.

        A service that runs for years must not lose a door to one event nobody thought of. Without ``attempt`` a fault
        ends the thread, as tests want it.
        """
        if self.attempt is None:
            work()
            return
        while (fault := self.attempt(work)) is not None:
            log.error("door %s failed and begins anew", name, exc_info=fault)
            if stopping.wait(PAUSE_S):
                return
