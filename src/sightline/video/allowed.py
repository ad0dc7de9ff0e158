"""Which network addresses a source may lead to: never the machine's own services by an address from outside."""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal
from urllib.parse import urlsplit

from sightline.config.sources import PRIVATE_NETWORKS
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video.address import check_scheme, scheme, shown

Origin = Literal["operator", "api"]  # the site's own file or command line; or anything that came over the network
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

_PORTS: Final = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "rtmps": 443, "http": 80, "https": 443}
# Where clouds answer questions about the machine itself; most lie in the link-local network that is refused anyway.
_METADATA: Final = frozenset(
    ip_address(one) for one in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 address is in the last 32 bits
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f\\]")  # parsers disagree about where a host ends at these
_SHARED: Final = ip_network("100.64.0.0/10")  # RFC 6598: ipaddress calls it neither private nor global


@dataclass(frozen=True, slots=True)
class Allowed:
    """An address that may be opened: its host, port and the machine addresses that were checked."""

    host: str
    port: int
    addresses: tuple[Address, ...]


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host as the system knows them, best first; OSError when nobody knows it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def allowed_address(
    url: str, origin: Origin, allow_private: Sequence[str] = PRIVATE_NETWORKS, *, resolve: Resolve = resolved
) -> Allowed | None:
    """Whether the address may be opened; None for a file or device of the operator, which lead nowhere.

    Every address of the host must be allowed: link-local, cloud metadata, multicast and unspecified ones never are,
    loopback and private networks are for the operator and where ``allow_private`` names them.
    SourceUnavailable says in one sentence what is refused. The answer holds for the addresses in it: whoever connects
    must use these, not ask the name again (it may have changed its mind).
    """
    name = check_scheme(url, trusted=origin == "operator")
    if name in ("file", "device"):
        return None
    if _UNSAFE.search(url):
        raise SourceUnavailable(
            f"{shown(url)!r}: expected an address without spaces and backslashes, got one with them"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS[name]
    except ValueError as error:
        raise SourceUnavailable(f"{shown(url)}: expected an address with host and port, got {error}") from error
    if not host or "%" in host:
        raise SourceUnavailable(f"{shown(url)}: expected an address with a plain host name, got none")
    try:
        addresses = tuple(ip_address(one.partition("%")[0]) for one in resolve(host, port))
    except (OSError, ValueError) as error:  # ValueError: a name that IDNA cannot write
        raise SourceUnavailable(f"{shown(url)}: expected a host, got a host name that nobody knows") from error
    networks = parsed_networks(allow_private)
    for address in addresses:
        reason = refusal(address, origin, networks)
        if reason:
            raise SourceUnavailable(f"{shown(url)}: expected the address of a camera, got {reason} ({address})")
    return Allowed(host, port, addresses)


def parsed_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks of their notations; BadConfig for one that is none."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise BadConfig("allow_private", list(texts), "networks such as 10.0.0.0/8") from error


def refusal(address: Address, origin: Origin, networks: Sequence[Network]) -> str:
    """Why the address must not be connected to, in a few words; empty when it may."""
    plain = _unwrapped(address)
    if plain in _METADATA:
        return "the address of a cloud's machine data"
    for refused, words in (
        (plain.is_link_local, "a link-local address"),
        (plain.is_unspecified or _first_byte_zero(plain), "an address that means this machine"),
        (plain.is_multicast, "a multicast address"),
        (plain.is_reserved and not plain.is_loopback, "a reserved address"),
    ):
        if refused:
            return words
    if origin == "operator":
        return ""
    if plain.is_loopback:  # a relay on this machine is a real thing, but the site must say so
        return "" if any(plain in network for network in networks) else "an address of this machine"
    private = plain.is_private or (plain.version == 4 and plain in _SHARED)
    if private and not any(plain in network for network in networks):
        return "a private address that the site does not allow"
    return ""


def _first_byte_zero(address: Address) -> bool:
    return address.version == 4 and int(address) >> 24 == 0


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries inside (mapped, 6to4, Teredo, NAT64), or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0 and int(address) > 1:  # IPv4-compatible, long deprecated, still parsed
        return IPv4Address(int(address))
    return address


def pinned(url: str, allowed: Allowed) -> str:
    """The address with its host replaced by the machine address that was checked; user, path and query stay."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    first = allowed.addresses[0]
    host = f"[{first}]" if first.version == 6 else str(first)
    return parts._replace(netloc=f"{user}{at}{host}:{allowed.port}").geturl()


def default_port(url: str) -> int:
    """The port that an address of this scheme means when it names none; KeyError for files and devices."""
    return _PORTS[scheme(url)]
