"""What an ONVIF camera offers: its profiles as streams, asked by its own services (extra ``onvif``)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sightline.config.sources import PRIVATE_NETWORKS
from sightline.core.errors import SourceUnavailable
from sightline.video.address import shown
from sightline.video.allowed import Origin, allowed_address, default_port
from sightline.video.choice import OfferedStream
from sightline.video.credentials import Credentials

_MOST: Final = 16  # profiles of a camera; real ones have two to six
_CODECS: Final = {"H264": "h264", "H265": "hevc", "JPEG": "mjpeg", "MPEG4": "mpeg4"}
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_LIBRARY_LOGS: Final = (
    "zeep",
    "onvif",
    "httpx",
)  # at debug level they write whole messages, with what proves a password


class _Straight:
    """A session of the library that follows no redirect: where one leads, nobody has checked."""

    def __init__(self, session: Any, name: str) -> None:
        self._session = session
        self._name = name

    @property
    def closed(self) -> bool:
        return bool(self._session.closed)

    async def post(self, url: str, **options: Any) -> Any:
        return self._here(await self._session.post(url, **{**options, "allow_redirects": False}))

    async def get(self, url: str, **options: Any) -> Any:
        return self._here(await self._session.get(url, **{**options, "allow_redirects": False}))

    def _here(self, response: Any) -> Any:
        if response.status in _MOVED:
            response.close()
            raise SourceUnavailable(f"{self._name}: expected an ONVIF camera, got a redirect, which is not followed")
        return response


@dataclass(frozen=True, slots=True)
class OnvifCamera:
    """A camera's own words on itself. streams: largest picture first; ``choice.choose`` picks among them."""

    manufacturer: str
    model: str
    firmware: str
    streams: tuple[OfferedStream, ...]


def profiles(
    address: str,
    credentials: Credentials | None,
    *,
    origin: Origin,
    allow_private: Sequence[str] = PRIVATE_NETWORKS,
    timeout_s: float = 15.0,
) -> OnvifCamera:
    """Ask the camera whose device service is at ``address`` (http) for its profiles and their RTSP addresses.

    Addresses come back without credentials; all questions go to the host of ``address``, whatever the camera says
    (it may stand behind address translation, or lie). SourceUnavailable in one sentence. Not inside an event loop.
    """
    if not address.lower().startswith(("http://", "https://")):
        raise SourceUnavailable(f"{shown(address)}: expected the http address of an ONVIF device service, got another")
    allowed = allowed_address(address, origin, allow_private)
    assert allowed is not None
    make = _library()
    for name in _LIBRARY_LOGS:
        logging.getLogger(name).setLevel(logging.WARNING)
    parts = urlsplit(address)
    host = f"{parts.scheme}://{allowed.addresses[0]}" if parts.scheme == "https" else str(allowed.addresses[0])
    port = parts.port or default_port(address)

    async def ask() -> OnvifCamera:
        user, password = (credentials.user, credentials.password) if credentials else (None, None)
        # adjust_time: a camera whose clock is wrong refuses proofs that carry the right time.
        camera = make(host, port, user, password, no_cache=True, adjust_time=True, nat_override=True)
        _go_straight(camera, shown(address))
        try:
            return await asyncio.wait_for(_asked(camera), timeout_s)
        finally:
            await camera.close()

    return _run(ask, shown(address), timeout_s)


def _go_straight(camera: Any, name: str) -> None:
    """Let every service of the camera, those that the library makes for itself too, follow no redirect."""
    create = camera.create_onvif_service

    async def created(*args: Any, **options: Any) -> Any:
        service = await create(*args, **options)
        if not isinstance(service.transport.session, _Straight):  # it answers with a service it has made before
            service.transport.session = _Straight(service.transport.session, name)
        return service

    camera.create_onvif_service = created


def _library() -> Callable[..., Any]:
    try:
        from onvif import ONVIFCamera  # type: ignore[import-untyped]
    except ImportError as error:
        raise SourceUnavailable("expected the extra onvif (pip install 'sightline[onvif]'), got none") from error
    return ONVIFCamera  # type: ignore[no-any-return]


def _run(ask: Callable[[], Awaitable[OnvifCamera]], name: str, timeout_s: float) -> OnvifCamera:
    """Run the questions in a loop of their own; the library's many errors as one sentence."""
    from aiohttp import ClientError
    from onvif.exceptions import ONVIFError  # type: ignore[import-untyped]
    from zeep.exceptions import Error as SoapError

    async def whole() -> OnvifCamera:
        return await ask()

    try:
        return asyncio.run(whole())
    except TimeoutError as error:
        raise SourceUnavailable(f"{name}: expected an ONVIF camera, got no answer within {timeout_s:.0f} s") from error
    except (ONVIFError, SoapError, ClientError, OSError) as error:
        words = str(error).lower()
        if any(word in words for word in ("notauthorized", "not authorized", "unauthorized", "401")):
            raise SourceUnavailable(f"{name}: expected an ONVIF camera, got user or password refused") from error
        got = "no ONVIF answer" if isinstance(error, SoapError | ONVIFError) else "no connection"
        raise SourceUnavailable(f"{name}: expected an ONVIF camera, got {got}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # answers that leave out what must be there
        raise SourceUnavailable(
            f"{name}: expected an ONVIF camera, got an answer that lacks what must be in it"
        ) from error


async def _asked(camera: Any) -> OnvifCamera:
    await camera.update_xaddrs()
    device = await camera.create_devicemgmt_service()
    said = await device.GetDeviceInformation()
    media = await camera.create_media_service()
    streams = []
    for profile in (await media.GetProfiles())[:_MOST]:
        encoder = profile.VideoEncoderConfiguration
        if encoder is None:
            continue  # sound or metadata only
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profile.token})
        rate = encoder.RateControl
        streams.append(
            OfferedStream(
                name=_plain(profile.Name),
                url=_bare(str(answer.Uri)),
                width=int(encoder.Resolution.Width),
                height=int(encoder.Resolution.Height),
                fps=float(rate.FrameRateLimit) if rate is not None else None,
                codec=_CODECS.get(str(encoder.Encoding).upper(), str(encoder.Encoding).lower()[:20]),
                kbit_s=float(rate.BitrateLimit) if rate is not None else None,
            )
        )
    streams.sort(key=lambda one: one.width * one.height, reverse=True)
    names = (_plain(said.Manufacturer), _plain(said.Model), _plain(said.FirmwareVersion))
    return OnvifCamera(*names, tuple(streams))


def _bare(url: str) -> str:
    """The address without user and password, which some cameras write into it; ValueError for one that is no RTSP."""
    parts = urlsplit(url.strip())
    if parts.scheme.lower() not in ("rtsp", "rtsps") or len(url) > 2000:
        raise ValueError("no RTSP address")
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _plain(text: object) -> str:
    return "".join(letter for letter in str(text or "") if letter.isprintable())[:80]
