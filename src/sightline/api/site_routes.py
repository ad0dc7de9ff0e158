"""The HTTP routes that change a site's cameras: what each is, why it is there, what is drawn and told about it."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field

from sightline.api.people.needs import needs
from sightline.api.schemas import Failure
from sightline.config.roles import Role
from sightline.config.site import CameraConfig
from sightline.pipeline.ports import SitePort

Camera = Annotated[str, Path(description="Name of the camera.", max_length=80)]
Members = Annotated[dict[str, Any], Body(description="Members of the entry; null takes one out.")]
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": Failure, "description": "No such camera."}}
REFUSED: dict[int | str, dict[str, Any]] = {422: {"model": Failure, "description": "What would make no sound site."}}


class SiteBody(BaseModel):
    """The site this service runs for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="Name of the site.")


class EntryBody(BaseModel):
    """What a site's file says of a camera."""

    model_config = ConfigDict(extra="forbid")

    camera: str = Field(description="Name of the camera.")
    entry: dict[str, Any] = Field(
        description="Members that differ from their defaults, as in the schema; addresses without credentials."
    )


def site_router(site: SitePort) -> APIRouter:
    """The routes over this site. They write its file, so they are plain functions, served by threads."""
    router = APIRouter(prefix="/api/v1", tags=["site"])

    @router.get("/site", summary="The site", dependencies=[needs()])
    def one_site() -> SiteBody:
        """Its name stands in roles."""
        return SiteBody(name=site.name())

    @router.get("/site/camera-schema", summary="What an entry may hold", dependencies=[needs()])
    def camera_schema() -> dict[str, Any]:
        """JSON Schema of a camera's entry."""
        return CameraConfig.model_json_schema()

    _add_entries(router, site)
    return router


def _add_entries(router: APIRouter, site: SitePort) -> None:
    viewer = needs(Role.VIEWER, camera="camera")
    operator = needs(Role.OPERATOR, camera="camera", log="camera.change")

    def entry(camera: str) -> EntryBody:
        try:
            return EntryBody(camera=camera, entry=site.camera(camera))
        except KeyError:
            raise HTTPException(404, f"camera: expected one of this site, got {camera!r}") from None

    @router.get("/cameras/{camera}/entry", summary="A camera's entry", responses=UNKNOWN, dependencies=[viewer])
    def read(camera: Camera) -> EntryBody:
        """As its site's file says it, passwords left out."""
        return entry(camera)

    @router.post(
        "/cameras/{camera}/entry",
        status_code=201,
        summary="A new camera",
        responses=REFUSED,
        dependencies=[needs(Role.ADMIN, log="camera.add")],
    )
    def add(camera: Camera, members: Members) -> EntryBody:
        """Needs source and purpose. A password goes in as source.secret and is kept apart from the site's file."""
        site.add_camera(camera, members)
        return entry(camera)

    @router.patch(
        "/cameras/{camera}/entry",
        summary="Change a camera",
        responses=UNKNOWN | REFUSED,
        dependencies=[operator],
    )
    def change(camera: Camera, members: Members) -> EntryBody:
        """Replace the members that are sent: lines, zones, rules, ground, purpose, fps, position, masks, paused."""
        known = entry(camera)
        site.change_camera(known.camera, members)
        return entry(camera)

    @router.delete(
        "/cameras/{camera}/entry",
        status_code=204,
        summary="Take a camera away",
        responses=UNKNOWN,
        dependencies=[needs(Role.ADMIN, camera="camera", log="camera.remove")],
    )
    def remove(camera: Camera) -> None:
        """What was stored of it stays until its time is over."""
        site.remove_camera(entry(camera).camera)
