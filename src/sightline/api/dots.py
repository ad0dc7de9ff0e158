"""The dots of the map, made and written once for all pages that show it."""

from typing import Final, Protocol

from sightline.api.messages import DOTS_PER_S, dots_text
from sightline.core.clock import Clock
from sightline.pipeline.ports import Places, Ports

# A page that asks soon after another gets the dots made for that one.
_KEPT_NS: Final = 1_000_000_000 // DOTS_PER_S // 2


class ShownDots(Protocol):
    """What a live page asks for its map."""

    def newest(self) -> Places:
        """Where road users are now, as the asker may see them."""
        ...

    def text(self, places: Places) -> str:
        """The message of these dots."""
        ...


class Dots:
    """Asks the pipeline where road users are, at most twice per turn of the pages, however many pages look."""

    def __init__(self, ports: Ports, clock: Clock) -> None:
        self._ports = ports
        self._clock = clock
        self._made_ns = 0
        self._newest: Places | None = None
        self._written: tuple[Places, str] | None = None

    def newest(self) -> Places:
        """Where road users are, not older than half a turn."""
        now = self._clock.monotonic_ns()
        if self._newest is None or now - self._made_ns >= _KEPT_NS:
            self._newest, self._made_ns = self._ports.places(), now
        return self._newest

    def text(self, places: Places) -> str:
        """The message of these dots."""
        if self._written is None or self._written[0] is not places:
            self._written = (places, dots_text(places))
        return self._written[1]
