"""Which addresses a door may connect to."""

import ipaddress
from typing import Any

import pytest

from sightline.sinks.address import AddressRefused, allowed_address, forbidden

CASES = [
    ("public", "93.184.216.34", "", ""),
    ("public, IPv6", "2606:2800:220:1::1", "", ""),
    ("private", "10.1.2.3", "private", ""),
    ("private, class B", "172.20.0.1", "private", ""),
    ("carrier's own", "100.64.0.1", "private", ""),
    ("unique local", "fd12::1", "private", ""),
    ("loopback", "127.0.0.1", "loopback", ""),
    ("loopback, other", "127.9.9.9", "loopback", ""),
    ("loopback, IPv6", "::1", "loopback", ""),
    ("metadata", "169.254.169.254", "link-local", "link-local"),
    ("metadata of another cloud", "100.100.100.200", "link-local", "link-local"),
    ("metadata, IPv6", "fd00:ec2::254", "link-local", "link-local"),
    ("link-local, IPv6", "fe80::1", "link-local", "link-local"),
    ("everything", "0.0.0.0", "unspecified", "unspecified"),
    ("multicast", "224.0.0.1", "multicast", "multicast"),
    ("broadcast", "255.255.255.255", "private", ""),
    ("mapped loopback", "::ffff:127.0.0.1", "loopback", ""),
    ("mapped metadata", "::ffff:169.254.169.254", "link-local", "link-local"),
    ("6to4 of a private one", "2002:0a01:0203::1", "private", ""),
    ("NAT64 of metadata", "64:ff9b::a9fe:a9fe", "link-local", "link-local"),
    ("NAT64 of a private one", "64:ff9b::a01:203", "private", ""),
]


@pytest.mark.parametrize(("address", "untrusted", "trusted"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_forbidden(address: str, untrusted: str, trusted: str) -> None:
    ip = ipaddress.ip_address(address)
    for allowed, expected in ((False, untrusted), (True, trusted)):
        reason = forbidden(ip, trusted=allowed)
        assert expected in reason
        assert bool(reason) is bool(expected)


def answers(*addresses: str) -> Any:
    def resolver(host: str, port: int) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    return resolver


def test_the_first_allowed_address_is_used() -> None:
    assert allowed_address("h", 443, (), answers("10.0.0.1", "93.184.216.34")) == "93.184.216.34"
    assert allowed_address("H.", 443, ("h",), answers("10.0.0.1")) == "10.0.0.1"
    assert allowed_address("h", 443, (), answers("fe80::1%eth0", "2606:2800:220:1::1")) == "2606:2800:220:1::1"


@pytest.mark.parametrize(
    ("addresses", "allow", "got"),
    [
        (("10.0.0.1",), (), "a private"),
        (("127.0.0.1", "::1"), ("other",), "a loopback"),
        (("169.254.169.254",), ("h",), "a link-local"),
        ((), ("h",), "no address"),
    ],
    ids=["private", "another host is allowed", "metadata though allowed", "nothing"],
)
def test_no_address_left(addresses: tuple[str, ...], allow: tuple[str, ...], got: str) -> None:
    with pytest.raises(AddressRefused, match=f"host h: expected a public address.*got {got}"):
        allowed_address("h", 80, allow, answers(*addresses))
