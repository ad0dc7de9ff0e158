"""People on a real server: TLS, cookies, a live page that ends with its session, single sign-on by a real provider."""

import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from sightline.api import serve
from sightline.api.app import bare_app
from sightline.api.metrics import PageMetrics
from sightline.api.people import People, ScopedPorts, install, server_options
from sightline.config import PageSettings
from sightline.config.people import PeopleSettings
from sightline.config.store import StoreSettings
from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig
from sightline.store.people import PeopleTables
from sightline.store.store import open_store

pytestmark = pytest.mark.live

PASSWORD = "green tram at nine"
CAMERA = "harbour-bridge"
FORWARDED = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}


@pytest.fixture(scope="module")
def streets(street_ports):
    ports = street_ports.four_streets()
    ports.start()
    yield ports
    ports.stop()


@contextmanager
def running(streets, folder, page, **options):
    """A service with people on a real server: (what serves it, its people)."""
    clock = SystemClock()
    store = open_store(StoreSettings(folder=folder), clock)
    people = People(PeopleTables(store.engine, store.audit), store.audit, PeopleSettings(**options), clock, "harbour")
    try:
        app = bare_app(ScopedPorts(streets, people), page, PageMetrics(streets, clock), clock)
        install(app, people, page, recheck_s=0.05)
        with serve(app, page, options=server_options(people.settings)) as served:
            yield served, people
    finally:
        people.stop()
        assert store.audit.verify().sound
        store.close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    (folder / "key.pem").chmod(0o600)
    return folder / "cert.pem", folder / "key.pem"


def logged_until(people, what):
    """(what, subject) of all entries, oldest first, once the newest is of that kind."""
    pause = threading.Event()
    for _ in range(500):
        found = [(entry.what, entry.subject) for entry in reversed(people.audit.page(limit=100))]
        if found[-1][0] == what:
            break
        pause.wait(0.02)
    return found


def close_code(live):
    """Read on until the server closes."""
    try:
        while True:
            live.recv(timeout=20)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def cookies_of(client):
    return "; ".join(f"{name}={text}" for name, text in client.cookies.items())


def test_from_the_first_start_to_the_last_picture_over_tls(streets, certificate, tmp_path):
    cert, key = certificate
    trust = ssl.create_default_context(cafile=cert)
    page = PageSettings(port=0)
    with running(streets, tmp_path, page, tls={"certificate": cert, "key": key}) as (served, people):
        assert served.url.startswith("https://")
        token = people.first_start()
        with httpx.Client(base_url=served.url, verify=trust) as owner:
            body = {"token": token, "password": PASSWORD}
            first = owner.post("/api/v1/invitation", json=body, headers=FORWARDED)
            assert first.status_code == 200
            cookie = first.headers["set-cookie"]
            assert cookie.startswith("__Host-sightline=")
            assert "; Secure" in cookie
            assert first.headers["strict-transport-security"]
            word = {"x-csrf-token": first.json()["csrf"]}
            assert owner.put(f"/api/v1/cameras/{CAMERA}/lines", json={"lines": []}).status_code == 403
            assert owner.put(f"/api/v1/cameras/{CAMERA}/lines", json={"lines": []}, headers=word).status_code == 200

            address = served.url.replace("https", "wss") + f"api/v1/live?pictures={CAMERA}"
            with pytest.raises(InvalidStatus) as refused, connect(address, ssl=trust):
                pass
            assert refused.value.response.status_code == 401
            with connect(address, ssl=trust, additional_headers={"cookie": cookies_of(owner)}) as live:
                while not isinstance(live.recv(timeout=20), bytes):
                    pass
                assert owner.post("/api/v1/logout", headers=word).status_code == 204
                assert close_code(live) == 1008
            assert owner.get("/api/v1/me").status_code == 401
        log = logged_until(people, "live.close")
        assert log[-6:] == [
            ("login", "owner"), ("access.refused", f"PUT /api/v1/cameras/{CAMERA}/lines"),
            ("settings.lines", CAMERA), ("live.open", CAMERA), ("logout", "owner"), ("live.close", CAMERA),
        ]  # fmt: skip
        login = next(entry for entry in people.audit.page(limit=100) if entry.what == "login")
        assert login.detail["address"] == "127.0.0.1", "a program on this machine is no trusted proxy by itself"


def test_plain_http_to_a_tls_port_and_old_tls_are_refused(streets, certificate, tmp_path):
    cert, key = certificate
    with running(streets, tmp_path, PageSettings(port=0), tls={"certificate": cert, "key": key}) as (served, _):
        with pytest.raises(httpx.HTTPError):
            httpx.get(served.url.replace("https", "http") + "healthz")
        with pytest.raises(httpx.ConnectError):
            httpx.get(served.url + "healthz", verify=ssl.create_default_context())
        with socket.create_connection(("127.0.0.1", served.port), 10) as plain:
            trust = ssl.create_default_context(cafile=cert)
            with trust.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                assert secure.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("fault", ["missing", "readable by all", "another key", "no certificate"])
def test_certificates_that_cannot_be_served(fault, certificate, tmp_path):
    cert, key = (shutil.copy(path, tmp_path) for path in certificate)
    Path(key).chmod(0o600)
    if fault == "missing":
        Path(key).unlink()
    elif fault == "readable by all":
        Path(key).chmod(0o644)
    elif fault == "another key":
        subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out", key], check=True)
    else:
        Path(cert).write_text("no certificate")
    with pytest.raises(BadConfig, match=r"people\.tls"):
        server_options(PeopleSettings(tls={"certificate": cert, "key": key}))


def test_behind_a_trusted_proxy_on_a_real_server(streets, tmp_path):
    with running(streets, tmp_path, PageSettings(port=0), trusted_proxies=["127.0.0.1"]) as (served, people):
        token = people.first_start()
        body = {"token": token, "password": PASSWORD}
        answer = httpx.post(served.url + "api/v1/invitation", json=body, headers=FORWARDED)
        assert "; Secure" in answer.headers["set-cookie"]
        login = next(entry for entry in people.audit.page(limit=100) if entry.what == "login")
        assert login.detail["address"] == "203.0.113.9"


@pytest.fixture(scope="module")
def provider():
    """An OpenID provider as a process of its own; skips where its package is missing."""
    program = Path(sys.executable).with_name("oidc-provider-mock")
    if not program.is_file():
        pytest.skip("needs the package oidc-provider-mock")
    port = free_port()
    people = [
        {"sub": "ann-7", "preferred_username": "Ann", "groups": ["traffic"]},
        {"sub": "eve-9", "preferred_username": "Eve", "groups": ["others"]},
    ]
    claims = [word for one in people for word in ("--user-claims", json.dumps(one))]
    process = subprocess.Popen(
        [program, "-p", str(port), "-n", "true", *claims], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
        client.get(f"{address}/.well-known/openid-configuration", timeout=30).raise_for_status()
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture
def signed_on(streets, tmp_path, provider):
    """A service that sends people to the provider."""
    port = free_port()
    (tmp_path / "secret").write_text("any: this provider takes every client")
    oidc = {
        "issuer": provider,
        "client_id": "sightline",
        "client_secret_file": tmp_path / "secret",
        "roles": {"traffic": [{"role": "operator", "site": "harbour", "camera": CAMERA}]},
    }
    page = PageSettings(port=port)
    with running(streets, tmp_path, page, oidc=oidc, public_address=f"http://127.0.0.1:{port}") as (served, people):
        people.first_start()
        yield served, people


def through(provider, client, sub, **form):
    """To the provider and back to the service: the service's last answer."""
    there = client.get("/api/v1/oidc/login")
    assert there.status_code == 303
    assert there.headers["location"].startswith(provider)
    back = httpx.post(there.headers["location"], data={"sub": sub} | form)
    assert back.status_code in (302, 303)
    parts = urlsplit(back.headers["location"])
    return client.get(f"{parts.path}?{parts.query}")


def test_signing_on_with_a_real_provider(signed_on, provider):
    served, people = signed_on
    with httpx.Client(base_url=served.url) as ann:
        assert ann.get("/api/v1/login").json()["single_sign_on_address"] == "/api/v1/oidc/login"
        answer = through(provider, ann, "ann-7")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        me = ann.get("/api/v1/me").json()
        assert me["name"] == "ann"
        assert me["roles"] == [{"role": "operator", "site": "harbour", "camera": CAMERA}]
        assert [one["name"] for one in ann.get("/api/v1/cameras").json()["cameras"]] == [CAMERA]
        replayed = str(answer.request.url)
        assert ann.get(replayed).headers["location"] == "/?sign_in=refused", "an answer is good once"
    with httpx.Client(base_url=served.url) as again:
        through(provider, again, "ann-7")
        assert again.get("/api/v1/me").json()["name"] == "ann"
    subjects = [one.oidc_subject for one in people.tables.people() if one.oidc_subject]
    assert subjects == [f"{provider}|ann-7"], "the same person, once"


@pytest.mark.parametrize(
    ("word", "sub", "form"), [("no role", "eve-9", {}), ("refused there", "ann-7", {"action": "deny"})]
)
def test_who_is_not_let_in(word, sub, form, signed_on, provider):
    served, people = signed_on
    with httpx.Client(base_url=served.url) as browser:
        answer = through(provider, browser, sub, **form)
        assert answer.headers["location"] == "/?sign_in=refused", word
        assert browser.get("/api/v1/me").status_code == 401
    assert people.audit.page(limit=1)[0].what == "login.failed"
    assert len(people.tables.people()) == 1


def test_an_answer_in_another_browser_is_refused(signed_on, provider):
    served, _ = signed_on
    with httpx.Client(base_url=served.url) as attacker, httpx.Client(base_url=served.url) as victim:
        there = attacker.get("/api/v1/oidc/login")
        back = httpx.post(there.headers["location"], data={"sub": "ann-7"})
        parts = urlsplit(back.headers["location"])
        assert victim.get(f"{parts.path}?{parts.query}").headers["location"] == "/?sign_in=refused"
        assert victim.get("/api/v1/me").status_code == 401


def test_a_role_taken_away_at_the_provider_is_gone_at_the_next_sign_on(signed_on, provider):
    served, people = signed_on
    httpx.put(f"{provider}/users/bob", json={"groups": ["traffic"]}).raise_for_status()
    with httpx.Client(base_url=served.url) as bob:
        through(provider, bob, "bob")
        assert bob.get("/api/v1/cameras").json()["cameras"]
        httpx.put(f"{provider}/users/bob", json={"groups": []}).raise_for_status()
        answer = through(provider, bob, "bob")
        assert answer.headers["location"] == "/?sign_in=refused"
        assert bob.get("/api/v1/me").status_code == 401, "the session of before is over"
    person = next(one for one in people.tables.people() if one.oidc_subject == f"{provider}|bob")
    assert person.grants == ()
