"""Posting over HTTP to the address that was checked, and to no other."""

import contextlib
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

import sightline
from sightline.config.doors import HttpDoor, checked_url, is_reference, secret_of
from sightline.core.clock import Clock
from sightline.core.errors import BadConfig, SightlineError
from sightline.sinks.address import AddressRefused, Resolve, allowed_address, resolve

LONGEST_ANSWER: Final = 65_536  # bytes of an answer that are read; more is not needed to know what became of a post
_LONGEST_WAIT_S: Final = 3600.0  # the longest Retry-After that is obeyed


class PostFailed(SightlineError):
    """A post that got no answer: no connection, a refused address, a silent or endless server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. retry_after_s: as the server asked, None where it did not."""

    status: int
    body: bytes
    retry_after_s: float | None


class CheckedTransport(httpx.BaseTransport):
    """Resolves and judges the host of every request and connects to the judged address.

    The name stays in the Host header and in the TLS handshake (SNI and certificate), so that nothing else changes.
    """

    def __init__(self, inner: httpx.BaseTransport, allow_hosts: Collection[str], resolver: Resolve = resolve) -> None:
        self._inner = inner
        self._allow_hosts = tuple(allow_hosts)
        self._resolver = resolver

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """AddressRefused for a host that leads where it must not; httpx.ConnectError where it does not resolve."""
        host = request.url.host
        port = request.url.port or {"http": 80, "https": 443}[request.url.scheme]
        try:
            address = allowed_address(host, port, self._allow_hosts, self._resolver)
        except OSError as error:
            raise httpx.ConnectError(f"{host} does not resolve", request=request) from error
        request.headers.setdefault("Host", request.url.netloc.decode("ascii"))
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class Courier:
    """Posts to one address over kept connections. No redirect is followed, no proxy of the environment is used."""

    def __init__(self, door: HttpDoor, clock: Clock, resolver: Resolve = resolve) -> None:
        """BadConfig where the certificates to trust cannot be read."""
        try:
            context = ssl.create_default_context(cafile=str(door.ca_file) if door.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise BadConfig(f"{door.name}.ca_file", str(door.ca_file), "certificates as a PEM file") from error
        limits = httpx.Limits(max_connections=2, max_keepalive_connections=1)
        inner = httpx.HTTPTransport(verify=context, trust_env=False, limits=limits)
        self._url = url_of(door)
        # Many services put the secret into the path, so of the address only the server is ever shown.
        self._server = f"{self._url.scheme}://{self._url.netloc.decode('ascii')}"
        self._timeout_s = door.timeout_s
        self._clock = clock
        # Not an httpx.Client: it would log every whole address, keep cookies and read proxies of the environment.
        self._transport = CheckedTransport(inner, door.allow_hosts, resolver)

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once; PostFailed, in one sentence without credentials, where no answer came."""
        agent = {"User-Agent": f"Sightline/{sightline.__version__}"}
        limits = {"timeout": httpx.Timeout(self._timeout_s).as_dict()}
        request = httpx.Request("POST", self._url, headers=agent | dict(headers), content=body, extensions=limits)
        try:
            with contextlib.closing(self._transport.handle_request(request)) as response:
                return Answer(response.status_code, self._read(response), _retry_after_s(response))
        except AddressRefused as error:
            raise PostFailed(str(error)) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise PostFailed(f"expected an answer of {self._server}, got {type(error).__name__}") from error

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _read(self, response: httpx.Response) -> bytes:
        """The answer's body up to a bound, and up to a time: a server that sends byte by byte must not hold us."""
        end_ns = self._clock.monotonic_ns() + round(self._timeout_s * 1e9)
        parts: list[bytes] = []
        size = 0
        for part in response.iter_raw():
            parts.append(part)
            size += len(part)
            if size >= LONGEST_ANSWER or self._clock.monotonic_ns() > end_ns:
                break
        return b"".join(parts)[:LONGEST_ANSWER]


def bearer_of(door: HttpDoor) -> dict[str, str]:
    """The header of the door's token, none where it has none; BadConfig, without showing it, for no token."""
    if door.token is None:
        return {}
    key = f"{door.name}.token"
    token = secret_of(key, door.token)
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise BadConfig(key, "something else", "a token of printable ASCII letters without spaces")
    return {"Authorization": f"Bearer {token}"}


def url_of(door: HttpDoor) -> httpx.URL:
    """Where the door posts to, looked up where it is a reference; BadConfig, without showing it, for no address."""
    key = f"{door.name}.url"
    text = secret_of(key, door.url) if is_reference(door.url) else door.url
    try:
        return httpx.URL(checked_url(text))
    except (httpx.InvalidURL, ValueError) as error:
        raise BadConfig(key, "something else", "an address that begins with http:// or https://") from error


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), _LONGEST_WAIT_S) if text.isascii() and text.isdigit() and len(text) < 10 else None
