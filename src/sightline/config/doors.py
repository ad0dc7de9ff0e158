"""Options of the doors: where findings go beside the page, and how."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from sightline.config.settings import Section
from sightline.core.errors import BadConfig

_REFERENCE: Final = re.compile(r"\$\{(?P<variable>[A-Za-z_][A-Za-z0-9_]*)\}|file:(?P<path>.+)")
_LONGEST_SECRET: Final = 4096  # bytes; a key is far shorter, and a wrong path must not be read into memory whole
_PREFIX: Final = r"^[A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)*$"  # no wildcard, no empty level, no $SYS


def secret_of(key: str, reference: str, environment: Mapping[str, str] | None = None) -> str:
    """The secret that ``${NAME}`` (environment) or ``file:PATH`` (first line) refers to; BadConfig names the key only.

    Secrets are never written into the site's file itself, so that the file can be shown, kept and compared.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise BadConfig(key, "something else", "${NAME} of the environment or file:PATH")
    if name := found["variable"]:
        value = (os.environ if environment is None else environment).get(name, "")
        if not value:
            raise BadConfig(key, "an empty or missing one", f"a value in the environment variable {name}")
        return value
    path = Path(found["path"])
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_SECRET).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(key, str(path), f"a text file that can be read ({type(error).__name__})") from error
    value = text.split("\n", 1)[0].rstrip("\r")
    if not value:
        raise BadConfig(key, str(path), "a file whose first line is the secret")
    return value


def _checked_reference(value: str | None) -> str | None:
    if value is not None and not is_reference(value):
        raise ValueError("a reference: ${NAME} of the environment or file:PATH, never the secret itself")
    return value


def is_reference(value: str) -> bool:
    """Whether the text refers to a secret instead of being one."""
    return _REFERENCE.fullmatch(value) is not None


def checked_url(value: str) -> str:
    """The address if a door may post to one like it; ValueError says what is expected. A reference passes as it is."""
    if is_reference(value):
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address that begins with http:// or https://")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("an address without user, password and fragment (give a token as a reference)")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in value):
        raise ValueError("an address without spaces and line ends")
    return value


class Door(Section):
    """What every door has."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Name of the door in logs and metrics, lower case."
    )
    queue_events: int = Field(
        20_000,
        ge=100,
        le=1_000_000,
        description="Events that wait while the other side is away; then the oldest are dropped and counted.",
    )
    retry_first_s: float = Field(0.5, ge=0.05, le=60, description="First wait of the retry ladder, seconds.")
    retry_last_s: float = Field(30.0, ge=0.1, le=3600, description="Longest wait of the retry ladder, seconds.")

    @model_validator(mode="after")
    def _ladder_rises(self) -> "Door":
        if self.retry_last_s < self.retry_first_s:
            raise ValueError("retry_last_s of at least retry_first_s")
        return self


class MqttDoor(Door):
    """An MQTT broker (needs the extra ``bus``)."""

    type: Literal["mqtt"] = Field(description="mqtt")
    host: str = Field(min_length=1, max_length=253, description="Name or address of the broker.")
    port: int = Field(1883, ge=1, le=65535, description="Port of the broker; 8883 is usual with TLS.")
    prefix: str = Field("sightline", pattern=_PREFIX, max_length=100, description="First levels of every topic.")
    client_id: str | None = Field(
        None, min_length=1, max_length=64, description="MQTT client id; default: site and name of the door."
    )
    user: str | None = Field(None, min_length=1, max_length=256, description="User name at the broker.")
    password: str | None = Field(None, repr=False, description="Its password: ${NAME} or file:PATH.")
    tls: bool = Field(False, description="Encrypt and check the broker's certificate.")
    ca_file: Path | None = Field(None, description="Certificates to trust instead of the system's, PEM.")
    cert_file: Path | None = Field(None, description="Certificate to show to the broker, PEM.")
    key_file: Path | None = Field(None, description="Its key, PEM.")
    qos: Literal[0, 1] = Field(1, description="Quality of service of events and counts: 1 = acknowledged.")
    keepalive_s: int = Field(
        30, ge=5, le=1200, description="Silence after which the broker takes us for gone, seconds (it waits 1.5 times)."
    )
    home_assistant: bool = Field(True, description="Announce cameras to Home Assistant.")
    discovery_prefix: str = Field(
        "homeassistant", pattern=_PREFIX, max_length=100, description="Home Assistant's discovery prefix."
    )
    onvif_events: bool = Field(False, description="Also publish events as ONVIF onvif-ej JSON.")
    onvif_metadata: bool = Field(
        False, description="Also publish ONVIF onvif-mj JSON once a second: vehicles one by one, persons as a number."
    )

    _password_is_reference = field_validator("password")(_checked_reference)

    @model_validator(mode="after")
    def _parts_fit(self) -> "MqttDoor":
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file together")
        if not self.tls and (self.ca_file or self.cert_file):
            raise ValueError("tls: true beside ca_file, cert_file and key_file")
        if self.password is not None and self.user is None:
            raise ValueError("user beside password")
        return self


class HttpDoor(Door):
    """What doors that post by HTTP have."""

    url: str = Field(
        max_length=2000,
        description="Address to post to, http:// or https://; ${NAME} or file:PATH where it holds a secret.",
    )
    allow_hosts: tuple[str, ...] = Field(
        (),
        max_length=50,
        description="Hosts that may resolve to private or loopback addresses; link-local ones are refused always.",
    )
    ca_file: Path | None = Field(None, description="Certificates to trust instead of the system's, PEM.")
    token: str | None = Field(None, repr=False, description="Bearer token: ${NAME} or file:PATH.")
    timeout_s: float = Field(10.0, ge=0.5, le=120, description="Longest wait for one answer, seconds.")
    give_up_s: float = Field(
        86_400.0, ge=1, le=604_800, description="A delivery refused for so long is given up and counted, seconds."
    )

    _url_is_plain = field_validator("url")(checked_url)
    _token_is_reference = field_validator("token")(_checked_reference)


class WebhookDoor(HttpDoor):
    """Signed posts of events to an address."""

    type: Literal["webhook"] = Field(description="webhook")
    secret: str = Field(repr=False, description="Key of the signature: ${NAME} or file:PATH; 24 bytes or more.")
    batch_events: int = Field(100, ge=1, le=1000, description="Most events of one post.")
    linger_s: float = Field(
        0.2, ge=0, le=60, description="How long a post waits for more events to carry along, seconds."
    )

    _secret_is_reference = field_validator("secret")(_checked_reference)


class NgsiDoor(HttpDoor):
    """Counts as TrafficFlowObserved and CrowdFlowObserved to an NGSI-LD broker."""

    type: Literal["ngsi-ld"] = Field(description="ngsi-ld")
    window_min: Literal[5, 15, 60] = Field(15, description="Length of an observation, minutes.")
    address: Mapping[str, str] | None = Field(
        None,
        max_length=10,
        description="Postal address (addressLocality, addressCountry, streetAddress) of cameras without a position.",
    )
    tenant: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_/-]{1,64}$", description="Tenant of the broker (header NGSILD-Tenant)."
    )
    context: str = Field(
        "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/context.jsonld",
        max_length=500,
        description="JSON-LD context of the entities; the broker reads it, Sightline does not.",
    )


class PluginDoor(Door):
    """A sink that comes with another package (entry point ``sightline.sinks``)."""

    type: Literal["plugin"] = Field(description="plugin")
    use: str = Field(min_length=1, max_length=80, description="Name of the entry point.")
    options: Mapping[str, Any] = Field({}, description="Handed to the sink as it is.")


AnyDoor = Annotated[MqttDoor | WebhookDoor | NgsiDoor | PluginDoor, Field(discriminator="type")]


class StreamSettings(Section):
    """Server-Sent Events of the page."""

    recent: int = Field(
        10_000,
        ge=10,
        le=100_000,
        description="Events kept for clients that return or read slowly; then the oldest go.",
    )
    max_clients: int = Field(64, ge=1, le=10_000, description="Most clients connected at once.")
    heartbeat_s: float = Field(
        15.0, ge=1, le=300, description="A comment is sent after so long without events, seconds."
    )


class DoorSettings(Section):
    """All doors of a site."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sinks: tuple[AnyDoor, ...] = Field((), max_length=32, description="Doors by type: mqtt, webhook, ngsi-ld, plugin.")
    stream: StreamSettings = Field(StreamSettings(), description="Server-Sent Events of the page.")

    @model_validator(mode="after")
    def _names_differ(self) -> "DoorSettings":
        names = [door.name for door in self.sinks]
        if len(set(names)) < len(names):
            raise ValueError("doors with different names")
        return self
