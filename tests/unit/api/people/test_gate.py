"""The gate: hosts, origins, forged changes, cookies, proxies, sizes, floods, and sessions that end while in use."""

import asyncio
import logging
from urllib.parse import quote

import pytest
from starlette.responses import StreamingResponse

from sightline.api.access import SECURITY_HEADERS
from sightline.api.people import People, check_listening, needs, server_options
from sightline.api.people.gate import PLAIN_COOKIE, SECURE_COOKIE
from sightline.api.people.install import install
from sightline.config import PageSettings
from sightline.config.people import PeopleSettings
from sightline.config.roles import Role
from sightline.core.audit import Happening
from sightline.core.errors import BadConfig

LINES = "/api/v1/cameras/gate/lines"


@pytest.fixture
def ann(add, browser, kit):
    add("ann", kit.operator)
    return browser("ann")


@pytest.fixture
def behind(make_people, ports, kit, clock):
    """behind(**settings): a browser factory on a service with these settings, and somebody called ann."""

    def build(page=None, **options):
        people = make_people(**options)
        person, _ = people.invited("ann", [kit.operator], Happening("test", "user.added"))
        people.tables.set_password(person.id, person.password_hash, people.passwords.hash(kit.PASSWORD))
        app = kit.service(ports, people, page or PageSettings(), recheck_s=0.02)
        return lambda **more: kit.Browser(app, **more)

    return build


FOREIGN = {
    "another site": {"origin": "http://evil.example"},
    "another port": {"origin": "http://127.0.0.1:9999"},
    "a sandboxed frame": {"origin": "null"},
    "ours with a suffix": {"origin": "http://127.0.0.1:8600.evil.example"},
    "by the browser's word": {"sec-fetch-site": "cross-site"},
    "a neighbouring host": {"sec-fetch-site": "same-site"},
}


@pytest.mark.parametrize(("word", "headers"), FOREIGN.items())
def test_changes_and_sign_ins_from_elsewhere(word, headers, ann, browser, kit):
    assert ann.ask("PUT", LINES, json={"lines": []}, headers=headers).status_code == 403, word
    body = {"name": "ann", "password": kit.PASSWORD}
    assert browser().ask("POST", "/api/v1/login", json=body, headers=headers).status_code == 403, word


@pytest.mark.parametrize(
    ("word", "headers", "status"),
    [
        ("the page", {}, 200),
        ("no word", {"x-csrf-token": ""}, 403),
        ("a wrong word", {"x-csrf-token": "0" * 64}, 403),
        ("another session's word", {"x-csrf-token": "other"}, 403),
        ("far too long", {"x-csrf-token": "0" * 10_000}, 403),
    ],
)
def test_changes_by_cookie_want_the_sessions_word(word, headers, status, ann, browser, ports):
    headers = {name: browser("ann").csrf if text == "other" else text for name, text in headers.items()}
    assert ann.ask("PUT", LINES, json={"lines": []}, headers=headers).status_code == status, word
    assert (ports.kept["gate"] == []) is (status == 200)


def test_the_page_finds_its_word_again(ann):
    assert ann.ask("GET", "/api/v1/me").json()["csrf"] == ann.csrf


def test_a_form_of_another_site_cannot_sign_somebody_in(browser, ann, kit):
    form = {"content": f"name=ann&password={kit.PASSWORD}", "headers": {"content-type": "text/plain"}}
    assert browser().ask("POST", "/api/v1/login", **form).status_code == 422


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("127.0.0.1:8600", True), ("LOCALHOST", True), ("[::1]:8600", True), ("evil.example", False), ("", False),
     ("127.0.0.1.evil.example", False), ("127.0.0.1:8600, evil.example", False), ("127.0.0.1\t", False)],
)  # fmt: skip
def test_hosts_on_loopback(host, allowed, ann):
    assert (ann.ask("GET", "/api/v1/cameras", headers={"host": host}).status_code == 200) is allowed


def test_a_public_address_is_the_only_name(behind):
    visit = behind(public_address="https://sight.city.example", plain_http=True, page=PageSettings(host="0.0.0.0"))
    for host, status in (("sight.city.example", 401), ("10.1.2.3:8600", 400), ("evil.example", 400), ("a b", 400)):
        assert visit().ask("GET", "/api/v1/cameras", headers={"host": host}).status_code == status
    assert visit().ask("GET", "/healthz", headers={"host": "10.1.2.3:8600"}).status_code == 200, "watched by address"


def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(behind, kit):
    visit = behind()
    plain, secure = visit(), visit(base="https://127.0.0.1:8600")
    for at, name, more in ((plain, PLAIN_COOKIE, ""), (secure, SECURE_COOKIE, "; Secure")):
        cookie = at.sign_in("ann").headers["set-cookie"]
        assert cookie.startswith(f"{name}=")
        assert cookie.partition(";")[2] == f" Path=/; HttpOnly; SameSite=Strict{more}"
        assert at.ask("GET", "/api/v1/me").status_code == 200
    stolen = visit(base="https://127.0.0.1:8600", cookies={PLAIN_COOKIE: next(iter(secure.cookies.values()))})
    assert stolen.ask("GET", "/api/v1/me").status_code == 401, (
        "over TLS only the cookie that nobody else can set counts"
    )


def test_strict_headers_everywhere(ann, browser):
    for at, path in ((ann, "/api/v1/cameras"), (ann, "/nothing"), (browser(), "/"), (browser(), "/api/v1/cameras")):
        headers = at.ask("GET", path).headers
        for name, value in SECURITY_HEADERS.items():
            assert headers[name] == value, (path, name)
        assert "strict-transport-security" not in headers
        assert headers["cache-control"] in ("no-store", "no-cache")
    secure = browser(base="https://127.0.0.1:8600").ask("GET", "/api/v1/cameras").headers
    assert secure["strict-transport-security"] == "max-age=31536000"


PROXY = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}


@pytest.mark.parametrize(("peer", "believed"), [("10.0.0.5", True), ("127.0.0.1", False), ("10.0.0.6", False)])
def test_only_a_trusted_proxy_is_believed(peer, believed, behind, kit):
    at = behind(trusted_proxies=["10.0.0.5/32"])(address=peer)
    body = {"name": "ann", "password": kit.PASSWORD}
    answer = at.ask("POST", "/api/v1/login", json=body, headers=PROXY)
    assert answer.status_code == 200
    assert ("; Secure" in answer.headers["set-cookie"]) is believed
    assert ("strict-transport-security" in answer.headers) is believed
    entry = at.app.user_middleware[0].kwargs["people"].audit.page(limit=1)[0]
    assert entry.detail["address"] == ("203.0.113.9" if believed else peer)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", [LINES, "/api/v1/login", "/api/v1/invitation"])
def test_bodies_over_the_limit(chunked, path, ann):
    body = b'{"lines": [' + b" " * 70_000 + b"]}"

    async def pieces():
        for at in range(0, len(body), 10_000):
            yield body[at : at + 10_000]

    answer = ann.ask("PUT" if path == LINES else "POST", path, content=pieces() if chunked else body)
    assert answer.status_code == 413
    assert "65536 bytes" in answer.json()["error"]


@pytest.mark.parametrize("length", ["-1", "99999999999999999999999999", "1e3", "٣", "1" * 5000])
def test_lengths_that_are_none(length, ann):
    answer = ann.ask("PUT", LINES, content=b'{"lines": []}', headers={"content-length": length.encode()})
    assert answer.status_code in (200, 413)


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/api/v1/cameras"), ("TRACE", "/"), ("POST", LINES), ("X", "/")]
)
def test_methods_that_are_not_meant(method, path, ann, browser):
    answer = ann.ask(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert method not in answer.headers["allow"]
    assert browser().ask(method, path).status_code == 401


def test_a_deeply_nested_body(ann):
    answer = ann.ask("PUT", LINES, content=b"[" * 60_000, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


def test_a_flood_waits_and_others_do_not(behind, kit, clock):
    visit = behind(request_burst=20, requests_per_s=1)
    ann, flood = visit(), visit(address="198.51.100.9")
    assert ann.sign_in("ann").status_code == 200
    statuses = [flood.ask("GET", "/healthz").status_code for _ in range(25)]
    assert statuses == [200] * 20 + [429] * 5
    assert flood.ask("GET", "/healthz").headers["retry-after"] == "2"
    assert visit(address="198.51.100.10").ask("GET", "/healthz").status_code == 200
    assert ann.ask("GET", "/api/v1/cameras").status_code == 200
    same_address = visit(address="198.51.100.9", cookies=dict(ann.cookies))
    assert same_address.ask("GET", "/api/v1/cameras").status_code == 200, "who is signed in counts as themselves"
    clock.advance(3)
    assert flood.ask("GET", "/healthz").status_code == 200


@pytest.mark.parametrize("kind", ["token", "session"])
def test_made_up_secrets_do_not_reach_the_database_beyond_the_limit(kind, behind, monkeypatch):
    visit = behind(request_burst=20, requests_per_s=1)
    ann, flood = visit(), visit(address="198.51.100.9")
    assert ann.sign_in("ann").status_code == 200
    looked_up = []
    for name in ("of_token", "of_session"):
        before = getattr(People, name)
        monkeypatch.setattr(People, name, lambda self, one, ask=before: looked_up.append(one) or ask(self, one))
    statuses = []
    for n in range(40):
        if kind == "token":
            flood.bearer = f"made-up-{n}"
        else:
            flood.cookies = dict.fromkeys(ann.cookies, f"made-up-{n}")
        statuses.append(flood.ask("GET", "/api/v1/me").status_code)
    assert statuses == [401] * 20 + [429] * 20
    assert len(looked_up) == 20
    assert [ann.ask("GET", "/api/v1/me").status_code for _ in range(15)] == [200] * 15


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd", "/static/%00",
     "/static/....//....//app.py", "/api/v1/cameras/..%2f..%2fetc%2fpasswd/lines"],
)  # fmt: skip
def test_paths_that_climb(path, ann):
    answer = ann.ask("GET", path)
    assert answer.status_code in (404, 400), path
    assert "root:" not in answer.text
    assert "FastAPI" not in answer.text


@pytest.mark.parametrize("text", ["x\r\nset-cookie: a=b", "x\nx-evil: 1", "\u2028x", "x%0d%0aset-cookie:%20a=b"])
def test_headers_cannot_be_injected(text, ann, ports):
    ports.kept[text] = []
    ports.states[text] = ports.states["gate"]
    answer = ann.ask("GET", f"/api/v1/cameras/{quote(text, safe='')}/counts.csv")
    assert "x-evil" not in answer.headers
    assert "set-cookie" not in answer.headers
    refused = ann.ask("GET", f"/{quote(text, safe='')}")
    assert refused.status_code == 404
    assert "\n" not in refused.json()["error"]


def test_the_log_cannot_be_injected(people, browser, caplog, logged):
    caplog.set_level(logging.DEBUG)
    browser().sign_in("x\n1 system user.added", "y\r\nforged")
    assert "forged" not in caplog.text
    assert [one for one in logged() if "\n" in "".join(one)] == []
    assert people.audit.verify().sound


def test_secrets_are_not_logged(browser, add, kit, caplog):
    caplog.set_level(logging.DEBUG)
    add("ann", kit.viewer)
    ann = browser("ann")
    ann.ask("GET", "/api/v1/me", headers={"authorization": "Bearer sightline_not-a-token-at-all"})
    for secret in (kit.PASSWORD, ann.csrf, "not-a-token-at-all", *ann.cookies.values()):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YW5uOmE=", "Bearer " + "x" * 5000, "bearer \x7f", "Token x"]
)
def test_words_that_are_no_token(header, browser):
    assert browser().ask("GET", "/api/v1/me", headers={"authorization": header}).status_code == 401


@pytest.mark.parametrize("cookie", ["sightline_session=", '";;=\x7f', "sightline_session=" + "x" * 5000, "a=b; c"])
def test_cookies_that_are_none(cookie, browser):
    assert browser().ask("GET", "/api/v1/me", headers={"cookie": cookie}).status_code == 401


def test_a_wrong_token_beside_a_good_cookie_is_refused(ann):
    ann.bearer = "sightline_wrong"
    assert ann.ask("GET", "/api/v1/me").status_code == 401


def test_who_reaches_for_what_is_not_theirs_is_in_the_log_a_few_times_a_minute(add, browser, kit, logged, clock):
    add("ann", kit.gate_viewer)
    ann = browser("ann")
    for _ in range(9):
        ann.ask("GET", "/api/v1/users")
        ann.ask("GET", "/api/v1/cameras/%3Dcmd")
        ann.ask("GET", "/no/such/address")
    refused = [entry for entry in logged() if entry[1] == "access.refused"]
    assert refused[:2] == [
        ("ann", "access.refused", "GET /api/v1/users"),
        ("ann", "access.refused", "GET /api/v1/cameras/=cmd"),
    ]
    assert len(refused) == 5
    clock.advance(60)
    ann.ask("PUT", LINES, json={"lines": []})
    assert len([entry for entry in logged() if entry[1] == "access.refused"]) == 6


async def live(app, cookies, steps):
    """A live page that asks for pictures, and what it got until its end."""
    sent = []
    asked = [{"type": "websocket.connect"}]
    open_now = asyncio.Event()

    async def receive():
        if not asked:
            await asyncio.Event().wait()
        return asked.pop()

    async def send(message):
        sent.append(message)
        if message["type"] == "websocket.send":
            open_now.set()

    cookie = "; ".join(f"{name}={text}" for name, text in cookies.items()).encode()
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "scheme": "ws", "path": "/api/v1/live",
        "raw_path": b"/api/v1/live", "query_string": b"pictures=gate", "root_path": "", "subprotocols": [],
        "extensions": {}, "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1:8600"), (b"cookie", cookie)],
    }  # fmt: skip
    task = asyncio.create_task(app(scope, receive, send))
    await asyncio.wait_for(open_now.wait(), 10)
    await asyncio.to_thread(steps)
    await asyncio.wait_for(task, 10)
    return sent


@pytest.mark.parametrize("end", ["signed out", "rights changed", "over"])
def test_a_live_page_ends_with_its_session(end, people, add, browser, kit, app, clock, ports):
    add("boss", kit.owner)
    person = add("ann", kit.viewer)
    ann = browser("ann")
    principal = people.remembered("session", next(iter(ann.cookies.values()))) or people.of_session(
        next(iter(ann.cookies.values()))
    )
    steps = {
        "signed out": lambda: people.sign_out(principal),
        "rights changed": lambda: (
            people.tables.set_grants_of_subject(person.id, [kit.gate_viewer], Happening("test", "user.roles")),
            people.forget_remembered(),
        ),
        "over": lambda: clock.advance(13 * 3600),
    }
    sent = asyncio.run(live(app, ann.cookies, steps[end]))
    closes = [message for message in sent if message["type"] == "websocket.close"]
    assert [message["code"] for message in closes] == [1008]
    assert sent[-1] is closes[0], "nothing goes out after the end"
    assert ports.listeners == {}


def test_a_stream_ends_with_its_session(people, add, browser, kit, ports, page):
    add("ann", kit.viewer)
    app = kit.service(ports, people, page, recheck_s=0.02)
    del app.user_middleware[0]  # the routes first, as a service adds them

    @app.get("/api/v1/stream", dependencies=[needs(Role.VIEWER, somewhere=True)])
    async def stream():
        async def lines():
            while True:
                yield "data: x\n\n"
                await asyncio.sleep(0.001)

        return StreamingResponse(lines(), media_type="text/event-stream")

    install(app, people, page, recheck_s=0.02)
    ann = kit.Browser(app)
    ann.sign_in("ann")
    principal = people.of_session(next(iter(ann.cookies.values())))

    async def watch():
        begun = asyncio.Event()
        sent = []

        async def receive():
            await asyncio.Event().wait()

        async def send(message):
            sent.append(message)
            begun.set()

        cookie = "; ".join(f"{k}={v}" for k, v in ann.cookies.items()).encode()
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "scheme": "http", "method": "GET",
            "path": "/api/v1/stream", "raw_path": b"/api/v1/stream", "query_string": b"", "root_path": "",
            "client": ("127.0.0.1", 1), "headers": [(b"host", b"127.0.0.1:8600"), (b"cookie", cookie)],
        }  # fmt: skip
        task = asyncio.create_task(app(scope, receive, send))
        await asyncio.wait_for(begun.wait(), 10)
        await asyncio.to_thread(people.sign_out, principal)
        await asyncio.wait_for(task, 10)
        return sent

    assert asyncio.run(watch())[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_an_answer_on_its_way_when_the_session_ends_still_arrives(people, add, kit, ports, page):
    add("ann", kit.viewer)
    app = kit.service(ports, people, page, recheck_s=0.02)
    del app.user_middleware[0]

    @app.get("/api/v1/slow", dependencies=[needs()])
    async def slow():
        await asyncio.to_thread(people.sign_out, people.asking.principal)
        for _ in range(20):  # some turns of the recheck
            await asyncio.sleep(0.01)
        return {"done": True}

    install(app, people, page, recheck_s=0.02)
    ann = kit.Browser(app)
    ann.sign_in("ann")
    assert ann.ask("GET", "/api/v1/slow").json() == {"done": True}
    assert ann.ask("GET", "/api/v1/slow").status_code == 401


@pytest.mark.parametrize(
    ("word", "host", "options", "fine"),
    [
        ("this machine", "127.0.0.1", {}, True),
        ("others in the clear", "0.0.0.0", {}, False),
        ("others in the clear, said so", "0.0.0.0", {"plain_http": True}, True),
        ("behind a proxy", "10.0.0.1", {"trusted_proxies": ["10.0.0.5"]}, True),
    ],
)
def test_where_it_listens(word, host, options, fine):
    page, people = PageSettings(host=host), PeopleSettings(**options)
    if fine:
        check_listening(page, people)
    else:
        with pytest.raises(BadConfig, match="tls"):
            check_listening(page, people)


def test_the_server_does_not_read_forwarded_headers_itself():
    assert server_options(PeopleSettings()) == {"proxy_headers": False}
