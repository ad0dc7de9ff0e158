"""Every route there is, with every kind of caller: generated from the application, so that none can be forgotten."""

import asyncio
from urllib.parse import quote

import pytest
from fastapi import APIRouter, FastAPI, WebSocket

from sightline.api.people.needs import OPEN, ROLES_OF_ROUTES, Need, Reach, Rulebook, needs, open_to_all
from sightline.config.roles import Role
from sightline.core.errors import SightlineError

PARAMETERS = {"{camera}": "gate", "{user}": "1", "{token}": "1"}
# Who may use which routes, written by hand beside the declarations: N nobody, V viewer, O operator, A admin, P privacy
# officer of the site; a letter in the text is let in. T: also by an API token with that role.
EXPECTED = {
    "GET /": "NVOAPT", "GET /healthz": "NVOAPT", "GET /readyz": "NVOAPT", "MOUNT /static": "NVOAPT",
    "GET /metrics": "VOAT",
    "GET /api/v1/openapi.json": "VOAPT", "HEAD /api/v1/openapi.json": "VOAPT",
    "GET /api/v1/cameras": "VOAPT",
    "GET /api/v1/cameras/{camera}": "VOAPT",
    "GET /api/v1/cameras/{camera}/lines": "VOAT",
    "PUT /api/v1/cameras/{camera}/lines": "OAT",
    "GET /api/v1/cameras/{camera}/counts": "VOAPT",
    "GET /api/v1/cameras/{camera}/counts.csv": "VOAPT",
    "GET /api/v1/events": "VOAT", "GET /api/v1/summary": "VOAPT", "GET /api/v1/map": "VOAT",
    "GET /api/v1/scores": "VOAT", "WEBSOCKET /api/v1/live": "VOAT",
    "GET /api/v1/login": "NVOAPT", "POST /api/v1/login": "NVOAPT", "POST /api/v1/invitation": "NVOAPT",
    "POST /api/v1/logout": "VOAP", "GET /api/v1/me": "VOAPT", "POST /api/v1/me/password": "VOAP",
    "GET /api/v1/users": "AT", "POST /api/v1/users": "A", "PATCH /api/v1/users/{user}": "A",
    "POST /api/v1/users/{user}/invitation": "A", "DELETE /api/v1/users/{user}": "A",
    "GET /api/v1/tokens": "VOAPT", "POST /api/v1/tokens": "VOAP", "DELETE /api/v1/tokens/{token}": "VOAP",
    "GET /api/v1/audit": "APT", "GET /api/v1/audit/check": "APT",
}  # fmt: skip
CALLERS = {"V": "viewer", "O": "operator", "A": "admin", "P": "officer"}


def every_route(app):
    """(method or WEBSOCKET or MOUNT, path template, need) of everything the application answers."""
    for rule in Rulebook(app).routes:
        for method in rule.methods or {rule.kind.upper()}:
            yield method, rule.path, rule.need


def address_of(path):
    for name in PARAMETERS:
        path = path.replace(name, PARAMETERS[name])
    assert "{" not in path, f"expected a value for the parameter in {path}"
    return path


async def first_answer(app, path, headers):
    """The first answer to a WebSocket that asks to open."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"} if not sent else {"type": "websocket.disconnect", "code": 1000}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "scheme": "ws", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "subprotocols": [], "extensions": {"websocket.http.response": {}},
        "client": ("127.0.0.1", 4711),
        "headers": [(k.lower().encode(), v.encode()) for k, v in {"host": "127.0.0.1:8600", **headers}.items()],
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]


def status_of(browser, method, path):
    """The status of an answer to this browser; 101 for a WebSocket that opens."""
    if method == "WEBSOCKET":
        headers = {"cookie": "; ".join(f"{name}={text}" for name, text in browser.cookies.items())}
        headers |= {"authorization": f"Bearer {browser.bearer}"} if browser.bearer else {}
        first = asyncio.run(first_answer(browser.app, path, headers))
        return 101 if first["type"] == "websocket.accept" else first["status"]
    if method == "MOUNT":
        return browser.ask("GET", f"{path}/index.html").status_code
    return browser.ask(method, path, json={}).status_code


@pytest.fixture
def callers(people, add, browser, kit):
    """caller(letter or name): their browser, the same one until ``caller.leave(letter)``."""
    for word in CALLERS.values():
        add(word, getattr(kit, word))
    add("stranger", kit.elsewhere)
    add("guest", kit.gate_viewer)

    here = {}

    def caller(letter):
        if letter not in here:
            here[letter] = browser() if letter == "N" else browser(CALLERS.get(letter, letter))
        return here[letter]

    caller.leave = lambda letter: here.pop(letter, None)
    return caller


def test_the_expected_table_names_every_route(app):
    assert {f"{method} {path}" for method, path, _ in every_route(app)} == set(EXPECTED)


@pytest.mark.parametrize("letter", ["N", *CALLERS])
def test_every_route_lets_in_whom_it_should_and_nobody_else(letter, app, callers):
    for method, path, need in every_route(app):
        status = status_of(callers(letter), method, address_of(path))
        where = f"{method} {path} for {letter}: {status}"
        if path.endswith("/logout"):
            callers.leave(letter)
        if letter in EXPECTED[f"{method} {path}"]:
            assert status not in (403, 429, 500), where
            assert status != 401 or path.startswith("/api/v1/login") or need.is_open, where
        else:
            assert status == (401 if letter == "N" else 403), where


def test_tokens_are_let_in_where_they_should_and_nowhere_else(app, people, callers, add, kit):
    roles = {"V": kit.viewer, "O": kit.operator, "A": kit.admin, "P": kit.officer}
    machines = {}
    for letter in CALLERS:
        made = callers(letter).ask(
            "POST", "/api/v1/tokens", json={"name": "m", "roles": [{"role": roles[letter].role, "site": kit.SITE}]}
        )
        machines[letter] = kit.Browser(app, bearer=made.json()["text"])
    for method, path, _ in every_route(app):
        expected = EXPECTED[f"{method} {path}"]
        for letter, machine in machines.items():
            status = status_of(machine, method, address_of(path))
            allowed = "T" in expected and letter in expected
            assert (status in (401, 403)) == (not allowed) or "N" in expected, f"{method} {path} {letter}: {status}"


def test_who_has_roles_elsewhere_only_has_none_here(app, callers):
    for method, path, need in every_route(app):
        if not need.is_open and need.any_of:
            status = status_of(callers("stranger"), method, address_of(path))
            assert status == (404 if need.reach is Reach.CAMERA else 403), f"{method} {path}: {status}"


@pytest.mark.parametrize("camera", ["=cmd", "no such camera", "../gate", "gate "])
def test_a_camera_out_of_reach_looks_like_one_that_is_not_there(camera, app, callers):
    """Byte for byte, for every route with a camera; the name itself aside."""
    guest = callers("guest")
    for method, path, need in every_route(app):
        if need.reach is Reach.CAMERA and method != "PUT":
            there = guest.ask(method, path.replace("{camera}", quote("=cmd", safe="")))
            asked = guest.ask(method, path.replace("{camera}", quote(camera, safe="")))
            assert asked.status_code == there.status_code == 404
            if "/" not in camera:
                assert asked.text.replace(repr(camera), "") == there.text.replace(repr("=cmd"), "")
    assert guest.ask("GET", "/api/v1/cameras/gate").status_code == 200


def test_an_operator_of_one_camera_is_not_one_of_another(app, add, browser, kit):
    add("gatekeeper", kit.gate_operator)
    at = browser("gatekeeper")
    assert at.ask("PUT", "/api/v1/cameras/gate/lines", json={"lines": []}).status_code == 200
    assert at.ask("PUT", "/api/v1/cameras/%3Dcmd/lines", json={"lines": []}).status_code == 404


def undeclared(app):
    @app.get("/api/v1/secret")
    def secret(): ...


def undeclared_socket(app):
    @app.websocket("/api/v1/pipe")
    async def pipe(socket: WebSocket): ...


def undeclared_method(app):
    @app.delete("/api/v1/cameras/{camera}")
    def remove(camera: str): ...


def undeclared_in_a_router(app):
    inner, outer = APIRouter(prefix="/deep"), APIRouter(prefix="/api/v1")
    inner.get("/secret")(lambda: 1)
    outer.include_router(inner)
    app.include_router(outer)


def undeclared_mount(app):
    app.mount("/files", FastAPI())


def camera_not_in_the_path(app):
    app.get("/api/v1/all", dependencies=[needs(Role.VIEWER, camera="camera")])(lambda: 1)


@pytest.mark.parametrize(
    ("extend", "named"),
    [
        (undeclared, "GET /api/v1/secret"),
        (undeclared_socket, "WEBSOCKET /api/v1/pipe"),
        (undeclared_method, "DELETE /api/v1/cameras/{camera}"),
        (undeclared_in_a_router, "GET /api/v1/deep/secret"),
        (undeclared_mount, "MOUNT /files"),
        (camera_not_in_the_path, "its camera 'camera' is not in the path"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_application_with_a_route_that_declares_nothing_does_not_start(extend, named, app):
    extend(app)
    with pytest.raises(SightlineError) as refused:
        Rulebook(app)
    assert named in str(refused.value)


def test_a_route_added_behind_the_gates_back_is_not_there(app, add, browser, kit):
    undeclared(app)
    add("ann", kit.owner)
    assert browser("ann").ask("GET", "/api/v1/secret").status_code == 404


def test_a_dependency_refuses_also_without_a_gate(ask):
    bare = FastAPI()
    bare.get("/secret", dependencies=[needs(Role.VIEWER)])(lambda: {"secret": 1})
    bare.get("/open", dependencies=[open_to_all()])(lambda: 1)
    assert ask(bare, "GET", "/secret").status_code == 401
    assert ask(bare, "GET", "/open").status_code == 200


def test_nothing_but_the_empty_page_and_health_is_open_without_a_word():
    assert {key for key, need in ROLES_OF_ROUTES.items() if need is OPEN} == {
        ("GET", "/"), ("GET", "/healthz"), ("GET", "/readyz"), ("MOUNT", "/static"),
    }  # fmt: skip
    assert Need().is_open is False


def test_the_contract_says_who_may_and_what_they_may_be_refused_with(app, add, browser, kit):
    add("ann", kit.viewer)
    document = browser("ann").ask("GET", "/api/v1/openapi.json").json()
    for method, path, need in every_route(app):
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        assert "429" in operation["responses"]
        if need.is_open:
            assert "security" not in operation
        else:
            assert {"401", "403"} <= set(operation["responses"]), path
            assert ({"token": []} in operation["security"]) is not need.session
            assert all(role in operation["description"] for role in need.any_of)
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
