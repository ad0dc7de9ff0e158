"""The layout of a site's file: its cameras with all that is done with them, its store, its people and its doors."""

from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from sightline.config.doors import DoorSettings
from sightline.config.people import PeopleSettings
from sightline.config.rules import GroundConfig, RuleConfig, Share, check_rules
from sightline.config.settings import Section, Settings, load_settings
from sightline.config.sources import SourceOptions, SourcesSettings, StreamChoice, TamperOptions
from sightline.config.store import StoreSettings
from sightline.core.errors import BadConfig
from sightline.core.events import Line, Zone
from sightline.core.ground import Mount

MOST_CAMERAS: Final = 1000  # of one program; more belong to several workers
_MOST_SHAPES: Final = 64  # lines, and zones, of one camera
_NETWORK_SCHEMES: Final = ("rtsp://", "rtsps://", "rtmp://", "rtmps://", "http://", "https://")
_CONTROL: Final = 32  # letters below are not for names: they end up in logs, headers and topics

Point = tuple[Share, Share]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]


def _plain_name(name: str) -> str:
    if name != name.strip() or any(ord(letter) < _CONTROL or letter in "/\\#+" for letter in name):
        raise ValueError("expected a name without / \\ # + and control characters, not beginning or ending in a blank")
    return name


def _zone_of_time(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("expected a name of the time zone database such as Europe/Berlin") from error
    return name


def _as_source(given: object) -> object:
    """An address alone is a source too."""
    return {"url": given} if isinstance(given, str) else given


Source = Annotated[SourceOptions, BeforeValidator(_as_source, json_schema_input_type=str | SourceOptions)]
CameraName = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_plain_name)]
ShapeName = Annotated[str, Field(min_length=1, max_length=80)]


class PositionConfig(Section):
    """Where a camera hangs and where it looks; the map and journeys need it."""

    lon: float = Field(ge=-180, le=180, description="Longitude, degrees (WGS 84).")
    lat: float = Field(ge=-85, le=85, description="Latitude, degrees.")
    height_m: float = Field(6.0, ge=0.5, le=500, description="Height above the street, metres.")
    bearing_deg: float = Field(0.0, ge=-360, le=360, description="Direction of view, degrees, 0 = north, clockwise.")
    pitch_deg: float = Field(25.0, ge=-90, le=90, description="Downwards from the horizon, degrees.")
    field_deg: float = Field(70.0, ge=1, le=170, description="Horizontal field of view, degrees.")

    def mount(self) -> Mount:
        """The value."""
        return Mount(self.lon, self.lat, self.height_m, self.bearing_deg, self.pitch_deg, self.field_deg)


class CameraConfig(Section):
    """One camera: its source, why it is there, and what is done with what it sees."""

    source: Source = Field(description="Address of the stream, or the address with user, password and more.")
    sub: Source | None = Field(None, description="Its smaller stream, which is analysed where that is enough.")
    choice: StreamChoice = Field(StreamChoice(), description="Which of the two is analysed.")
    from_api: bool = Field(
        False, description="Its addresses came by the API: none of this machine, private ones only where allowed."
    )
    purpose: str = Field(
        min_length=8, max_length=500, description="What this camera is for, in words for the people it sees."
    )
    position: PositionConfig | None = Field(None, description="Where it hangs.")
    fps: float | None = Field(
        None, ge=0.01, le=120, description="Analyses per second; none = pipeline.live_fps, of a file every frame."
    )
    paused: bool = Field(False, description="Not read at the moment.")
    masks: tuple[Polygon, ...] = Field((), max_length=64, description="Parts of the picture that are never shown.")
    lines: dict[ShapeName, tuple[Point, Point]] = Field(
        {}, max_length=_MOST_SHAPES, description="Counting lines: name -> start and end in shares of the picture."
    )
    zones: dict[ShapeName, Polygon] = Field(
        {}, max_length=_MOST_SHAPES, description="Zones: name -> corners in shares of the picture."
    )
    rules: tuple[RuleConfig, ...] = Field((), description="What is told about this camera.")
    ground: GroundConfig | None = Field(None, description="How metres are known in its picture.")
    tamper: TamperOptions | None = Field(
        TamperOptions(), description="When it counts as covered, blurred, turned, dark or frozen; null = never."
    )
    suggest_line: bool = Field(True, description="Without lines, draw one over the traffic.")

    @model_validator(mode="after")
    def _parts_fit(self) -> "CameraConfig":
        try:
            self.lines_drawn()
            self.zones_drawn()
            check_rules("", self.rules, self.lines, self.zones)
        except BadConfig as error:
            raise ValueError(str(error).removeprefix("cameras..")) from error
        if self.choice.pictures != "analysed":
            raise ValueError("choice.pictures: expected analysed; pictures of a second stream are not made yet")
        streams = [one for one in (self.source, self.sub) if one is not None and one.kind != "push"]
        if self.from_api and not all(one.url.lower().startswith(_NETWORK_SCHEMES) for one in streams):
            raise ValueError("expected an rtsp, rtsps, rtmp, rtmps, http or https address: it came by the API")
        return self

    def lines_drawn(self) -> tuple[Line, ...]:
        """The lines as values."""
        return tuple(Line(name, start, end) for name, (start, end) in self.lines.items())

    def zones_drawn(self) -> tuple[Zone, ...]:
        """The zones as values."""
        return tuple(Zone(name, corners) for name, corners in self.zones.items())


class PolicyConfig(Section):
    """Who answers for the cameras, and what people are told; `sightline privacy check` asks for it."""

    operator: str = Field("", max_length=200, description="Who runs the cameras and answers for them.")
    contact: str = Field("", max_length=200, description="How people reach them with questions and objections.")
    notice: str = Field("", max_length=500, description="Where the public notice hangs, or its address.")


class SiteConfig(Section):
    """A site."""

    version: Literal[1] = Field(1, description="Version of this layout.")
    name: CameraName = Field(description="Name of the site; roles may hold at one site.")
    time_zone: Annotated[str, AfterValidator(_zone_of_time)] = Field(
        "UTC", description="Where the clock of its rules stands, such as Europe/Berlin."
    )
    policy: PolicyConfig = Field(PolicyConfig(), description="Who answers for the cameras.")
    cameras: dict[CameraName, CameraConfig] = Field({}, max_length=MOST_CAMERAS, description="Name -> camera.")
    sources: SourcesSettings = Field(SourcesSettings(), description="What all sources share.")
    store: StoreSettings = Field(StoreSettings(), description="Where findings are kept, and for how long.")
    people: PeopleSettings = Field(PeopleSettings(), description="Who gets in, and how.")
    doors: DoorSettings = Field(DoorSettings(), description="Where findings go beside the page.")
    settings: dict[str, dict[str, Any]] = Field(
        {}, description="Section -> setting -> value, as in the list of settings; this file wins over the environment."
    )

    @model_validator(mode="after")
    def _pushers_differ(self) -> "SiteConfig":
        pushed: dict[str, str] = {}
        for name, camera in self.cameras.items():
            for stream in (camera.source, camera.sub):
                if stream is None or stream.kind != "push":
                    continue
                if camera.from_api and "push" not in self.sources.model_fields_set:
                    raise ValueError(f"cameras.{name}: expected sources.push in the file before cameras may push")
                other = pushed.setdefault(stream.url, name)
                if other != name or stream is camera.sub:
                    raise ValueError(f"cameras.{name}: expected a name to push to of its own, {stream.url!r} is taken")
        return self

    def effective(self) -> Settings:
        """The settings of this file over those of the environment; BadConfig where one cannot work."""
        unknown = sorted(set(self.settings) - set(Settings.model_fields))
        if unknown:
            raise BadConfig("settings", unknown[0], f"one of {', '.join(Settings.model_fields)}")
        return load_settings(**self.settings)


def schema() -> dict[str, Any]:
    """The layout as a JSON Schema, for editors."""
    return SiteConfig.model_json_schema()
