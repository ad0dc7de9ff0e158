"""Who may talk to the page: Host, Origin, token and size of every request, and the strict headers of every answer."""

import hashlib
import hmac
import ipaddress
import json
import secrets
from collections.abc import Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.config import PageSettings
from sightline.core.errors import BadConfig

OPEN_PATHS: Final = frozenset({"/healthz", "/readyz"})  # say only "up" and "ready"; orchestrators ask without a token
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_UNKNOWN_CALLER: Final = (
    "access: expected the token (open the address printed at start, or send it as bearer token), got none"
)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reachable from this machine only; names other than localhost are not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def with_token(settings: PageSettings) -> PageSettings:
    """The same settings, with a fresh token where the address to listen on needs one and none is set."""
    if settings.token is not None or is_loopback(settings.host):
        return settings
    return settings.model_copy(update={"token": secrets.token_urlsafe(24)})


class Gate:
    """ASGI layer in front of every route, so that a new route cannot be forgotten.

    Refuses with one sentence: 400 a Host that is not ours (DNS rebinding), 401 a missing or wrong token, 403 a foreign
    Origin on anything that changes state or opens a WebSocket, 413 a body over ``max_body_bytes``. A right ``?token=``
    is turned into an HttpOnly cookie and a redirect to the same address without it. The cookie holds a keyed hash and
    its name depends on the token, so two services on one host do not overwrite each other's.
    """

    def __init__(self, app: ASGIApp, settings: PageSettings) -> None:
        if settings.token is None and not is_loopback(settings.host):
            raise BadConfig("page.host", settings.host, "a loopback address, or a token for any other (page.token)")
        self._app = app
        self._token = settings.token
        self._max_body_bytes = settings.max_body_bytes
        own = settings.host.strip("[]").lower()
        self._hosts = {"localhost", "127.0.0.1", "::1", own} if is_loopback(settings.host) else None
        key = (settings.token or "").encode()
        self._cookie_value = hmac.new(key, b"sightline page cookie", hashlib.sha256).hexdigest()
        self._cookie_name = "sightline_" + hmac.new(key, b"sightline cookie name", hashlib.sha256).hexdigest()[:8]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = with_headers(send, scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            status, sentence = refusal
            clean = self._clean_address(scope) if status == 401 and scope["type"] == "http" else None
            if clean is not None:
                await self._redirect(scope, send, clean)
            else:
                await refuse(scope, send, status, sentence)
            return
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            body = await self._body(headers, receive)
            if body is None:
                await refuse(scope, send, 413, f"body: expected at most {self._max_body_bytes} bytes, got more")
                return
            receive = replay(body, receive)
        elif scope["type"] == "http" and self._token is not None:
            clean = self._clean_address(scope)
            if clean is not None:  # already let in by cookie: still keep the token out of the address bar
                await self._redirect(scope, send, clean)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not host or (self._hosts is not None and hostname(host) not in self._hosts):
            return 400, "Host: expected the address this page is served under, got another name"
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            origin = headers.get("origin")
            if origin is not None and not same_origin(origin, host):
                return 403, "Origin: expected the page itself, got another site"
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return 403, "Origin: expected the page itself, got another site"
        if self._token is not None and scope["path"] not in OPEN_PATHS and not self._allowed(headers):
            return 401, _UNKNOWN_CALLER
        return None

    def _allowed(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(given.strip()):
            return True
        cookie: SimpleCookie = SimpleCookie()
        try:
            cookie.load(headers.get("cookie", ""))
        except CookieError:
            return False
        morsel = cookie.get(self._cookie_name)
        return morsel is not None and secrets.compare_digest(morsel.value.encode(), self._cookie_value.encode())

    def _is_token(self, given: str) -> bool:
        return self._token is not None and secrets.compare_digest(given.encode(), self._token.encode())

    def _clean_address(self, scope: Scope) -> str | None:
        """The requested address without its token; None where there is none or it is wrong."""
        if scope["method"] not in ("GET", "HEAD"):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in query if name == "token"]
        if not any(self._is_token(value) for value in tokens):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + quote(scope["path"].lstrip("/"))  # one slash: "//host" would lead away from here
        return f"{path}?{rest}" if rest else path

    async def _redirect(self, scope: Scope, send: Send, address: str) -> None:
        secure = "; Secure" if scope["scheme"] == "https" else ""
        cookie = f"{self._cookie_name}={self._cookie_value}; Path=/; HttpOnly; SameSite=Strict{secure}"
        headers = [
            (b"location", address.encode("latin-1")),
            (b"set-cookie", cookie.encode("latin-1")),
            (b"cache-control", b"no-store"),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _body(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body, or None where it is too large."""
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self._max_body_bytes:
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


def hostname(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def same_origin(origin: str, host: str) -> bool:
    """Whether an Origin header names the page served under a Host header."""
    scheme, separator, netloc = origin.lower().partition("://")
    if separator == "" or scheme not in ("http", "https"):
        return False  # "null" of sandboxed frames and files
    default = ":80" if scheme == "http" else ":443"
    return netloc.removesuffix(default) == host.lower().removesuffix(default)


def with_headers(send: Send, scope: Scope, more: Mapping[str, str] | None = None) -> Send:
    """Strict headers on every answer, and those more; what is private is not kept by anybody."""
    private = not scope["path"].startswith("/static/")

    async def sender(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            for name, value in {**SECURITY_HEADERS, **(more or {})}.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store" if private else "no-cache")
        await send(message)

    return sender


def replay(body: bytes, receive: Receive) -> Receive:
    """The same request whose body was already read."""
    waiting: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiver() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiver


async def refuse(scope: Scope, send: Send, status: int, sentence: str) -> None:
    """Answer with a status and one sentence as JSON; a WebSocket is refused before it opens."""
    body = json.dumps({"error": sentence}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="sightline"'))
    if status == 413:
        headers.append((b"connection", b"close"))  # the rest of the body is not read
    kind = "http"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": sentence[:120]})
            return
        kind = "websocket.http"
    await send({"type": f"{kind}.response.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})
