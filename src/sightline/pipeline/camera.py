"""What the pipeline is told about one camera before it starts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sightline.config.sources import TamperOptions
from sightline.core.events import Line
from sightline.core.frame import Frame
from sightline.core.ground import Mount
from sightline.rules.ruleset import Drawing
from sightline.video.feeds import Feed

Polygon = tuple[tuple[float, float], ...]  # corners in shares of the picture


class Opened(Protocol):
    """A source that yields frames (``video.Source``, or one that simulate draws)."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames in presentation order."""
        ...

    def close(self) -> None:
        """Free decoder and connection."""
        ...


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """One camera: where it is, how often it is analysed, what is masked and counted.

    source may hold credentials: it is never shown, logged or sent (``repr`` leaves it out). analysis_fps None: every
    frame. paced: a file is played in real time. seconds: a file ends when its own time has passed so many.
    opener: opens the source instead of the URL's own opener (simulate's). feed: opens the source by all its options.
    mark: marks each picture as it is read (simulate's, of a stream it sends itself). trusted: the address comes from
    whoever runs this. drawing: lines, zones and rules, in place of lines. suggest: without lines, one over the traffic.
    tamper: when the camera counts as tampered with, None = it is not watched for that.
    """

    name: str
    source: str = field(repr=False)
    kind: Literal["file", "live"]
    analysis_fps: float | None = None
    source_fps: float | None = None
    paced: bool = False
    seconds: float | None = None
    lines: tuple[Line, ...] = ()
    masks: tuple[Polygon, ...] = ()
    opener: Callable[[], Opened] | None = field(default=None, repr=False)
    mark: Callable[[Frame], Frame] | None = field(default=None, repr=False)
    mount: Mount | None = None
    drawing: Drawing | None = None
    suggest: bool = True
    tamper: TamperOptions | None = None
    trusted: bool = True
    feed: Feed | None = field(default=None, repr=False)
