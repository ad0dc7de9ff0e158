"""The HTTP routes over what is stored: events page by page, counts by window, and exports for other programs."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sightline.api.people import People, needs
from sightline.api.people.grouped import grouped_data
from sightline.api.schemas import Failure
from sightline.api.turns import Turns
from sightline.config.roles import Role
from sightline.core.ground import ground_points
from sightline.core.vocabulary import CLASSES
from sightline.formats.iso_time import iso_ns, iso_text
from sightline.pipeline.ports import Ports
from sightline.store.export import F64, Exported
from sightline.store.query import MOST_PAGE, WINDOWS_MIN, CountQuery, Page, StoredEvent
from sightline.store.store import Store

_DAY_NS: Final = 86_400_000_000_000
MOST_ROWS: Final = 200_000  # of counts in one answer: some 200 MB while it is made
_MEDIA: Final = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "mf-json": "application/json",
}
FILES: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {media: {} for media in _MEDIA.values()}}}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {422: {"model": Failure, "description": "A value that cannot work."}}


def _instant(text: str) -> str:
    try:
        if iso_ns(text) < _DAY_NS:
            raise ValueError
    except ValueError:
        raise ValueError("expected an instant in UTC such as 2026-11-22T13:00:00Z") from None
    return text


def _window(minutes: int) -> int:
    if minutes not in WINDOWS_MIN:
        raise ValueError(f"expected one of {', '.join(map(str, WINDOWS_MIN))}")
    return minutes


Instant = Annotated[str, AfterValidator(_instant)]
From = Annotated[Instant | None, Query(alias="from", description="Begin, UTC; default: a day before the end.")]
To = Annotated[Instant | None, Query(alias="to", description="End, UTC; default: now.")]
Cameras = Annotated[list[str] | None, Query(alias="camera", max_length=100, description="Only these cameras.")]
Minutes = Annotated[int, AfterValidator(_window), Query(description="Length of a window, minutes.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EventBody(_Body):
    """A stored event; of persons without the number of their track, and counted in groups of ten or more."""

    id: int
    time: str = Field(description="UTC, ISO 8601.")
    camera: str
    topic: str = Field(description="ONVIF topic.")
    concerns: Literal["person", "vehicle", "nobody"] = Field(description="Whom it is about.")
    source: dict[str, Any]
    data: dict[str, Any]


class EventPageBody(_Body):
    """Events, newest first; next: send it as ``after`` for the following page, null at the end."""

    events: list[EventBody]
    next: str | None


class WindowBody(_Body):
    """Crossings of one line in one direction and window."""

    camera: str
    line: str
    direction: str
    start: str = Field(description="Begin of the window, UTC.")
    minutes: int
    by_class: dict[str, int] = Field(description=f"Of {', '.join(CLASSES)}; classes not seen are left out.")


class WindowsBody(_Body):
    """Windows with crossings, oldest first."""

    counts: list[WindowBody]


class StoreBody(_Body):
    """How the store is."""

    kind: str = Field(description="sqlite or postgresql.")
    version: str
    waiting: int = Field(description="Rows in the queue.")
    capacity: int = Field(description="Rows the queue takes.")
    stored: dict[str, int] = Field(description="Rows by kind since the start.")
    refused: dict[str, dict[str, int]] = Field(description="Rows not stored, by kind and reason.")
    failing: str = Field(description="Why it refuses rows now, empty while it works.")
    bytes: int | None = Field(description="Size of the SQLite files.")
    forgotten: dict[str, int] = Field(description="Rows the newest run of retention deleted, by class.")


class _Asking:
    """What the routes need to know about the caller and the time."""

    def __init__(self, ports: Ports, people: People) -> None:
        self.ports, self._people = ports, people

    def who(self) -> str:
        principal = self._people.asking.principal
        return principal.who if principal is not None else ""

    def reach(self, roles: Iterable[Role], wanted: list[str] | None) -> list[str] | None:
        """The cameras the caller may ask about, of those wanted; None for all there ever were. 404 for an unknown."""
        roles, principal, site = tuple(roles), self._people.asking.principal, self._people.site
        if principal is None:
            return []
        everywhere = principal.may(roles, site)
        if wanted is None:
            own = [one.name for one in self.ports.cameras() if principal.may(roles, site, one.name)]
            return None if everywhere else own
        for name in wanted:
            if not (everywhere or principal.may(roles, site, name)):
                raise HTTPException(404, f"camera: expected one you may see, got {name[:200]!r}")
        return wanted

    def between(self, begin: str | None, end: str | None) -> tuple[int, int]:
        end_ns = iso_ns(end) if end is not None else self._people.clock.now_ns()
        return (iso_ns(begin) if begin is not None else max(0, end_ns - _DAY_NS)), end_ns


def store_router(store: Store, ports: Ports, people: People) -> APIRouter:
    """The routes. They wait for the database, so they are plain functions, served by threads."""
    router = APIRouter(prefix="/api/v1/store", tags=["store"])
    asking, turns = _Asking(ports, people), Turns()
    _add_questions(router, store, asking, turns)
    _add_exports(router, store, asking, turns)

    @router.get("", summary="How the store is", dependencies=[needs(Role.OPERATOR)])
    def health() -> StoreBody:
        """Rows written, refused and forgotten."""
        stats = store.stats()
        return StoreBody(
            kind=stats.kind,
            version=stats.version,
            waiting=stats.writing.waiting,
            capacity=stats.writing.capacity,
            stored=dict(stats.writing.stored),
            refused={kind: dict(reasons) for kind, reasons in stats.writing.refused.items()},
            failing=stats.writing.sentence or stats.writing.failing,
            bytes=stats.bytes,
            forgotten=dict(stats.forgotten),
        )

    return router


def _add_questions(router: APIRouter, store: Store, asking: _Asking, turns: Turns) -> None:
    @router.get(
        "/events",
        summary="Stored events",
        responses=REFUSED,
        dependencies=[needs(Role.VIEWER, somewhere=True)],
    )
    def events(
        begin: From = None,
        end: To = None,
        camera: Cameras = None,
        topic: Annotated[list[str] | None, Query(max_length=50, description="Only these topics.")] = None,
        concerns: Annotated[
            list[Literal["person", "vehicle", "nobody"]] | None, Query(description="Only about these.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_PAGE, description="Most events of the page.")] = 100,
        after: Annotated[str | None, Query(max_length=60, description="``next`` of the page before.")] = None,
    ) -> EventPageBody:
        """Newest first; a page may hold fewer than its limit, as numbers of a zone that look the same are left out."""
        start_ns, end_ns = asking.between(begin, end)
        page = Page(start_ns, end_ns, asking.reach((Role.VIEWER,), camera), limit, after)
        found = store.events(page, topic, concerns)
        return EventPageBody(events=[_event(*one) for one in grouped_data(found.events)], next=found.next)

    @router.get(
        "/counts",
        summary="Stored counts by window",
        response_model=WindowsBody,
        responses=REFUSED,
        dependencies=[needs(Role.VIEWER, Role.PRIVACY_OFFICER, somewhere=True)],
    )
    def counts(begin: From = None, end: To = None, minutes: Minutes = 15, camera: Cameras = None) -> Response:
        """Per line, direction and class."""
        between = asking.between(begin, end)
        reach = asking.reach((Role.VIEWER, Role.PRIVACY_OFFICER), camera)
        with turns.turn():
            columns = store.counts(CountQuery(*between, minutes, reach, MOST_ROWS))
            # Written from the columns: a week of twenty cameras is 54,000 windows.
            return Response(f'{{"counts":{columns.json()}}}', media_type="application/json")


def _add_exports(router: APIRouter, store: Store, asking: _Asking, turns: Turns) -> None:
    exporters = (Role.OPERATOR, Role.PRIVACY_OFFICER)

    @router.get(
        "/export/counts",
        summary="Counts as a file",
        response_class=Response,
        responses=FILES | REFUSED,
        dependencies=[needs(*exporters, somewhere=True)],
    )
    def export_counts(
        form: Annotated[Literal["csv", "parquet", "geojson"], Query(description="Format of the file.")] = "csv",
        begin: From = None,
        end: To = None,
        minutes: Minutes = 15,
        camera: Cameras = None,
    ) -> Response:
        """Persons in groups of ten or more. Each export is in the audit log."""
        asked = CountQuery(*asking.between(begin, end), minutes, asking.reach(exporters, camera), MOST_ROWS)
        places = {name: (mount.lon, mount.lat) for name, mount in asking.ports.mounts().items()}
        with turns.turn():
            done = store.exports.counts(asking.who(), asked, form, places)
        return _file(done, form, f"counts-{minutes}min.{form}")

    @router.get(
        "/export/tracks",
        summary="Ways of vehicles as MF-JSON",
        response_class=Response,
        responses=FILES | REFUSED,
        dependencies=[needs(*exporters, somewhere=True)],
    )
    def export_tracks(begin: From = None, end: To = None, camera: Cameras = None) -> Response:
        """OGC Moving Features. Only of cameras that know where they hang; persons are never in it."""
        start_ns, end_ns = asking.between(begin, end)
        page = Page(start_ns, end_ns, asking.reach(exporters, camera))
        with turns.turn():
            done = store.exports.vehicle_tracks(asking.who(), page, _to_lonlat(asking.ports))
        return _file(done, "mf-json", "vehicles.mf.json")


def _to_lonlat(ports: Ports) -> Callable[[str, F64], F64 | None]:
    mounts = ports.mounts()
    sizes = {one.name: one.width / one.height for one in ports.cameras() if one.height}

    def placed(camera: str, shares: F64) -> F64 | None:
        if camera not in mounts or camera not in sizes:
            return None
        return np.asarray(ground_points(mounts[camera], sizes[camera], shares))

    return placed


def _file(done: Exported, form: str, name: str) -> Response:
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "x-rows": str(done.rows),
        "x-rows-left-out": str(done.left_out),
    }
    return Response(done.content, media_type=_MEDIA[form], headers=headers)


def _event(one: StoredEvent, data: dict[str, Any]) -> EventBody:
    return EventBody(
        id=one.id,
        time=iso_text(one.time_ns),
        camera=one.camera,
        topic=one.topic,
        concerns=one.concerns,
        source=dict(one.source),
        data=data,
    )
