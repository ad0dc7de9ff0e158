"""The command that tracks detections in a file: which frames it uses, what it writes, says and refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from sightline.cli.app import app
from sightline.core.errors import BadConfig, BadData, SourceUnavailable
from sightline.evaluate import evaluate
from sightline.formats.mot import read_mot

FPS, SIZE = 30, "1280x720"


def walkers(path: Path, last: int, *, missing: tuple[int, ...] = (), shuffled: bool = False) -> Path:
    """Two people who walk to the right from frame 1 to last."""
    rows = [
        f"{frame},-1,{100 + 400 * who + frame * 1.5:.2f},{200 + 100 * who},60,170,0.9,-1,-1,-1\n"
        for frame in range(1, last + 1)
        for who in (0, 1)
        if frame not in missing
    ]
    if shuffled:
        np.random.default_rng(1).shuffle(rows)
    path.write_text("".join(rows))
    return path


def track(path: Path, *words: str) -> dict[str, Any]:
    """The command's JSON object; its error is raised."""
    base = ["track", str(path), "--fps", str(FPS), "--size", SIZE, "--out", str(path.with_name("out.txt")), "--json"]
    done = CliRunner().invoke(app, [*base, *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_every_frame_first_hits_included(tmp_path: Path) -> None:
    said = track(walkers(tmp_path / "det.txt", 20))
    out = read_mot(tmp_path / "out.txt")
    assert (said["frames"], said["samples"], said["tracks"], said["rows"], said["filled"]) == (20, 20, 2, 40, 0)
    assert said["classes"] == {"pedestrian": 2}
    assert set(said["refused"]) == {"text", "frame", "box", "score", "class", "limit", "birth"}
    assert said["us_per_frame"] > 0
    assert np.unique(out.frames).tolist() == list(range(1, 21))
    assert out.ids.tolist() == [1, 2] * 20
    assert (tmp_path / "out.txt").read_text().split()[0].split(",")[7:] == ["-1", "0.90", "-1"]


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    texts = []
    for shuffled in (False, True):
        track(walkers(tmp_path / "det.txt", 20, shuffled=shuffled))
        texts.append((tmp_path / "out.txt").read_text())
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("sample", "last"),
    [(30.0, 40), (20.0, 40), (12.0, 61), (7.0, 90), (3.0, 91), (2.9, 200)],
    ids=["all", "halves round to even", "two and a half", "uneven", "every tenth", "just over ten"],
)
def test_sampled_frames_are_those_of_the_rule(tmp_path: Path, sample: float, last: int) -> None:
    said = track(walkers(tmp_path / "det.txt", last), "--sample", str(sample))
    numbers = 1 + np.round(np.arange(last) * (FPS / sample)).astype(int)
    expected = np.unique(numbers[numbers <= last]).tolist()
    assert np.unique(read_mot(tmp_path / "out.txt").frames).tolist() == expected
    assert said["samples"] == len(expected)


def test_smooth_fills_between_and_marks_it(tmp_path: Path) -> None:
    said = track(walkers(tmp_path / "det.txt", 31), "--sample", "3", "--smooth")
    assert (said["samples"], said["rows"], said["filled"], said["left_open"], said["torn"]) == (4, 62, 54, 0, 0)
    rows = [line.split(",") for line in (tmp_path / "out.txt").read_text().splitlines()]
    assert {int(row[0]) for row in rows if row[9] == "-1"} == {1, 11, 21, 31}
    assert {row[9] for row in rows} == {"-1", "2"}
    first = read_mot(tmp_path / "out.txt")
    assert np.diff(first.boxes_px[first.ids == 1, 0]) == pytest.approx(1.5, abs=0.3)


def test_frames_without_detections_age_tracks(tmp_path: Path) -> None:
    path = walkers(tmp_path / "det.txt", 600, missing=tuple(range(21, 581)))
    assert track(path)["tracks"] == 4  # 18 s later they are others
    assert track(walkers(path, 40, missing=(21, 22, 23)))["tracks"] == 2
    assert track(path, "--smooth")["filled"] == 6


def test_pauses_of_years_cost_nothing(tmp_path: Path) -> None:
    path = walkers(tmp_path / "det.txt", 20)
    end = 10**9
    path.write_text(path.read_text() + "".join(f"{end - 9 + k},-1,{k * 2},9,60,170,0.9\n" for k in range(10)))
    said = track(path, "--smooth")
    assert (said["frames"], said["tracks"], said["samples"]) == (end, 3, end)
    assert read_mot(tmp_path / "out.txt").frames[-1] == end


def test_a_crowd_is_bounded_and_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    path = tmp_path / "det.txt"
    path.write_text(
        "".join(
            f"{frame},-1,{x:.1f},{y:.1f},20,50,0.9\n"
            for frame in (1, 2)
            for x, y in rng.uniform(0, 1000, (10_000, 2)).tolist()
        )
    )
    said = track(path)
    assert said["refused"]["limit"] >= 2 * 9_500
    assert said["refused"]["limit"] + said["refused"]["birth"] <= 20_000, "rows, each once"
    assert said["tracks"] <= 1_000


@pytest.mark.parametrize(
    ("score", "words", "said"),
    [
        ("0.65", (), "the nearest has 0.65 of 0.80"),
        ("0.65", ("--class", "car"), "the nearest has 0.65 of 0.70"),
        ("0.9", (), None),
    ],
    ids=["people never sure enough", "nor vehicles", "sure ones"],
)
def test_why_there_are_no_tracks_is_said(tmp_path: Path, score: str, words: tuple[str, ...], said: str | None) -> None:
    path = walkers(tmp_path / "det.txt", 9)
    path.write_text(path.read_text().replace(",0.9,", f",{score},"))
    base = ["track", str(path), "--fps", "30", "--size", SIZE, "--out", str(tmp_path / "out.txt")]
    told = " ".join(CliRunner().invoke(app, [*base, *words]).stderr.split())
    if said is None:
        assert "no detection reaches" not in told
    else:
        assert f"no detection reaches the score from which one may start a track: {said}" in told


def test_classes_come_from_the_file_or_the_option(tmp_path: Path) -> None:
    path = walkers(tmp_path / "det.txt", 10)
    assert track(path, "--class", "bus")["classes"] == {"bus": 2}
    path.write_text(path.read_text().replace("0.9,-1,", "0.9,100,"))
    assert track(path)["classes"] == {"car": 2}


def test_no_detections_are_a_result(tmp_path: Path) -> None:
    path = tmp_path / "det.txt"
    path.write_text("")
    said = track(path, "--smooth", "--sample", "2")
    assert (said["frames"], said["samples"], said["tracks"], said["rows"], said["us_per_frame"]) == (0, 0, 0, 0, None)
    assert (tmp_path / "out.txt").read_text() == ""


def test_rubbish_is_left_out_and_told(tmp_path: Path) -> None:
    path = walkers(tmp_path / "det.txt", 10)
    path.write_text(
        path.read_text() + "5,-1,nan,1,5,5,1\n6,-1,1,1,-5,5,1\n7,-1,1,1,5,5,44\n7,-1,1,1,.5,5,1\nnonsense\n"
    )
    done = CliRunner().invoke(
        app, ["track", str(path), "--fps", "30", "--size", SIZE, "--out", str(tmp_path / "o.txt")]
    )
    assert done.exit_code == 0
    assert "text 1, box 3, score 1" in done.stderr
    assert "from 0 to 1" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fps", "0.5"), "--fps: expected"),
        (("--fps", "nan"), "--fps: expected"),
        (("--fps", "1001"), "--fps: expected"),
        (("--sample", "31"), "--sample: expected"),
        (("--sample", "0"), "--sample: expected"),
        (("--size", "1280"), "--size: expected"),
        (("--size", "0x720"), "--size: expected"),
        (("--size", "99999999999x720"), "--size: expected"),
        (("--class", "tram"), "--class: expected"),
        (("--out", "OUT/missing/a.txt"), "a folder that exists"),
        (("--out", "OUT"), "not a folder"),
        (("--out", "/dev/null"), "not a folder or device"),
        (("--out", "OUT/det.txt"), "another file"),
        (("--out", "OUT/link.txt"), "another file"),
    ],
)
def test_bad_wishes_are_refused_and_nothing_is_written(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    path = walkers(tmp_path / "det.txt", 3)
    (tmp_path / "link.txt").symlink_to(path)
    before = path.read_text()
    with pytest.raises(BadConfig, match=said):
        track(path, *(word.replace("OUT", str(tmp_path)) for word in words))
    assert path.read_text() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["det.txt", "link.txt"]


def test_detections_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no such file"):
        track(tmp_path / "none.txt")
    (tmp_path / "text.txt").write_text("good morning\n")
    with pytest.raises(BadData, match="unusable"):
        track(tmp_path / "text.txt")


def test_the_full_rate_of_a_real_sequence_gains_by_smoothing(tmp_path: Path, shared: Path) -> None:
    folder = shared / "groundtruth" / "mot15" / "TUD-Stadtmitte"
    path = tmp_path / "det.txt"
    path.write_bytes((folder / "det" / "det.txt").read_bytes())
    truth = read_mot(folder / "gt" / "gt.txt")
    scores = []
    for words in ((), ("--smooth",)):
        track(path, "--fps", "25", "--size", "640x480", *words)
        scores.append(evaluate(truth, read_mot(tmp_path / "out.txt"))["HOTA"])
    assert scores[1] > scores[0]
