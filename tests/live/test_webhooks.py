"""Webhooks and NGSI-LD pushes against real HTTP servers on the loopback."""

import contextlib
import gzip
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sightline.config.doors import NgsiDoor, WebhookDoor
from sightline.core.clock import ManualClock, SystemClock
from sightline.core.errors import BadConfig, BadData
from sightline.core.events import LineCrossed
from sightline.formats.ngsi_ld import Place
from sightline.pipeline.ports import CountRow
from sightline.sinks.ngsi import NgsiSink
from sightline.sinks.signing import key_of, verify
from sightline.sinks.surroundings import Surroundings
from sightline.sinks.webhook import WebhookSink

pytestmark = pytest.mark.live
SECRET = "whsec_" + "c2lnaHRsaW5lIHRlc3Qga2V5LCAzMiBieXRlcyEhISE="  # a key for tests
NOW_NS = 1_795_000_200_000_000_000 // 900_000_000_000 * 900_000_000_000
MINUTE_NS = 60_000_000_000


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until the condition holds; fail after so long."""
    end, nap = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < end, "expected the condition to hold in time"
        nap.wait(0.01)


class Receiver(ThreadingHTTPServer):
    """Keeps every post; answers with the next of ``answers`` (status, headers, body), then 204."""

    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """One connection, in its own thread; a failed handshake is the other side's to report."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with contextlib.suppress(OSError), self.tls.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)

    def shutdown_request(self, request: Any) -> None:
        """A socket that TLS took over is closed already."""
        with contextlib.suppress(OSError):
            super().shutdown_request(request)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        """Its address."""
        return f"http://{host}:{self.server_address[1]}{path}"

    def end(self) -> None:
        """Stop."""
        self.shutdown()
        self._thread.join(10)
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status, headers, answer = self.server.answers.pop(0) if self.server.answers else (204, {}, b"")
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(answer))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.end()


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WebhookSink]]:
    """A function that makes and starts a webhook door; all end with the test."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("HOOK_TOKEN", "token-of-the-hook")
    made: list[WebhookSink] = []

    def make(url: str, around: Surroundings | None = None, **options: object) -> WebhookSink:
        fields: dict[str, object] = {
            "name": "hook",
            "type": "webhook",
            "url": url,
            "secret": "${HOOK_SECRET}",
            "allow_hosts": ["127.0.0.1"],
            "retry_first_s": 0.05,
            "retry_last_s": 0.1,
            "linger_s": 0.05,
        }
        sink = WebhookSink(WebhookDoor.model_validate(fields | options), around or Surroundings())
        sink.start()
        made.append(sink)
        return sink

    yield make
    for sink in made:
        sink.stop(5)


def crossing(number: int, label: str = "car") -> LineCrossed:
    return LineCrossed("north", NOW_NS + number, "gate", "forward", number, label, 0.9, 10.0)


def ids(receiver: Receiver) -> list[str]:
    return [event["Data"]["ObjectId"] for _, _, body in receiver.posts for event in json.loads(body)["events"]]


def test_posts_are_batched_signed_and_complete(receiver: Receiver, webhook: Callable[..., WebhookSink]) -> None:
    sink = webhook(receiver.url(), batch_events=40, token="${HOOK_TOKEN}")
    sink.deliver([crossing(number) for number in range(100)])
    sink.deliver([crossing(100, "pedestrian")])
    until(lambda: sink.stats()["delivered"] == 100)
    assert ids(receiver) == [str(number) for number in range(100)]
    assert len(receiver.posts) == 3
    for _, headers, body in receiver.posts:
        now_s = SystemClock().now_ns() // 10**9
        assert verify(key_of(SECRET), headers, body, now_s) == json.loads(body)["id"]
        assert headers["authorization"] == "Bearer token-of-the-hook"
        with pytest.raises(BadData, match="signature"):
            verify(key_of(SECRET), headers, body + b" ", now_s)
        with pytest.raises(BadData, match="last 300 s"):
            verify(key_of(SECRET), headers, body, now_s + 400)
    until(lambda: sink.stats()["kept"] == 1)


def test_a_refused_post_is_repeated_under_the_same_id(receiver: Receiver, webhook: Callable[..., WebhookSink]) -> None:
    receiver.answers = [(503, {}, b""), (429, {"Retry-After": "0"}, b""), (500, {}, b"x" * 200_000)]
    sink = webhook(receiver.url())
    sink.deliver([crossing(1)])
    until(lambda: sink.stats()["delivered"] == 1)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.posts}) == 1
    assert len(receiver.posts) == 4
    assert sink.stats()["retries"] == 3
    assert sink.stats()["up"] == 1


@pytest.mark.parametrize(
    ("status", "headers"),
    [(400, {}), (410, {}), (302, {"Location": "http://127.0.0.1:1/elsewhere"}), (307, {"Location": "/again"})],
    ids=["not understood", "gone", "moved: not followed", "moved with body: not followed"],
)
def test_a_refusal_for_good_is_a_dead_letter(
    receiver: Receiver, webhook: Callable[..., WebhookSink], status: int, headers: dict[str, str]
) -> None:
    receiver.answers = [(status, headers, b"")]
    sink = webhook(receiver.url(), batch_events=1)
    sink.deliver([crossing(1), crossing(2)])
    until(lambda: sink.stats()["delivered"] == 1)
    assert sink.stats()["dead"] == 1
    assert [path for path, _, _ in receiver.posts] == ["/hook", "/hook"]


def test_a_server_that_is_away_gets_everything_when_it_returns(webhook: Callable[..., WebhookSink]) -> None:
    first = Receiver()
    sink = webhook(first.url(), batch_events=10)
    first.end()
    sink.deliver([crossing(number) for number in range(30)])
    until(lambda: sink.stats()["retries"] >= 2)
    assert sink.stats()["up"] == 0
    again = Receiver.__new__(Receiver)
    ThreadingHTTPServer.__init__(again, first.server_address, Handler)
    again.posts, again.answers = [], []
    again._thread = threading.Thread(target=again.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    again._thread.start()
    until(lambda: sink.stats()["delivered"] == 30)
    assert ids(again) == [str(number) for number in range(30)]
    again.end()


def test_an_address_with_a_secret_is_looked_up_and_never_logged(
    receiver: Receiver,
    webhook: Callable[..., WebhookSink],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    receiver.answers = [(503, {}, b""), (400, {}, b"")]
    monkeypatch.setenv("HOOK_URL", receiver.url("/services/T0/hunter22?token=hunter23"))
    sink = webhook("${HOOK_URL}", batch_events=1)
    sink.deliver([crossing(1), crossing(2)])
    until(lambda: sink.stats()["delivered"] == 1)
    assert receiver.posts[0][0] == "/services/T0/hunter22?token=hunter23"
    monkeypatch.setenv("HOOK_URL", "http://127.0.0.1:1/hunter22")
    away = webhook("${HOOK_URL}")
    away.deliver([crossing(1)])
    until(lambda: away.stats()["retries"])
    assert "gives up" in caplog.text
    assert "http://127.0.0.1:1, got ConnectError" in caplog.text
    assert "hunter2" not in caplog.text
    monkeypatch.setenv("HOOK_URL", "ftp://hunter22.example")
    with pytest.raises(BadConfig, match=r"hook\.url: expected an address") as error:
        webhook("${HOOK_URL}")
    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize("token", ["two words", "line\u2028end", "zwölf"])
def test_a_token_that_is_no_header_is_refused(
    webhook: Callable[..., WebhookSink], monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", token)
    with pytest.raises(BadConfig, match=r"hook\.token: expected a token of printable") as error:
        webhook("http://127.0.0.1:1/", token="${HOOK_TOKEN}")
    assert token not in str(error.value)


def test_an_old_letter_is_given_up(receiver: Receiver, webhook: Callable[..., WebhookSink]) -> None:
    clock = ManualClock(NOW_NS)
    receiver.answers = [(503, {}, b"")] * 1000
    sink = webhook(receiver.url(), Surroundings(clock=clock), give_up_s=60)
    sink.deliver([crossing(1)])
    until(lambda: sink.stats()["retries"] >= 1)
    clock.advance(61)
    until(lambda: sink.stats()["dead"] == 1)


@pytest.mark.parametrize("allowed", [(), ("localhost",)], ids=["nothing allowed", "another name allowed"])
def test_the_sites_own_network_is_closed(
    receiver: Receiver, webhook: Callable[..., WebhookSink], caplog: pytest.LogCaptureFixture, allowed: tuple[str, ...]
) -> None:
    sink = webhook(receiver.url(), allow_hosts=allowed)
    sink.deliver([crossing(1)])
    until(lambda: sink.stats()["retries"] >= 2)
    assert receiver.posts == []
    assert "got a loopback address" in caplog.text


def test_the_checked_address_is_the_one_connected_to(receiver: Receiver, webhook: Callable[..., WebhookSink]) -> None:
    """A name that changes its meaning with every question leads nowhere else, and keeps its Host header."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "169.254.169.254", port))]

    sink = webhook(
        receiver.url(host="hook.example"),
        Surroundings(resolver=rebinding),
        allow_hosts=["hook.example"],
        batch_events=1,
    )
    sink.deliver([crossing(1)])
    until(lambda: sink.stats()["delivered"] == 1)
    assert asked == ["hook.example"], "asked once per post: what was judged is what is used"
    assert receiver.posts[0][1]["host"] == f"hook.example:{receiver.server_address[1]}"
    sink.deliver([crossing(2)])
    until(lambda: sink.stats()["retries"] >= 1)
    assert len(receiver.posts) == 1, "the second answer is a metadata address, refused although the name is allowed"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, and server.pem with server.key for the name hook.example alone."""
    folder, openssl = tmp_path_factory.mktemp("tls"), shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "rsa:2048", "-nodes")
    run("req", "-x509", *key, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    run("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=hook")
    (folder / "names").write_text("subjectAltName=DNS:hook.example\n")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    run("x509", "-req", "-in", "server.csr", *signed, "-out", "server.pem")
    return folder


@pytest.mark.parametrize(
    ("host", "trusted", "taken"),
    [("hook.example", True, True), ("other.example", True, False), ("hook.example", False, False)],
    ids=["its name", "another name at the same address", "a certificate of a stranger"],
)
def test_the_certificate_is_checked_for_the_name_not_the_address(
    webhook: Callable[..., WebhookSink], certificates: Path, host: str, trusted: bool, taken: bool
) -> None:
    server = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    server.tls = context
    around = Surroundings(resolver=lambda host, port: [(2, 1, 6, "", ("127.0.0.1", port))])
    options = {"ca_file": str(certificates / "ca.pem")} if trusted else {}
    url = server.url(host=host).replace("http:", "https:")
    sink = webhook(url, around, allow_hosts=[host], **options)
    sink.deliver([crossing(1)])
    until(lambda: sink.stats()["delivered"] or sink.stats()["retries"])
    assert bool(sink.stats()["delivered"]) is taken
    sink.stop(5)
    server.end()


def test_an_answer_without_end_is_cut(receiver: Receiver, webhook: Callable[..., WebhookSink]) -> None:
    receiver.answers = [
        (200, {"Content-Length": "1000000000", "Content-Encoding": "gzip"}, gzip.compress(b"0" * 10**7))
    ]
    sink = webhook(receiver.url(), timeout_s=0.5)
    sink.deliver([crossing(1)])
    until(lambda: sink.stats()["delivered"] + sink.stats()["retries"] >= 1)


def test_flows_reach_an_ngsi_ld_broker(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_TOKEN", "token-of-the-broker")
    clock = ManualClock(NOW_NS)
    door = NgsiDoor.model_validate(
        {
            "name": "city",
            "type": "ngsi-ld",
            "url": receiver.url("/ngsi-ld/v1/entityOperations/upsert"),
            "allow_hosts": ["127.0.0.1"],
            "token": "${BROKER_TOKEN}",
            "tenant": "traffic",
            "window_min": 5,
            "retry_first_s": 0.05,
            "retry_last_s": 0.1,
        }
    )
    places = {"north": Place(8.5417, 47.3769)}
    sink = NgsiSink(door, Surroundings(site="zurich", clock=clock, places=places))
    receiver.answers = [(503, {}, b"")]
    sink.start()
    sink.deliver([crossing(1), crossing(2)])
    for minute in range(10):
        row = {"car": 2, "pedestrian": 1, "bicycle": 3}
        sink.counts([CountRow("north", "gate", "forward", NOW_NS + minute * MINUTE_NS, 1, row)])
        sink.counts([CountRow("nowhere", "gate", "forward", NOW_NS + minute * MINUTE_NS, 1, row)])
    clock.advance(700)
    until(lambda: sink.stats()["delivered"] == 5)
    sink.stop(5)
    assert sink.stats()["refused"] == 5, "a camera without place is left out and counted"
    posts = [json.loads(body) for _, _, body in receiver.posts]
    assert posts[0] == posts[1], "a repetition is the same post"
    found = {(one["id"], one["dateObserved"]["value"].split("T")[1][:5]): one for post in posts for one in post}
    cars = [one for key, one in found.items() if key[0].endswith("forward:car")]
    assert [one["intensity"]["value"] for one in cars] == [10, 10]
    assert cars[0]["averageVehicleSpeed"]["value"] == 36.0
    assert cars[0]["location"]["value"] == {"type": "Point", "coordinates": [8.5417, 47.3769]}
    walkers = [one for one in found.values() if one["type"] == "CrowdFlowObserved"]
    assert [one["peopleCount"]["value"] for one in walkers] == [10], "five of one window wait for the next"
    headers = receiver.posts[0][1]
    assert headers["authorization"] == "Bearer token-of-the-broker"
    assert headers["ngsild-tenant"] == "traffic"
    assert headers["content-type"] == "application/ld+json"
