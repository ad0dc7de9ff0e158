"""Every setting of Sightline: its default, unit, bounds and one sentence on what it does.

Each may be set by environment, e.g. ``SIGHTLINE_VIDEO__STALL_S=5`` (section, two underscores, name).
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from sightline.core.errors import BadConfig


class Section(BaseModel):
    """Settings of one stage; frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoSettings(Section):
    """Opening and reading of sources."""

    open_timeout_s: float = Field(10.0, ge=0.5, le=120, description="Longest wait for a source to open, seconds.")
    stall_s: float = Field(8.0, ge=0.5, le=600, description="A live source silent for so long counts as lost, seconds.")
    retry_first_s: float = Field(0.5, ge=0.05, le=60, description="First wait of the reconnect ladder, seconds.")
    retry_last_s: float = Field(5.0, ge=0.1, le=3600, description="Longest wait of the reconnect ladder, seconds.")
    max_side_px: int = Field(
        8192, ge=16, le=16384, description="A picture wider or higher than this is refused, pixels."
    )
    key_frames_only: bool = Field(False, description="Decode key frames only: far cheaper, one picture per GOP.")
    decode_threads: int = Field(2, ge=1, le=64, description="Decoder threads of a file; a live stream always has one.")


class ModelSettings(Section):
    """Model files and the inference runtime."""

    folder: Path | None = Field(
        None, description="Cache folder of model files; also SIGHTLINE_MODELS. Default: user cache."
    )
    threads: int = Field(0, ge=0, le=256, description="Inference threads; 0 = one per core.")
    device: Literal["cpu", "cuda"] = Field("cpu", description="cpu, or cuda for ONNX models with the gpu extra.")
    connect_timeout_s: float = Field(
        5.0, ge=0.5, le=120, description="Give up a download without a connection, seconds."
    )


class DetectSettings(Section):
    """Finding road users in frames."""

    detector: str = Field("street", description="street, motion, or the name of a detection model of the registry.")
    min_score: float = Field(0.1, ge=0.01, le=0.9, description="Detections under this calibrated score are dropped.")
    tiles: int = Field(1, ge=1, le=4, description="Tiles per side for far junctions; 1 = the whole picture at once.")


class TrackSettings(Section):
    """Following objects through one camera's picture."""

    birth_score: float = Field(
        0.8, ge=0.05, le=0.99, description="Score from which the detection of a person starts a track."
    )
    vehicle_birth_score: float = Field(0.7, ge=0.05, le=0.99, description="The same for vehicles and riders.")
    high_score: float = Field(
        0.6, ge=0.05, le=0.99, description="Score from which a detection is sure: matched first, and wherever it fits."
    )
    low_score: float = Field(0.1, ge=0.01, le=0.99, description="Score from which a detection may continue a track.")
    max_objects: int = Field(
        500, ge=1, le=1000, description="Most detections of one frame that are tracked, and most tracks of a camera."
    )
    longest_gap_s: float = Field(
        10.0, ge=0.5, le=600, description="After a longer time without frames every track starts anew, seconds."
    )
    longest_hold_s: float = Field(
        600.0, ge=0, le=86_400, description="A standing object is held so long without being detected, seconds."
    )


class RateSettings(Section):
    """How often a camera wants to be analysed."""

    f_min: float = Field(
        2.0,
        ge=0.01,
        le=120,
        description="Least wish, of an empty or standing street too: whoever arrives is met at this rate, per second.",
    )
    f_max: float = Field(10.0, ge=0.01, le=120, description="Largest wish, per second.")
    beta: float = Field(
        0.7,
        ge=0.05,
        le=5,
        description="How far an object may move between two samples, shares of the way to its neighbour.",
    )
    thin_margin: float = Field(
        10.0,
        gt=0,
        le=1000,
        description="An assignment that won by less asks for more samples, twice the log-likelihood.",
    )
    thin_factor: float = Field(
        3.0, ge=1, le=20, description="How many times more samples an assignment asks for that was a tie."
    )


class DescribeSettings(Section):
    """Colours, clothing and finer classes of tracks."""

    crops_per_track: int = Field(4, ge=1, le=32, description="Best crops of a track that are described.")
    budget_share: float = Field(0.1, ge=0.0, le=10.0, description="Cost of describing as share of the detector's cost.")
    min_probability: float = Field(
        0.65, ge=0.0, le=1.0, description="Under this voted probability an attribute is unknown."
    )


class PrivacySettings(Section):
    """Redaction of every picture that leaves the worker."""

    margin_share: float = Field(
        0.25, ge=0.0, le=2.0, description="Margin around faces and plates as share of their size."
    )
    pixel_blocks: int = Field(
        24, ge=4, le=64, description="Blocks along the longer side where a whole picture is pixelated."
    )
    oldest_analysis_s: float = Field(
        2.0, ge=0.1, le=60, description="Whole pictures are pixelated when the last analysis is older, seconds."
    )
    face_score: float = Field(0.3, ge=0.05, le=0.9, description="Score from which a face is blurred.")
    face_zoom: float = Field(
        1.15, ge=0.5, le=4, description="Size at which faces are looked for, as share of the size of the picture sent."
    )
    plate_score: float = Field(
        0.5, ge=0.05, le=0.9, description="Score from which a plate found inside a vehicle is blurred."
    )
    object_score: float = Field(
        0.2, ge=0.0, le=0.9, description="Score from which a detection without a track is blurred as person or vehicle."
    )
    second_score: float = Field(
        0.15, ge=0.01, le=0.9, description="Raw score from which the second look's people and vehicles count."
    )
    fresh_score: float = Field(
        0.1, ge=0.01, le=0.9, description="Raw score from which people and vehicles seen between analyses count."
    )
    plate_bar_px: int = Field(
        40, ge=16, le=400, description="Longer side of a vehicle from which a person could read its plate, pixels."
    )
    plate_crops: int = Field(
        8, ge=1, le=64, description="Most vehicles of a picture looked at for plates beside their plate bands."
    )


class CountSettings(Section):
    """Counting over lines."""

    windows_min: tuple[int, ...] = Field((1, 15), description="Lengths of the counting windows, minutes.")
    windows_kept: int = Field(
        2976, ge=1, le=100_000, description="Newest windows of each length that are kept; 2976 quarter hours = 31 days."
    )
    margin_share: float = Field(
        0.25, ge=0.0, le=2.0, description="How far past a line an object may come back uncounted, shares of its box."
    )
    moved_share: float = Field(
        0.25, ge=0.0, le=2.0, description="How far an object must move to count as moving, shares of its box."
    )
    rest_s: float = Field(
        5.0, ge=0.5, le=600, description="An object that did not move for so long is parked, seconds."
    )
    forget_s: float = Field(30.0, ge=1, le=3600, description="A track unseen for so long is forgotten, seconds.")
    suggest_s: float = Field(
        20.0, ge=1, le=600, description="A camera without lines gets one when traffic was seen for so long, seconds."
    )
    suggest_tracks: int = Field(
        3, ge=1, le=100, description="A camera without lines gets one when so many objects have passed."
    )


class PipelineSettings(Section):
    """Scheduling of the frames of all cameras of a worker."""

    live_fps: float = Field(
        10.0, gt=0, le=120, description="Analyses per second of a live camera unless told otherwise."
    )
    in_flight: int = Field(4, ge=1, le=64, description="Most frames handed to the detector in one call.")
    file_queue: int = Field(8, ge=1, le=256, description="Decoded frames a file may be ahead of the analysis.")
    describe: bool = Field(True, description="Describe colours, clothing and finer classes.")
    recent_events: int = Field(1000, ge=1, le=100_000, description="Events kept in memory for the page.")


class PageSettings(Section):
    """The live page and the API."""

    host: str = Field("127.0.0.1", description="Address to listen on; any but loopback needs a token.")
    port: int = Field(8600, ge=0, le=65535, description="Port to listen on; 0 = any free one.")
    token: str | None = Field(
        None, min_length=16, repr=False, description="Access token; made and printed when needed."
    )
    picture_fps: float = Field(12.0, ge=0.2, le=60, description="Most pictures per second and camera sent to a page.")
    picture_width: int = Field(960, ge=64, le=3840, description="Widest picture sent to a page, pixels.")
    jpeg_quality: int = Field(80, ge=10, le=100, description="JPEG quality of pictures sent, percent.")
    max_clients: int = Field(32, ge=1, le=10_000, description="Most live pages connected at once.")
    client_events: int = Field(200, ge=1, le=10_000, description="Most events that wait for one page on a slow line.")
    max_body_bytes: int = Field(65_536, ge=1024, le=10_485_760, description="Largest body of a request, bytes.")


class Settings(BaseSettings):
    """All sections."""

    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", env_nested_delimiter="__", frozen=True, extra="ignore")

    video: VideoSettings = VideoSettings()
    inference: ModelSettings = ModelSettings()  # not "models": SIGHTLINE_MODELS is the folder of model files
    detect: DetectSettings = DetectSettings()
    track: TrackSettings = TrackSettings()
    rate: RateSettings = RateSettings()
    describe: DescribeSettings = DescribeSettings()
    privacy: PrivacySettings = PrivacySettings()
    count: CountSettings = CountSettings()
    pipeline: PipelineSettings = PipelineSettings()
    page: PageSettings = PageSettings()


def load_settings(**overrides: dict[str, Any]) -> Settings:
    """Settings from the environment, then overrides (section -> values); BadConfig names key, value and the allowed."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except SettingsError as error:
        raise BadConfig(
            "environment", str(error), "SIGHTLINE_SECTION__NAME=value, as in SIGHTLINE_VIDEO__STALL_S=5"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        shown = "***" if "token" in key else first.get("input")
        raise BadConfig(key, shown, str(first["msg"]).removeprefix("Input should be ")) from error
