"""Sources by http: polled pictures, addresses that expire, and servers that want to lead us where we must not go."""

import hashlib
import re
import shutil
import ssl
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from email.utils import formatdate
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sightline.config import VideoSettings
from sightline.config.sources import PRIVATE_NETWORKS, SourceOptions, SourcesSettings
from sightline.core.errors import SourceUnavailable
from sightline.video import FrameSlot, Reader, open_source
from sightline.video.feeds import Feed, Going, Site, feed_of
from sightline.video.source import Start

pytestmark = pytest.mark.live

SETTINGS = VideoSettings(open_timeout_s=4, stall_s=2, retry_first_s=0.1, retry_last_s=0.3)
HERE = (*PRIVATE_NETWORKS, "127.0.0.0/8")  # a site that lets addresses from outside lead to this machine
SITE = Site(SETTINGS, SourcesSettings(allow_private=HERE))
Reply = tuple[int, dict[str, str], bytes]


def until(condition: Callable[[], object], limit_s: float = 20) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        threading.Event().wait(0.01)


def jpeg(level: int) -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((90, 160, 3), level, np.uint8))[1].tobytes())


class Web:
    """An http server whose replies are functions of the request's headers; asked: the paths so far."""

    def __init__(self) -> None:
        self.replies: dict[str, Callable[[dict[str, str]], Reply]] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                make = outer.replies.get(self.path.split("?")[0], lambda _: (404, {}, b""))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, fields, body = make(headers)
                self.send_response_only(status)
                for name, value in {"Content-Length": str(len(body)), **fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def read() -> Iterator[Callable[[Feed], tuple[Reader, FrameSlot]]]:
    running: list[Reader] = []

    def start(feed: Feed) -> tuple[Reader, FrameSlot]:
        slot = FrameSlot("newest", 1000)
        reader = Reader("cam", "a test", settings=SETTINGS, slot=slot, feed=feed, persistent=True)
        reader.start()
        running.append(reader)
        return reader, slot

    yield start
    for one in running:
        one.stop()


def opened(options: SourceOptions, origin: str = "operator") -> None:
    """Open once and look at the first picture."""
    source = feed_of("cam", options, SITE, origin=origin)(Going(Start(), threading.Event()))  # type: ignore[arg-type]
    try:
        next(iter(source.frames()))
    finally:
        source.close()


def polled(url: str, **more: object) -> SourceOptions:
    return SourceOptions.model_validate({"url": url, "kind": "snapshot", "snapshot": {"interval_s": 0.2}, **more})


def test_a_polled_picture_is_analysed_once_however_often_it_is_fetched(web: Web, read) -> None:
    level = [40]
    conditional: list[bool] = []

    def reply(headers: dict[str, str]) -> Reply:
        tag = f'"{level[0]}"'
        conditional.append(headers.get("if-none-match") == tag)
        return (304, {}, b"") if conditional[-1] else (200, {"ETag": tag}, jpeg(level[0]))

    web.replies["/now.jpg"] = reply
    reader, slot = read(feed_of("cam", polled(f"{web.url}/now.jpg"), SITE, origin="operator"))
    until(lambda: reader.stats().dropped.get("unchanged", 0) >= 2)
    assert len(slot) == 1
    level[0] = 200
    until(lambda: len(slot) == 2)
    first, second = slot.take(0), slot.take(0)
    assert (first.index, second.index) == (1, 2)
    assert abs(int(second.planes()[0].mean()) - 188) <= 3  # full range as limited range: 16 + 200 * 219 / 255
    assert any(conditional)
    stats = reader.stats()
    assert (stats.kind, stats.width, stats.height, stats.codec) == ("live", 160, 90, "mjpeg")


def test_equal_bytes_without_any_validator_are_not_analysed_twice(web: Web, read) -> None:
    web.replies["/now.jpg"] = lambda _: (200, {}, jpeg(40))
    reader, slot = read(feed_of("cam", polled(f"{web.url}/now.jpg"), SITE, origin="operator"))
    until(lambda: reader.stats().dropped.get("unchanged", 0) >= 3)
    assert len(slot) == 1


def test_the_stated_age_of_a_picture_is_taken_off_its_time(web: Web) -> None:
    fields = {"Date": formatdate(1_000_090, usegmt=True), "Last-Modified": formatdate(1_000_000, usegmt=True)}
    web.replies["/now.jpg"] = lambda _: (200, fields, jpeg(40))
    feed = feed_of("cam", polled(f"{web.url}/now.jpg"), SITE, origin="operator")
    source = feed(Going(Start(), threading.Event()))
    frame = next(source.frames())
    source.close()
    assert time.time_ns() - frame.time_ns == pytest.approx(90e9, abs=10e9)  # whatever the server's own clock says


def digest_of(headers: dict[str, str], user: str, password: str, path: str) -> bool:
    said = dict(re.findall(r'(\w+)="?([^",]*)"?', headers.get("authorization", "").removeprefix("Digest ")))
    one = hashlib.md5(f"{user}:cam:{password}".encode()).hexdigest()
    two = hashlib.md5(f"GET:{path}".encode()).hexdigest()
    whole = f"{one}:{said.get('nonce')}:{said.get('nc')}:{said.get('cnonce')}:auth:{two}"
    return said.get("response") == hashlib.md5(whole.encode()).hexdigest()


@pytest.mark.parametrize("way", ["basic", "digest"])
@pytest.mark.parametrize(("password", "refused"), [("p@ss word", False), ("wrong", True)])
def test_polling_with_a_password(web: Web, monkeypatch, way: str, password: str, refused: bool) -> None:
    def reply(headers: dict[str, str]) -> Reply:
        basic = "Basic " + b64encode(b"viewer:p@ss word").decode()
        if way == "basic" and headers.get("authorization") == basic:
            return 200, {}, jpeg(40)
        if way == "digest" and digest_of(headers, "viewer", "p@ss word", "/now.jpg"):
            return 200, {}, jpeg(40)
        asked = 'Basic realm="cam"' if way == "basic" else 'Digest realm="cam", nonce="n0nce", qop="auth"'
        return 401, {"WWW-Authenticate": asked}, b""

    web.replies["/now.jpg"] = reply
    monkeypatch.setenv("CAM_PASSWORD", password)
    options = polled(f"{web.url}/now.jpg", user="viewer", password="${CAM_PASSWORD}")
    if not refused:
        opened(options)
        return
    with pytest.raises(SourceUnavailable, match="user or password refused") as caught:
        opened(options)
    assert password not in str(caught.value)


def test_a_password_does_not_follow_a_redirect_to_another_server(web: Web, monkeypatch) -> None:
    other = Web()
    seen: list[dict[str, str]] = []

    def reply(headers: dict[str, str]) -> Reply:
        seen.append(headers)
        return 401, {"WWW-Authenticate": 'Basic realm="mine"'}, b""

    other.replies["/x.jpg"] = reply
    web.replies["/now.jpg"] = lambda _: (302, {"Location": f"{other.url}/x.jpg"}, b"")
    monkeypatch.setenv("CAM_PASSWORD", "pass")
    with pytest.raises(SourceUnavailable, match="401"):
        opened(polled(f"{web.url}/now.jpg", user="viewer", password="${CAM_PASSWORD}"))
    other.server.shutdown()
    other.server.server_close()
    assert seen
    assert not any("authorization" in headers for headers in seen)


BAD_PICTURES: dict[str, tuple[Reply, str]] = {
    "a web page": ((200, {"Content-Type": "text/html"}, b"<html>"), "expected a JPEG picture, got 'text/html'"),
    "cut": ((200, {}, jpeg(40)[:60]), "expected a JPEG picture"),
    "too many bytes": ((200, {}, b"\xff\xd8\xff" + bytes(20_000)), "expected at most 10000 bytes"),
    "not there": ((404, {}, b""), "nothing there"),
    "a redirect to itself": ((302, {"Location": "/now.jpg"}, b""), "more than 3 redirects"),
    "a redirect to a file": ((302, {"Location": "file:///etc/passwd"}, b""), "expected"),
    "a redirect to cloud data": ((302, {"Location": "http://169.254.169.254/latest"}, b""), "cloud's machine data"),
}


@pytest.mark.parametrize("word", BAD_PICTURES)
def test_bad_pictures_are_refused_in_one_sentence(web: Web, word: str) -> None:
    reply, expected = BAD_PICTURES[word]
    web.replies["/now.jpg"] = lambda _: reply
    snapshot = {"interval_s": 0.2, "max_bytes": 10_000}
    with pytest.raises(SourceUnavailable, match=expected):
        opened(polled(f"{web.url}/now.jpg", snapshot=snapshot))


def test_a_polled_camera_that_fails_is_lost_and_returns(web: Web, read, monkeypatch) -> None:
    monkeypatch.setattr("sightline.video.snapshot._FAILURES_S", 0.5)
    count = [0]

    def reply(_: dict[str, str]) -> Reply:
        count[0] += 1
        return 200, {}, jpeg(count[0] % 200)

    web.replies["/now.jpg"] = reply
    reader, slot = read(feed_of("cam", polled(f"{web.url}/now.jpg"), SITE, origin="operator"))
    until(lambda: len(slot) >= 2)
    del web.replies["/now.jpg"]
    until(lambda: reader.stats().state == "lost")
    web.replies["/now.jpg"] = reply
    until(lambda: reader.stats().state == "running")


def segment(folder: Path) -> bytes:
    """A second of MPEG-TS."""
    path = folder / "one.ts"
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((90, 160, 3), number * 8, np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def playlist(*places: str) -> bytes:
    lines = "".join(f"#EXTINF:1.0,\n{place}\n" for place in places)
    return (
        f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n{lines}#EXT-X-ENDLIST\n".encode()
    )


@pytest.mark.parametrize("origin", ["operator", "api"])
def test_an_expired_address_is_read_again_at_every_opening(web: Web, tmp_path: Path, origin: str) -> None:
    """A page holds the playlist's address with a token that works once."""
    token = [0]
    data = segment(tmp_path)

    def page(_: dict[str, str]) -> Reply:
        token[0] += 1
        source = f"\\/live\\/cam.m3u8?token={token[0]}&amp;x=1"
        return 200, {}, f'<script>var player = {{"src": "{source}"}}</script>'.encode()

    def live(_: dict[str, str]) -> Reply:
        asked = web.asked[-1]
        return (200, {}, playlist("one.ts")) if asked == f"/live/cam.m3u8?token={token[0]}&x=1" else (403, {}, b"")

    web.replies.update({"/page": page, "/live/cam.m3u8": live, "/live/one.ts": lambda _: (200, {}, data)})
    options = SourceOptions.model_validate(
        {"url": f"{web.url}/page", "kind": "document", "document": {"contains": ".m3u8"}}
    )
    opened(options, origin)
    opened(options, origin)
    assert token[0] == 2


def test_a_document_on_disk_is_the_operators_word(web: Web, tmp_path: Path) -> None:
    clip = tmp_path / "clip.ts"
    clip.write_bytes(segment(tmp_path))
    document = tmp_path / "now.txt"
    document.write_text(f"# written by the recorder\n{clip}\n")
    options = SourceOptions(url=str(document), kind="document")
    opened(options)
    with pytest.raises(SourceUnavailable, match="expected the address of a document on the network, got a path"):
        opened(options, "api")


def test_a_page_cannot_name_a_path(web: Web) -> None:
    web.replies["/page"] = lambda _: (200, {}, b'{"url": "file:///etc/passwd"}')
    options = SourceOptions.model_validate(
        {"url": f"{web.url}/page", "kind": "document", "document": {"pointer": "/url"}}
    )
    with pytest.raises(SourceUnavailable, match="expected the address of a stream in it"):
        opened(options)


@pytest.fixture
def secret_clip(tmp_path: Path) -> Path:
    """A clip on this machine's disk that no playlist from the network may make us play."""
    path = tmp_path / "secret.ts"
    path.write_bytes(segment(tmp_path))
    return path


@pytest.mark.parametrize("trusted", [True, False], ids=["operator", "api"])
@pytest.mark.parametrize(
    "place",
    ["file://{path}", "{path}", "concat:{path}|{path}", "subfile,,start,0,end,0,,:{path}", "crypto+file:{path}"],
)
def test_a_playlist_from_the_network_reaches_no_file(web: Web, secret_clip: Path, trusted: bool, place: str) -> None:
    named = place.format(path=secret_clip)
    web.replies["/cam.m3u8"] = lambda _: (200, {}, playlist(named))
    with (
        pytest.raises(SourceUnavailable),
        open_source(f"{web.url}/cam.m3u8", camera="cam", settings=SETTINGS, trusted=trusted, networks=HERE) as source,
    ):
        list(source)
    with open_source(str(secret_clip), camera="cam", settings=SETTINGS) as source:  # the clip itself is sound
        assert len(list(source)) == 25


@pytest.mark.parametrize("trusted", [True, False], ids=["operator", "api"])
def test_a_redirect_to_a_file_is_refused(web: Web, secret_clip: Path, trusted: bool) -> None:
    web.replies["/cam.ts"] = lambda _: (302, {"Location": f"file://{secret_clip}"}, b"")
    with pytest.raises(SourceUnavailable):
        open_source(f"{web.url}/cam.ts", camera="cam", settings=SETTINGS, trusted=trusted, networks=HERE)


def test_a_file_from_outside_cannot_string_others_together(tmp_path: Path, secret_clip: Path) -> None:
    path = tmp_path / "list.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{secret_clip}'\n")
    with pytest.raises(SourceUnavailable):
        open_source(str(path), camera="cam", settings=SETTINGS)


@pytest.fixture
def inner(secret_clip: Path) -> Iterator[Web]:
    """A server that must not be reached: 127.0.0.2 stands for an inner network that the site does not allow."""
    server = Web()
    server.replies["/one.ts"] = lambda _: (200, {}, secret_clip.read_bytes())
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.mark.parametrize("how", ["a playlist", "a redirect", "a redirect of a segment"])
def test_an_address_from_outside_leads_to_no_forbidden_host(web: Web, inner: Web, how: str) -> None:
    """The allowed networks hold 127.0.0.1 alone; by the name 127.0.0.2 the inner server listens as well."""
    forbidden = inner.url.replace("127.0.0.1", "127.0.0.2")
    inner.server.socket.close()
    inner.server = ThreadingHTTPServer(("127.0.0.2", inner.server.server_port), inner.server.RequestHandlerClass)
    threading.Thread(target=inner.server.serve_forever, daemon=True).start()
    web.replies["/cam.m3u8"] = lambda _: {
        "a playlist": (200, {}, playlist(f"{forbidden}/one.ts")),
        "a redirect": (302, {"Location": f"{forbidden}/one.ts"}, b""),
        "a redirect of a segment": (200, {}, playlist("one.ts")),
    }[how]
    web.replies["/one.ts"] = lambda _: (302, {"Location": f"{forbidden}/one.ts"}, b"")

    def look(networks: tuple[str, ...]) -> None:
        address = f"{web.url}/cam.m3u8"
        with open_source(address, camera="cam", settings=SETTINGS, trusted=False, networks=networks) as source:
            next(iter(source))

    with pytest.raises(SourceUnavailable):
        look(("127.0.0.1/32",))
    assert inner.asked == []
    look(("127.0.0.0/8",))  # the same way is open where the site allows it
    assert inner.asked != []


def test_a_host_that_changes_its_mind_is_connected_to_as_it_was_checked(web: Web, secret_clip: Path) -> None:
    """A name that first means an allowed address and then a forbidden one: the checked one is used."""
    from sightline.video.openers import Ask, open_stream

    web.replies["/one.ts"] = lambda _: (200, {}, secret_clip.read_bytes())
    answers = iter([["127.0.0.1"], ["127.0.0.1"], ["169.254.169.254"]])
    address = web.url.replace("127.0.0.1", "camera.test") + "/one.ts"
    ask = Ask(address, SETTINGS, trusted=False, networks=HERE, resolve=lambda host, port: next(answers))
    open_stream(ask).close()
    assert web.asked == ["/one.ts"]


def test_https_from_outside_goes_through_the_gateway_as_well(web: Web, secret_clip: Path, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=camera.test"]
    subprocess.run([openssl, *made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    web.replies["/one.ts"] = lambda _: (200, {}, secret_clip.read_bytes())
    address = web.url.replace("http:", "https:") + "/one.ts"

    def look(networks: tuple[str, ...]) -> int:
        with open_source(address, camera="cam", settings=SETTINGS, trusted=False, networks=networks) as source:
            return next(source.frames()).width

    assert look(HERE) == 160
    with pytest.raises(SourceUnavailable, match="an address of this machine"):
        look(PRIVATE_NETWORKS)
    options = polled(address.replace("one.ts", "now.jpg"))
    web.replies["/now.jpg"] = lambda _: (200, {}, jpeg(40))
    with pytest.raises(SourceUnavailable, match="certificate"):
        opened(options)
    opened(options.model_copy(update={"verify_tls": False}))
