"""Which addresses may be opened, by origin; every way of writing a forbidden one."""

import pytest

from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video.allowed import allowed_address, pinned


def host(*addresses: str):
    """A resolver that knows every host by these addresses."""
    return lambda name, port: list(addresses)


OK = {
    "a private camera": ("rtsp://cam.lan/1", "api", ["192.168.1.7"]),
    "a public camera": ("https://cam.example/1.m3u8", "api", ["93.184.216.34"]),
    "a camera by IPv6 in a private network": ("rtsp://cam/1", "api", ["fd12::7"]),
    "the operator's own machine": ("rtsp://localhost/1", "operator", ["127.0.0.1"]),
    "the operator's carrier network": ("rtsp://cam/1", "operator", ["100.64.3.4"]),
}


@pytest.mark.parametrize("word", OK)
def test_allowed(word: str) -> None:
    url, origin, addresses = OK[word]
    found = allowed_address(url, origin, resolve=host(*addresses))  # type: ignore[arg-type]
    assert found is not None
    assert [str(one) for one in found.addresses] == addresses


FORBIDDEN = {
    "cloud data": "169.254.169.254",
    "link-local": "169.254.3.3",
    "link-local, IPv6": "fe80::1",
    "cloud data of another cloud": "100.100.100.200",
    "cloud data, IPv6": "fd00:ec2::254",
    "mapped into IPv6": "::ffff:169.254.169.254",
    "by 6to4": "2002:a9fe:a9fe::1",
    "by NAT64": "64:ff9b::a9fe:a9fe",
    "IPv4-compatible": "::a9fe:a9fe",
    "unspecified": "0.0.0.0",
    "zero network": "0.1.2.3",
    "unspecified, IPv6": "::",
    "multicast": "239.255.255.250",
    "broadcast": "255.255.255.255",
}


@pytest.mark.parametrize("origin", ["operator", "api"])
@pytest.mark.parametrize("word", FORBIDDEN)
def test_never_allowed(word: str, origin: str) -> None:
    with pytest.raises(SourceUnavailable, match="expected the address of a camera, got"):
        allowed_address("rtsp://cam/1", origin, ["0.0.0.0/0", "::/0"], resolve=host(FORBIDDEN[word]))  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "100.64.3.4"])
def test_only_the_operator_or_a_site_that_says_so(address: str) -> None:
    with pytest.raises(SourceUnavailable):
        allowed_address("rtsp://cam/1", "api", resolve=host(address))
    assert allowed_address("rtsp://cam/1", "operator", resolve=host(address))
    assert allowed_address("rtsp://cam/1", "api", ["127.0.0.0/8", "::1/128", "100.64.0.0/10"], resolve=host(address))


def test_one_forbidden_address_of_several_is_enough() -> None:
    with pytest.raises(SourceUnavailable):
        allowed_address("http://cam/1", "api", resolve=host("192.168.1.7", "169.254.169.254"))


def test_private_networks_can_be_narrowed() -> None:
    with pytest.raises(SourceUnavailable, match="a private address that the site does not allow"):
        allowed_address("rtsp://cam/1", "api", ["10.20.0.0/16"], resolve=host("10.21.0.1"))
    with pytest.raises(BadConfig):
        allowed_address("rtsp://cam/1", "api", ["ten"], resolve=host("10.21.0.1"))


@pytest.mark.parametrize(
    "url",
    ["/etc/passwd", "file:///etc/passwd", "/dev/video0", "concat:a|b", "gopher://h/", "rtsp://h\\@169.254.169.254/",
     "http://h /x", "http://h\r\nX: 1/", "http:///x", "http://[fe80::1%eth0]/", "http://h:99999/"],
)  # fmt: skip
def test_what_api_addresses_cannot_be(url: str) -> None:
    with pytest.raises(SourceUnavailable):
        allowed_address(url, "api", resolve=host("192.168.1.7"))


@pytest.mark.parametrize("url", ["http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/"])
def test_numbers_that_the_system_reads_as_addresses(url: str) -> None:
    with pytest.raises(SourceUnavailable):  # by the real resolver: no network is asked for a number
        allowed_address(url, "api")


def test_pinning_keeps_all_but_the_host() -> None:
    url = "rtsp://us%40er:p%3Aw@cam.lan/a/b?x=1"
    found = allowed_address(url, "api", resolve=host("fd12::7"))
    assert found is not None
    assert pinned(url, found) == "rtsp://us%40er:p%3Aw@[fd12::7]:554/a/b?x=1"
