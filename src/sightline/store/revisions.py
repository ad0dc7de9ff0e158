"""Cameras and revisions of their configuration: who set what, and when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from sightline.core.clock import Clock
from sightline.core.errors import BadConfig, without_credentials
from sightline.store.engine import StoreUnavailable, told, writing
from sightline.store.tables import cameras, rules

MOST_CHARACTERS: Final = 1_000_000  # of one configuration as JSON
MOST_TEXT: Final = 2_000  # characters of one text in it, such as an address
MOST_REVISIONS: Final = 1_000  # of one answer


@dataclass(frozen=True, slots=True)
class CameraRow:
    """A camera the store knows. lon, lat, bearing in degrees; removed_ns: None while it is configured."""

    name: str
    purpose: str
    lon: float | None
    lat: float | None
    bearing_deg: float | None
    added_ns: int
    removed_ns: int | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One setting of one kind ("camera", "lines", "zones", "rules", "retention", ...) of a camera, by somebody."""

    revision: int
    time_ns: int
    who: str
    camera: str
    kind: str
    config: Mapping[str, Any]


class Revisions:
    """What was configured, now and before. Credentials in addresses are replaced before anything is written."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def set_camera(
        self, name: str, purpose: str, place: tuple[float, float] | None, bearing_deg: float | None = None
    ) -> None:
        """Add a camera or change it; place: longitude and latitude, degrees. Errors as of ``put``."""
        lon, lat = place or (None, None)
        values = {"purpose": purpose, "lon": lon, "lat": lat, "bearing_deg": bearing_deg, "removed_ns": None}

        def write(connection: Connection) -> None:
            changed = connection.execute(update(cameras).where(cameras.c.name == name).values(values))
            if not changed.rowcount:
                connection.execute(insert(cameras).values(name=name, added_ns=self._clock.now_ns(), **values))

        self._written(write, f"camera {name!r}")

    def remove_camera(self, name: str) -> None:
        """The camera is no longer configured; what was counted stays. Nothing for one that is not known."""
        gone = update(cameras).where(cameras.c.name == name, cameras.c.removed_ns.is_(None))
        self._written(lambda connection: connection.execute(gone.values(removed_ns=self._clock.now_ns())), "camera")

    def cameras(self) -> list[CameraRow]:
        """All cameras ever configured, by name."""
        with self._engine.connect() as connection:
            return [CameraRow(**row._mapping) for row in connection.execute(select(cameras).order_by(cameras.c.name))]

    def put(self, who: str, camera: str, kind: str, config: Mapping[str, Any]) -> bool:
        """Write a new revision unless the newest one of camera and kind says the same; answers whether it was written.

        BadConfig for a configuration that is no JSON or too large; StoreUnavailable where the database refuses.
        """
        try:
            given = json.dumps(dict(config), allow_nan=False)
            if len(given) > MOST_CHARACTERS:
                raise ValueError(f"up to {MOST_CHARACTERS} characters, got {len(given)}")
            plain = _without_secrets(json.loads(given))
        except (TypeError, ValueError) as error:
            raise BadConfig("config", type(config).__name__, f"a JSON object ({error})") from error

        def write(connection: Connection) -> bool:
            newest = connection.execute(
                select(rules.c.config)
                .where(rules.c.camera == camera, rules.c.kind == kind)
                .order_by(rules.c.revision.desc())
                .limit(1)
            ).first()
            if newest is not None and newest.config == plain:
                return False
            row = {"time_ns": self._clock.now_ns(), "who": who, "camera": camera, "kind": kind, "config": plain}
            connection.execute(insert(rules), row)
            return True

        return bool(self._written(write, f"{kind} of {camera!r}"))

    def newest(self) -> list[Revision]:
        """The revision in force of every camera and kind."""
        last = select(func.max(rules.c.revision)).group_by(rules.c.camera, rules.c.kind)
        chosen = select(rules).where(rules.c.revision.in_(last)).order_by(rules.c.camera, rules.c.kind)
        with self._engine.connect() as connection:
            return [Revision(**row._mapping) for row in connection.execute(chosen)]

    def history(self, camera: str, kind: str, limit: int = 100) -> list[Revision]:
        """Revisions of one camera and kind, newest first."""
        if not 1 <= limit <= MOST_REVISIONS:
            raise BadConfig("limit", limit, f"1 to {MOST_REVISIONS}")
        chosen = select(rules).where(rules.c.camera == camera, rules.c.kind == kind)
        with self._engine.connect() as connection:
            rows = connection.execute(chosen.order_by(rules.c.revision.desc()).limit(limit))
            return [Revision(**row._mapping) for row in rows]

    def _written(self, write: Any, what: str) -> Any:
        try:
            with writing(self._engine) as connection:
                return write(connection)
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"{what}: expected a store that takes it, got {told(error)}") from error


def _without_secrets(value: Any) -> Any:
    """The same without credentials; ValueError for a text too long to look for them in good time."""
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            raise ValueError(f"texts of up to {MOST_TEXT} characters, got {len(value)}")
        return without_credentials(value)
    if isinstance(value, Mapping):
        return {str(name): _without_secrets(member) for name, member in value.items()}
    return [_without_secrets(one) for one in value] if isinstance(value, list | tuple) else value
