"""``sightline`` as a user runs it, with the real clips and models: right classes, complete files, clear errors."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.core.geometry import iou
from sightline.core.vocabulary import VEHICLES
from sightline.formats.mot import read_mot

pytestmark = pytest.mark.live


@pytest.fixture(scope="session")
def library(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models of shared, imported as a user would."""
    folder = tmp_path_factory.mktemp("models")
    done = run(["models", "import", str(models_folder)], folder)
    assert done.returncode == 0, done.stderr
    return folder


def run(words: Sequence[str], models: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """``sightline WORDS`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sightline", *words],
        env={**os.environ, "SIGHTLINE_MODELS": str(models), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def watch(clip: Path, out: Path, models: Path, *options: str) -> dict:
    done = run(["watch", str(clip), "--headless", "--json", "--out", str(out), *options], models)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["cameras"] == json.loads((out / "summary.json").read_text())["cameras"]
    return said["cameras"][clip.stem]


def test_cars_person_and_cyclist(shared: Path, library: Path, tmp_path: Path) -> None:
    clip = shared / "video" / "person-bicycle-car-detection.mp4"
    camera = watch(clip, tmp_path, library, "--video", "--line", "gate=0,0.5,1,0.5")
    assert (camera["frames_read"], camera["frames_analysed"], camera["dropped"]) == (459, 459, {})
    # By eye: a white and a grey car pass, two cyclists ride by, one person walks. A cyclist is one object, a bicycle.
    assert camera["tracks"] == {"car": 2, "bicycle": 2, "pedestrian": 1}
    rows = read_mot(tmp_path / f"{clip.stem}.txt")
    assert rows.frames.min() >= 1
    assert rows.frames.max() <= 459
    with av.open(str(tmp_path / f"{clip.stem}.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 459
    assert "gate" in camera["counts"]
    assert (tmp_path / "counts.csv").read_text().count("\n") > 1
    assert all(json.loads(line)["schema"] for line in (tmp_path / "events.jsonl").read_text().splitlines())


def test_the_truck_is_a_truck(shared: Path, library: Path, tmp_path: Path) -> None:
    camera = watch(shared / "video" / "street-junction-truck.mp4", tmp_path, library)
    assert camera["tracks"].get("truck", 0) >= 1


def test_analysis_rate(shared: Path, library: Path, tmp_path: Path) -> None:
    clip = shared / "video" / "person-bicycle-car-detection.mp4"
    camera = watch(clip, tmp_path, library, "--fps", "3", "--seconds", "10", "--detector", "motion")
    assert camera["frames_analysed"] == 30
    frames = set(read_mot(tmp_path / f"{clip.stem}.txt").frames.tolist())
    assert frames <= set(range(1, 121, 4)), "frame numbers stay those of the source"


def test_same_input_same_files(shared: Path, library: Path, tmp_path: Path) -> None:
    clip = shared / "video" / "street-junction-truck.mp4"
    watch(clip, tmp_path / "a", library)
    watch(clip, tmp_path / "b", library)
    for name in (f"{clip.stem}.txt", "events.jsonl", "counts.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_without_models_it_says_so_and_goes_on(shared: Path, tmp_path: Path) -> None:
    clip = shared / "video" / "car-detection.mp4"
    done = run(["watch", str(clip), "--headless", "--seconds", "8", "--out", str(tmp_path / "out")], tmp_path / "none")
    assert done.returncode == 0, done.stderr
    assert "motion detector" in done.stderr
    camera = json.loads((tmp_path / "out" / "summary.json").read_text())["cameras"]["car-detection"]
    seen = camera["tracks"]
    vehicles = sum(seen.get(name, 0) for name in VEHICLES)
    assert vehicles > sum(seen.values()) - vehicles, "it is a car park"
    assert sum(camera["tracks"].values()) >= 1


def test_interrupt_leaves_complete_files(shared: Path, library: Path, tmp_path: Path) -> None:
    clip = shared / "video" / "one-by-one-person-detection.mp4"
    process = subprocess.Popen(
        [sys.executable, "-m", "sightline", "watch", str(clip), "--out", str(tmp_path), "--video", "--port", "0"],
        env={**os.environ, "SIGHTLINE_MODELS": str(library)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    events = tmp_path / f"{clip.stem}.part.mp4"
    for _ in process.stderr:  # the page is up; then wait until a first part of the clip is on disk
        break
    while process.poll() is None and not (events.exists() and events.stat().st_size > 100_000):
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    summary = json.loads((tmp_path / "summary.json").read_text())["cameras"][clip.stem]
    with av.open(str(tmp_path / f"{clip.stem}.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == summary["frames_analysed"]
    read_mot(tmp_path / f"{clip.stem}.txt")


def test_one_bad_source_harms_no_other(shared: Path, library: Path, tmp_path: Path) -> None:
    good = shared / "video" / "street-junction-truck.mp4"
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(np.random.default_rng(1).bytes(5000))
    out = tmp_path / "out"
    done = run(["watch", str(bad), str(good), "--headless", "--out", str(out)], library)
    assert done.returncode == 3
    assert "camera bad" in done.stderr
    cameras = json.loads((out / "summary.json").read_text())["cameras"]
    assert cameras[good.stem]["frames_analysed"] > 50
    assert cameras["bad"]["frames_analysed"] == 0
    assert cameras["bad"]["reason"]


def junk(folder: Path, kind: str) -> str:
    """A source that cannot work, by kind."""
    path = folder / f"{kind}.mp4"
    content = {
        "missing": None,
        "empty": b"",
        "html": b"<!doctype html><title>404</title>" + b"<p>not a video</p>" * 200,
        "random": np.random.default_rng(2).bytes(20_000),
    }
    if kind == "folder":
        return str(folder)
    if kind == "refused":
        return "rtsp://admin:s3cret@127.0.0.1:9/stream"
    if kind == "scheme":
        return "gopher://127.0.0.1/x"
    if content[kind] is not None:
        path.write_bytes(content[kind])
    return str(path)


@pytest.mark.parametrize("kind", ["missing", "empty", "html", "random", "folder", "refused", "scheme"])
def test_bad_source_one_sentence_and_exit_3(kind: str, tmp_path: Path) -> None:
    done = run(["watch", junk(tmp_path, kind), "--headless", "--detector", "motion"], tmp_path / "none")
    assert done.returncode == 3, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("sightline: ")
    assert "expected" in last
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["watch", "x.mp4", "--detector", "nonsense"], "detector"),
        (["watch", "x.mp4", "--line", "1,2,3"], "--line"),
        (["watch", "x.mp4", "--line", "0,0,2,2"], "line"),
        (["watch", "x.mp4", "--video"], "--out"),
        (["watch", "x.mp4", "--fps", "-1"], "--fps"),
        (["watch"], "SOURCE"),
        (["bench", "nonsense"], "bench"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_bad_usage_exit_2_names_what(words: list[str], names: str, tmp_path: Path) -> None:
    done = run(words, tmp_path)
    assert done.returncode == 2, done.stderr
    assert names in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_environment_exit_2(tmp_path: Path) -> None:
    done = run(["models", "list"], tmp_path, SIGHTLINE_VIDEO__STALL_S="-3")
    assert done.returncode == 2
    assert "video.stall_s" in done.stderr
    assert "-3" in done.stderr


def test_a_model_with_a_flipped_bit_is_refused_by_name(library: Path, shared: Path, tmp_path: Path) -> None:
    copy = tmp_path / "models"
    subprocess.run(["cp", "-r", library, copy], check=True)
    name = "person-vehicle-bike-detection-2003"
    weights = next((copy / name).glob("*.bin"))
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    clip = shared / "video" / "street-junction-truck.mp4"
    done = run(["watch", str(clip), "--headless"], copy)
    assert done.returncode == 3
    assert weights.name in done.stderr
    assert "Traceback" not in done.stderr
    assert run(["models", "verify"], copy).returncode == 3


def test_pets_reaches_what_the_readme_says(shared: Path, library: Path, tmp_path: Path) -> None:
    folder = shared / "groundtruth" / "pets09-s2l1-first400"
    watch(folder / "video.mp4", tmp_path, library, "--source-fps", "7")
    done = run(["evaluate", str(folder / "gt.txt"), str(tmp_path / "video.txt"), "--json"], library)
    scores = json.loads(done.stdout)
    assert scores["HOTA"] >= 62
    assert scores["IDF1"] >= 83


def test_tracks_never_share_a_place(shared: Path, library: Path, tmp_path: Path) -> None:
    """No object carries two boxes: per frame, no two boxes of the file overlap almost wholly."""
    clip = shared / "video" / "car-detection.mp4"
    watch(clip, tmp_path, library)
    rows = read_mot(tmp_path / f"{clip.stem}.txt")
    doubled = Counter()
    for frame, part in rows.by_frame():
        overlap = iou(rows.boxes_px[part], rows.boxes_px[part])
        doubled[frame] = int((np.triu(overlap, 1) > 0.8).sum())
    assert sum(doubled.values()) == 0


def test_the_token_is_printed_to_who_started_the_page(shared: Path, tmp_path: Path) -> None:
    token = "0123456789abcdef-printed"
    clip = shared / "video" / "street-junction-truck.mp4"
    words = ["watch", str(clip), "--detector", "motion", "--seconds", "1", "--port", "0"]
    done = run(words, tmp_path / "none", SIGHTLINE_PAGE__TOKEN=token)
    assert done.returncode == 0, done.stderr
    assert f"/?token={token}" in done.stderr


def test_seconds_end_a_mix_of_file_and_silent_camera(shared: Path, tmp_path: Path) -> None:
    clip = shared / "video" / "street-junction-truck.mp4"
    words = ["watch", str(clip), "rtsp://127.0.0.1:9/x", "--detector", "motion", "--headless", "--seconds", "2"]
    done = run(words, tmp_path / "none")
    assert done.returncode == 3, "a camera that never came up is said, also beside one that works"
    assert "camera 127.0.0.1-9-x" in done.stderr
