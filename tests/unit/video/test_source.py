"""Sources over drawn files: numbers, times, what is dropped, what is refused."""

import gc
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.config import VideoSettings
from sightline.core.errors import SourceLost, SourceUnavailable
from sightline.core.frame import Frame
from sightline.video import open_source


def read(path: Path, settings: VideoSettings, **more: object) -> list[Frame]:
    with open_source(str(path), camera="cam", settings=settings, **more) as source:  # type: ignore[arg-type]
        return list(source)


def number_of(frame: Frame) -> int:
    """The number drawn into the picture."""
    luma = frame.planes()[0] if frame.layout == "i420" else frame.pixels[..., 1]
    grey = (float(luma[4:-4, 4 : frame.width // 2 - 4].mean()) - 16) * 255 / 219
    return round((grey - 30) / 8)


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "2"}], ids=["no B-frames", "B-frames"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_numbers_and_times_in_presentation_order(make_clip, settings, name: str, options: dict[str, str]) -> None:
    frames = read(make_clip(name, frames=20, options=options), settings)
    assert [frame.index for frame in frames] == list(range(1, 21))
    assert [number_of(frame) for frame in frames] == list(range(1, 21))
    expected = [number * 40_000_000 for number in range(20)]
    assert np.abs(np.array([frame.time_ns for frame in frames]) - expected).max() < 1_000_000


def test_source_fps_corrects_the_clock(make_clip, settings) -> None:
    frames = read(make_clip(frames=8), settings, source_fps=7)
    assert frames[7].time_ns == 1_000_000_000


def test_unwanted_frames_are_not_converted(make_clip, settings) -> None:
    asked: list[tuple[int, int]] = []
    with open_source(str(make_clip(frames=20)), camera="cam", settings=settings) as source:
        frames = list(source.frames(lambda index, time_ns: asked.append((index, time_ns)) or index % 5 == 1))
        assert [frame.index for frame in frames] == [1, 6, 11, 16]
        assert [index for index, _ in asked] == list(range(1, 21))
        assert (source.tally.decoded, source.tally.converted, source.tally.not_due) == (20, 4, 16)


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "2"}], ids=["no B-frames", "B-frames"])
def test_key_frames_keep_the_numbers_of_the_source(make_clip, settings, options: dict[str, str]) -> None:
    only_keys = settings.model_copy(update={"key_frames_only": True})
    clip = make_clip(frames=22, gop=5, options={**options, "sc_threshold": "0"})
    with open_source(str(clip), camera="cam", settings=only_keys) as source:
        frames = list(source)
        assert [frame.index for frame in frames] == [1, 6, 11, 16, 21]
        assert [number_of(frame) for frame in frames] == [1, 6, 11, 16, 21]
        assert [frame.time_ns for frame in frames] == [index * 200_000_000 for index in range(5)]
        assert source.tally.skipped == 17


def test_size_may_change_in_the_middle(make_clip, settings, tmp_path) -> None:
    both = tmp_path / "both.h264"
    parts = [make_clip(f"{size[0]}.h264", size=size, frames=6) for size in ((64, 48), (96, 64))]
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = read(both, settings)
    assert [(frame.width, frame.height) for frame in frames] == [(64, 48)] * 6 + [(96, 64)] * 6
    assert [frame.index for frame in frames] == list(range(1, 13))


def test_damage_in_the_middle_is_stepped_over(make_clip, settings) -> None:
    clip = make_clip("a.mp4", frames=60, gop=5, size=(160, 120), options={"x264-params": "slices=1"})
    with av.open(str(clip)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(clip.read_bytes())
    for position, size in packets[20:24]:
        assert position is not None
        data[position : position + size] = bytes([0xFF]) * size
    clip.write_bytes(data)
    with open_source(str(clip), camera="cam", settings=settings) as source:
        frames = list(source)
        assert source.tally.bad > 0
        assert len(frames) >= 50
        assert frames[-1].index == 60  # a damaged picture keeps its number


def test_a_cut_file_gives_what_it_has_and_says_so(make_clip, settings) -> None:
    clip = make_clip("a.mp4", frames=100, size=(160, 120), options={"movflags": "faststart"})
    moved = clip.with_name("fast.mp4")
    with av.open(str(clip)) as a, av.open(str(moved), "w", options={"movflags": "faststart"}) as b:
        copy = b.add_stream_from_template(a.streams.video[0])
        for packet in a.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                b.mux(packet)
    data = moved.read_bytes()
    moved.write_bytes(data[: len(data) * 6 // 10])
    frames: list[Frame] = []
    with open_source(str(moved), camera="cam", settings=settings) as source:
        with pytest.raises(SourceLost, match=r"expected 4\.0 s of video, got \d\.\d s"):
            frames.extend(source)
        assert 0 < source.tally.decoded < 100


def test_too_wide_is_refused_when_opening(make_clip, settings) -> None:
    small = settings.model_copy(update={"max_side_px": 100})
    with pytest.raises(SourceUnavailable, match="at most 100 px a side, got 128x48"):
        read(make_clip(size=(128, 48), frames=2), small)


def test_too_wide_is_refused_in_the_middle(make_clip, settings, tmp_path) -> None:
    both = tmp_path / "both.h264"
    parts = [make_clip(f"{size[0]}.h264", size=size, frames=6) for size in ((64, 48), (128, 96))]
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(SourceUnavailable, match="expected"):
        read(both, settings.model_copy(update={"max_side_px": 100}))


def test_nothing_is_written_to_stderr(make_clip, settings, capfd) -> None:
    clip = make_clip("a.ts", frames=20)
    data = bytearray(clip.read_bytes())
    data[3000:6000] = bytes(3000)
    clip.write_bytes(data)
    with open_source(str(clip), camera="cam", settings=settings) as source:
        list(source)
    assert capfd.readouterr().err == ""


def test_untrusted_address_never_opens_a_path(make_clip, settings) -> None:
    with pytest.raises(SourceUnavailable, match="got a path"):
        open_source(str(make_clip()), camera="cam", settings=settings, trusted=False)


def test_converted_pictures_do_not_stay_in_memory(make_clip, settings) -> None:
    gc.collect()
    gc.disable()
    try:
        with open_source(str(make_clip(frames=40)), camera="cam", settings=settings) as source:
            for _ in source:
                pass
        held = sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())
    finally:
        gc.enable()
    assert held <= 3  # the one whose display matrix was read may wait for the collector
