"""A real HTTP server on the loopback that can misbehave, and a registry whose files it serves."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sightline.models.library import Library
from sightline.models.model import Model, ModelFile

BODY = bytes(range(256)) * 1200  # larger than what is read at a time


@dataclass
class Shelf:
    """What the server gives: path -> bytes, and how it misbehaves."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None  # bytes, then the connection ends
    ranges: bool = True
    moved_to: str | None = None  # address that a request is sent on to
    asked: list[str | None] = field(default_factory=list)  # the Range header of each request


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """The running server's shelf."""
    goods = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, goods)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    goods.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield goods
    server.shutdown()
    thread.join()
    server.server_close()


def _answer(request: BaseHTTPRequestHandler, goods: Shelf) -> None:
    asked = request.headers.get("Range")
    goods.asked.append(asked)
    if goods.moved_to is not None:
        request.send_response(302)
        request.send_header("Location", goods.moved_to)
        request.end_headers()
        return
    body = goods.files.get(request.path)
    if body is None:
        request.send_error(404)
        return
    start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and goods.ranges else 0
    if start and start >= len(body):
        request.send_error(416)
        return
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    request.send_header("Content-Length", str(len(body) - start))
    request.end_headers()
    rest = body[start:]
    request.wfile.write(rest if goods.cut_after is None else rest[: goods.cut_after])


@pytest.fixture
def model_of(shelf: Shelf) -> Callable[..., Model]:
    """Builds a registry entry of one file that the shelf serves; pinned=True leaves the checksum out."""

    def build(name: str = "small", body: bytes = BODY, *, pinned: bool = False, url: str | None = "shelf") -> Model:
        path = f"/{name}.onnx"
        shelf.files[path] = body
        address = shelf.url + path if url == "shelf" else url
        sha384 = "sha384:" + hashlib.sha384(body).hexdigest()
        file = (
            ModelFile(path[1:], url=address)
            if pinned
            else ModelFile(path[1:], len(body), hashlib.sha256(body).hexdigest(), sha384, address)
        )
        return Model(name, "detect", "yolox", (file,), "Apache-2.0", (64, 64), "none", 1.0)

    return build


@pytest.fixture
def library_of(tmp_path: Path) -> Callable[..., Library]:
    """Builds a library in a fresh folder over the given models, allowed to fetch from the loopback."""

    def build(*models: Model, loopback: bool = True, timeout_s: float = 5.0) -> Library:
        return Library(
            tmp_path / "models",
            models={model.name: model for model in models},
            connect_timeout_s=timeout_s,
            allow_loopback=loopback,
        )

    return build
