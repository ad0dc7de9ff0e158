"""Clips: whole at their name, or not there."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.core.errors import SightlineError
from sightline.video import ClipWriter


def picture(width: int = 64, height: int = 48, shade: int = 90) -> np.ndarray:
    return np.full((height, width, 3), shade, np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (65, 49), (2, 2)])
@pytest.mark.parametrize("fps", [25, 7.5, 29.97])
def test_a_clip_can_be_read_again(tmp_path: Path, size: tuple[int, int], fps: float) -> None:
    path = tmp_path / "new" / "clip.mp4"
    with ClipWriter(path, fps, size) as writer:
        for number in range(20):
            writer.write(picture(*size, shade=60 + 8 * number))
    assert [one.name for one in path.parent.iterdir()] == ["clip.mp4"]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert len(frames) == 20
    assert (frames[0].width, frames[0].height) == (size[0] // 2 * 2, size[1] // 2 * 2)
    assert frames[10].time == pytest.approx(10 / fps, abs=1e-3)
    assert frames[10].to_ndarray(format="bgr24").mean() == pytest.approx(140, abs=4)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays while it loads


def test_other_sizes_are_scaled(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "a.mp4", 25, (64, 48)) as writer:
        writer.write(picture())
        writer.write(picture(128, 96))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert {(frame.width, frame.height) for frame in container.decode(video=0)} == {(64, 48)}


def test_a_clip_without_pictures_leaves_nothing(tmp_path: Path) -> None:
    ClipWriter(tmp_path / "a.mp4", 25, (64, 48)).close()
    assert list(tmp_path.iterdir()) == []


def test_an_older_clip_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    writer = ClipWriter(path, 25, (64, 48))
    writer.write(picture())
    assert path.read_bytes() == b"older"
    writer.close()
    assert path.stat().st_size > 100


def test_closing_twice_and_writing_after(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "a.mp4", 25, (64, 48))
    writer.write(picture())
    writer.close()
    writer.close()
    with pytest.raises(SightlineError, match="got a closed one"):
        writer.write(picture())


def test_what_is_written_when_the_program_is_killed_plays(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; import numpy as np; from sightline.video import ClipWriter\n"
        "writer = ClipWriter(Path(sys.argv[1]), 10, (64, 48))\n"
        "for number in range(200): writer.write(np.full((48, 64, 3), number, np.uint8))\n"
        "os._exit(9)\n"
    )
    path = tmp_path / "a.mp4"
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    assert not path.exists()
    with av.open(str(tmp_path / "a.part.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) > 50


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path; import numpy as np\n"
        "from sightline.core.errors import SightlineError; from sightline.video import ClipWriter\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "rng = np.random.default_rng(0)\n"
        "try:\n"
        "    with ClipWriter(Path(sys.argv[1]), 10, (320, 240)) as writer:\n"
        "        for _ in range(300): writer.write(rng.integers(0, 255, (240, 320, 3), dtype=np.uint8))\n"
        "except SightlineError as error:\n"
        "    print(error)\n"
    )
    path = tmp_path / "a.mp4"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{path}: expected room to write the clip, got a full disk\n"
    assert done.stderr == ""
    assert not path.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SightlineError, match="expected room to write the clip, got"):
        ClipWriter(tmp_path / "file" / "a.mp4", 25, (64, 48))


@pytest.mark.parametrize(("fps", "size"), [(0, (64, 48)), (25, (1, 48)), (float("nan"), (64, 48))])
def test_impossible_clips(tmp_path: Path, fps: float, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected fps > 0"):
        ClipWriter(tmp_path / "a.mp4", fps, size)
