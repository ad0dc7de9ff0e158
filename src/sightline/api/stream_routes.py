"""The HTTP route of live events as Server-Sent Events, and the schema they follow."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import StreamingResponse

from sightline.api.people import ScopedPorts, needs
from sightline.api.schemas import Failure
from sightline.config.roles import Role
from sightline.formats.event_schema import event_schema
from sightline.sinks import EventStream
from sightline.sinks.stream import TooManyClients


def stream_router(stream: EventStream, ports: ScopedPorts) -> APIRouter:
    """The routes over this stream; ports: as the caller may see them."""
    router = APIRouter(prefix="/api/v1/events", tags=["events"])

    @router.get(
        "/stream",
        summary="Events as they happen",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"text/event-stream": {}}},
            503: {"model": Failure, "description": "Every place of the stream is taken."},
        },
        dependencies=[needs(Role.VIEWER, somewhere=True)],
    )
    async def events(
        last_event_id: Annotated[str | None, Header(description="Go on behind this event.", max_length=64)] = None,
    ) -> StreamingResponse:
        """Server-Sent Events; each is JSON by the schema. Events about single persons are not in it."""
        # Whom the caller views is settled when the stream opens; the gate ends it when the rights change.
        # For the whole site there is no list: it would leave out cameras that are added later.
        cameras = None if ports.everywhere() else [one.name for one in ports.cameras() if _viewed(ports, one.name)]
        try:
            client = stream.subscribe(last_event_id, cameras)
        except TooManyClients as error:
            raise HTTPException(503, str(error)) from error
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_bytes(client), media_type="text/event-stream", headers=headers)

    @router.get("/schema", summary="JSON Schema of events", dependencies=[needs()])
    async def schema() -> dict[str, Any]:
        """Versioned; also in the documentation."""
        return event_schema()

    return router


def _viewed(ports: ScopedPorts, camera: str) -> bool:
    try:
        ports.lines(camera)
    except KeyError:
        return False
    return True


async def _bytes(client: Any) -> AsyncIterator[bytes]:
    async with aclosing(client) as chunks:
        async for chunk in chunks:
            yield chunk
