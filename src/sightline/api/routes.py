"""The HTTP routes under /api/v1: cameras, lines, counts, events, summary, map, scores."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query, Response
from pydantic import AfterValidator

import sightline
from sightline.api.maps import map_features
from sightline.api.messages import status_fields
from sightline.api.schemas import (
    CameraBody,
    CamerasBody,
    CameraSummary,
    CountBody,
    CountsBody,
    EventsBody,
    Failure,
    LineBody,
    LinesBody,
    MapBody,
    ScoresBody,
    SummaryBody,
)
from sightline.api.scores import scores_fields
from sightline.api.showing import Showing
from sightline.core.errors import BadConfig
from sightline.formats.counts_csv import HEADER, counts_text
from sightline.pipeline.ports import CountRow, Ports

WINDOWS_MIN: Final = (1, 15)
MAX_EVENTS: Final = 1000
CSV_DESCRIPTION: Final = (
    f"RFC 4180, UTF-8, one row per window, line, direction and class that was seen. Columns: {', '.join(HEADER)}. "
    "start and end are ISO 8601: instants in UTC for live cameras, durations from the start for files. A text that a "
    "spreadsheet would run as a formula gets a leading apostrophe. In a service windows with fewer than ten persons of "
    "a class are merged with those that follow."
)


def _window(minutes: int) -> int:
    if minutes not in WINDOWS_MIN:
        raise ValueError("expected 1 or 15")
    return minutes


Camera = Annotated[str, Path(description="Name of the camera.", max_length=200)]
Minutes = Annotated[int, AfterValidator(_window), Query(description="Length of a window, minutes: 1 or 15.")]
UNKNOWN: Final[dict[int | str, dict[str, Any]]] = {404: {"model": Failure, "description": "No such camera."}}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {422: {"model": Failure, "description": "A value that cannot work."}}
TOO_LARGE: Final[dict[int | str, dict[str, Any]]] = {413: {"model": Failure, "description": "The body is too large."}}


def _unknown(ports: Ports, camera: str) -> HTTPException:
    names = [status.name for status in ports.cameras()]
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    return HTTPException(404, f"camera: expected one of {shown or 'none yet'}, got {camera!r}")


def http_router(ports: Ports, showing: Showing) -> APIRouter:
    """All HTTP routes of the API over these ports."""
    router = APIRouter(prefix="/api/v1")
    _add_cameras(router, ports)
    _add_lines(router, ports)
    _add_counts(router, ports, showing)
    _add_events(router, ports, showing)
    _add_map(router, ports)
    return router


def _add_cameras(router: APIRouter, ports: Ports) -> None:
    @router.get("/cameras", tags=["cameras"], summary="All cameras and their health")
    async def cameras() -> CamerasBody:
        """In the order they were named at start."""
        return CamerasBody(cameras=[CameraBody(**status_fields(status)) for status in ports.cameras()])

    @router.get("/cameras/{camera}", tags=["cameras"], summary="One camera and its health", responses=UNKNOWN)
    async def camera(camera: Camera) -> CameraBody:
        """State, rates, age, drops by reason and milliseconds per stage."""
        for status in ports.cameras():
            if status.name == camera:
                return CameraBody(**status_fields(status))
        raise _unknown(ports, camera)


def _add_lines(router: APIRouter, ports: Ports) -> None:
    @router.get("/cameras/{camera}/lines", tags=["lines"], summary="Counting lines of a camera", responses=UNKNOWN)
    async def lines(camera: Camera) -> LinesBody:
        """Points are shares 0..1 of the picture, so a line survives a change of resolution."""
        try:
            return LinesBody(lines=[LineBody.of(line) for line in ports.lines(camera)])
        except KeyError:
            raise _unknown(ports, camera) from None

    @router.put(
        "/cameras/{camera}/lines",
        tags=["lines"],
        summary="Replace the counting lines of a camera",
        responses=UNKNOWN | REFUSED | TOO_LARGE,
    )
    def set_lines(camera: Camera, body: LinesBody) -> LinesBody:
        """Lines that stay equal go on counting. Names are unique; nothing changes when one line is refused."""
        # A plain function, served by a thread: in a service this writes the site's file and its log.
        names = [line.name for line in body.lines]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise BadConfig("lines", twice, "names that are unique")
        wanted = [line.line() for line in body.lines]
        try:
            ports.set_lines(camera, wanted)
            return LinesBody(lines=[LineBody.of(line) for line in ports.lines(camera)])
        except KeyError:
            raise _unknown(ports, camera) from None


def _add_counts(router: APIRouter, ports: Ports, showing: Showing) -> None:
    def rows_of(camera: str, minutes: int) -> list[CountRow]:
        try:
            return list(ports.counts(camera, minutes))
        except KeyError:
            raise _unknown(ports, camera) from None

    @router.get(
        "/cameras/{camera}/counts", tags=["counts"], summary="Crossings per window", responses=UNKNOWN | REFUSED
    )
    async def counts(camera: Camera, minutes: Minutes = 1) -> CountsBody:
        """Per line, direction and class, oldest window first."""
        rows = rows_of(camera, minutes)
        return CountsBody(camera=camera, minutes=minutes, counts=[CountBody.of(row) for row in rows])

    @router.get(
        "/cameras/{camera}/counts.csv",
        tags=["counts"],
        summary="Crossings per window as CSV",
        description=CSV_DESCRIPTION,
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}} | UNKNOWN | REFUSED,
    )
    async def counts_as_csv(camera: Camera, minutes: Minutes = 1) -> Response:
        text = counts_text(showing.counts(rows_of(camera, minutes), minutes))
        name = quote(f"counts-{camera}-{minutes}min.csv", safe="")
        disposition = f"attachment; filename*=UTF-8''{name}"
        return Response(text, media_type="text/csv", headers={"content-disposition": disposition})


def _add_events(router: APIRouter, ports: Ports, showing: Showing) -> None:
    @router.get("/events", tags=["events"], summary="The newest events", responses=REFUSED)
    async def events(
        limit: Annotated[int, Query(ge=1, le=MAX_EVENTS, description="Most events to give.")] = 100,
        camera: Annotated[str | None, Query(description="Only events of this camera.")] = None,
    ) -> EventsBody:
        """Line crossings and changes of sources, newest last."""
        newest = ports.events(MAX_EVENTS if camera is not None else limit)
        chosen = [event for event in newest if camera is None or event.camera == camera]
        write = showing.writer()
        written = (write(event) for event in chosen[-limit:])
        return EventsBody(events=[one for one in written if one is not None])

    @router.get("/summary", tags=["events"], summary="What was seen so far")
    async def summary() -> SummaryBody:
        """Frames, road users by class, crossings by line, direction and class, and milliseconds per stage."""
        cameras: dict[str, CameraSummary] = {}
        for status in ports.cameras():
            fields = status_fields(status)
            names = ("frames_read", "frames_analysed", "dropped", "tracks", "ms")
            counts = _totals(ports.counts(status.name, WINDOWS_MIN[0]))
            cameras[status.name] = CameraSummary(counts=counts, **{name: fields[name] for name in names})
        return SummaryBody(version=sightline.__version__, cameras=cameras)


def _add_map(router: APIRouter, ports: Ports) -> None:
    @router.get("/map", tags=["map"], summary="Streets, cameras with what they see, and counting lines")
    async def plan_map() -> MapBody:
        """GeoJSON, longitude and latitude. Cameras without a place are not in it: `/api/v1/cameras` lists all."""
        return MapBody(features=map_features(ports))

    @router.get("/scores", tags=["map"], summary="Numbers beside the truth, where it is known")
    async def scores() -> ScoresBody:
        """Of simulated streets, by whoever knows their truth; empty for real cameras."""
        return ScoresBody(**scores_fields(ports.scores()))


def _totals(rows: Sequence[CountRow]) -> dict[str, dict[str, dict[str, int]]]:
    """line -> direction -> class -> crossings over all windows."""
    totals: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        classes = totals.setdefault(row.line, {}).setdefault(row.direction, {})
        for name, n in row.by_class.items():
            classes[name] = classes.get(name, 0) + n
    return totals
