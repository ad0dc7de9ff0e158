"""What a Reader opens anew after every loss: one function per way a camera's pictures come."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from sightline.config import VideoSettings
from sightline.config.sources import SourceOptions, SourcesSettings
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.core.frame import Frame
from sightline.video.address import scheme
from sightline.video.allowed import Origin, allowed_address
from sightline.video.credentials import Credentials, expanded, merged, refuse_references, secret
from sightline.video.document import current_address
from sightline.video.push import PushDoor
from sightline.video.snapshot import SnapshotSource
from sightline.video.source import Clocks, SourceInfo, Start, Tally, Wanted, open_source
from sightline.video.web import Visit, Web

_DOCUMENT_BYTES: Final = 1_000_000
_PUSH_SLICE_S: Final = 0.25  # how often a reader that waits for a pusher looks whether it is still wanted
_SNAPSHOT_LEAST_S: Final = 2.0  # a fetch may take at least so long


class OpenSource(Protocol):
    """What a Reader needs of an open source; ``Source`` and ``SnapshotSource`` are two."""

    info: SourceInfo
    tally: Tally
    size: tuple[int, int]
    pace: bool
    pause: Callable[[float], object] | None
    reading: bool
    last_packet_ns: int
    interlaced: bool

    @property
    def position(self) -> Start:
        """Number and time of the last picture."""
        ...

    @property
    def drift_s(self) -> float | None:
        """Seconds the stream's clock lost against the machine's."""
        ...

    @property
    def clocks(self) -> Clocks:
        """The stream's and the camera's clock against the machine's."""
        ...

    @property
    def camera_clock_s(self) -> float | None:
        """Seconds the camera's clock is ahead of the stamps."""
        ...

    @property
    def progress(self) -> float | None:
        """Share of a file that has been read."""
        ...

    def frames(self, wanted: Wanted | None = None) -> Iterator[Frame]:
        """The Frames; unwanted ones are only counted."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Going:
    """What a feed needs of its Reader: where numbers and times go on, and whether it is to end."""

    start: Start
    stopping: threading.Event


Feed = Callable[[Going], OpenSource]


@dataclass(frozen=True, slots=True)
class Site:
    """What all cameras of a site share. door: where cameras push to; None = this site has none."""

    settings: VideoSettings
    sources: SourcesSettings
    door: PushDoor | None = None
    clock: Clock = field(default_factory=SystemClock)


def feed_of(camera: str, options: SourceOptions, site: Site, *, origin: Origin) -> Feed:
    """What opens this source; secrets are read at every opening, so that a changed file needs no restart.

    origin "api" (the address came over the network): no paths, no devices, no references to environment or files.
    SourceUnavailable or BadConfig, by the feed or at once, in one sentence.
    """
    if origin == "api":
        refuse_references(options.url)
    if options.kind == "push":
        return _readable(_push(camera, options, site))
    made = {"snapshot": _snapshot, "document": _document, "stream": _plain}[options.kind]
    return _readable(made(camera, options, site, origin))


def _readable(feed: Feed) -> Feed:
    """The same, but a secret that has become unreadable is a source that cannot be opened now, not a wrong setting."""

    def opened(going: Going) -> OpenSource:
        try:
            return feed(going)
        except BadConfig as error:
            raise SourceUnavailable(str(error)) from error

    return opened


def credentials_of(options: SourceOptions) -> Credentials | None:
    """User and password as they are now; None when the source asks for none."""
    if options.user is None and options.password is None:
        return None
    return Credentials(options.user or "", secret(options.password) if options.password else "")


def _address(options: SourceOptions, origin: Origin) -> str:
    return merged(expanded(options.url) if origin == "operator" else options.url, credentials_of(options))


def _stream(
    camera: str, url: str, site: Site, going: Going, origin: Origin, networks: tuple[str, ...] | None = None
) -> OpenSource:
    return open_source(
        url,
        camera=camera,
        settings=site.settings,
        clock=site.clock,
        trusted=origin == "operator",
        start=going.start,
        networks=site.sources.allow_private if networks is None else networks,
    )


def _plain(camera: str, options: SourceOptions, site: Site, origin: Origin) -> Feed:
    def opened(going: Going) -> OpenSource:
        return _stream(camera, _address(options, origin), site, going, origin)

    return opened


def _visit(options: SourceOptions, site: Site, origin: Origin, most: int, timeout_s: float) -> tuple[str, Visit]:
    """The address without its user, and how to visit it."""
    parts = urlsplit(_address(options, origin))
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    known = Credentials(unquote(name), unquote(password)) if at else None
    visit = Visit(timeout_s, most, origin, site.sources.allow_private, known, options.verify_tls)
    return parts._replace(netloc=host).geturl(), visit


def _snapshot(camera: str, options: SourceOptions, site: Site, origin: Origin) -> Feed:
    def opened(going: Going) -> OpenSource:
        url, visit = _visit(
            options, site, origin, options.snapshot.max_bytes, max(_SNAPSHOT_LEAST_S, site.settings.stall_s)
        )
        web = Web(visit, clock=site.clock)
        return SnapshotSource(
            url,
            camera=camera,
            web=web,
            options=options.snapshot,
            settings=site.settings,
            start=going.start,
            clock=site.clock,
        )

    return opened


def _document(camera: str, options: SourceOptions, site: Site, origin: Origin) -> Feed:
    def opened(going: Going) -> OpenSource:
        url = options.url
        if scheme(url) == "file":
            if origin != "operator":
                raise SourceUnavailable("expected the address of a document on the network, got a path")
            address = current_address(url, options.document, None)
            return _stream(camera, merged(expanded(address), credentials_of(options)), site, going, "operator")
        url, visit = _visit(options, site, origin, _DOCUMENT_BYTES, site.settings.open_timeout_s)
        web = Web(visit, clock=site.clock)
        try:
            address = current_address(url, options.document, web)
        finally:
            web.close()
        # What a web page says is an address from outside; but it may point to the server it came from itself.
        networks = site.sources.allow_private
        if urlsplit(address).hostname == urlsplit(url).hostname:
            own = allowed_address(url, origin, networks)
            networks += tuple(str(one) for one in own.addresses) if own else ()
        return _stream(camera, address, site, going, "api", networks)

    return opened


def _push(camera: str, options: SourceOptions, site: Site) -> Feed:
    door = site.door
    if door is None:
        raise SourceUnavailable(f"{camera}: expected a door for cameras that push, got none: set sources.push")
    reference = options.password
    assert reference is not None  # SourceOptions refuses a push without a key
    secret(reference)  # one that cannot be read is said at once
    door.admit(options.url, lambda: secret(reference))

    def opened(going: Going) -> OpenSource:
        secret(reference)  # the door only keeps the camera out when it has become unreadable; here it is said
        limit_ns = site.clock.monotonic_ns() + round(site.settings.open_timeout_s * 1e9)
        while not door.wait(options.url, _PUSH_SLICE_S):
            if going.stopping.is_set() or site.clock.monotonic_ns() > limit_ns:
                raise SourceUnavailable(f"{camera}: expected a camera that pushes to /{options.url}, got none yet")
        return _stream(camera, door.inner_url(options.url), site, going, "operator")

    return opened
