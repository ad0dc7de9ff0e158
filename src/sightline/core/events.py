"""What happens in a camera's picture: one frozen class per kind of event, and the lines and zones they happen at."""

from dataclasses import dataclass
from typing import Final, Literal

from sightline.core.errors import BadConfig
from sightline.core.vocabulary import VEHICLES

Point = tuple[float, float]
State = Literal["began", "ended"]
Concern = Literal["person", "vehicle", "nobody"]

MOST_CORNERS: Final = 64  # of a zone: more is a drawing error, and every sample pays for each
_LEAST_AREA: Final = 1e-5  # of a zone, shares of the picture: a dozen pixels of 1280x720


def _check_name(kind: str, name: str) -> None:
    if not name or len(name) > 80:
        raise BadConfig(f"{kind} name", name, "1 to 80 characters")


def _check_point(key: str, point: Point) -> None:
    if not all(0.0 <= value <= 1.0 for value in point):  # also refuses NaN
        raise BadConfig(key, point, "two numbers in 0..1")


@dataclass(frozen=True, slots=True)
class Line:
    """A directed counting line in shares of the picture (0..1), so that it survives a change of resolution.

    Crossing from the left of start -> end to its right (as seen in the picture) is "forward", the other way "backward".
    """

    name: str
    start: Point
    end: Point

    def __post_init__(self) -> None:
        for key, point in (("start", self.start), ("end", self.end)):
            _check_point(f"line {self.name!r} {key}", point)
        if self.start == self.end:
            raise BadConfig(f"line {self.name!r}", self.start, "two different points")
        _check_name("line", self.name)


@dataclass(frozen=True, slots=True)
class Zone:
    """A piece of ground as a polygon in shares of the picture (0..1), x right, y down; it may be concave.

    An object is in it when its foot point is. BadConfig for fewer than 3 or more than 64 corners, corners outside the
    picture, sides that cross, or an area of nothing.
    """

    name: str
    corners: tuple[Point, ...]

    def __post_init__(self) -> None:
        _check_name("zone", self.name)
        key, n = f"zone {self.name!r}", len(self.corners)
        if not 3 <= n <= MOST_CORNERS:
            raise BadConfig(key, f"{n} corners", f"3 to {MOST_CORNERS} corners")
        for corner in self.corners:
            _check_point(key, corner)
        if abs(_area(self.corners)) < _LEAST_AREA:
            raise BadConfig(key, "corners on a line", "corners around a piece of the picture")
        sides = [(self.corners[k - 1], self.corners[k]) for k in range(n)]
        for k in range(n):
            for other in range(k + 2, n - (k == 0)):
                if _cross(*sides[k], *sides[other]):
                    raise BadConfig(key, "sides that cross", "corners in order around the zone")


def _area(corners: tuple[Point, ...]) -> float:
    return sum(corners[k - 1][0] * y - x * corners[k - 1][1] for k, (x, y) in enumerate(corners)) / 2


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


@dataclass(frozen=True, slots=True)
class LineCrossed:
    """A tracked object crossed a counting line (ONVIF: RuleEngine/LineDetector/Crossed).

    speed_mps: over the ground, None where the camera's ground is not calibrated.
    """

    camera: str
    time_ns: int
    line: str
    direction: Literal["forward", "backward"]
    track_id: int
    label: str
    confidence: float
    speed_mps: float | None = None


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """A camera's stream was lost or came back (ONVIF: VideoSource/SignalLoss)."""

    camera: str
    time_ns: int
    state: Literal["lost", "returned", "ended"]
    reason: str


@dataclass(frozen=True, slots=True)
class CameraTampered:
    """A camera cannot see as it should (ONVIF: VideoSource/ImageTooBlurry, ImageTooDark, GlobalSceneChange)."""

    camera: str
    time_ns: int
    kind: Literal["covered", "blurred", "turned", "dark", "frozen"]
    state: State
    confidence: float


@dataclass(frozen=True, slots=True)
class TurnMade:
    """An object came in over one line and went out over another; entry, exit: the lines; took_s: between the two."""

    camera: str
    time_ns: int
    rule: str
    entry: str
    exit: str
    track_id: int
    label: str
    took_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ZoneChanged:
    """An object entered or left a zone (ONVIF: RuleEngine/FieldDetector/ObjectsInside); stayed_s: so far."""

    camera: str
    time_ns: int
    rule: str
    state: Literal["entered", "left"]
    track_id: int
    label: str
    stayed_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ZoneOccupied:
    """How many are in a zone (ONVIF: RuleEngine/CountAggregation/OccupancyCounter).

    by_class: class and number, in the order of the vocabulary, none with 0.
    """

    camera: str
    time_ns: int
    rule: str
    by_class: tuple[tuple[str, int], ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Loitering:
    """Somebody stays long in a zone (ONVIF: RuleEngine/LoiteringDetector/ObjectIsLoitering).

    A vehicle by its track; persons only as a group: track_id None, label "pedestrian" or "rider". count: how many stay
    now, at the end the most there were; lasted_s: the longest stay.
    """

    camera: str
    time_ns: int
    rule: str
    state: State
    track_id: int | None
    label: str
    count: int
    lasted_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """A queue formed, changed or dissolved. vehicles: in it now, at its end the most there were; length_m: likewise,
    None where the camera's ground is not calibrated; lasted_s: since it formed.
    """

    camera: str
    time_ns: int
    rule: str
    state: Literal["began", "changed", "ended"]
    vehicles: int
    length_m: float | None
    lasted_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class VehicleStopped:
    """A vehicle that drove stands where it should not; lasted_s: stands since then."""

    camera: str
    time_ns: int
    rule: str
    state: State
    track_id: int
    label: str
    lasted_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class WrongWay:
    """Somebody goes against the direction of a zone; speed_mps: None without a ground calibration."""

    camera: str
    time_ns: int
    rule: str
    state: State
    track_id: int
    label: str
    lasted_s: float
    speed_mps: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class PersonsOnRoad:
    """Persons on foot are on the carriageway. count: now, at the end the most there were; no track is named."""

    camera: str
    time_ns: int
    rule: str
    state: State
    count: int
    lasted_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Two road users of different kinds nearly met.

    measure: "time_to_collision" (the least time after which they would have met, had both gone on as they did) or
    "post_encroachment" (time between one leaving a place and the other reaching it); seconds: its value; distance_m:
    between them then, speed_mps: of one against the other, both None where the ground is not calibrated.
    """

    camera: str
    time_ns: int
    rule: str
    measure: Literal["time_to_collision", "post_encroachment"]
    seconds: float
    track_id: int
    label: str
    other_id: int
    other_label: str
    distance_m: float | None
    speed_mps: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Crowding:
    """Many persons are in a zone. count: now, at the end the most there were; per_m2: None without a calibration."""

    camera: str
    time_ns: int
    rule: str
    state: State
    count: int
    per_m2: float | None
    lasted_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class SpeedMeasured:
    """How fast an object went over a line or through a zone; error_mps: one standard error; limit_mps: the rule's."""

    camera: str
    time_ns: int
    rule: str
    track_id: int
    label: str
    speed_mps: float
    error_mps: float
    limit_mps: float | None
    confidence: float


Event = (
    LineCrossed
    | SourceChanged
    | CameraTampered
    | TurnMade
    | ZoneChanged
    | ZoneOccupied
    | Loitering
    | QueueChanged
    | VehicleStopped
    | WrongWay
    | PersonsOnRoad
    | NearMiss
    | Crowding
    | SpeedMeasured
)


def concerns(event: Event) -> Concern:
    """Whom an event is about: retention, redaction of ids and the doors hang on it.

    A pedestrian, a rider, and what moves without being known to be a vehicle count as a person. Numbers of a group
    (occupancy, queue, crowd) and events of the camera itself are about nobody.
    """
    if isinstance(event, SourceChanged | CameraTampered | ZoneOccupied | QueueChanged | Crowding):
        return "nobody"
    if isinstance(event, PersonsOnRoad):
        return "person"
    labels = (event.label, event.other_label) if isinstance(event, NearMiss) else (event.label,)
    return "vehicle" if all(label in VEHICLES for label in labels) else "person"
