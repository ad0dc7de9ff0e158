"""Questions to the store: counts by window, events and tracks page by page, and groups large enough to publish."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, Engine, Select, Table, cast, literal, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from sightline.core.errors import BadConfig
from sightline.core.summaries import TrackSummary
from sightline.core.vocabulary import PERSONS, VEHICLES
from sightline.formats.events_jsonl import SCHEMA
from sightline.formats.iso_time import iso_text
from sightline.store.engine import StoreUnavailable, told
from sightline.store.path import unpacked
from sightline.store.rows import MINUTE_NS, QUARTER_MIN, Series
from sightline.store.tables import COUNT_CLASSES, count_series, counts_minutes, counts_quarters, events, track_summaries

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

WINDOWS_MIN: Final = (1, 5, 15, 30, 60, 1440)
SMALLEST_GROUP: Final = 10  # k of docs/responsible.md
MOST_ROWS: Final = 1_000_000  # of one answer of counts: 20 cameras for a quarter of a year by quarter hours
MOST_PAGE: Final = 1_000  # events or tracks of one page
_LATEST_NS: Final = 2**63 - 1
_BITS: Final = 31  # of the columns of counts, which are 32 bits wide and never below zero


@dataclass(frozen=True, slots=True)
class CountRow:
    """Crossings of one line in one direction and window. start_ns: UTC; by_class: class name -> count."""

    camera: str
    line: str
    direction: str
    start_ns: int
    minutes: int
    by_class: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class CountColumns:
    """Windows with crossings, by time and then by series.

    minutes: length of a window; series: (camera, line, direction); series_index i32 (n,); starts_ns i64 (n,) UTC;
    counts i32 (n, c) in the order of ``COUNT_CLASSES``.
    """

    minutes: int
    series: tuple[Series, ...]
    series_index: I32
    starts_ns: I64
    counts: I32

    def __len__(self) -> int:
        return len(self.starts_ns)

    def rows(self) -> list[CountRow]:
        """The same as objects, without classes that were not seen."""
        where, places = np.nonzero(self.counts)
        names = [COUNT_CLASSES[place] for place in places.tolist()]
        numbers = self.counts[where, places].tolist()
        ends = np.searchsorted(where, np.arange(len(self) + 1)).tolist()
        answer = []
        for row, (index, start_ns) in enumerate(zip(self.series_index.tolist(), self.starts_ns.tolist(), strict=True)):
            camera, line, direction = self.series[index]
            mine = slice(ends[row], ends[row + 1])
            by_class = dict(zip(names[mine], numbers[mine], strict=True))
            answer.append(CountRow(camera, line, direction, start_ns, self.minutes, by_class))
        return answer

    def json(self) -> str:
        """The same as a JSON list: camera, line, direction, start (ISO 8601), minutes, by_class.

        Written straight from the columns: a week of 20 cameras has 50,000 windows, and making an object of each first
        would take longer than the question.
        """
        times, which = np.unique(self.starts_ns, return_inverse=True)
        starts = [f'"{iso_text(time)}","minutes":{self.minutes},"by_class":{{' for time in times.tolist()]
        heads = [_json_head(one) for one in self.series]
        words = [f'"{name}":' for name in COUNT_CLASSES]
        where, places = np.nonzero(self.counts)
        numbers = self.counts[where, places].tolist()
        parts = [f"{words[place]}{number}" for place, number in zip(places.tolist(), numbers, strict=True)]
        ends = np.searchsorted(where, np.arange(len(self) + 1)).tolist()
        rows = zip(self.series_index.tolist(), which.tolist(), ends, ends[1:], strict=False)
        made = [f"{heads[index]}{starts[time]}{','.join(parts[a:b])}}}}}" for index, time, a, b in rows]
        return f"[{','.join(made)}]"


@dataclass(frozen=True, slots=True)
class CountQuery:
    """Counts from start_ns (within its window) to before end_ns, UTC; minutes: one of WINDOWS_MIN, aligned to UTC.

    cameras: None for all; an empty one for none. most_rows: of the store (quarters or minutes) that may be read for it.
    """

    start_ns: int
    end_ns: int
    minutes: int = QUARTER_MIN
    cameras: Sequence[str] | None = None
    most_rows: int = MOST_ROWS


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows, newest first. cameras: None for all, an empty one for none; after: ``next`` of the page before."""

    start_ns: int = 0
    end_ns: int = _LATEST_NS
    cameras: Sequence[str] | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was written; source and data as in ``formats.events_jsonl``."""

    id: int
    time_ns: int
    camera: str
    topic: str
    concerns: Literal["person", "vehicle", "nobody"]
    source: Mapping[str, Any]
    data: Mapping[str, Any]

    def json(self) -> dict[str, Any]:
        """The members that ``event_json`` gave, which ``event_of`` reads."""
        head = {"schema": SCHEMA, "topic": self.topic, "UtcTime": iso_text(self.time_ns)}
        return head | {"Source": dict(self.source), "Data": dict(self.data)}


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, newest first; next: hand it to the next ``Page``, None at the end."""

    events: tuple[StoredEvent, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class TrackPage:
    """Tracks of vehicles, newest end first; next as in ``EventPage``."""

    tracks: tuple[TrackSummary, ...]
    next: str | None


def counts(engine: Engine, query: CountQuery) -> CountColumns:
    """Counts by window; BadConfig for a length not offered or too much at once, StoreUnavailable where none answers."""
    if query.minutes not in WINDOWS_MIN:
        raise BadConfig("minutes", query.minutes, f"one of {', '.join(map(str, WINDOWS_MIN))}")
    _in_time(query.start_ns, query.end_ns)
    window_ns = query.minutes * MINUTE_NS
    first = query.start_ns // window_ns * query.minutes
    end = -(-query.end_ns // window_ns) * query.minutes
    table = counts_minutes if query.minutes % QUARTER_MIN else counts_quarters
    try:
        with engine.connect() as connection:
            series = _series(connection, query.cameras)
            found = _numbers(connection, table, list(series), (first, end), query.most_rows)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"counts: expected an answer of the store, got {told(error)}") from error
    return _windows(found, series, query.minutes)


def find_events(
    engine: Engine, page: Page, topics: Sequence[str] | None = None, about: Sequence[str] | None = None
) -> EventPage:
    """A page of events; topics and about ("person", "vehicle", "nobody"): None for all. Errors as of ``counts``."""
    chosen = _page(select(events), events, events.c.time_ns, page)
    for column, values in ((events.c.topic, topics), (events.c.concerns, about)):
        chosen = chosen if values is None else chosen.where(column.in_(tuple(values)))
    rows = _fetch(engine, chosen, "events")
    found = tuple(StoredEvent(**row._mapping) for row in rows[: page.limit])
    more = len(rows) > page.limit
    return EventPage(found, f"{found[-1].time_ns}-{found[-1].id}" if more else None)


def find_tracks(engine: Engine, page: Page, labels: Sequence[str] = VEHICLES) -> TrackPage:
    """A page of the tracks of vehicles that ended in the time asked for, with their paths. Errors as of ``counts``.

    Tracks of persons are never answered one by one: BadConfig for their labels.
    """
    if others := sorted(set(labels) - set(VEHICLES)):
        raise BadConfig("labels", others[0], f"some of {', '.join(VEHICLES)}")
    chosen = _page(select(track_summaries), track_summaries, track_summaries.c.ended_ns, page)
    # Not by label alone: whom a track concerns was decided when it was written, and that stands.
    chosen = chosen.where(track_summaries.c.label.in_(tuple(labels)), track_summaries.c.concerns == "vehicle")
    rows = _fetch(engine, chosen, "tracks")
    last = rows[page.limit - 1] if len(rows) > page.limit else None
    return TrackPage(tuple(map(_track, rows[: page.limit])), f"{last.ended_ns}-{last.id}" if last else None)


def published(columns: CountColumns, k: int = SMALLEST_GROUP) -> list[CountRow]:
    """The counts as they may leave: classes with persons in groups of at least k, vehicles as they are.

    A window with fewer than k pedestrians (cyclists, ...) is merged with those that follow, of the same line, direction
    and class, until there are k; what is left at the end joins the group before. A class with fewer than k in the whole
    answer is left out: nothing remains that it could be merged with. Rows in order of time.
    """
    if len(columns) == 0:
        return []
    person = [place for place, name in enumerate(COUNT_CLASSES) if name in PERSONS or name not in VEHICLES]
    vehicles = columns.counts.copy()
    vehicles[:, person] = 0
    rows = CountColumns(columns.minutes, columns.series, columns.series_index, columns.starts_ns, vehicles).rows()
    rows = [row for row in rows if row.by_class]
    window_ns = columns.minutes * MINUTE_NS
    order = np.argsort(columns.series_index, kind="stable")  # by series, and within it by time as before
    ends = np.searchsorted(columns.series_index[order], np.arange(len(columns.series) + 1))
    for (camera, line, direction), first, end in zip(columns.series, ends, ends[1:], strict=False):
        mine = order[first:end]
        starts = columns.starts_ns[mine].tolist()
        for place in person:
            for start, stop, number in merged(starts, columns.counts[mine, place].tolist(), window_ns, k):
                by_class = {COUNT_CLASSES[place]: number}
                rows.append(CountRow(camera, line, direction, start, (stop - start) // MINUTE_NS, by_class))
    return sorted(rows, key=lambda row: (row.start_ns, row.camera, row.line, row.direction))


def merged(starts: Sequence[int], numbers: Sequence[int], window: int, k: int) -> list[tuple[int, int, int]]:
    """Neighbouring windows joined until each holds k or more: (start, end, number), in the unit of starts and window.

    starts rise; windows that are missing count as empty. The sum is kept unless it is under k: then nothing is left.
    """
    groups: list[tuple[int, int, int]] = []
    since, held, end = None, 0, 0
    for start, number in zip(starts, numbers, strict=True):
        if not number:
            continue
        since = start if since is None else since
        held, end = held + number, start + window
        if held >= k:
            groups.append((since, end, held))
            since, held = None, 0
    if held and groups:
        first, _, number = groups.pop()
        groups.append((first, end, number + held))
    return groups


def _json_head(series: Series) -> str:
    members = dict(zip(("camera", "line", "direction"), series, strict=True))
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))[:-1] + ',"start":'


def _series(connection: Connection, cameras: Sequence[str] | None) -> dict[int, Series]:
    chosen = select(count_series)
    if cameras is not None:
        chosen = chosen.where(count_series.c.camera.in_(tuple(cameras)))
    rows = connection.execute(chosen).all()
    return {row.id: (row.camera, row.line, row.direction) for row in sorted(rows, key=lambda row: tuple(row)[1:])}


def _numbers(connection: Connection, table: Table, ids: Sequence[int], between: tuple[int, int], most_rows: int) -> I64:
    """(n, 2 + c): series id, start in minutes, counts."""
    names = ("series_id", "start_min", *COUNT_CLASSES)
    # Two columns of 31 bits travel in each number: most of the time goes into making Python's numbers of the answer.
    pairs = zip_longest(names[::2], names[1::2])
    packed = [cast(table.c[high], BigInteger) * (1 << _BITS) + (table.c[low] if low else 0) for high, low in pairs]
    chosen = (
        select(*packed)
        # By series first, as the primary key is: each is one walk along the index.
        .where(table.c.series_id.in_(ids), table.c.start_min >= between[0], table.c.start_min < between[1])
        .limit(most_rows + 1)
    )
    with connection.execute(chosen) as answer:
        # The driver's tuples: SQLAlchemy's rows have names, which take ten times as long to become numbers.
        rows = answer.cursor.fetchall() if answer.cursor else []
    if len(rows) > most_rows:
        raise BadConfig("counts", f"more than {most_rows} rows", "a shorter time, longer windows or fewer cameras")
    numbers = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * len(packed)).reshape(-1, len(packed))
    both = np.stack([numbers >> _BITS, numbers & ((1 << _BITS) - 1)], axis=2)
    return both.reshape(len(rows), 2 * len(packed))[:, : len(names)]


def _windows(found: I64, series: Mapping[int, Series], minutes: int) -> CountColumns:
    """Rows of minutes or quarters summed to windows."""
    order = {series_id: place for place, series_id in enumerate(series)}
    places = np.zeros(max(order, default=0) + 1, np.int64)
    places[list(order)] = list(order.values())
    starts = found[:, 1] // minutes * minutes
    keys, inverse = np.unique(starts * len(places) + places[found[:, 0]], return_inverse=True)
    sums = np.zeros((len(keys), len(COUNT_CLASSES)), np.int64)
    np.add.at(sums, inverse, found[:, 2:])
    some = sums.any(axis=1)
    return CountColumns(
        minutes,
        tuple(series.values()),
        (keys[some] % len(places)).astype(np.int32),
        keys[some] // len(places) * MINUTE_NS,
        sums[some].astype(np.int32),
    )


def _page(chosen: Select[Any], table: Table, time: Any, page: Page) -> Select[Any]:
    if not 1 <= page.limit <= MOST_PAGE:
        raise BadConfig("limit", page.limit, f"1 to {MOST_PAGE}")
    _in_time(page.start_ns, page.end_ns)
    chosen = chosen.where(time >= page.start_ns, time < page.end_ns)
    if page.cameras is not None:
        chosen = chosen.where(table.c.camera.in_(tuple(page.cameras)))
    if page.after is not None:
        words = page.after.split("-")
        places = [int(word) if word.isdecimal() and len(word) < 20 else -1 for word in words]
        if len(places) != 2 or not all(0 <= place <= _LATEST_NS for place in places):
            raise BadConfig("after", page.after[:60], "the next of the page before")
        chosen = chosen.where(tuple_(time, table.c.id) < tuple_(*map(literal, places)))
    return chosen.order_by(time.desc(), table.c.id.desc()).limit(page.limit + 1)


def _in_time(start_ns: int, end_ns: int) -> None:
    if not 0 <= start_ns <= end_ns <= _LATEST_NS:
        raise BadConfig("time", (start_ns, end_ns), f"a start and a later end in 0..{_LATEST_NS} ns")


def _fetch(engine: Engine, chosen: Select[Any], what: str) -> Sequence[Any]:
    try:
        with engine.connect() as connection:
            return connection.execute(chosen).all()
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"{what}: expected an answer of the store, got {told(error)}") from error


def _track(row: Any) -> TrackSummary:
    times_ms, feet = unpacked(row.path)
    return TrackSummary(
        camera=row.camera,
        track_id=row.track_id,
        label=row.label,
        likelihood=row.likelihood,
        began_ns=row.began_ns,
        ended_ns=row.ended_ns,
        attributes={name: (str(value), float(p)) for name, (value, p) in row.attributes.items()},
        times_ms=times_ms,
        feet=feet,
        speed_mps=row.speed_mps,
    )
