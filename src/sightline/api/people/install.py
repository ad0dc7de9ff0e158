"""Puts people in front of an application: routes, refusals and the gate, with the check that no route was forgotten."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from sightline.api.people.account_routes import account_router
from sightline.api.people.accounts import NoSuch, NotAllowed
from sightline.api.people.contract import describe
from sightline.api.people.gate import RECHECK_S, SessionGate
from sightline.api.people.journal import LogUnavailable
from sightline.api.people.needs import ROLES_OF_ROUTES, Need, Rulebook
from sightline.api.people.oidc import Oidc, ProviderUnavailable
from sightline.api.people.passwords import TooBusy
from sightline.api.people.people import MustWait, People, SignInRefused
from sightline.api.people.session_routes import session_router
from sightline.api.people.tls import check_listening
from sightline.api.turns import TooManyQuestions
from sightline.config import PageSettings
from sightline.core.errors import SightlineError
from sightline.store.engine import StoreUnavailable
from sightline.store.people import LastOwner

STATUS_OF: Final[Mapping[type[SightlineError], int]] = {
    SignInRefused: 401,
    NotAllowed: 403,
    NoSuch: 404,
    LastOwner: 409,
    MustWait: 429,
    ProviderUnavailable: 502,
    StoreUnavailable: 503,
    LogUnavailable: 503,
    TooBusy: 503,
    TooManyQuestions: 503,
}


def install(
    app: FastAPI,
    people: People,
    page: PageSettings,
    *,
    table: Mapping[tuple[str, str], Need] = ROLES_OF_ROUTES,
    recheck_s: float = RECHECK_S,
) -> None:
    """Add the routes of people and the gate; call it last, when the application has all its other routes.

    table: what routes that declare nothing ask. The application must not have the token's gate, and its routes must
    be made over ``ScopedPorts``. BadConfig for an address to listen on that nobody guards; SightlineError that names
    each route that does not say who may use it.
    """
    check_listening(page, people.settings)
    settings, address = people.settings.oidc, people.settings.public_address
    oidc = Oidc(settings, address, people.clock) if settings is not None and address is not None else None
    app.include_router(session_router(people, oidc))
    app.include_router(account_router(people))
    for kind, status in STATUS_OF.items():
        _answer(app, kind, status)
    rules = Rulebook(app, table)
    describe(app, rules)
    app.add_middleware(SessionGate, people=people, rules=rules, page=page, recheck_s=recheck_s)


def _answer(app: FastAPI, kind: type[SightlineError], status: int) -> None:
    @app.exception_handler(kind)
    async def refused(_request: Request, error: SightlineError) -> JSONResponse:
        headers = {"retry-after": str(max(1, round(error.wait_s + 0.5)))} if isinstance(error, MustWait) else None
        return JSONResponse({"error": str(error)}, status, headers=headers)
