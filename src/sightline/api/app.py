"""The FastAPI application: API, live WebSocket, metrics, health and the page, behind one gate."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

import sightline
from sightline.api.access import SECURITY_HEADERS, Gate
from sightline.api.dots import Dots, ShownDots
from sightline.api.live import live_router
from sightline.api.metrics import CONTENT_TYPE, PageMetrics
from sightline.api.routes import http_router
from sightline.api.schemas import Failure, HealthBody
from sightline.api.showing import AS_IT_IS, Showing
from sightline.config import PageSettings
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import BadConfig, without_credentials
from sightline.pipeline.ports import CameraStatus, Ports

STATIC: Final = Path(__file__).resolve().parent / "static"
DESCRIPTION: Final = """Live analysis of street video on this machine: cameras, counting lines, counts and events.

Pictures are sent by the WebSocket `/api/v1/live?pictures=CAMERA,CAMERA` only, and only redacted ones. It sends
binary messages (unsigned 32-bit little-endian length, JSON header `{camera, index, time_ns, width, height, pixelated,
reason}`, JPEG) and JSON text messages of type `hello`, `overlay`, `event`, `status`, `scores`, `dots`, `error`; an
overlay belongs to the picture of equal camera, index and time_ns. The client may send `{"pictures": [names]}` to choose
cameras, `{"map": true}` to get the dots of the map, and `{"ack": name}` for each picture it got, which keeps the delay
low on slow lines.

Where a token is set, send it as `Authorization: Bearer TOKEN`. Every refusal is `{"error": "one sentence"}`.
Times are nanoseconds: UTC for live sources, media time for files."""
TAGS: Final = [
    {"name": "cameras", "description": "The streams and their health."},
    {"name": "lines", "description": "Directed counting lines."},
    {"name": "counts", "description": "Crossings per line, direction, class and window of 1 or 15 minutes."},
    {"name": "events", "description": "What happened, and sums."},
    {"name": "map", "description": "Where cameras and road users are, and how right the numbers are."},
    {"name": "service", "description": "For machines that watch this one."},
]


@dataclass(frozen=True, slots=True)
class Front:
    """What a service has otherwise than a program that somebody runs for themselves.

    document: the page among the static files; a service's (``service.html``) knows people. showing: how events and
    files of counts are written. alive: whether the analysis came around lately. states: of all cameras, whoever asks;
    None where the ports show them to everybody anyway.
    """

    document: str = "index.html"
    showing: Showing = AS_IT_IS
    alive: Callable[[], bool] = lambda: True
    states: Callable[[], Iterable[CameraStatus]] | None = None


_OWN: Final = Front()


def create_app(ports: Ports, settings: PageSettings, *, clock: Clock | None = None) -> FastAPI:
    """The application over these ports; BadConfig where the address needs a token and none is set."""
    metrics = PageMetrics(ports, clock or SystemClock())
    app = bare_app(ports, settings, metrics, Dots(ports, clock or SystemClock()))
    Gate(app, settings)  # refuses settings that cannot work now, not at the first request
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(metrics.timed)
    return app


def bare_app(
    ports: Ports, settings: PageSettings, metrics: PageMetrics, dots: ShownDots, front: Front = _OWN
) -> FastAPI:
    """The routes without anything that guards them; whoever serves it puts a gate in front."""
    app = FastAPI(
        title="Sightline",
        version=sightline.__version__,
        summary="Live street-video analytics",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # both pages load their scripts from outside addresses
        redoc_url=None,
        redirect_slashes=False,
    )
    _add_refusals(app)
    app.include_router(http_router(ports, front.showing))
    app.include_router(live_router(ports, settings, metrics, dots, front.showing))
    _add_health(app, front.states or ports.cameras, front.alive)
    _add_metrics(app, metrics)
    _add_page(app, front.document)
    return app


def _add_health(app: FastAPI, states: Callable[[], Iterable[CameraStatus]], alive: Callable[[], bool]) -> None:
    @app.get(
        "/healthz",
        tags=["service"],
        summary="Is the service up",
        responses={503: {"model": Failure, "description": "The analysis hangs."}},
    )
    async def healthz() -> HealthBody:
        """200 as long as the program answers and its analysis comes around; open without a token."""
        if alive():
            return HealthBody(status="up")
        raise HTTPException(503, "health: expected an analysis that comes around, got one that hangs")

    @app.get(
        "/readyz",
        tags=["service"],
        summary="Is the service ready",
        responses={503: {"model": Failure, "description": "No camera delivers yet."}},
    )
    async def readyz() -> HealthBody:
        """200 once a camera runs or has ended as it should; open without a token."""
        if any(camera.state in ("running", "ended") for camera in states()):
            return HealthBody(status="ready")
        raise HTTPException(503, "ready: expected at least one running camera, got none yet")


def _add_metrics(app: FastAPI, metrics: PageMetrics) -> None:
    @app.get(
        "/metrics",
        tags=["service"],
        summary="Metrics for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}},
    )
    async def prometheus() -> Response:
        """Text format 0.0.4; the names are listed in the guide of the page."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _add_page(app: FastAPI, document: str) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        """The live page."""
        return FileResponse(STATIC / document, headers={"cache-control": "no-cache"})

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _add_refusals(app: FastAPI) -> None:
    """Every refusal is one sentence as JSON."""

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": sentence_of(error.errors()[0])}, 422)

    @app.exception_handler(BadConfig)
    async def impossible(_request: Request, error: BadConfig) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        known = {404: f"address: expected one of the API, got {request.url.path!r}", 405: "method: not allowed here"}
        standard = {404: "Not Found", 405: "Method Not Allowed"}
        sentence = known[error.status_code] if error.detail == standard.get(error.status_code) else error.detail
        return JSONResponse({"error": without_credentials(sentence)}, error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    async def fault(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"error": "a fault in the program; its log says more"}, 500, headers=dict(SECURITY_HEADERS))


def sentence_of(error: dict[str, Any]) -> str:
    """One sentence of a pydantic error: where, what was expected, what came (shortened)."""
    place = ".".join(str(part) for part in error["loc"])
    got = "" if error["type"] in ("missing", "json_invalid") else f", got {str(error.get('input'))[:60]!r}"
    what = str(error["msg"]).removeprefix("Value error, ")
    what = what[:1].lower() + what[1:]
    if error["type"] == "json_invalid":
        what = f"expected JSON, got text that is not ({error.get('ctx', {}).get('error', 'syntax')})"
    return f"{place}: {what}{got}"
