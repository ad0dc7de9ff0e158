"""Routes of signing in and out: /login, /invitation, /logout, /me, and single sign-on's way there and back."""

from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse

from sightline.api.people.bodies import (
    MeBody,
    PasswordBody,
    RedeemBody,
    SessionBody,
    SignInBody,
    SignOutBody,
    WaysInBody,
    grants_out,
)
from sightline.api.people.gate import PLAIN_COOKIE, SECURE_COOKIE, session_secret
from sightline.api.people.needs import ADMITTED, needs, open_to_all
from sightline.api.people.oidc import WAY_S, Oidc
from sightline.api.people.opaque import csrf_of
from sightline.api.people.people import Opened, People, SignInRefused
from sightline.api.people.principal import Principal
from sightline.api.routes import REFUSED
from sightline.core.audit import Happening

_WAY_COOKIE: Final = "sightline_way"
_MOST_WAY: Final = 1000  # characters of that cookie
OIDC_LOGIN: Final = "/api/v1/oidc/login"


class HasHeaders(Protocol):
    """An answer to which headers can be added."""

    @property
    def headers(self) -> MutableHeaders:
        """Its headers."""
        ...


def principal_of(request: Request) -> Principal:
    """The caller of a route that needs one."""
    principal: Principal | None = request.scope[ADMITTED].principal
    assert principal is not None, "expected a route that needs a caller"
    return principal


Caller = Annotated[Principal, Depends(principal_of)]


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _address(request: Request) -> str:
    return str(request.scope[ADMITTED].address)


def set_session(answer: HasHeaders, secret: str, *, secure: bool) -> None:
    """Give the browser a session's cookie, or with an empty secret take it away."""
    name = SECURE_COOKIE if secure else PLAIN_COOKIE
    end = "" if secret else "; Max-Age=0"
    marks = f"; Path=/; HttpOnly; SameSite=Strict{end}" + ("; Secure" if secure else "")
    answer.headers.append("set-cookie", f"{name}={secret}{marks}")


def session_router(people: People, oidc: Oidc | None) -> APIRouter:
    """The routes for everybody."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    _add_ways_in(router, people, oidc)
    _add_me(router, people)
    if oidc is not None:
        _add_oidc(router, people, oidc)
    return router


def _add_ways_in(router: APIRouter, people: People, oidc: Oidc | None) -> None:
    def opened(answer: Response, request: Request, new: Opened) -> MeBody:
        set_session(answer, new.secret, secure=_secure(request))
        return _me(people, new.principal, new.csrf)

    @router.get("/login", summary="How to sign in here", dependencies=[open_to_all()])
    def ways_in() -> WaysInBody:
        """For the page before anybody is signed in."""
        settings = people.settings.oidc if oidc is not None else None
        label = settings.label if settings is not None else None
        return WaysInBody(
            password=True, single_sign_on=label, single_sign_on_address=OIDC_LOGIN if label is not None else None
        )

    @router.post("/login", summary="Sign in by name and password", dependencies=[open_to_all()], responses=REFUSED)
    def login(body: SignInBody, request: Request, answer: Response) -> MeBody:
        """Sets the session's cookie; 401 in the same words whatever was wrong, 429 after too many wrong tries."""
        before = session_secret(request.headers, _secure(request))
        return opened(answer, request, people.sign_in(body.name, body.password, _address(request), before))

    @router.post("/invitation", summary="Choose a password", dependencies=[open_to_all()], responses=REFUSED)
    def invitation(body: RedeemBody, request: Request, answer: Response) -> MeBody:
        """By a one-time token, of the first start or an admin; signs in."""
        return opened(answer, request, people.redeem(body.token, body.password, _address(request)))

    @router.post("/me/password", summary="Change the own password", dependencies=[needs(session=True)])
    def password(body: PasswordBody, caller: Caller, request: Request, answer: Response) -> MeBody:
        """All sessions of the person end; this browser gets a new one."""
        new = people.change_password(caller, body.current, body.new, _address(request))
        return opened(answer, request, new)

    @router.post("/logout", summary="Sign out", status_code=204, dependencies=[needs(session=True)])
    def logout(caller: Caller, request: Request, body: SignOutBody | None = None) -> Response:
        """Ends the session, or all of the person."""
        people.sign_out(caller, everywhere=body is not None and body.everywhere)
        answer = Response(status_code=204, headers={"clear-site-data": '"cache", "storage"'})
        set_session(answer, "", secure=_secure(request))
        return answer


def _add_me(router: APIRouter, people: People) -> None:
    @router.get("/me", summary="Who asks, and what they may", dependencies=[needs()])
    def me(caller: Caller, request: Request) -> MeBody:
        """Also the word that changes must carry, and where else the person is signed in."""
        secret = session_secret(request.headers, _secure(request)) if caller.kind == "session" else None
        return _me(people, caller, csrf_of(secret) if secret is not None else None)


def _me(people: People, caller: Principal, csrf: str | None) -> MeBody:
    own = people.tables.sessions_of(caller.user_id) if caller.kind == "session" else []
    return MeBody(
        name=caller.name,
        kind=caller.kind,
        site=people.site,
        roles=grants_out(caller.grants),
        expires_ns=caller.expires_ns,
        csrf=csrf,
        sessions=[SessionBody.of(one, one.id_hash == caller.key) for one in own],
    )


def _add_oidc(router: APIRouter, people: People, oidc: Oidc) -> None:
    def way_cookie(answer: HasHeaders, text: str, secure: bool) -> None:
        # Lax: the way back begins at the provider's site, and a Strict cookie would stay behind.
        age = WAY_S if text else 0
        marks = f"; Path=/api/v1/oidc; HttpOnly; SameSite=Lax; Max-Age={age}" + ("; Secure" if secure else "")
        answer.headers.append("set-cookie", f"{_WAY_COOKIE}={text}{marks}")

    @router.get("/oidc/login", summary="To the identity provider", dependencies=[open_to_all()], status_code=303)
    def way_there(request: Request) -> Response:
        """Redirects the browser."""
        way = oidc.begin()
        answer = RedirectResponse(way.address, 303)
        way_cookie(answer, way.cookie, _secure(request))
        return answer

    @router.get("/oidc/callback", summary="Back from it", dependencies=[open_to_all()], status_code=303)
    def way_back(request: Request) -> Response:
        """Signs in and redirects to the page, which says so where it did not work."""
        cookie = request.cookies.get(_WAY_COOKIE, "")[:_MOST_WAY]
        try:
            found = oidc.finish(dict(request.query_params), cookie)
            new = people.sign_in_by_subject(found.subject, found.name, found.grants, _address(request))
        except SignInRefused as error:
            detail = {"address": _address(request), "reason": str(error)}
            people.audit.append(Happening("unknown", "login.failed", "single sign-on", detail))
            answer = RedirectResponse("/?sign_in=refused", 303)
        else:
            answer = RedirectResponse("/", 303)
            set_session(answer, new.secret, secure=_secure(request))
        way_cookie(answer, "", _secure(request))
        return answer
