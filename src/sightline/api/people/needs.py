"""Who may use a route, declared beside it, and the check at start that no route forgot to."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from fastapi import FastAPI
from fastapi.params import Depends
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Mount

from sightline.api.people.principal import Principal
from sightline.config.roles import Role, permitted_somewhere
from sightline.core.errors import SightlineError

ADMITTED: Final = "sightline.admitted"  # key of the ASGI scope: what the gate found out about the caller


class Reach(Enum):
    """Where a role has to hold."""

    SITE = "site"  # at the whole site
    CAMERA = "camera"  # at the camera the address names
    SOMEWHERE = "somewhere"  # at one camera at least; the route shows only what the caller may see


@dataclass(frozen=True, slots=True)
class Need:
    """What a route asks of its caller.

    is_open: nothing. any_of empty: to be signed in. camera: the path's parameter that names one. session: a person's
    own session, no API token. log: the audit log's word for each use, empty for none.
    """

    any_of: frozenset[Role] = frozenset()
    reach: Reach = Reach.SITE
    camera: str = ""
    session: bool = False
    is_open: bool = False
    log: str = ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The gate's answer, for the routes: who asks (None on open routes), the site, the caller's address."""

    principal: Principal | None
    site: str
    address: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a caller is not let in."""

    status: int
    sentence: str


OPEN: Final = Need(is_open=True)
SIGNED_IN: Final = Need()


class Check:
    """A FastAPI dependency that carries a route's need; refuses, also behind a gate that failed to."""

    def __init__(self, need: Need) -> None:
        self.need = need

    def __call__(self, connection: HTTPConnection) -> Principal | None:
        """The caller; HTTPException where they may not."""
        admitted = connection.scope.get(ADMITTED)
        who = admitted.principal if isinstance(admitted, Admitted) else None
        site = admitted.site if isinstance(admitted, Admitted) else ""
        refusal = refusal_of(self.need, who, site, connection.path_params)
        if refusal is not None:
            raise HTTPException(refusal.status, refusal.sentence)
        return who


def needs(*any_of: Role, camera: str = "", somewhere: bool = False, session: bool = False, log: str = "") -> Depends:
    """A dependency for ``dependencies=[...]`` of a route: one of the roles, or for none just to be signed in.

    camera: name of the path's parameter where the role has to hold; somewhere: one camera suffices and the route itself
    shows only what the caller may see; else at the whole site. session: no API token; log: see ``Need``.
    """
    reach = Reach.CAMERA if camera else Reach.SOMEWHERE if somewhere else Reach.SITE
    return Depends(Check(Need(frozenset(any_of), reach, camera, session, log=log)))


def open_to_all() -> Depends:
    """A dependency that says: this route is meant for everybody."""
    return Depends(Check(OPEN))


def refusal_of(need: Need, who: Principal | None, site: str, params: Mapping[str, Any]) -> Refusal | None:
    """None where the caller may; 401 nobody, 404 a camera outside their reach (as if there were none), 403 else."""
    if need.is_open:
        return None
    if who is None:
        return Refusal(401, "access: expected a session or an API token, got none that is valid")
    if need.session and who.kind != "session":
        return Refusal(403, "access: expected a person who is signed in, got an API token")
    if not need.any_of:
        return None
    wanted = " or ".join(sorted(need.any_of))
    if need.reach is Reach.CAMERA:
        camera = str(params.get(need.camera, ""))
        if who.may(need.any_of, site, camera):
            return None
        if who.may(Role, site, camera):
            return Refusal(403, f"access: expected the role {wanted} at this camera, got another")
        return Refusal(404, f"camera: expected one you may see, got {camera[:200]!r}")
    if need.reach is Reach.SOMEWHERE:
        allowed = permitted_somewhere(who.grants, need.any_of, site)
        return None if allowed else Refusal(403, f"access: expected the role {wanted}, got another")
    allowed = who.may(need.any_of, site)
    return None if allowed else Refusal(403, f"access: expected the role {wanted} at the whole site, got another")


_VIEWER: Final = frozenset({Role.VIEWER})
_STATISTICS: Final = frozenset({Role.VIEWER, Role.PRIVACY_OFFICER})  # without persons; the officer may export them
_SEEN: Final = Need(_VIEWER, Reach.SOMEWHERE)

# The routes that know nothing of people: method (WEBSOCKET, MOUNT) and path -> what they ask.
ROLES_OF_ROUTES: Final[Mapping[tuple[str, str], Need]] = {
    ("GET", "/healthz"): OPEN,  # says "up" only
    ("GET", "/readyz"): OPEN,  # says "ready" only
    ("GET", "/"): OPEN,  # the empty page, which asks for the name
    ("MOUNT", "/static"): OPEN,  # its scripts and styles: the files of the package
    ("GET", "/api/v1/openapi.json"): SIGNED_IN,
    ("GET", "/metrics"): Need(_VIEWER),  # of all cameras at once
    ("GET", "/api/v1/cameras"): Need(_STATISTICS, Reach.SOMEWHERE),
    ("GET", "/api/v1/cameras/{camera}"): Need(_STATISTICS, Reach.CAMERA, "camera"),
    ("GET", "/api/v1/cameras/{camera}/lines"): Need(_VIEWER, Reach.CAMERA, "camera"),
    ("PUT", "/api/v1/cameras/{camera}/lines"): Need(frozenset({Role.OPERATOR}), Reach.CAMERA, "camera"),
    ("GET", "/api/v1/cameras/{camera}/counts"): Need(_STATISTICS, Reach.CAMERA, "camera"),
    ("GET", "/api/v1/cameras/{camera}/counts.csv"): Need(_STATISTICS, Reach.CAMERA, "camera", log="export.counts"),
    ("GET", "/api/v1/events"): _SEEN,
    ("GET", "/api/v1/summary"): Need(_STATISTICS, Reach.SOMEWHERE),
    ("GET", "/api/v1/map"): _SEEN,
    ("GET", "/api/v1/scores"): _SEEN,
    ("WEBSOCKET", "/api/v1/live"): _SEEN,
}


@dataclass(frozen=True, slots=True)
class Ruled:
    """A route and what it asks. kind: http, websocket or mount; path with its parameters in braces."""

    kind: str
    methods: frozenset[str]
    path: str
    pattern: re.Pattern[str]
    need: Need


@dataclass(frozen=True, slots=True)
class Found:
    """What a request asks and its parameters; need None where no route fits, allowed: the methods of those that do."""

    need: Need | None
    params: Mapping[str, str]
    allowed: frozenset[str] = frozenset()


class Rulebook:
    """All routes of an application with what they ask, in the order in which they are tried."""

    def __init__(self, app: FastAPI, table: Mapping[tuple[str, str], Need] = ROLES_OF_ROUTES) -> None:
        """SightlineError that names each route that neither declares a need nor stands in the table."""
        forgotten: list[str] = []
        self.routes: Sequence[Ruled] = tuple(_ruled(app, table, forgotten))
        if forgotten:
            raise SightlineError(f"routes: expected each to say who may use it, got none for {', '.join(forgotten)}")

    def need_of(self, kind: str, method: str, path: str) -> Found:
        """What a request asks of its caller, by the first route that fits, as the application would choose it."""
        allowed: set[str] = set()
        for route in self.routes:
            if route.kind == kind or (route.kind == "mount" and kind == "http"):
                found = route.pattern.match(path)
                if found is not None:
                    allowed |= route.methods
                    if not route.methods or method in route.methods:
                        return Found(route.need, found.groupdict())
        return Found(None, {}, frozenset(allowed))


def _ruled(app: FastAPI, table: Mapping[tuple[str, str], Need], forgotten: list[str]) -> Iterable[Ruled]:
    for context in iter_route_contexts(app.routes):
        kind, methods, path, pattern = _address(context)
        declared = [one.dependency.need for one in _dependencies(context) if isinstance(one.dependency, Check)]
        for method in sorted(methods) or [kind.upper()]:
            need = declared[-1] if declared else _tabled(table, method, path)
            if need is None:
                forgotten.append(f"{method} {path}")
            elif need.reach is Reach.CAMERA and f"{{{need.camera}" not in path:
                forgotten.append(f"{method} {path} (its camera {need.camera!r} is not in the path)")
            else:
                yield Ruled(kind, frozenset(methods and {method}), path, pattern, need)


def _tabled(table: Mapping[tuple[str, str], Need], method: str, path: str) -> Need | None:
    need = table.get((method, path))
    return table.get(("GET", path)) if need is None and method == "HEAD" else need


def _address(context: RouteContext) -> tuple[str, set[str], str, re.Pattern[str]]:
    route = context.original_route
    path = str(context.path)
    if isinstance(route, Mount):
        return "mount", set(), path, route.path_regex
    pattern = getattr(context, "path_regex", None)
    if not isinstance(pattern, re.Pattern):
        raise SightlineError(f"routes: expected routes, sockets and mounts, got {type(route).__name__} {path}")
    if context.methods is None:
        return "websocket", set(), path, pattern
    return "http", set(context.methods), path, pattern


def _dependencies(context: RouteContext) -> Sequence[Depends]:
    """Those of the application and routers first, the route's own last: the narrowest word counts."""
    return tuple(getattr(context, "dependencies", None) or getattr(context.original_route, "dependencies", None) or ())
