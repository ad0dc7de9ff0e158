"""Who gets in: the matrix of every route with every kind of caller."""

import asyncio
import logging
import urllib.request

import pytest
from starlette.routing import Mount, WebSocketRoute

from sightline.api import access_lines, create_app, serve, with_token
from sightline.api.access import OPEN_PATHS, SECURITY_HEADERS, Gate, is_loopback
from sightline.config import PageSettings
from sightline.core.errors import BadConfig


def every_address(app):
    """(kind, method, path) of all routes the application has, whatever is added later."""
    found = []
    for path, methods, kind in _flat(app.routes):
        filled = path.replace("{camera}", "gate").replace("{path:path}", "index.html")
        found.extend((kind, method, filled) for method in methods)
    return found


def _flat(routes, prefix=""):
    for route in routes:
        if isinstance(route, Mount):
            yield f"{route.path}/index.html", ["GET"], "http"
        elif isinstance(route, WebSocketRoute) or type(route).__name__.endswith("WebSocketRoute"):
            yield prefix + route.path, ["GET"], "websocket"
        elif hasattr(route, "methods"):
            yield prefix + route.path, sorted(route.methods), "http"
        else:  # an included router
            inner = getattr(route, "original_router", None) or route.router
            yield from _flat(inner.routes, prefix)


async def _websocket(app, headers, path):
    """The first answer to a WebSocket that asks to open."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"} if not sent else {"type": "websocket.disconnect", "code": 1000}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "scheme": "ws", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "subprotocols": [], "extensions": {"websocket.http.response": {}},
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]


def status_of(app, ask, kind, method, path, headers):
    """The status of an answer; 101 for a WebSocket that opens."""
    if kind == "http":
        return ask(app, method, path, headers=headers).status_code
    first = asyncio.run(_websocket(app, {"host": "127.0.0.1:8600", **headers}, path))
    return 101 if first["type"] == "websocket.accept" else first["status"]


def test_all_routes_are_in_the_matrix(app):
    addresses = every_address(app)
    assert ("websocket", "GET", "/api/v1/live") in addresses
    assert ("http", "PUT", "/api/v1/cameras/gate/lines") in addresses
    assert ("http", "GET", "/static/index.html") in addresses
    assert len(addresses) >= 14


def test_every_route_wants_the_token(guarded, ask, make):
    callers = {
        "nobody": {},
        "wrong token": {"authorization": "Bearer wrong-horse-battery-staple"},
        "token as basic": {"authorization": f"Basic {make.token}"},
        "token as cookie": {"cookie": f"sightline={make.token}"},
        "empty token": {"authorization": "Bearer "},
        "not a cookie": {"cookie": '";;=\x7f'},
    }
    for kind, method, path in every_address(guarded):
        for word, headers in callers.items():
            status = status_of(guarded, ask, kind, method, path, headers)
            assert (status == 401) == (path not in OPEN_PATHS), (word, method, path, status)
        right = status_of(guarded, ask, kind, method, path, {"authorization": f"Bearer {make.token}"})
        assert right not in (401, 403), (method, path, right)


def test_open_paths_say_only_up_and_ready(guarded, ask):
    assert ask(guarded, "GET", "/healthz").json() == {"status": "up"}
    assert ask(guarded, "GET", "/readyz").json() == {"status": "ready"}


FOREIGN = {
    "other site": {"origin": "http://evil.example"},
    "other port": {"origin": "http://127.0.0.1:9999"},
    "sandboxed frame": {"origin": "null"},
    "file": {"origin": "file://"},
    "ours with a suffix": {"origin": "http://127.0.0.1:8600.evil.example"},
    "cross-site by the browser's word": {"sec-fetch-site": "cross-site"},
    "same site, other host": {"sec-fetch-site": "same-site"},
}
OWN = {
    "no browser": {},
    "the page": {"origin": "http://127.0.0.1:8600", "sec-fetch-site": "same-origin"},
    "the page behind TLS": {"origin": "https://127.0.0.1:8600"},
}


@pytest.mark.parametrize(("word", "headers"), [*FOREIGN.items(), *OWN.items()])
def test_origin_of_changes_and_sockets(app, ask, word, headers):
    put = ask(app, "PUT", "/api/v1/cameras/gate/lines", headers=headers, json={"lines": []}).status_code
    assert put == (403 if word in FOREIGN else 200)
    assert status_of(app, ask, "websocket", "GET", "/api/v1/live", headers) == (403 if word in FOREIGN else 101)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8600", True),
        ("localhost:9000", True),  # through an ssh tunnel with another port
        ("LOCALHOST", True),
        ("[::1]:8600", True),
        ("evil.example", False),  # DNS rebinding
        ("127.0.0.1.evil.example:8600", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_host_on_loopback(app, ask, host, allowed):
    for path in ("/", "/api/v1/cameras", "/healthz", "/static/index.html"):
        assert (ask(app, "GET", path, headers={"host": host}).status_code == 200) == allowed
    assert (status_of(app, ask, "websocket", "GET", "/api/v1/live", {"host": host}) == 101) == allowed


def test_any_host_with_a_token(guarded, ask, make):
    headers = {"host": "sightline.city.example", "authorization": f"Bearer {make.token}"}
    assert ask(guarded, "GET", "/api/v1/cameras", headers=headers).status_code == 200


def test_token_in_the_address_becomes_a_cookie(guarded, ask, make):
    first = ask(guarded, "GET", f"/?theme=dark&token={make.token}")
    assert first.status_code == 303
    assert first.headers["location"] == "/?theme=dark"
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert make.token not in cookie
    pair = cookie.partition(";")[0]
    assert ask(guarded, "GET", "/", headers={"cookie": f"other=1; {pair}"}).status_code == 200
    again = ask(guarded, "GET", f"/?token={make.token}", headers={"cookie": pair})
    assert again.status_code == 303, "the token leaves the address bar also when the cookie is there"
    assert ask(guarded, "GET", "/?token=wrong-horse-battery-staple").status_code == 401
    put = ask(guarded, "PUT", f"/api/v1/cameras/gate/lines?token={make.token}", content="{}")
    assert put.status_code == 401, "only an address that is opened may carry the token"


def test_redirect_stays_here(guarded, ask, make):
    answer = ask(guarded, "GET", f"//evil.example/?token={make.token}", base_url="http://127.0.0.1:8600")
    assert answer.headers.get("location", "/").startswith("/")
    assert not answer.headers.get("location", "/").startswith("//")


def test_cookie_is_secure_behind_tls(guarded, ask, make):
    answer = ask(guarded, "GET", f"/?token={make.token}", base_url="https://127.0.0.1:8600")
    assert "; Secure" in answer.headers["set-cookie"]


def test_strict_headers_everywhere(app, ask):
    for path in (
        "/",
        "/api/v1/cameras",
        "/nothing",
        "/static/js/app.js",
        "/metrics",
        "/api/v1/cameras/gate/counts.csv",
    ):
        headers = ask(app, "GET", path).headers
        for name, value in SECURITY_HEADERS.items():
            assert headers[name] == value, (path, name)
        assert headers["cache-control"] in ("no-store", "no-cache")
    refused = ask(app, "GET", "/", headers={"host": "evil.example"}).headers
    assert refused["content-security-policy"] == SECURITY_HEADERS["content-security-policy"]


@pytest.mark.parametrize("chunked", [False, True])
def test_body_over_the_limit(app, ask, ports, chunked):
    body = b'{"lines": [' + b" " * 70_000 + b"]}"

    async def pieces():
        for at in range(0, len(body), 10_000):
            yield body[at : at + 10_000]

    answer = ask(app, "PUT", "/api/v1/cameras/gate/lines", content=pieces() if chunked else body)
    assert answer.status_code == 413
    assert "65536 bytes" in answer.json()["error"]
    assert len(ports.kept["gate"]) == 1


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False),
     ("::", False), ("", False), ("192.168.1.7", False), ("localhost.example", False)],
)  # fmt: skip
def test_loopback(host, loopback):
    assert is_loopback(host) is loopback
    made = with_token(PageSettings(host=host)).token
    assert (made is None) is loopback
    assert loopback or len(made) >= 32


def test_open_address_without_a_token_is_refused(ports):
    with pytest.raises(BadConfig, match=r"page\.host: expected a loopback address, or a token"):
        create_app(ports, PageSettings(host="0.0.0.0"))
    with pytest.raises(BadConfig):
        Gate(None, PageSettings(host="192.168.1.7"))


def test_access_lines(make):
    lines = access_lines(PageSettings(), 8600)
    assert lines[0] == "Live page: http://127.0.0.1:8600/"
    assert "ssh -L 8600:127.0.0.1:8600 USER@" in lines[1]
    opened = access_lines(PageSettings(host="0.0.0.0", token=make.token), 9000)
    assert opened[0].endswith(f":9000/?token={make.token}")
    assert f"http://localhost:9000/?token={make.token}" in opened[1]
    assert "ssh -L 8600:[::1]:8600" in access_lines(PageSettings(host="::1"), 8600)[1]


def test_token_is_not_logged(ports, make, caplog):
    settings = PageSettings(port=0, token=make.token)
    caplog.set_level(logging.DEBUG)
    with serve(create_app(ports, settings), settings) as running:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{running.url}?token={make.token}") as page:
            assert b"Sightline" in page.read()
    assert make.token not in caplog.text
