"""The site's options on people: under which addresses they come, how they sign in, how long that lasts."""

import ipaddress
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from sightline.config.roles import Grant, Role
from sightline.config.settings import Section

_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


def _web_address(address: str) -> str:
    parts = urlsplit(address)
    sound = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and not parts.fragment
    if not sound or parts.query or any(character.isspace() for character in address):
        raise ValueError("expected an address such as https://sightline.city.example, without user, query and fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("expected https (http is for addresses of this machine only)")
    return address.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError("expected an address or network such as 10.0.0.5 or 10.0.0.0/24") from error
    if network.prefixlen == 0:
        raise ValueError("expected the proxy's own address or network, not every address there is")
    return str(network)


WebAddress = Annotated[str, AfterValidator(_web_address)]
Network = Annotated[str, AfterValidator(_network)]


class TlsSettings(Section):
    """Certificate and key of the page, as PEM files."""

    certificate: Path = Field(description="File with the certificate and its chain, PEM.")
    key: Path = Field(description="File with the private key, PEM; readable by its owner alone.")


class GrantSettings(Section):
    """A role and where it holds."""

    role: Role = Field(description="viewer, operator, admin or privacy_officer.")
    site: str | None = Field(None, min_length=1, max_length=200, description="Name of the site; none = every site.")
    camera: str | None = Field(None, min_length=1, max_length=200, description="Name of the camera; none = every one.")

    def grant(self) -> Grant:
        """The value; BadConfig for a camera without its site."""
        return Grant(self.role, self.site, self.camera)

    @model_validator(mode="after")
    def _camera_has_a_site(self) -> Self:
        if self.camera is not None and self.site is None:
            raise ValueError("expected a site beside the camera: names of cameras are unique in a site only")
        return self


class OidcSettings(Section):
    """Signing in with the organisation's own accounts (OpenID Connect, extra ``oidc``)."""

    issuer: WebAddress = Field(description="Address of the provider, as in its discovery document.")
    client_id: str = Field(min_length=1, max_length=256, description="Name by which the provider knows this service.")
    client_secret_file: Path | None = Field(None, description="File with the client's secret; none = a public client.")
    label: str = Field("Single sign-on", min_length=1, max_length=60, description="Text of the button on the page.")
    scopes: tuple[str, ...] = Field(("openid", "profile"), description="What is asked of the provider; holds openid.")
    claim: str = Field(
        "groups", min_length=1, max_length=200, description="Claim of the id token that gives roles; dots lead into it."
    )
    name_claim: str = Field(
        "preferred_username", min_length=1, max_length=200, description="Claim that names the person in lists and log."
    )
    roles: dict[str, tuple[GrantSettings, ...]] = Field(
        description="Value of the claim -> roles it gives; who has none of the values is not let in."
    )
    timeout_s: float = Field(5.0, ge=0.5, le=60, description="Longest wait for an answer of the provider, seconds.")

    @model_validator(mode="after")
    def _asks_for_an_id_token(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("expected scopes with openid in them")
        return self


class PeopleSettings(Section):
    """Who gets in, how, and for how long."""

    public_address: WebAddress | None = Field(
        None, description="Address people type; needed for single sign-on, and then the only Host answered to."
    )
    tls: TlsSettings | None = Field(None, description="Serve https by these files; none = by a reverse proxy, or not.")
    trusted_proxies: tuple[Network, ...] = Field(
        (), max_length=32, description="Addresses of reverse proxies; X-Forwarded-For and -Proto of others are ignored."
    )
    plain_http: bool = Field(
        False, description="Serve other machines without TLS: passwords can be read on the way. For closed networks."
    )
    first_token_min: float = Field(60, ge=5, le=1440, description="The first owner's token is good so long, minutes.")
    invitation_hours: float = Field(72, ge=0.1, le=720, description="An invitation is good so long, hours.")
    idle_min: float = Field(30, ge=1, le=1440, description="A session not used for so long ends, minutes.")
    session_hours: float = Field(12, ge=0.1, le=720, description="A session ends after so long in any case, hours.")
    sessions_per_person: int = Field(10, ge=1, le=100, description="Most sessions of one person; the oldest ends.")
    token_days: int = Field(365, ge=1, le=1825, description="Longest life of an API token, days.")
    tokens_per_person: int = Field(20, ge=1, le=1000, description="Most API tokens of one person.")
    max_people: int = Field(5000, ge=1, le=100_000, description="Most people.")
    login_tries: int = Field(
        5, ge=3, le=20, description="Wrong passwords for one name from one address before it has to wait."
    )
    login_try_s: float = Field(60, ge=60, le=3600, description="One more try after so long, seconds.")
    requests_per_s: float = Field(100, ge=1, le=100_000, description="Requests of one caller per second, on average.")
    request_burst: int = Field(400, ge=10, le=100_000, description="Requests of one caller at once.")
    oidc: OidcSettings | None = Field(None, description="Single sign-on; none = names and passwords only.")

    @model_validator(mode="after")
    def _single_sign_on_knows_its_way_back(self) -> Self:
        if self.oidc is not None and self.public_address is None:
            raise ValueError("expected public_address beside oidc: the provider sends people back to it")
        return self
