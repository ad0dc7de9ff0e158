"""Who really asks: the last address before the trusted proxies, whatever the caller wrote."""

import pytest
from starlette.datastructures import Headers

from sightline.api.people.proxy import Origin, Proxies, with_origin
from sightline.config.people import PeopleSettings
from sightline.config.roles import Grant, Role

TRUSTED = ["10.0.0.0/24", "fd00::/8"]


@pytest.mark.parametrize(
    ("word", "peer", "lines", "address", "secure"),
    [
        ("nobody in between", "192.0.2.7", {}, "192.0.2.7", False),
        ("a stranger's word", "192.0.2.7", {"x-forwarded-for": "1.2.3.4"}, "192.0.2.7", False),
        ("a stranger's scheme", "192.0.2.7", {"x-forwarded-proto": "https"}, "192.0.2.7", False),
        ("the proxy's word", "10.0.0.5", {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https"}, "1.2.3.4", True),
        ("a lie before it", "10.0.0.5", {"x-forwarded-for": "9.9.9.9, 1.2.3.4"}, "1.2.3.4", False),
        ("two proxies", "10.0.0.5", {"x-forwarded-for": "9.9.9.9, 1.2.3.4, 10.0.0.6"}, "1.2.3.4", False),
        ("a lie that names a proxy", "10.0.0.5", {"x-forwarded-for": "10.0.0.7, 1.2.3.4"}, "1.2.3.4", False),
        ("with ports", "10.0.0.5", {"x-forwarded-for": "1.2.3.4:999"}, "1.2.3.4", False),
        ("version 6", "fd00::1", {"x-forwarded-for": "[2001:db8::1]:999"}, "2001:db8::1", False),
        ("mapped", "::ffff:10.0.0.5", {"x-forwarded-for": "1.2.3.4"}, "1.2.3.4", False),
        ("nonsense", "10.0.0.5", {"x-forwarded-for": "1.2.3.4, <script>"}, "10.0.0.5", False),
        ("the nearest word on the scheme", "10.0.0.5", {"x-forwarded-proto": "https, http"}, "10.0.0.5", False),
        ("a scheme nobody knows", "10.0.0.5", {"x-forwarded-proto": "javascript"}, "10.0.0.5", False),
    ],
)  # fmt: skip
def test_origins(word, peer, lines, address, secure):
    scope = {"type": "http", "scheme": "http", "client": (peer, 1)}
    assert Proxies(TRUSTED).origin_of(scope, Headers(lines)) == Origin(address, secure), word


def test_a_thousand_hops_are_not_all_read():
    lines = Headers({"x-forwarded-for": ", ".join(["10.0.0.1"] * 5000)})
    assert Proxies(TRUSTED).origin_of({"scheme": "http", "client": ("10.0.0.5", 1)}, lines).address == "10.0.0.1"


def test_the_application_sees_what_the_person_used():
    seen = with_origin({"scheme": "ws", "client": ("10.0.0.5", 7)}, Origin("1.2.3.4", True))
    assert seen == {"scheme": "wss", "client": ("1.2.3.4", 7)}
    assert with_origin({"scheme": "http", "client": None}, Origin("unknown", False))["client"] == ("unknown", 0)


@pytest.mark.parametrize(
    "options",
    [
        {"trusted_proxies": ["0.0.0.0/0"]}, {"trusted_proxies": ["proxy.example"]}, {"public_address": "city.example"},
        {"public_address": "http://city.example"}, {"public_address": "https://a:b@city.example"},
        {"public_address": "https://city.example/?a=1"}, {"session_hours": 0}, {"login_try_s": 1}, {"unknown": 1},
        {"oidc": {"issuer": "https://id.example", "client_id": "s", "roles": {}}},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_cannot_work(options):
    with pytest.raises(ValueError, match=r"people settings|PeopleSettings"):
        PeopleSettings(**options)


def test_roles_of_the_file():
    settings = PeopleSettings(
        public_address="https://city.example/",
        oidc={"issuer": "https://id.example/", "client_id": "s", "roles": {"ops": [{"role": "operator", "site": "x"}]}},
    )
    assert settings.public_address == "https://city.example"
    assert settings.oidc.roles["ops"][0].grant() == Grant(Role.OPERATOR, "x")
