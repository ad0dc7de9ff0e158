"""Findings as a service shows them: persons without the numbers of their tracks, and in groups where they are counted.

The pages of a service have more readers than the screen of whoever typed a command, so its lists and files hold to what
the doors hold to: nobody can be followed from one event to the next, and small groups are not numbers.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from sightline.api.messages import event_fields
from sightline.api.showing import Showing
from sightline.core.events import Event, ZoneOccupied, concerns
from sightline.formats.counts_csv import Counted
from sightline.formats.event_words import WORDS
from sightline.formats.events_jsonl import event_of
from sightline.pipeline.ports import CountRow
from sightline.sinks.leave import Leaving
from sightline.store.query import CountColumns, StoredEvent, published
from sightline.store.tables import COUNT_CLASSES

_IDS: Final = ("track_id", "other_id")
_ID_MEMBERS: Final = ("ObjectId", "OtherObjectId")
_OCCUPIED: Final = frozenset(WORDS[ZoneOccupied].topics.values())


class Grouped:
    """Writes the events of one answer or one live page, from the oldest to the newest.

    An event about a person keeps its kind, place, class and direction, and loses its ids and the person's speed. Of who
    is in a zone, vehicles are numbers by class and persons one group of ten or more; an event that then says what the
    one before said is left out, as it would still tell that somebody moved.
    """

    def __init__(self) -> None:
        self._leaving = Leaving()

    def __call__(self, event: Event) -> dict[str, Any] | None:
        """The members of the event, None where it is left out."""
        if isinstance(event, ZoneOccupied):
            return self._occupied(event)
        members = event_fields(event)
        if concerns(event) == "person":
            members |= {name: None for name in (*_IDS, "speed_mps") if name in members}
        return members

    def _occupied(self, event: ZoneOccupied) -> dict[str, Any] | None:
        left = self._leaving([event])
        if not left:
            return None
        data = left[0]["Data"]
        members = event_fields(event) | {"by_class": [list(one) for one in data["ByClass"].items()]}
        return members | ({"persons_below": data["PersonsBelow"]} if "PersonsBelow" in data else {})


def grouped_data(events: Sequence[StoredEvent]) -> list[tuple[StoredEvent, dict[str, Any]]]:
    """Stored events, newest first, with their data as ``Grouped`` shows it; those left out are not among them."""
    leaving = Leaving()
    shown = []
    for one in reversed(events):
        data = dict(one.data)
        if one.topic in _OCCUPIED:
            left = _left(leaving, one)
            if left is None:
                continue
            data = left
        elif one.concerns == "person":
            data = {name: value for name, value in data.items() if name not in (*_ID_MEMBERS, "Speed", "SpeedError")}
        shown.append((one, data))
    shown.reverse()
    return shown


def _left(leaving: Leaving, one: StoredEvent) -> dict[str, Any] | None:
    """Who is in a zone; None for what says nothing new, and for a row that cannot be read and so not be checked."""
    try:
        left = leaving([event_of(one.json())])
    except (KeyError, TypeError, ValueError):
        return None
    data: dict[str, Any] | None = left[0]["Data"] if left else None
    return data


def grouped_counts(rows: Sequence[CountRow], minutes: int) -> Sequence[Counted]:
    """Rows in windows of so many minutes with persons merged to groups of ten, as exports of the store have them."""
    series = sorted({(row.camera, row.line, row.direction) for row in rows})
    place = {one: index for index, one in enumerate(series)}
    ordered = sorted(rows, key=lambda row: (row.start_ns, place[row.camera, row.line, row.direction]))
    columns = CountColumns(
        minutes,
        tuple(series),
        np.array([place[row.camera, row.line, row.direction] for row in ordered], np.int32),
        np.array([row.start_ns for row in ordered], np.int64),
        np.array([[row.by_class.get(name, 0) for name in COUNT_CLASSES] for row in ordered], np.int32),
    )
    return published(columns)


GROUPED: Final = Showing(Grouped, grouped_counts)
