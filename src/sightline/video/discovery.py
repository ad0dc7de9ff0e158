"""Cameras that answer when asked who is there: WS-Discovery by multicast, on given interfaces, bounded."""

import contextlib
import selectors
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import BadConfig, SourceUnavailable

_GROUP: Final = "239.255.255.250"  # WS-Discovery 1.1, 2.4
_PORT: Final = 3702
_MOST: Final = 512  # cameras told of; a network segment with more is asked interface by interface
_ANSWER_BYTES: Final = 65_535
_REPEATS: Final = 2  # UDP may lose the question (SOAP-over-UDP 1.1 asks for one repeat)
_XADDRS: Final = 8
_NAMES: Final = {
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
}
_PROBE: Final = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{a}" xmlns:d="{d}"'
    ' xmlns:n="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
    "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action><a:MessageID>{message}</a:MessageID>"
    "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>"
    "<s:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
)


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that answered. address: of its device service; name, hardware: as it says, may be empty."""

    address: str
    name: str
    hardware: str
    endpoint: str  # its lasting identity, urn:uuid:...
    interface: str  # the machine's own address it was heard at


def discover(
    interfaces: Sequence[str],
    *,
    timeout_s: float = 3.0,
    clock: Clock | None = None,
    port: int = _PORT,
) -> list[FoundCamera]:
    """Ask on each interface (by the machine's own IPv4 address there) and gather answers for ``timeout_s`` seconds.

    Answers are taken from the network as they are: at most 512 cameras, 64 KB each, only answers to this question, and
    only an address at the machine that answered. BadConfig for an interface that is none, SourceUnavailable when
    nothing can be asked.
    """
    clock = clock or SystemClock()
    message = f"urn:uuid:{uuid.uuid4()}"
    question = _PROBE.format(message=message, **_NAMES).encode()
    found: dict[str, FoundCamera] = {}
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as ready:
        for interface in interfaces:
            one = stack.enter_context(_asking(interface))
            ready.register(one, selectors.EVENT_READ, interface)
        for key in list(ready.get_map().values()):
            for _ in range(_REPEATS):
                _ask(key.fileobj, question, port, key.data)
        end_ns = clock.monotonic_ns() + round(timeout_s * 1e9)
        while (left_ns := end_ns - clock.monotonic_ns()) > 0 and len(found) < _MOST:
            for key, _ in ready.select(left_ns / 1e9):
                assert isinstance(key.fileobj, socket.socket)
                data, (sender, _) = key.fileobj.recvfrom(_ANSWER_BYTES)
                for camera in _answers(data, message, sender, key.data):
                    found.setdefault(camera.endpoint, camera)
    return sorted(found.values(), key=lambda camera: camera.address)[:_MOST]


def _asking(interface: str) -> socket.socket:
    try:
        IPv4Address(interface)
    except ValueError as error:
        raise BadConfig("interface", interface, "an IPv4 address of this machine") from error
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        one.bind((interface, 0))
    except OSError as error:
        one.close()
        raise BadConfig("interface", interface, "an IPv4 address of this machine") from error
    return one


def _ask(one: object, question: bytes, port: int, interface: str) -> None:
    assert isinstance(one, socket.socket)
    try:
        one.sendto(question, (_GROUP, port))
    except OSError as error:
        reason = (error.strerror or "an error").lower()
        raise SourceUnavailable(f"{interface}: expected to ask by multicast, got {reason}") from error


def _answers(data: bytes, message: str, sender: str, interface: str) -> list[FoundCamera]:
    """The cameras an answer tells of; none from one that is broken, declares entities or answers somebody else.

    Only UTF-8 is read, and given to the parser as text, which then follows no other encoding that the answer declares:
    in UTF-16, and in many an old one, a declaration of entities looks like none.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return []
    if "\0" in text or "<!" in text:  # neither comments nor entities belong there; entities can grow without end
        return []
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return []
    if (root.findtext(".//a:RelatesTo", "", _NAMES)).strip() != message:
        return []
    cameras = []
    for match in root.iterfind(".//d:ProbeMatch", _NAMES):
        endpoint = match.findtext("a:EndpointReference/a:Address", "", _NAMES).strip()[:200]
        addresses = match.findtext("d:XAddrs", "", _NAMES).split()[:_XADDRS]
        address = next((one for one in addresses if _is_at(one, sender)), "")
        if not endpoint or not address:
            continue
        scopes = match.findtext("d:Scopes", "", _NAMES).split()
        cameras.append(FoundCamera(address, _scope(scopes, "name"), _scope(scopes, "hardware"), endpoint, interface))
    return cameras


def _is_at(address: str, sender: str) -> bool:
    """Whether an http address names the machine that sent it: nobody speaks for another's host."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and parts.hostname == sender and len(address) <= 500
    except ValueError:
        return False


def _scope(scopes: Sequence[str], kind: str) -> str:
    start = f"onvif://www.onvif.org/{kind}/"
    words = next((unquote(one.removeprefix(start)) for one in scopes if one.startswith(start)), "")
    return "".join(letter for letter in words if letter.isprintable())[:80]
