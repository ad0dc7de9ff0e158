"""The JSON bodies of the HTTP API, as OpenAPI shows them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sightline.core.events import Line
from sightline.pipeline.ports import CountRow

MAX_LINES = 64  # per camera; each costs a cross test per track and frame, and the picture has room for few


def _plain(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise ValueError("expected printable characters")
    return name


Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class Body(BaseModel):
    """A body; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Failure(Body):
    """Why a request was refused."""

    error: str = Field(description="One sentence: what was expected and what came.")


class LineBody(Body):
    """A directed counting line; crossing from the left of start -> end to its right, as seen, is "forward"."""

    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_plain)]
    start: tuple[Share, Share] = Field(description="x, y in shares 0..1 of the picture.")
    end: tuple[Share, Share] = Field(description="x, y in shares 0..1 of the picture.")

    def line(self) -> Line:
        """The value the pipeline takes; BadConfig where start equals end."""
        return Line(self.name, self.start, self.end)

    @staticmethod
    def of(line: Line) -> "LineBody":
        """The body of a line."""
        return LineBody(name=line.name, start=line.start, end=line.end)


class LinesBody(Body):
    """All counting lines of a camera; names are unique."""

    lines: list[LineBody] = Field(max_length=MAX_LINES)


class CameraBody(Body):
    """Health of one camera's stream."""

    name: str
    source: str = Field(description="Its address, without credentials.")
    kind: Literal["file", "live"]
    state: Literal["starting", "running", "paused", "lost", "ended", "failed"]
    reason: str = Field(description="Why it is lost, failed or ended; empty while running.")
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    source_fps: float | None = Field(description="Frames per second of the source.")
    analysed_fps: float | None = Field(description="Frames analysed per second.")
    age_s: float | None = Field(description="Age of the newest analysed frame, seconds.")
    frames_read: int
    frames_analysed: int
    dropped: dict[str, int] = Field(description="Frames given up, by reason.")
    reconnects: int
    ms: dict[str, float | None] = Field(description="Mean milliseconds per analysed frame, by stage.")
    tracks: dict[str, int] = Field(description="Road users seen so far, by class.")
    progress: float | None = Field(description="0..1 of a file, null for a live source.")
    detector: str
    notes: tuple[str, ...] = Field(description="Sentences that people should read.")
    lon: float | None = Field(description="Longitude of the camera, degrees; null where nobody said it.")
    lat: float | None = Field(description="Latitude of the camera, degrees; null where nobody said it.")
    bearing_deg: float | None = Field(description="Direction of view, degrees clockwise from north.")


class CamerasBody(Body):
    """All cameras, in the order they were named."""

    cameras: list[CameraBody]


class CountBody(Body):
    """Crossings of one line in one direction in one window."""

    line: str
    direction: Literal["forward", "backward"]
    start_ns: int = Field(description="Start of the window: UTC, or media time of a file, nanoseconds.")
    total: int
    by_class: dict[str, int]

    @staticmethod
    def of(row: CountRow) -> "CountBody":
        """The body of a row."""
        total = sum(row.by_class.values())
        return CountBody(
            line=row.line, direction=row.direction, start_ns=row.start_ns, total=total, by_class=row.by_class
        )


class CountsBody(Body):
    """Counts of a camera, oldest window first; windows without a crossing may be absent."""

    camera: str
    minutes: int = Field(description="Length of a window, minutes.")
    counts: list[CountBody]


class EventsBody(Body):
    """The newest events, newest last."""

    events: list[dict[str, Any]] = Field(
        description='Each with "kind": line_crossed (camera, time_ns, line, direction, track_id, label, confidence), '
        "source_changed (camera, time_ns, state, reason), and one for every rule; see the reference of events."
    )


class CameraSummary(Body):
    """What one camera has seen so far."""

    frames_read: int
    frames_analysed: int
    dropped: dict[str, int]
    tracks: dict[str, int]
    counts: dict[str, dict[str, dict[str, int]]] = Field(description="line -> direction -> class -> crossings.")
    ms: dict[str, float | None]


class SummaryBody(Body):
    """All cameras in the shape of the summary file of ``sightline watch``."""

    version: str
    cameras: dict[str, CameraSummary]


class MapBody(Body):
    """A GeoJSON FeatureCollection (RFC 7946); each feature's properties carry "kind"."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[dict[str, Any]] = Field(
        description='The base map as it was given, then of each camera with a place: "camera" (Point; camera, '
        'bearing_deg), "view" (Polygon; the ground it sees), "line" (LineString; its counting lines on the ground).'
    )


class CountScoreBody(Body):
    """Crossings of one line in one direction, counted and true."""

    line: str
    direction: Literal["forward", "backward"]
    counted: int
    truth: int


class ErrorBody(Body):
    """How right numbers are, of one camera or of all."""

    hota: float | None = Field(description="HOTA, percent; of all cameras: the mean.")
    idf1: float | None = Field(description="IDF1, percent; of all cameras: the mean.")
    counted: int = Field(description="Crossings counted.")
    truth: int = Field(description="Crossings there truly were.")
    count_error: float | None = Field(description="(counted - truth) / truth, percent; null without a true crossing.")
    line_error: float | None = Field(
        description="Sum of the differences of each line and direction, all taken as positive, by truth; percent. "
        "Too many here cannot make up for too few there."
    )


class CameraScoresBody(ErrorBody):
    """How right the numbers of one camera are."""

    counts: list[CountScoreBody]
    note: str


class ScoresBody(Body):
    """Numbers beside the truth; empty where nobody knows it."""

    cameras: dict[str, CameraScoresBody]
    network: ErrorBody | None = Field(description="All cameras together; null where there are no scores.")


class HealthBody(Body):
    """Whether the service is up or ready."""

    status: str
