"""A drawn street handed out as Frames like any other source; the only code that may mark a Frame as synthetic."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final, Literal, Protocol

from sightline.core.clock import Clock, SystemClock
from sightline.core.frame import Frame
from sightline.core.values import U8
from sightline.simulate.street import Scene

_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class DrawnInfo:
    """What a drawn source says of itself, as a video source does."""

    url: str
    kind: Literal["file", "live"]
    width: int
    height: int
    fps: float
    codec: str
    duration_s: float | None
    bursty: bool = False


class DrawnSource:
    """Frames of a drawn street, marked synthetic.

    seconds: how long it lasts, None = for ever. With pace it is a live camera: a frame comes when it is due, carries
    UTC, and those that are overdue are left out (the index counts on). Without, it is a file: every frame as fast as
    it can be drawn, with media time. Iterate in one thread; ``close`` may come from any.
    """

    def __init__(
        self,
        camera: str,
        scene: Scene,
        seconds: float | None,
        clock: Clock | None = None,
        pace: bool = False,
    ) -> None:
        self.camera = camera
        self.scene = scene
        self._frames = None if seconds is None else max(0, round(seconds * scene.fps))
        self._clock = clock or SystemClock()
        self._pace = pace
        self._closed = Event()
        width, height = scene.size
        self.info = DrawnInfo(
            url=f"drawn:{scene.camera.name}",
            kind="live" if pace else "file",
            width=width,
            height=height,
            fps=scene.fps,
            codec="drawn",
            duration_s=seconds if not pace else None,
        )

    @property
    def width(self) -> int:
        """Columns of the pictures in pixels."""
        return self.info.width

    @property
    def height(self) -> int:
        """Rows of the pictures in pixels."""
        return self.info.height

    @property
    def fps(self) -> float:
        """Pictures per second."""
        return self.info.fps

    def __iter__(self) -> Iterator[Frame]:
        step_ns = _SECOND_NS / self.scene.fps
        start_ns = self._clock.now_ns() if self._pace else 0
        first_ns = self._clock.monotonic_ns()
        index = 1
        while not self._closed.is_set() and (self._frames is None or index <= self._frames):
            if self._pace:
                late_ns = self._clock.monotonic_ns() - first_ns - round((index - 1) * step_ns)
                if late_ns < 0:
                    # In pieces, so that a clock that a test moves is seen.
                    self._closed.wait(min(-late_ns / _SECOND_NS, 0.05))
                    continue
                index += int(late_ns // step_ns)
                if self._frames is not None and index > self._frames:
                    return
            pixels, _ = self.scene.frame(index)
            yield Frame(self.camera, index, start_ns + round((index - 1) * step_ns), pixels, synthetic=True)
            index += 1

    def close(self) -> None:
        """End the iteration; a second call does nothing."""
        self._closed.set()


class _Writer(Protocol):
    def write(self, bgr: U8, /) -> None: ...
    def close(self) -> None: ...


def write_clip(
    path: Path, scene: Scene, seconds: float, writer_factory: Callable[[Path, float, tuple[int, int]], _Writer]
) -> int:
    """Draw the first seconds of a street into a clip; how many pictures it has.

    writer_factory: opens the clip from path, fps and size (width, height), as ``video.ClipWriter``; its errors pass.
    """
    frames = max(1, round(seconds * scene.fps))
    writer = writer_factory(path, scene.fps, scene.size)
    try:
        for index in range(1, frames + 1):
            writer.write(scene.frame(index)[0])
    finally:
        writer.close()
    return frames
