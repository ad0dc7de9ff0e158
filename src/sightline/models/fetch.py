"""Fetching one file over https, going on where an earlier attempt stopped."""

import http.client
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import IO, Final

from sightline.core.errors import ModelUnavailable
from sightline.models.model import ModelFile

Progress = Callable[[str, int, int | None], None]

_CHUNK: Final = 1 << 16
_MOST_BYTES: Final = 1 << 30  # of a file whose size is not known before it comes
_READ_TIMEOUT_S: Final = 30.0  # a server silent for so long in the middle of a file is given up; the part is kept

# Where an official address sends downloads on to, for files that no checksum protects yet.
_SENDS_ON_TO: Final = {"github.com": ("githubusercontent.com",)}


def fetch(
    file: ModelFile,
    part: Path,
    *,
    progress: Progress | None = None,
    connect_timeout_s: float = 5.0,
    allow_loopback: bool = False,
) -> None:
    """Bring a file's bytes into ``part``, appending to what is there; the caller checks them and puts them in place.

    connect_timeout_s bounds the wait for an answer of each address on the way (name lookup, connection and headers).
    ModelUnavailable: no connection, an error answer, more bytes than expected, an answer that ends early.
    """
    if file.url is None:
        raise ModelUnavailable(f"{file.name}: expected an official address, got none")
    have = part.stat().st_size if part.exists() else 0
    if file.size is not None and have == file.size:
        return
    if file.size is not None and have > file.size:
        part.unlink()
        have = 0
    request = urllib.request.Request(file.url, headers={"User-Agent": "sightline", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    trusted = file.sha256 is not None
    try:
        response = _open(request, connect_timeout_s, _Rules(file.url, trusted, allow_loopback))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            part.unlink()
            fetch(file, part, progress=progress, connect_timeout_s=connect_timeout_s, allow_loopback=allow_loopback)
            return
        raise ModelUnavailable(f"{file.name}: expected it at {file.url}, got HTTP {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise ModelUnavailable(f"{file.name}: expected a connection to {file.url}, got {_reason(error)}") from error
    with response:
        _receive(response, file, part, have, progress)


class _Rules(urllib.request.HTTPRedirectHandler):
    """Which addresses may be asked: https only, and sent on elsewhere only where a checksum or the table allows it."""

    def __init__(self, url: str, trusted: bool, allow_loopback: bool) -> None:
        self.moved = threading.Event()
        self._first_host = urllib.parse.urlsplit(url).hostname or ""
        self._trusted = trusted
        self.allow_loopback = allow_loopback
        self.check(url)

    def check(self, url: str) -> None:
        """ModelUnavailable for an address that must not be asked."""
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        if self.allow_loopback and parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1"):
            return
        if parts.scheme != "https":
            raise ModelUnavailable(f"download: expected an https address, got {url}")
        allowed = (self._first_host, *_SENDS_ON_TO.get(self._first_host, ()))
        if not self._trusted and not any(host == name or host.endswith("." + name) for name in allowed):
            raise ModelUnavailable(f"download: expected an address of {self._first_host}, was sent on to {host}")

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        """The request to the next address, which must pass the same check."""
        try:
            self.check(newurl)
        except ModelUnavailable:
            fp.close()
            raise
        self.moved.set()
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


class _Attempt(threading.Thread):
    """Opens an address on a thread of its own: neither name lookup nor a list of dead addresses has a time limit."""

    def __init__(self, request: urllib.request.Request, rules: _Rules) -> None:
        super().__init__(name="model download", daemon=True)
        self.finished = threading.Event()
        self.response: http.client.HTTPResponse | None = None
        self.error: Exception | None = None
        self._request = request
        proxies = urllib.request.ProxyHandler({} if rules.allow_loopback else None)
        self._opener = urllib.request.build_opener(proxies, rules)
        self._lock = threading.Lock()
        self._abandoned = False

    def run(self) -> None:
        try:
            response = self._opener.open(self._request, timeout=_READ_TIMEOUT_S)
        except (OSError, http.client.HTTPException, ModelUnavailable) as error:
            self.error = error
        else:
            with self._lock:
                if self._abandoned:
                    response.close()
                else:
                    self.response = response
        self.finished.set()

    def abandon(self) -> None:
        """Give up waiting; an answer that still comes is closed."""
        with self._lock:
            self._abandoned = True
            if self.response is not None:
                self.response.close()


def _open(request: urllib.request.Request, timeout_s: float, rules: _Rules) -> http.client.HTTPResponse:
    attempt = _Attempt(request, rules)
    attempt.start()
    while not attempt.finished.wait(timeout_s):
        if not rules.moved.is_set():
            attempt.abandon()
            raise TimeoutError(f"none within {timeout_s:g} s")
        rules.moved.clear()
    if attempt.error is not None:
        raise attempt.error
    if attempt.response is None:
        raise TimeoutError(f"none within {timeout_s:g} s")
    return attempt.response


def _receive(
    response: http.client.HTTPResponse, file: ModelFile, part: Path, have: int, progress: Progress | None
) -> None:
    goes_on = response.status == http.client.PARTIAL_CONTENT and (
        response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    )
    done = have if goes_on else 0
    length = response.headers.get("Content-Length", "")
    total = file.size if file.size is not None else (done + int(length) if length.isdigit() else None)
    most = file.size if file.size is not None else _MOST_BYTES
    with part.open("ab" if goes_on else "wb") as out:
        while chunk := _read(response, file):
            done += len(chunk)
            if done > most:
                break
            out.write(chunk)
            if progress is not None:
                progress(file.name, done, total)
    if done > most:
        part.unlink()
        raise ModelUnavailable(f"{file.name}: expected {most} bytes, got more from {file.url}")
    if total is not None and done < total:
        raise ModelUnavailable(
            f"{file.name}: expected {total} bytes, got {done} before the connection ended; "
            "pull again to go on from there"
        )


def _read(response: http.client.HTTPResponse, file: ModelFile) -> bytes:
    try:
        return response.read(_CHUNK)
    except http.client.IncompleteRead as error:
        return error.partial
    except (OSError, http.client.HTTPException) as error:
        raise ModelUnavailable(
            f"{file.name}: expected the rest of the file, got {_reason(error)}; pull again to go on from there"
        ) from error


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(cause) or type(cause).__name__
