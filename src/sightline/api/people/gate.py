"""The gate of a service with people, in front of every route: who asks, how often, and whether they may."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.api.access import (
    OPEN_PATHS,
    SAFE_METHODS,
    hostname,
    is_loopback,
    refuse,
    replay,
    same_origin,
    with_headers,
)
from sightline.api.people.journal import LogUnavailable
from sightline.api.people.limits import neighbourhood
from sightline.api.people.needs import ADMITTED, Admitted, Found, Refusal, Rulebook, refusal_of
from sightline.api.people.opaque import LONGEST, kept, same
from sightline.api.people.people import People
from sightline.api.people.principal import Principal
from sightline.api.people.proxy import Proxies, with_origin
from sightline.config import PageSettings
from sightline.core.errors import SightlineError

# __Host-: a browser takes it over TLS only, for this host and all paths, and no neighbouring host can set it.
SECURE_COOKIE: Final = "__Host-sightline"
PLAIN_COOKIE: Final = "sightline_session"
CSRF_HEADER: Final = "x-csrf-token"
RECHECK_S: Final = 5.0  # an open live page is asked so often whether its session is still good
_STRICT: Final = {"strict-transport-security": "max-age=31536000"}  # a year
_HOST: Final = re.compile(r"\A(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::[0-9]{1,5})?\Z")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_POLICY_VIOLATION: Final = 1008  # RFC 6455, 7.4.1

Recognise = Callable[[], Awaitable[Principal | None]]


class SessionGate:
    """ASGI layer in front of every route, so that a new route cannot be forgotten.

    Refuses with one sentence: 400 a Host that is not ours, 401 who is nobody, 403 a foreign Origin, a change without
    the page's word (CSRF) or a role that is missing, 404 what is outside the caller's reach or unknown, 405, 413 a body
    over ``max_body_bytes``, 429 too many requests, 503 where store or audit log do not work. What it found out about
    the caller is in the scope (``needs.ADMITTED``) and in ``people.asking``. Live pages and streams end with their
    session.
    """

    def __init__(self, app: ASGIApp, people: People, rules: Rulebook, page: PageSettings, *, recheck_s: float) -> None:
        self._app = app
        self._people = people
        self._rules = rules
        self._max_body_bytes = page.max_body_bytes
        self._proxies = Proxies(people.settings.trusted_proxies)
        self._hosts = _hosts(people.settings.public_address, page.host)
        self._recheck_s = recheck_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = self._proxies.origin_of(scope, headers)
        scope = with_origin(scope, origin)
        send = with_headers(send, scope, _STRICT if origin.secure else None)
        refusal = _misdirected(scope, headers, self._hosts)
        if refusal is not None:
            await refuse(scope, send, refusal.status, refusal.sentence)
            return
        recognise = self._way_in(headers, origin.secure)
        try:
            principal, wait_s = await self._counted(recognise, f"address {neighbourhood(origin.address)}")
        except SightlineError as error:
            await refuse(scope, send, 503, str(error))
            return
        if wait_s:
            send = _with_header(send, "retry-after", str(max(1, round(wait_s + 0.5))))
            await refuse(scope, send, 429, "requests: expected fewer per second, got too many")
            return
        method = "GET" if scope["type"] == "websocket" else scope["method"]
        found = self._rules.need_of(scope["type"], method, scope["path"])
        refusal = self._refusal(found, principal, scope)
        refusal = refusal or self._forged(principal, headers, method)
        if refusal is not None:
            self._note(refusal, principal, f"{method} {scope['path']}")
            if refusal.status == 405:
                send = _with_header(send, "allow", ", ".join(sorted(found.allowed)))
            await refuse(scope, send, refusal.status, refusal.sentence)
            return
        admitted = Admitted(principal, self._people.site, origin.address)
        with self._people.asking.by(principal):
            await self._let_in({**scope, ADMITTED: admitted}, receive, send, recognise)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send, recognise: Recognise | None) -> None:
        principal = scope[ADMITTED].principal
        if scope["type"] == "websocket" or scope["method"] in SAFE_METHODS:
            watch = _Watch(scope["type"], receive, send, self._recheck_s)
            await watch.run(self._app, scope, recognise, principal)
        else:
            body = await self._body(Headers(scope=scope), receive)
            if body is None:
                await refuse(scope, send, 413, f"body: expected at most {self._max_body_bytes} bytes, got more")
                return
            await self._app(scope, replay(body, receive), send)

    def _way_in(self, headers: Headers, secure: bool) -> "_Shown | None":
        """How to recognise the caller, now and later; None for one who shows nothing."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return _Shown(self._people, "token", given.strip())
        secret = session_secret(headers, secure)
        return None if secret is None else _Shown(self._people, "session", secret)

    async def _counted(self, shown: "_Shown | None", address: str) -> tuple[Principal | None, float]:
        """Who asks, and the seconds they have to wait, 0.0 for none.

        The address pays before an unknown secret is looked up, so made-up ones cost the database no more than its
        bucket holds; it gets that back when the secret was good, and then the caller pays as themselves.
        """
        requests = self._people.requests
        principal = shown.known() if shown is not None else None
        if principal is None:
            wait_s = requests.take(address)
            if wait_s or shown is None:
                return None, wait_s
            principal = await shown()
            if principal is None:
                return None, 0.0
            requests.give_back(address)
        return principal, requests.take(f"{principal.kind} {principal.key}")

    def _refusal(self, found: Found, who: Principal | None, scope: Scope) -> Refusal | None:
        need = found.need
        if need is None:
            if who is None:
                return Refusal(401, "access: expected a session or an API token, got none that is valid")
            if found.allowed:
                return Refusal(405, "method: not allowed here")
            return Refusal(404, f"address: expected one of the API, got {scope['path'][:200]!r}")
        refusal = refusal_of(need, who, self._people.site, found.params)
        if refusal is not None or who is None:
            return refusal
        try:
            if scope["type"] == "websocket":
                self._people.journal.check()  # who looks is logged; where that is impossible, nobody does
            if need.log:
                self._people.journal.note(who.who, need.log, scope["path"][:400])
        except LogUnavailable as error:
            return Refusal(503, str(error))
        return None

    def _note(self, refusal: Refusal, who: Principal | None, asked: str) -> None:
        """Who reaches for what is not theirs is in the audit log, some times a minute: it must not fill the disk."""
        reached = refusal.status == 403 or (refusal.status == 404 and refusal.sentence.startswith("camera:"))
        if who is not None and reached and not self._people.refusals.take(f"{who.kind} {who.key}"):
            self._people.journal.close_note(who.who, "access.refused", asked[:400])

    def _forged(self, who: Principal | None, headers: Headers, method: str) -> Refusal | None:
        """Whether a change rides on a session without the page knowing of it."""
        if method in SAFE_METHODS or who is None or who.kind != "session":
            return None
        given = headers.get(CSRF_HEADER, "")
        if len(given) <= LONGEST and same(kept(given), who.csrf_hash):
            return None
        return Refusal(403, f"{CSRF_HEADER}: expected the word of this session (GET /api/v1/me), got another or none")

    async def _body(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body, or None where it is too large."""
        declared = headers.get("content-length", "0")
        if not (declared.isascii() and declared.isdecimal()) or int(declared[:20]) > self._max_body_bytes:
            return None
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return bytes(body)
            body += message.get("body", b"")
            if len(body) > self._max_body_bytes:
                return None
            if not message.get("more_body", False):
                return bytes(body)


class _Shown:
    """The secret that a caller shows, and who that is, now and later."""

    def __init__(self, people: People, kind: str, secret: str) -> None:
        self._people = people
        self._kind = kind
        self._secret = secret

    def known(self) -> Principal | None:
        """Whom it was found to be some seconds ago, without asking the database."""
        return self._people.remembered(self._kind, self._secret) if self._is_one() else None

    async def __call__(self) -> Principal | None:
        """Whose it is; None for nobody's."""
        if not self._is_one():
            return None
        known = self.known()
        if known is not None:
            return known
        look_up = self._people.of_token if self._kind == "token" else self._people.of_session
        return await asyncio.to_thread(look_up, self._secret)

    def _is_one(self) -> bool:
        return 0 < len(self._secret) <= LONGEST


class _Watch:
    """A WebSocket, or an answer that may last, that ends when its session is over or its person's rights changed.

    An answer that was on its way at that moment still arrives; one that waits for more to tell is told that its reader
    has gone, and gets its end.
    """

    def __init__(self, kind: str, receive: Receive, send: Send, recheck_s: float) -> None:
        self._kind = kind
        self._receive = receive
        self._send = send
        self._recheck_s = recheck_s
        self._over = asyncio.Event()
        self._unfinished = False  # an answer by HTTP that has begun and not ended
        self._incoming: asyncio.Task[Message] | None = None

    async def run(
        self,
        app: ASGIApp,
        scope: Scope,
        recognise: Recognise | None,
        principal: Principal | None,
    ) -> None:
        """Serve until the application ends."""
        rechecking = asyncio.create_task(self._recheck(recognise, principal)) if recognise is not None else None
        try:
            await app(scope, self.receive, self.send)
            if self._over.is_set() and self._unfinished:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            for task in (rechecking, self._incoming):
                if task is not None:
                    task.cancel()

    async def _recheck(self, recognise: Recognise, principal: Principal | None) -> None:
        while True:
            await asyncio.sleep(self._recheck_s)
            try:
                now = await recognise()
            except SightlineError:  # the store does not answer now; what was allowed stays until it says otherwise
                continue
            if now is None or principal is None or now.grants != principal.grants:
                self._over.set()
                if self._kind == "websocket":
                    reason = "expected a session, got its end"
                    await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason})
                return

    async def receive(self) -> Message:
        """The next message; that the page has gone, once the session is over."""
        if self._incoming is None:
            self._incoming = asyncio.ensure_future(_next(self._receive))
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({self._incoming, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if self._over.is_set():
            return {"type": f"{self._kind}.disconnect", "code": _POLICY_VIOLATION, "reason": ""}
        arrived, self._incoming = self._incoming, None
        return arrived.result()

    async def send(self, message: Message) -> None:
        """Send on; nothing more goes out by a WebSocket once the session is over."""
        if message["type"].startswith("http.response"):
            self._unfinished = message["type"] != "http.response.body" or message.get("more_body", False)
        elif self._over.is_set():
            return
        await self._send(message)


async def _next(receive: Receive) -> Message:
    return await receive()


def session_secret(headers: Headers, secure: bool) -> str | None:
    """The session's secret in the cookies of a request; None without one."""
    cookie: SimpleCookie = SimpleCookie()
    try:
        cookie.load(headers.get("cookie", ""))
    except CookieError:
        return None
    morsel = cookie.get(SECURE_COOKIE if secure else PLAIN_COOKIE)
    return morsel.value if morsel is not None and morsel.value else None


def _hosts(public_address: str | None, listening: str) -> frozenset[str] | None:
    """Names this service answers to; None where nobody said them: a foreign name brings no cookie along anyway."""
    own = listening.strip("[]").lower()
    if public_address is not None:
        return _LOOPBACK | {own, str(urlsplit(public_address).hostname).lower()}
    return _LOOPBACK | {own} if is_loopback(listening) else None


def _misdirected(scope: Scope, headers: Headers, hosts: frozenset[str] | None) -> Refusal | None:
    host = headers.get("host", "")
    ours = bool(_HOST.match(host)) and (hosts is None or hostname(host) in hosts)
    if not ours and scope["path"] not in OPEN_PATHS:  # those watch by address, and learn nothing but "up"
        return Refusal(400, "Host: expected the address this page is served under, got another name")
    if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
        origin = headers.get("origin")
        foreign = origin is not None and not same_origin(origin, host)
        if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Refusal(403, "Origin: expected the page itself, got another site")
    return None


def _with_header(send: Send, name: str, text: str) -> Send:
    async def sender(message: Message) -> None:
        if message["type"].endswith("response.start"):
            MutableHeaders(scope=message)[name] = text
        await send(message)

    return sender
