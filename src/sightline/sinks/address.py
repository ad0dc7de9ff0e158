"""Where a door may connect to: a host is resolved, its addresses are judged, and the judged address is the one used.

Against server-side request forgery (OWASP SSRF prevention): a name that somebody else controls must not lead into the
site's own network, and must not change its meaning between the check and the connection.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection
from typing import Any, Final

from sightline.core.errors import SightlineError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# host, port -> what ``socket.getaddrinfo`` gives.
Resolve = Callable[[str, int], list[tuple[Any, ...]]]

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
# Clouds serve a machine's own credentials here; not all of these are link-local.
_METADATA: Final = frozenset(
    ipaddress.ip_address(text) for text in ("169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)


class AddressRefused(SightlineError):
    """A host that a door must not connect to."""


def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """The host's TCP addresses, as the system resolves them."""
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def allowed_address(host: str, port: int, allow_hosts: Collection[str], resolver: Resolve = resolve) -> str:
    """The first address of the host that may be used, as text.

    allow_hosts: hosts (names or addresses, any case) whose private and loopback addresses are allowed too; link-local,
    metadata, multicast and unspecified ones never are. AddressRefused where none is left, OSError where the name does
    not resolve.
    """
    trusted = host.lower().rstrip(".") in {name.lower().rstrip(".") for name in allow_hosts}
    reasons = []
    for found in resolver(host, port):
        address = ipaddress.ip_address(str(found[4][0]).split("%", 1)[0])
        reason = forbidden(address, trusted=trusted)
        if not reason:
            return str(address)
        reasons.append(reason)
    got = reasons[0] if reasons else "no address"
    raise AddressRefused(f"host {host}: expected a public address, or the host named in allow_hosts, got {got}")


def forbidden(address: IpAddress, *, trusted: bool) -> str:
    """Why the address may not be connected to, e.g. "a private address"; empty where it may."""
    for inner in _embedded(address):
        reason = forbidden(inner, trusted=trusted)
        if reason:
            return reason
    if address in _METADATA or address.is_link_local:
        return "a link-local or metadata address"
    if address.is_multicast or address.is_unspecified:
        return "a multicast or unspecified address"
    if trusted:
        return ""
    if address.is_loopback:
        return "a loopback address"
    return "" if address.is_global else "a private or reserved address"


def _embedded(address: IpAddress) -> list[IpAddress]:
    """IPv4 addresses inside an IPv6 one: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner: list[IpAddress] = [part for part in (address.ipv4_mapped, address.sixtofour) if part is not None]
    if address.teredo is not None:
        inner += address.teredo
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return inner
