"""Findings as rows of the tables: what is written of an event, a window of counts, and a track."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Insert, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from sightline.core.events import Event, concerns
from sightline.core.summaries import FULL_SCALE, TrackSummary, track_concerns
from sightline.formats.events_jsonl import event_json
from sightline.store.path import packed, thinned
from sightline.store.tables import COUNT_CLASSES, count_series, counts_minutes, counts_quarters, events, track_summaries

Row = dict[str, Any]
Series = tuple[str, str, str]  # camera, line, direction

MINUTE_NS: Final = 60_000_000_000
QUARTER_MIN: Final = 15
# Attributes that may lie on disk: clothing and whatever else describes a person never does (docs/responsible.md).
STORED_ATTRIBUTES: Final = ("vehicle_colour",)
_MOST_NS: Final = 2**63 - 1
_MOST_COUNT: Final = 2**31 - 1


class Counted(Protocol):
    """Crossings of one line in one direction and window; as ``rules.CountRow`` and ``pipeline.ports.CountRow``."""

    @property
    def camera(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def minutes(self) -> int: ...
    @property
    def by_class(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class CountCell:
    """One minute of one series; counts in the order of ``COUNT_CLASSES``."""

    series: Series
    start_min: int
    counts: tuple[int, ...]


def event_row(number: int, event: Event) -> Row:
    """The row of an event under an id; ValueError or TypeError for one that cannot be written."""
    if not 0 <= event.time_ns <= _MOST_NS:
        raise ValueError(f"time_ns: expected 0 to {_MOST_NS}, got {event.time_ns}")
    members = event_json(event)
    return {
        "id": number,
        "time_ns": event.time_ns,
        "camera": event.camera,
        "topic": members["topic"],
        "concerns": concerns(event),
        "source": members["Source"],
        "data": members["Data"],
    }


def track_row(number: int, track: TrackSummary, tolerance_share: float) -> Row:
    """The row of a track under an id; its path is thinned to the tolerance, and only a vehicle's colour is kept of its
    attributes.
    """
    about = track_concerns(track.label)
    kept = STORED_ATTRIBUTES if about == "vehicle" else ()
    if not -_MOST_NS <= track.track_id <= _MOST_NS or track.ended_ns > _MOST_NS:
        raise ValueError(f"track_id and ended_ns: expected 64 bits, got {track.track_id} and {track.ended_ns}")
    return {
        "id": number,
        "camera": track.camera,
        "track_id": track.track_id,
        "label": track.label,
        "concerns": about,
        "likelihood": track.likelihood,
        "began_ns": track.began_ns,
        "ended_ns": track.ended_ns,
        "attributes": {name: list(track.attributes[name]) for name in kept if name in track.attributes},
        "path": packed(*thinned(track.times_ms, track.feet, tolerance_share * FULL_SCALE)),
        "speed_mps": track.speed_mps,
    }


def count_cell(row: Counted) -> CountCell:
    """The cell of a window of one minute; ValueError for another length, a time within a minute, an unknown class."""
    start_min, rest = divmod(row.start_ns, MINUTE_NS)
    if row.minutes != 1 or rest or not 0 <= start_min <= _MOST_COUNT:
        raise ValueError(f"counts: expected whole minutes, got {row.minutes} from {row.start_ns} ns")
    if unknown := set(row.by_class) - set(COUNT_CLASSES):
        raise ValueError(f"counts: expected classes of the vocabulary, got {min(unknown)!r}")
    counts = tuple(int(row.by_class.get(name, 0)) for name in COUNT_CLASSES)
    if min(counts) < 0 or max(counts) > _MOST_COUNT:
        raise ValueError(f"counts: expected 0 to {_MOST_COUNT}, got {dict(row.by_class)}")
    return CountCell((row.camera, row.line, row.direction), start_min, counts)


def add_events(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert events; an id that is there already is left as it is."""
    connection.execute(_insert(connection, events).on_conflict_do_nothing(), list(rows))


def add_tracks(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert tracks; an id that is there already is left as it is."""
    connection.execute(_insert(connection, track_summaries).on_conflict_do_nothing(), list(rows))


def put_cells(connection: Connection, run: int, cells: Sequence[CountCell], known: Mapping[Series, int]) -> list[Row]:
    """Set minutes of this run to their newest counts and their quarter hours to the sums.

    known: ids of series found earlier. Answers the ids of those found or made now, {"series", "id"}, good once the
    transaction is committed.
    """
    newest = {(cell.series, cell.start_min): cell.counts for cell in cells}
    found = _series_ids(connection, sorted({series for series, _ in newest} - known.keys()))
    ids = {**known, **{row["series"]: row["id"] for row in found}}
    minutes = [
        {"series_id": ids[series], "start_min": start, "run_id": run, **dict(zip(COUNT_CLASSES, counts, strict=True))}
        for (series, start), counts in newest.items()
    ]
    statement = _insert(connection, counts_minutes)
    keys = [counts_minutes.c.series_id, counts_minutes.c.start_min, counts_minutes.c.run_id]
    newer = {name: statement.excluded[name] for name in COUNT_CLASSES}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=newer), minutes)
    quarters = {(row["series_id"], row["start_min"] // QUARTER_MIN * QUARTER_MIN) for row in minutes}
    _sum_quarters(connection, sorted(quarters))
    return found


def _sum_quarters(connection: Connection, quarters: Sequence[tuple[int, int]]) -> None:
    minutes = counts_minutes.c
    start = bindparam("quarter", type_=counts_quarters.c.start_min.type)
    sums = (
        select(minutes.series_id, start.label("start_min"), *(func.sum(minutes[name]) for name in COUNT_CLASSES))
        .where(minutes.series_id == bindparam("series"), minutes.start_min >= start)
        .where(minutes.start_min < bindparam("end"))
        .group_by(minutes.series_id)
    )
    statement = _insert(connection, counts_quarters)
    keys = [counts_quarters.c.series_id, counts_quarters.c.start_min]
    newer = {name: statement.excluded[name] for name in COUNT_CLASSES}
    connection.execute(
        statement.from_select(["series_id", "start_min", *COUNT_CLASSES], sums).on_conflict_do_update(
            index_elements=keys, set_=newer
        ),
        [{"series": series, "quarter": quarter, "end": quarter + QUARTER_MIN} for series, quarter in quarters],
    )


def _series_ids(connection: Connection, wanted: Sequence[Series]) -> list[Row]:
    """The ids of series, made where there are none."""
    if not wanted:
        return []
    names = [dict(zip(("camera", "line", "direction"), series, strict=True)) for series in wanted]
    connection.execute(_insert(connection, count_series).on_conflict_do_nothing(), names)
    rows = connection.execute(
        select(count_series).where(count_series.c.camera.in_({series[0] for series in wanted}))
    ).all()
    ids = {(row.camera, row.line, row.direction): row.id for row in rows}
    return [{"series": series, "id": ids[series]} for series in wanted]


def _insert(connection: Connection, table: Any) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    makers: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    made: Insert = makers[connection.dialect.name](table)
    return made
