"""The command: what folders allow to be measured, as a table, as JSON and as a picture."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sightline.cli.app import app
from sightline.core.errors import BadConfig, BadData
from sightline.evaluate.plot import check_plot, plot_scores
from sightline.evaluate.report import report

Make = Callable[..., Path]


def crossing(time: str, label: str = "car", line: str = "gate", camera: str = "a") -> str:
    event = {"schema": "sightline.event/1", "topic": "RuleEngine/LineDetector/Crossed", "UtcTime": time}
    event["Source"] = {"VideoSource": camera, "Rule": line}  # type: ignore[assignment]
    data = {"ObjectId": "7", "Direction": "forward", "Class": "Vehicle", "Label": label, "Likelihood": 0.9}
    return json.dumps(event | {"Data": data}) + "\n"


@pytest.mark.parametrize("time", ["PT1.2S", "2026-06-01T08:00:01.200Z"])
def test_counts_of_a_district(district: Make, watched: Make, time: str) -> None:
    said = crossing(time) + crossing(time, "van") + crossing(time, line="own")
    counts = report(district(), watched(events=said))["counts"]
    assert (counts["truth"], counts["said"], counts["count_error"]) == (1, 2, 100.0)
    assert counts["lines_without_truth"] == ["a/own"]


def test_another_day(district: Make, watched: Make) -> None:
    with pytest.raises(BadData, match="crossings of said row 0: expected 0 to 60 s"):
        report(district(), watched(events=crossing("2026-06-02T08:00:01Z")))


@pytest.mark.parametrize(
    ("word", "row", "said"),
    [
        ("NaN", "nan,a,gate,forward,car,1\n", "line 2: expected time_s of 0 or more, got nan"),
        ("a class nobody knows", "1,a,gate,forward,tank,1\n", "line 2: expected a class as class, got 'tank'"),
        ("cut", "1,a,gate\n", "line 2: expected 6 cells, got 3"),
        ("sideways", "1,a,gate,forward,car,1\n1,a,gate,up,car,1\n", "line 3: expected forward or backward, got 'up'"),
    ],
)
def test_broken_crossings(district: Make, watched: Make, word: str, row: str, said: str) -> None:
    with pytest.raises(BadData, match=rf"crossings\.csv {said}"):
        report(district(row), watched())


def test_broken_events(district: Make, watched: Make) -> None:
    with pytest.raises(BadData, match=r"events\.jsonl line 2: expected"):
        report(district(), watched(events=crossing("PT1S") + crossing("PT2S")[:40]))


def test_network_and_detections(district: Make, watched: Make) -> None:
    folder, found = district(), watched()
    scores = report(folder, found, network=True, detections=found, curves=True)
    assert scores["network"]["IDs"] == 1, "both cameras say 7"
    assert scores["network"]["HOTA"] == pytest.approx(100)
    assert scores["detections"]["heights"]["24-40"]["recall"] == 100
    assert len(scores["alpha"]["HOTA"]) == 19
    one = report(folder / "truth" / "a.txt", found / "a.txt", detections=found / "a.txt")
    assert one["detections"]["AP"] == pytest.approx(100)
    with pytest.raises(BadConfig, match="--network: expected folders"):
        report(folder / "truth" / "a.txt", found / "a.txt", network=True)


def test_detections_of_motchallenge(tmp_path: Path) -> None:
    for name in ("gt", "det"):
        (tmp_path / "seq" / name).mkdir(parents=True)
        (tmp_path / "seq" / name / f"{name}.txt").write_text("1,-1,0,0,10,30,0.5\n".replace("-1", "1", name == "gt"))
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "seq.txt").write_text("")
    scores = report(tmp_path, tmp_path, detections=tmp_path)
    assert scores["detections"]["recall"] == 100


def test_command(district: Make, watched: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, found = str(district()), str(watched(events=crossing("PT1S")))
    shown = CliRunner().invoke(app, ["evaluate", folder, found, "--json", "--network"])
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout)
    assert answer["HOTA"] == pytest.approx(100)
    assert set(answer) >= {"HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW", "sequences", "classes", "network", "counts"}
    monkeypatch.setenv("COLUMNS", "150")
    shown = CliRunner().invoke(app, ["evaluate", folder, found, "--network", "--detections", found])
    assert shown.exit_code == 0, shown.output


def test_sampled_frames_alone(tmp_path: Path, district: Make, watched: Make) -> None:
    truth, found = tmp_path / "truth.txt", tmp_path / "found.txt"
    truth.write_text("".join(f"{n},1,{n},0,10,30,1\n" for n in range(1, 32)))
    found.write_text("".join(f"{n},1,{n},0,10,30,1\n" for n in range(1, 32, 10)) + "5,2,0,0,10,30,1\n")
    assert report(truth, found)["MOTA"] < 20
    scores = report(truth, found, every=10.0, detections=truth)
    assert (scores["HOTA"], scores["IDs"], scores["detections"]["recall"]) == (pytest.approx(100), 1, 100)
    folder, results = district(), watched()
    scores = report(folder, results, every=2.0, network=True, detections=results)
    assert scores["HOTA"] == scores["network"]["HOTA"] == pytest.approx(100)
    shown = CliRunner().invoke(app, ["evaluate", str(truth), str(found), "--sample", "3", "--fps", "30", "--json"])
    assert json.loads(shown.stdout)["MOTA"] == pytest.approx(100)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sample", "3"), "--fps: expected the rate"),
        (("--fps", "30"), "--sample: expected the frames per second to score"),
        (("--sample", "31", "--fps", "30"), "--sample: expected frames per second from 0.1"),
    ],
)
def test_half_a_rate_is_refused(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        raise CliRunner().invoke(app, ["evaluate", str(tmp_path), str(tmp_path), *words]).exception or AssertionError


def test_a_district_as_prediction_is_refused(district: Make, watched: Make) -> None:
    folder, found = district(), watched()
    with pytest.raises(BadData, match="expected tracks, got a district with its truth, which belongs first"):
        report(found, folder)
    assert report(folder, folder)["HOTA"] == pytest.approx(100), "a district beside itself is no mistake"


@pytest.mark.parametrize(
    ("truth", "prediction", "doubted"),
    [
        ("district", "watched", False),
        ("district/truth/a.txt", "watched/a.txt", False),
        ("watched/a.txt", "district/truth/a.txt", True),
        ("watched/a.txt", "watched/b.txt", False),
        ("district/truth/a.txt", "district/truth/b.txt", False),
        ("watched", "gt", True),
        ("tracks", "gt", True),
        ("watched/a.txt", "gt", True),
    ],
    ids=["as it should be", "two files as they should be", "two files swapped", "one run against another",
         "truth against truth", "what watch left, first", "a folder of tracks, first", "a file, a folder of one"],
)  # fmt: skip
def test_what_looks_swapped_is_said(
    district: Make, watched: Make, tmp_path: Path, truth: str, prediction: str, doubted: bool
) -> None:
    folder, found = district(), watched()
    for name, source in (("gt", folder / "truth"), ("tracks", found)):
        (tmp_path / name).mkdir()
        shutil.copy(source / "a.txt", tmp_path / name / "a.txt")
    if truth == "watched":
        (found / "b.txt").unlink()
    shown = CliRunner().invoke(app, ["evaluate", str(tmp_path / truth), str(tmp_path / prediction)])
    assert shown.exit_code == 0, shown.output
    assert ("the truth comes first (swapped?)" in shown.stderr.replace("\n", " ")) == doubted


RESULT = {
    **dict.fromkeys(("HOTA", "DetA", "AssA"), 70.0),
    "alpha": {"threshold": [0.05, 0.5, 0.95], **{key: [90.0, 80.0, 20.0] for key in ("HOTA", "DetA", "AssA")}},
    "counts": {
        "count_error": 12.5,
        "lines": [{"camera": "c1", "line": "gate", "direction": "forward", "truth": 8, "said": 7}] * 3,
    },
    "detections": {
        "AP": 41.0,
        "heights": {name: {"recall": 50.0, "AP50": None, "boxes": 9} for name in ("16-24", "24-40", ">40")},
    },
    "hand_over": {"ece": 0.04, "reliability": [{"said": 0.2, "right": 0.3, "count": 5}] * 2},
}


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_plot(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("matplotlib", reason="the extra plot is not installed")
    for name in ("scores", "again"):
        plot_scores(RESULT, tmp_path / f"{name}.{kind}")
    drawn = (tmp_path / f"scores.{kind}").read_bytes()
    assert len(drawn) > 1000
    assert drawn == (tmp_path / f"again.{kind}").read_bytes(), "the same scores give the same bytes"


@pytest.mark.parametrize(
    ("word", "result", "name", "said"),
    [
        ("another kind of file", RESULT, "scores.gif", r"expected a file ending in \.png, \.svg, \.pdf"),
        ("nothing to draw", {"HOTA": 1.0}, "scores.png", "expected scores with one of alpha"),
        ("no such folder", RESULT, "none/scores.png", "expected a file that can be written"),
    ],
)
def test_plot_refuses(tmp_path: Path, word: str, result: dict[str, object], name: str, said: str) -> None:
    pytest.importorskip("matplotlib", reason="the extra plot is not installed")
    with pytest.raises(BadConfig, match=said):
        plot_scores(result, tmp_path / name)


def test_plot_without_its_library(monkeypatch: pytest.MonkeyPatch, district: Make, watched: Make) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(BadConfig, match=r"--plot: expected matplotlib \(pip install 'sightline\[plot\]'\)") as refused:
        check_plot(Path("scores.png"))
    assert refused.value.exit_code == 2
    shown = CliRunner().invoke(app, ["evaluate", str(district()), str(watched()), "--plot", "scores.png"])
    assert isinstance(shown.exception, BadConfig), "before anything is measured"
