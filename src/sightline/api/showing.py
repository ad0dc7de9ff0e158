"""How findings are written for readers: what differs between a program that somebody runs and a service with people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sightline.api.messages import event_fields
from sightline.core.events import Event
from sightline.formats.counts_csv import Counted
from sightline.pipeline.ports import CountRow

# One reader's: the members of an event, None where it is not shown to them.
Writer = Callable[[Event], dict[str, Any] | None]


def _plain() -> Writer:
    return event_fields


def _as_they_are(rows: Sequence[CountRow], _minutes: int) -> Sequence[Counted]:
    return rows


@dataclass(frozen=True, slots=True)
class Showing:
    """How events and files of counts are shown; as they are, where nothing else is said.

    writer: makes the writer of one answer or one live page, which is given its events from the oldest to the newest;
    counts: the rows of a file from those of one camera in windows of so many minutes.
    """

    writer: Callable[[], Writer] = _plain
    counts: Callable[[Sequence[CountRow], int], Sequence[Counted]] = _as_they_are


AS_IT_IS: Final = Showing()
