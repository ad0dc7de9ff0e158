"""Small things fetched from web servers: bounded, each address checked, by password where the server asks for one."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from sightline.config.sources import PRIVATE_NETWORKS
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import SourceUnavailable
from sightline.video.address import shown
from sightline.video.allowed import Allowed, Origin, Resolve, allowed_address, default_port, resolved
from sightline.video.credentials import Credentials

_REDIRECTS: Final = 3
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_CONNECT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Visit:
    """How to fetch: limits, whose address it is, and what the server may ask for."""

    timeout_s: float
    max_bytes: int
    origin: Origin = "operator"
    allow_private: tuple[str, ...] = PRIVATE_NETWORKS
    credentials: Credentials | None = None
    verify_tls: bool = True
    resolve: Resolve = field(default=resolved, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. url: the last one after redirects, without credentials."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class _ByChallenge(httpx.Auth):
    """Basic or digest, as the server's challenge says (RFC 7617, RFC 7616); remembered for the next request."""

    def __init__(self, credentials: Credentials) -> None:
        pair = (credentials.user, credentials.password)
        self._digest, self._basic = httpx.DigestAuth(*pair), httpx.BasicAuth(*pair)
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._chosen is None:
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return
            challenge = ",".join(response.headers.get_list("www-authenticate")).lower()
            if "digest" in challenge:
                self._chosen = self._digest
            elif "basic" in challenge:
                self._chosen = self._basic
            else:
                return
        yield from self._chosen.auth_flow(request)


class Web:
    """A client for one server; SourceUnavailable in one sentence for whatever goes wrong. Not for several threads."""

    def __init__(self, visit: Visit, *, clock: Clock | None = None) -> None:
        self._visit = visit
        self._clock = clock or SystemClock()
        limit = httpx.Timeout(visit.timeout_s, connect=min(_CONNECT_S, visit.timeout_s))
        # trust_env False: no proxy, no .netrc of the account the program runs under.
        self._client = httpx.Client(timeout=limit, verify=visit.verify_tls, trust_env=False)
        self._auth = _ByChallenge(visit.credentials) if visit.credentials else None

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to a GET, following at most three redirects; only 200 and 304 are answers, all else is refused."""
        first = _server(url)
        end_ns = self._clock.monotonic_ns() + round(self._visit.timeout_s * 1e9)
        for _ in range(_REDIRECTS + 1):
            allowed = allowed_address(url, self._visit.origin, self._visit.allow_private, resolve=self._visit.resolve)
            if allowed is None or not url.lower().startswith(("http://", "https://")):
                raise SourceUnavailable(f"{shown(url)}: expected an http or https address, got another one")
            # A password is for the server it was given for, not for where that one points.
            auth = self._auth if _server(url) == first else None
            answer = self._once(url, allowed, headers or {}, auth, end_ns)
            if answer.status not in _MOVED:
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
        raise SourceUnavailable(f"{shown(url)}: expected a picture or document, got more than {_REDIRECTS} redirects")

    def _once(
        self, url: str, allowed: Allowed, headers: Mapping[str, str], auth: _ByChallenge | None, end_ns: int
    ) -> Answer:
        try:
            request = self._request(url, allowed, headers)
            response = self._client.send(request, auth=auth, stream=True, follow_redirects=False)
            try:
                return self._read(url, response, end_ns)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise SourceUnavailable(f"{shown(url)}: expected an answer, got none in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise SourceUnavailable(f"{shown(url)}: expected an answer, got {reason.lower()}") from error

    def _request(self, url: str, allowed: Allowed, headers: Mapping[str, str]) -> httpx.Request:
        """The request to the machine address that was checked, under the name that was asked for."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        first = allowed.addresses[0]
        literal = f"[{first}]" if first.version == 6 else str(first)
        target = parts._replace(netloc=f"{literal}:{allowed.port}", fragment="").geturl()
        return self._client.build_request(
            "GET",
            target,
            headers={**headers, "Host": host, "Accept-Encoding": "identity"},
            extensions={"sni_hostname": allowed.host},
        )

    def _read(self, url: str, response: httpx.Response, end_ns: int) -> Answer:
        status, limit = response.status_code, self._visit.max_bytes
        if status in _MOVED or status == httpx.codes.NOT_MODIFIED:
            return Answer(status, response.headers, b"", shown(url))
        if status != httpx.codes.OK:
            words = {401: "user or password refused (401)", 403: "access refused (403)", 404: "nothing there (404)"}
            raise SourceRefused(
                f"{shown(url)}: expected an answer, got {words.get(status, f'status {status}')}",
                _seconds(response.headers.get("retry-after", "")),
            )
        body = bytearray()
        for piece in response.iter_raw():
            body += piece
            if len(body) > limit:
                raise SourceUnavailable(f"{shown(url)}: expected at most {limit} bytes, got more")
            if self._clock.monotonic_ns() > end_ns:
                raise SourceUnavailable(f"{shown(url)}: expected an answer, got only a part of it in time")
        return Answer(status, response.headers, bytes(body), shown(url))


class SourceRefused(SourceUnavailable):
    """A server that answered with an error; retry_after_s: when it wants to be asked again, None = it does not say."""

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def _seconds(text: str) -> float | None:
    return float(text) if text.isdigit() and len(text) < 7 else None


def _server(url: str) -> tuple[str, str | None, int]:
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), parts.hostname, parts.port or default_port(url)
    except (ValueError, KeyError):
        return "", None, 0
