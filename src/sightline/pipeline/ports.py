"""What the pipeline shows to the API and takes from it; pictures in it are JPEGs of Redacted ones only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from sightline.core.events import Event, Line
from sightline.core.ground import F64, Mount
from sightline.core.values import I16

State = Literal["starting", "running", "paused", "lost", "ended", "failed"]


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """Health of one stream. source carries no credentials; ms: mean milliseconds per stage and analysed frame."""

    name: str
    source: str
    kind: Literal["file", "live"]
    state: State
    reason: str  # why it is lost, failed or ended; empty while running
    width: int
    height: int
    source_fps: float | None
    analysed_fps: float
    age_s: float | None  # how old the newest analysed frame is
    frames_read: int
    frames_analysed: int
    dropped: dict[str, int]  # by reason
    reconnects: int
    ms: dict[str, float]  # by stage: decode, detect, track, describe, redact, ...
    tracks: dict[str, int]  # road users seen so far by class
    progress: float | None  # 0..1 of a file, None for live
    detector: str
    notes: tuple[str, ...] = ()  # sentences people should read, e.g. why pictures are pixelated
    lon: float | None = None  # degrees; None where nobody said where the camera hangs
    lat: float | None = None
    bearing_deg: float | None = None  # direction of view, 0 = north, clockwise


@dataclass(frozen=True, slots=True)
class OverlayObject:
    """One box to draw. box: left, top, right, bottom in shares (0..1) of the picture."""

    id: int
    label: str
    score: float
    box: tuple[float, float, float, float]
    held: bool
    age_s: float
    attributes: dict[str, tuple[str, float]]  # name -> (value, probability)


@dataclass(frozen=True, slots=True)
class Overlay:
    """The boxes of one instant of one camera; index and time_ns are those of the picture they belong to."""

    camera: str
    index: int
    time_ns: int
    objects: tuple[OverlayObject, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A redacted picture as JPEG, with the index and time_ns of its frame."""

    camera: str
    index: int
    time_ns: int
    width: int
    height: int
    jpeg: bytes
    pixelated: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CountRow:
    """Crossings of one line in one window. start_ns: UTC or media time; by class name."""

    camera: str
    line: str
    direction: Literal["forward", "backward"]
    start_ns: int
    minutes: int
    by_class: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where road users are on the ground now, over all cameras that know where they hang: dots, no ids, no cameras.

    time_ns: of the newest frame among them; lonlat: f64 (n, 2) degrees; labels: i16 (n,) codes of CLASSES. Parked ones
    are left out; who is seen by two cameras is there twice.
    """

    time_ns: int
    lonlat: F64
    labels: I16

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class CountScore:
    """Crossings of one line in one direction: as counted, and as they truly were."""

    line: str
    direction: Literal["forward", "backward"]
    counted: int
    truth: int


@dataclass(frozen=True, slots=True)
class CameraScores:
    """How right the numbers of one camera are, where somebody outside the pipeline knows the truth.

    hota, idf1: percent, None where not (yet) measured; note: one sentence for people, e.g. over which time.
    """

    hota: float | None
    idf1: float | None
    counts: tuple[CountScore, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The scores of a camera changed."""

    camera: str


Update = Picture | Overlay | Event | CameraStatus | Judged


class Ports(Protocol):
    """The running pipeline as the API sees it. Every method may be called from any thread and returns at once."""

    def cameras(self) -> Sequence[CameraStatus]:
        """All cameras in the order they were named."""
        ...

    def lines(self, camera: str) -> Sequence[Line]:
        """The counting lines of a camera; KeyError for an unknown camera."""
        ...

    def set_lines(self, camera: str, lines: Sequence[Line]) -> None:
        """Replace the counting lines; counts of lines that stay equal go on. KeyError for an unknown camera."""
        ...

    def counts(self, camera: str, minutes: int) -> Sequence[CountRow]:
        """Counts in windows of 1 or 15 minutes, oldest first. KeyError for an unknown camera."""
        ...

    def events(self, limit: int) -> Sequence[Event]:
        """The newest events, newest last."""
        ...

    def plan_map(self) -> Mapping[str, Any] | None:
        """The base map given at start, a GeoJSON FeatureCollection (see ``docs/guides/map.md``), None without one."""
        ...

    def mounts(self) -> Mapping[str, Mount]:
        """Where cameras hang, by name; those nobody gave a place are absent."""
        ...

    def places(self) -> Places:
        """Where road users are on the ground now; made when asked, without any picture."""
        ...

    def scores(self) -> Mapping[str, CameraScores]:
        """How right the numbers are, by camera; empty where nobody knows the truth."""
        ...

    def subscribe(self, listener: Callable[[Update], None], pictures_of: Sequence[str]) -> Callable[[], None]:
        """Call listener (from a worker thread; it must not block) with every update of every camera.

        Pictures and overlays come only for the cameras in pictures_of, so that none is redacted that nobody looks at.
        Returns the call that ends the subscription.
        """
        ...


class SitePort(Protocol):
    """The cameras of a service as its file says them; every change is checked as a whole, in force, and in the file.

    Whoever changes something is named for the log by the caller. BadConfig where a change would make no sound site,
    KeyError for an unknown camera; then nothing has changed.
    """

    def name(self) -> str:
        """Name of the site."""
        ...

    def camera(self, camera: str) -> dict[str, Any]:
        """The entry of a camera, without credentials; KeyError for an unknown one."""
        ...

    def add_camera(self, camera: str, members: Mapping[str, Any]) -> None:
        """A new camera; BadConfig where the name is taken."""
        ...

    def change_camera(self, camera: str, members: Mapping[str, Any]) -> None:
        """Replace some members of an entry; None takes one out."""
        ...

    def remove_camera(self, camera: str) -> None:
        """Take a camera away."""
        ...
