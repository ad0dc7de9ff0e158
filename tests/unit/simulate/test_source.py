"""The street as a source of frames."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.clock import ManualClock
from sightline.simulate import DrawnSource, scene, write_clip
from sightline.simulate.street import Scene

SIZE = (160, 90)


@pytest.fixture(scope="module")
def street() -> Scene:
    return scene(2, SIZE, 10.0)


def test_as_a_file(street: Scene) -> None:
    source = DrawnSource("north", street, 1.0)
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(1, 11))
    assert [frame.time_ns for frame in frames][:3] == [0, 100_000_000, 200_000_000]
    assert all(frame.synthetic and frame.camera == "north" and frame.layout == "bgr" for frame in frames)
    assert (source.width, source.height, source.fps) == (160, 90, 10.0)
    assert (source.info.kind, source.info.duration_s, source.info.codec) == ("file", 1.0, "drawn")
    np.testing.assert_array_equal(frames[4].pixels, street.frame(5)[0])


class _Hurried(ManualClock):
    """Time goes on by itself whenever somebody looks."""

    def __init__(self, start_ns: int, step_s: float) -> None:
        super().__init__(start_ns)
        self._step_s = step_s

    def monotonic_ns(self) -> int:
        self.advance(self._step_s)
        return super().monotonic_ns()


def test_as_a_live_camera(street: Scene) -> None:
    start_ns = 1_795_348_800_000_000_000
    source = DrawnSource("north", street, 2.0, clock=_Hurried(start_ns, 0.25), pace=True)
    frames = list(source)
    assert source.info.kind == "live"
    assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
    assert frames[0].index == 3, "what is overdue is left out"
    assert all(frame.time_ns == start_ns + (frame.index - 1) * 100_000_000 for frame in frames)
    assert len(frames) < 10


def test_waits_until_a_frame_is_due(street: Scene) -> None:
    source = DrawnSource("north", street, 0.3, clock=_Hurried(0, 0.02), pace=True)
    assert [frame.index for frame in source] == [1, 2, 3]


def test_close_ends_it(street: Scene) -> None:
    source = DrawnSource("north", street, None)
    seen = 0
    for _ in source:
        seen += 1
        if seen == 3:
            source.close()
            source.close()
    assert seen == 3
    assert list(source) == []


class _Kept:
    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        self.opened = (path, fps, size)
        self.pictures: list[np.ndarray] = []
        self.closed = False

    def write(self, bgr: np.ndarray) -> None:
        if len(self.pictures) == 7:
            raise OSError("disk full")
        self.pictures.append(bgr)

    def close(self) -> None:
        self.closed = True


def test_write_clip(street: Scene, tmp_path: Path) -> None:
    made: list[_Kept] = []

    def factory(path: Path, fps: float, size: tuple[int, int]) -> _Kept:
        made.append(_Kept(path, fps, size))
        return made[-1]

    assert write_clip(tmp_path / "a.mp4", street, 0.5, factory) == 5
    assert made[0].opened == (tmp_path / "a.mp4", 10.0, SIZE)
    assert len(made[0].pictures) == 5
    with pytest.raises(OSError, match="disk full"):
        write_clip(tmp_path / "b.mp4", street, 1.0, factory)
    assert made[1].closed, "also when writing fails"
