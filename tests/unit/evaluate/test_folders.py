"""Truth and results on disk that are broken: read as the MOT convention says, or refused with file and line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.core.errors import BadData
from sightline.evaluate import evaluate_paths

Make = Callable[..., Path]
GOOD = "".join(f"{frame},1,10,10,20,40,1,-1,-1,-1\n" for frame in range(1, 5))
NINE = GOOD.replace("-1,-1,-1", "1,1.0")


@pytest.mark.parametrize(
    ("word", "truth", "found"),
    [
        ("as it should be", GOOD, GOOD),
        ("CRLF", GOOD.replace("\n", "\r\n"), GOOD),
        ("a byte order mark", "\ufeff" + GOOD, GOOD),
        ("frames in any order", "".join(reversed(GOOD.splitlines(True))), GOOD),
        ("no line end at the end", GOOD.rstrip(), GOOD),
        ("blank lines", GOOD.replace("\n", "\n\n"), GOOD),
        ("seven columns", GOOD.replace(",-1,-1,-1", ""), GOOD),
        ("nine columns with class and visibility", NINE, GOOD),
        ("ten columns with a place in the world", GOOD.replace("-1,-1,-1", "3.5,9.25,0"), GOOD),
        ("results of seven columns", GOOD, GOOD.replace(",-1,-1,-1", "")),
    ],
)
def test_read_as_the_convention_says(tmp_path: Path, word: str, truth: str, found: str) -> None:
    (tmp_path / "truth.txt").write_bytes(truth.encode())
    (tmp_path / "found.txt").write_bytes(found.encode())
    scores = evaluate_paths(tmp_path / "truth.txt", tmp_path / "found.txt")
    assert scores["HOTA"] == pytest.approx(100), word
    assert (scores["GT_IDs"], scores["FN"], scores["FP"]) == (1, 0, 0)


def test_no_results_are_results(tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text(GOOD)
    (tmp_path / "found.txt").write_text("")
    scores = evaluate_paths(tmp_path / "truth.txt", tmp_path / "found.txt")
    assert (scores["HOTA"], scores["FN"], scores["FP"], scores["IDs"]) == (0, 4, 0, 0)


@pytest.mark.parametrize("side", ["truth", "found"])
@pytest.mark.parametrize(
    ("word", "text", "said"),
    [
        ("NaN", GOOD.replace("3,1,10", "3,1,nan"), "line 3: expected a finite number as left, got nan"),
        ("infinite", GOOD.replace("3,1,10", "3,1,inf"), "line 3: expected a finite number as left, got inf"),
        (
            "an id twice in a frame",
            GOOD + "2,1,90,10,20,40,1,-1,-1,-1\n",
            "line 5: expected an id once per frame, got 1",
        ),
        ("a frame 0", "0,1,10,10,20,40,1\n", "line 1: expected a frame from 1, got 0"),
        ("half a line", GOOD + "5,1,10", "line 5: expected 6 to 10 columns, got 3"),
        ("cut in its last columns", GOOD + "5,1,10,10,20,40,1,-1", "line 5: expected 10 columns as above, got 8"),
        ("text", GOOD.replace("4,1,10", "4,1,left"), "line 4: expected a number as left, got 'left'"),
        ("a negative size", GOOD.replace("4,1,10,10,20", "4,1,10,10,-20"), "line 4: expected a width of 0 or more"),
        ("half a frame number", "1.5,1,10,10,20,40,1\n", "line 1: expected a whole number as frame"),
    ],
)
def test_refused_with_file_and_line(tmp_path: Path, side: str, word: str, text: str, said: str) -> None:
    for name in ("truth", "found"):
        (tmp_path / f"{name}.txt").write_text(text if name == side else GOOD)
    with pytest.raises(BadData, match=rf"{side}\.txt {said}"):
        evaluate_paths(tmp_path / "truth.txt", tmp_path / "found.txt")


def test_district_against_watched(district: Make, watched: Make) -> None:
    scores = evaluate_paths(district(), watched())
    assert list(scores["sequences"]) == ["a", "b"]
    assert scores["HOTA"] == pytest.approx(100)
    assert scores["classes"]["car"]["recall"] == 100


def test_half_written_district(district: Make, watched: Make) -> None:
    folder, found = district(), watched()
    (folder / "district.json").unlink()
    with pytest.raises(BadData, match=r"district\.json: expected the file that is written last, got a folder half"):
        evaluate_paths(folder, found)


def test_district_without_the_truth_of_a_camera(district: Make, watched: Make) -> None:
    folder, found = district(), watched()
    (folder / "truth" / "b.txt").unlink()
    with pytest.raises(BadData, match=r"b\.txt: expected a file of camera b, got none"):
        evaluate_paths(folder, found)


def test_watch_that_has_not_ended(district: Make, watched: Make) -> None:
    with pytest.raises(BadData, match=r"expected summary\.json beside events\.jsonl, got none"):
        evaluate_paths(district(), watched(summary=False))


def test_watched_without_a_camera(district: Make, watched: Make) -> None:
    folder, found = district(), watched()
    (found / "b.txt").unlink()
    with pytest.raises(BadData, match=r"expected b\.txt, got no such file"):
        evaluate_paths(folder, found)


@pytest.mark.parametrize(
    ("word", "scale", "refused"),
    [("three times as large", 3.0, True), ("as it is", 1.0, False), ("a third, as a quiet picture", 1 / 3, False)],
)
def test_another_frame_size(district: Make, watched: Make, word: str, scale: float, refused: bool) -> None:
    rows = "".join(
        f"{f},7,{scale * (20 + 5 * f):.2f},{scale * 5:.2f},{scale * 20:.2f},{scale * 30:.2f},1\n" for f in range(1, 11)
    )
    folder, found = district(), watched("\n" + rows)
    if refused:
        said = (
            r"a\.txt line 2 \(frame 1 id 7\): expected boxes within 100x60 as in the truth, got 100% of them beside it"
        )
        with pytest.raises(BadData, match=said):
            evaluate_paths(folder, found)
    else:
        assert evaluate_paths(folder, found)["GT_IDs"] == 2, word


def test_frame_size_of_seqinfo(tmp_path: Path) -> None:
    (tmp_path / "seq" / "gt").mkdir(parents=True)
    (tmp_path / "seq" / "gt" / "gt.txt").write_text(GOOD)
    info = tmp_path / "seq" / "seqinfo.ini"
    info.write_text("[Sequence]\nname=seq\nimWidth=640\nimHeight=480\n")
    (tmp_path / "found.txt").write_text(GOOD.replace(",10,10,", ",900,10,"))
    with pytest.raises(BadData, match=r"found\.txt line 1 .* expected boxes within 640x480"):
        evaluate_paths(tmp_path / "seq", tmp_path / "found.txt")
    (tmp_path / "found.txt").write_text(GOOD)
    assert evaluate_paths(tmp_path / "seq", tmp_path / "found.txt")["HOTA"] == pytest.approx(100)
    info.write_text("[Sequence]\nimWidth=wide\n")
    with pytest.raises(BadData, match=r"seqinfo\.ini: expected imWidth and imHeight"):
        evaluate_paths(tmp_path / "seq", tmp_path / "found.txt")


def test_tracks_of_a_district_are_results(district: Make) -> None:
    folder = district()
    solved = folder.parent / "tracks-only"
    (solved / "tracks").mkdir(parents=True)
    for name in ("a", "b"):
        (solved / "tracks" / f"{name}.txt").write_text((folder / "truth" / f"{name}.txt").read_text())
        (solved / "tracks" / f"{name}.npz").write_bytes(b"")
    manifest = (folder / "district.json").read_text().replace('"kind": "truth"', '"kind": "tracks"')
    (solved / "district.json").write_text(manifest)
    assert evaluate_paths(folder, solved)["HOTA"] == pytest.approx(100)
    with pytest.raises(BadData, match=r"truth.a\.txt: expected a MOTChallenge file, got no such file"):
        evaluate_paths(solved, solved)


def test_nothing_there(district: Make, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="none: expected a MOTChallenge file or a folder of them, got no such file"):
        evaluate_paths(district(), tmp_path / "none")
