"""Where a camera's pictures come from: the source part of a site's configuration."""

import re
from ipaddress import ip_network
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from sightline.config.settings import Section

# RFC 1918 and RFC 4193: where street cameras are.
PRIVATE_NETWORKS: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")

_SECRET = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}|file:.+")
_PUSH_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _network(text: str) -> str:
    return str(ip_network(text))  # ValueError: pydantic makes a sentence of it


def _secret(text: str) -> str:
    if not _SECRET.fullmatch(text):
        raise ValueError("expected ${NAME} of the environment or file:PATH, got something else (kept back)")
    return text


Network = Annotated[str, AfterValidator(_network)]
SecretRef = Annotated[str, AfterValidator(_secret)]


class SnapshotOptions(Section):
    """A picture that is fetched again and again (JPEG by HTTP)."""

    interval_s: float = Field(1.0, ge=0.2, le=86_400, description="Time from one fetch to the next, seconds.")
    max_bytes: int = Field(16_000_000, ge=10_000, le=256_000_000, description="Largest picture taken, bytes.")
    stale_s: float = Field(
        600.0, ge=1, le=604_800, description="The same picture for so long counts as a lost source, seconds."
    )


class DocumentOptions(Section):
    """A file or web document that holds the current address of a stream; read again at every reconnect."""

    pointer: str = Field(
        "", max_length=200, pattern=r"^(/.*)?$", description="Where a JSON document holds the address (RFC 6901)."
    )
    contains: str = Field(
        "", max_length=200, description="Take the first address that contains these characters, such as .m3u8."
    )


class SourceOptions(Section):
    """One stream of a camera: where it is, how it is read and with which credentials."""

    # A password in the wrong place must not come back in the message that refuses it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="File, device, or rtsp, rtsps, rtmp, http or https address; with kind push the name to push to.",
    )
    kind: Literal["stream", "snapshot", "document", "push"] = Field(
        "stream",
        description="A stream, a picture to fetch, a document that holds the address, or a name a camera pushes to.",
    )
    user: str | None = Field(None, min_length=1, max_length=200, description="User name that the source asks for.")
    password: SecretRef | None = Field(
        None, description="Where its password (or a pusher's key) is: ${NAME} of the environment or file:PATH."
    )
    verify_tls: bool = Field(
        True, description="Refuse a snapshot or document server whose certificate nobody vouches for."
    )
    snapshot: SnapshotOptions = Field(default_factory=SnapshotOptions, description="Of kind snapshot.")
    document: DocumentOptions = Field(default_factory=DocumentOptions, description="Of kind document.")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "push":
            if not _PUSH_NAME.fullmatch(self.url):
                raise ValueError("expected as url of kind push a name of letters, digits, . _ - (64 at most)")
            if self.password is None:
                raise ValueError("expected a password for kind push: the key that the camera sends, got none")
        if self.kind == "snapshot" and not self.url.lower().startswith(("http://", "https://")):
            raise ValueError("expected an http or https address as url of kind snapshot")
        return self


class StreamChoice(Section):
    """Which of a camera's streams is analysed: small and slow enough to be cheap, large and fast enough to be right."""

    least_height_px: int = Field(360, ge=64, le=4320, description="A stream lower than this is not analysed, pixels.")
    least_fps: float = Field(5.0, ge=0.1, le=120, description="A slower stream is not analysed if a faster one exists.")
    analyse: Literal["auto", "main", "sub"] = Field("auto", description="The stream to analyse.")
    pictures: Literal["analysed", "main", "sub"] = Field(
        "analysed", description="The stream that pictures for people come from; another than the analysed one is read."
    )


class PushOptions(Section):
    """The door that cameras and encoders push RTSP to."""

    address: str = Field("0.0.0.0", max_length=255, description="Address of this machine to listen at.")
    port: int = Field(8554, ge=0, le=65_535, description="TCP port to listen at; 0 = any free one.")
    certificate: str | None = Field(None, description="PEM file of the certificate; with it the door speaks RTSPS.")
    certificate_key: str | None = Field(None, description="PEM file of the certificate's key.")


class SourcesSettings(Section):
    """What all sources of a site share."""

    allow_private: tuple[Network, ...] = Field(
        PRIVATE_NETWORKS, max_length=64, description="Private networks that addresses from the API may lead to."
    )
    push: PushOptions = Field(default_factory=PushOptions, description="The door for cameras that push.")


class TamperOptions(Section):
    """When a camera's picture counts as tampered with."""

    hold_s: float = Field(
        30.0, ge=2, le=3600, description="Covered or turned for so long is tampering; a bus may fill the view, seconds."
    )
    slow_hold_s: float = Field(60.0, ge=2, le=3600, description="The same for blurred and dark, seconds.")
    frozen_s: float = Field(60.0, ge=5, le=3600, description="Exactly the same picture for so long is frozen, seconds.")
    clear_s: float = Field(10.0, ge=1, le=3600, description="So long without a sign ends it, seconds.")
    changed_share: float = Field(
        0.75, ge=0.3, le=1, description="Share of the picture that must be another one for covered or turned."
    )
    sharpness: float = Field(
        0.3, ge=0.02, le=0.9, description="Share of the usual sharpness under which it is blurred."
    )
    dark: float = Field(0.045, ge=0.0, le=0.5, description="Brightness (0 to 1) under which a picture is dark.")
