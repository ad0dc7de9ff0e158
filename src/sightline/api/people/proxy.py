"""Who really asks, and by http or https, where a trusted reverse proxy stands in between."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

_MOST_HOPS: Final = 32  # addresses of X-Forwarded-For looked at, from the right; more proxies in a row there are not
_SECURE: Final = {"http": "https", "ws": "wss"}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from. secure: by https, as far as the person is concerned."""

    address: str
    secure: bool


class Proxies:
    """The reverse proxies whose word counts; X-Forwarded-* from anybody else is ignored."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(one) for one in networks)

    def origin_of(self, scope: Scope, headers: Headers) -> Origin:
        """The address that asked ("unknown" for none), and whether it did by TLS.

        Of X-Forwarded-For counts the last address that is no trusted proxy: what stands left of it the caller may have
        written. Of X-Forwarded-Proto counts the last word, which the nearest proxy wrote. X-Forwarded-Host is not read.
        """
        client = scope.get("client")
        peer = str(client[0]) if client else "unknown"
        secure = scope["scheme"] in _SECURE.values()
        if not self._trusted(peer):
            return Origin(peer, secure)
        protocols = _listed(headers, "x-forwarded-proto")
        if protocols and protocols[-1].lower() in ("http", "https"):
            secure = protocols[-1].lower() == "https"
        address = peer
        for hop in reversed(_listed(headers, "x-forwarded-for")[-_MOST_HOPS:]):
            plain = _plain(hop)
            if plain is None:
                break
            address = plain
            if not self._trusted(plain):
                break
        return Origin(address, secure)

    def _trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks if network.version == parsed.version)


def with_origin(scope: Scope, origin: Origin) -> Scope:
    """The scope as the application should see it: scheme and client as they are for the person."""
    scheme = scope["scheme"]
    if origin.secure:
        scheme = _SECURE.get(scheme, scheme)
    port = scope["client"][1] if scope.get("client") else 0
    return {**scope, "scheme": scheme, "client": (origin.address, port)}


def _listed(headers: Headers, name: str) -> list[str]:
    """All values of a header that lists, over all its lines, in order."""
    return [word.strip() for line in headers.getlist(name) for word in line.split(",") if word.strip()]


def _plain(hop: str) -> str | None:
    """The address in 10.0.0.1, 10.0.0.1:4711, [::1]:4711 or ::1; None where there is none."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(ipaddress.ip_address(hop))
    except ValueError:
        return None
