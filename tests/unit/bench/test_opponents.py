"""The library's trackers as opponents: sampling, columns, search and tables, with a library that is played."""

import json
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from sightline.bench import library_process, library_tracks, retune
from sightline.bench.library_process import LibraryProcess
from sightline.bench.opponents import TRACKERS, means, opponents, pools, sampled, sampled_cases, strongest
from sightline.bench.retune import AXES, Trial, descend
from sightline.bench.tracking_cases import Case
from sightline.core.errors import SightlineError, SourceUnavailable
from sightline.formats.mot import table

PYTHON = Path(sys.executable)
PERSON, CAR = 107, 100

# Answers as a library would that sees one object per column of the picture and confirms it at its second hit.
PLAYED = """
import json, sys
from pathlib import Path
import numpy as np
folder = Path(sys.argv[1])
print(json.dumps({"versions": {"trackers": "0", "supervision": "0"}}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    columns = np.load(folder / (job["samples"] + ".npz"))
    ids = (columns["boxes"][:, 0] // 100).astype(int)
    late = np.repeat(np.arange(len(columns["first"]) - 1), np.diff(columns["first"])) == 0
    good = job["options"].get("lost_track_buffer", 30) == 60  # what the search is to find
    ids = ids if good else np.arange(len(ids))
    print(json.dumps({"rows": list(range(len(ids))), "ids": ids.tolist(), "late": late.tolist()}), flush=True)
"""


def walking(name: str, *, group: str = "people", frames: int = 30, classes: tuple[int, ...] = (PERSON, PERSON)) -> Case:
    """Objects side by side that go down slowly, one per class, each found in every frame."""
    numbers = np.repeat(np.arange(1, frames + 1), len(classes))
    which = np.tile(np.arange(len(classes)), frames)
    left, top = 100.0 * which + 10, 0.2 * numbers
    boxes = np.stack([left, top, left + 30, top + 60], axis=1)
    kinds = np.array(classes)[which]
    ones = np.ones(len(numbers))
    found = table(numbers, np.full(len(numbers), -1), boxes, ones, kinds)
    return Case(name, group, 10.0, frames, (640, 360), found, table(numbers, which, boxes, ones, kinds, ones))


def quiet(_done: int, _known: int) -> None:
    """Progress that nobody hears."""


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in place of the one that needs the library."""
    script = tmp_path / "played.py"
    script.write_text(PLAYED)
    monkeypatch.setattr(library_process, "SCRIPT", script)
    # The interpreter itself, because the played library needs nothing but numpy.
    return PYTHON


@pytest.mark.parametrize(
    ("word", "frames", "fps", "rate", "numbers"),
    [
        ("every frame", 4, 10.0, None, [1, 2, 3, 4]),
        ("every second", 6, 10.0, 5.0, [1, 3, 5]),
        ("halves go to the even number", 12, 5.0, 2.0, [1, 3, 6, 9, 11]),
        ("a rate above the clip's", 3, 10.0, 25.0, [1, 2, 3]),
        ("thirds", 21, 10.0, 3.0, [1, 4, 8, 11, 14, 18, 21]),
        ("one frame only", 5, 10.0, 1.0, [1]),
    ],
)
def test_frames_at_a_rate(word: str, frames: int, fps: float, rate: float | None, numbers: list[int]) -> None:
    assert sampled(frames, fps, rate).tolist() == numbers, word


def test_search_finds_what_serves_the_others_and_never_asks_the_case_itself() -> None:
    """Cases a, b like 60 frames of patience, c likes 15; a's choice comes from b and c, and so on."""
    likes = {"a": 60, "b": 60, "c": 15}
    asked: list[tuple[str, Trial]] = []

    def run(wanted: Iterable[tuple[str, Trial]]) -> None:
        asked.extend(wanted)

    def hota(case: str, trial: Trial) -> float:
        assert (case, trial) in asked, "expected scores to be asked for before they are used"
        patience = float(dict(trial.options).get("lost_track_buffer", 30))
        return (50.0 if case == "c" else 60.0) - abs(patience - likes[case])

    others = {case: [other for other in likes if other != case] for case in likes} | {"alone": []}
    chosen = descend("SORT", others, run, hota)
    assert dict(chosen["c"].options) == {"lost_track_buffer": 60}
    assert chosen["alone"] == Trial("SORT"), "nobody to choose by: the defaults stay"
    assert dict(chosen["a"].options) in ({"lost_track_buffer": 15}, {"lost_track_buffer": 60}, {})


def test_trials_say_only_what_differs_from_the_defaults() -> None:
    trial = Trial("ByteTrack").changed({"minimum_iou_threshold": 0.3, "by_group": False})
    assert dict(trial.options) == {"minimum_iou_threshold": 0.3, "by_group": False}
    assert trial.changed({"minimum_iou_threshold": 0.1, "by_group": True}) == Trial("ByteTrack")


@pytest.mark.parametrize("tracker", TRACKERS)
def test_axes_turn_only_what_has_a_known_default(tracker: str) -> None:
    for axis in AXES[tracker]:
        for change in axis:
            Trial(tracker).changed(change)  # KeyError for a name without default
    assert tracker in library_tracks.TRACKERS


@pytest.mark.parametrize(
    ("word", "cases", "deciding"),
    [
        ("others of the group", [("x", "people"), ("y", "people"), ("z", "vehicles")], {"x": "y", "y": "x", "z": ""}),
        ("one of a group is tuned on its kin", [("pets", "pets"), ("s", "mot15")], {"pets": "s", "s": "pets"}),
        ("not what shows the same people", [("s", "mot15"), ("s-strong", "people")], {"s": "", "s-strong": ""}),
        ("names that only begin alike", [("cam-1", "people"), ("cam-10", "people")], {"cam-1": "cam-10"}),
    ],
)
def test_who_decides(word: str, cases: list[tuple[str, str]], deciding: dict[str, str]) -> None:
    part = sampled_cases([walking(name, group=group) for name, group in cases], None)
    names = {one.key: one.case.name for one in part}
    found = {names[key]: " ".join(names[other] for other in others) for key, others in pools(part).items()}
    assert found | deciding == found, word


def test_short_cases_do_not_decide() -> None:
    part = sampled_cases([walking("long"), walking("short", frames=19)], None)
    assert [one.judged for one in part] == [True, False]
    assert pools(part) == {part[0].key: [], part[1].key: [part[0].key]}


def test_tables_of_a_played_library(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retune, "AXES", {name: ([{"lost_track_buffer": 60}],) for name in TRACKERS})
    cases = [walking("x", frames=40), walking("y", frames=40), walking("short", frames=19)]
    heard: list[tuple[int, int]] = []
    answer = opponents(cases, [None, 5.0, 20.0], played, tuned=True, progress=lambda *said: heard.append(said))
    assert list(answer["rates"]) == ["full", "5", "20"]
    assert answer["samples"]["5"]["x"] == {"group": "people", "samples": 20, "judged": True}
    assert answer["samples"]["full"]["short"]["judged"] is False
    assert answer["samples"]["20"] == {}, "no case is as fast"
    sort = answer["rates"]["full"]["SORT"]
    assert sort["tuned"]["x"]["HOTA"] == pytest.approx(100), "patience of 2 s keeps ids here"
    assert sort["default told"]["x"]["HOTA"] < 50
    assert sort["default"]["x"]["DetA"] < sort["default told"]["x"]["DetA"] == pytest.approx(100)
    assert sort["hindsight"]["short"]["HOTA"] == pytest.approx(100)
    assert answer["chosen"]["full"]["SORT"]["y"] == {"lost_track_buffer": 60}
    assert heard[-1] == (120, 120), "5 trackers, 3 cases, 2 rates; the defaults in three ways and one change of them"
    json.dumps(answer, allow_nan=False)
    averages = means(answer, "full")
    assert averages["SORT"]["tuned"]["HOTA"] == pytest.approx(100), "the short case is not judged"
    assert strongest(averages)[1] == "tuned"
    assert means(answer, "20") == means(answer, "full", ["short"]) == {}


def test_only_people_are_judged_where_truth_names_no_classes(played: Path) -> None:
    case = walking("mixed", classes=(PERSON, CAR))
    people = case.truth.classes == PERSON
    bare = case.truth.keep(people)
    unnamed = table(bare.frames, bare.ids, bare.boxes_px)
    plain = Case("plain", "pets", case.fps, case.frames, case.size, case.detections, unnamed)
    answer = opponents([plain], [None], played, tuned=False, progress=quiet)
    assert answer["rates"]["full"]["SORT"]["default told"]["plain"]["DetA"] == pytest.approx(100)
    assert answer["chosen"] == {"full": {}}
    assert list(answer["rates"]["full"]["SORT"]) == ["default", "default told", "default every score"]


def test_names_must_differ() -> None:
    with pytest.raises(ValueError, match="different names"):
        opponents([walking("x"), walking("x")], [None], PYTHON, tuned=False, progress=quiet)


@pytest.mark.parametrize(
    ("word", "script", "error", "says"),
    [
        ("the package is absent", 'print(\'{"absent": "trackers"}\')', SourceUnavailable, "package trackers"),
        ("it ends with an error", "raise SystemExit('no such thing')", SightlineError, "no such thing"),
        ("it ends silently", "", SightlineError, "without a word"),
    ],
)
def test_what_cannot_start(
    word: str, script: str, error: type[Exception], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "script.py"
    path.write_text(script)
    monkeypatch.setattr(library_process, "SCRIPT", path)
    with pytest.raises(error, match=says):
        LibraryProcess(PYTHON, tmp_path)


def test_no_interpreter(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="got no file"):
        LibraryProcess(tmp_path / "python", tmp_path)


def test_a_job_that_fails_tells_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "script.py"
    path.write_text(
        textwrap.dedent("""
        import json, sys
        print(json.dumps({"versions": {}}), flush=True)
        raise SystemExit("cannot follow " + json.loads(input())["tracker"])
        """)
    )
    monkeypatch.setattr(library_process, "SCRIPT", path)
    job = {"samples": "0", "tracker": "SORT", "options": {}, "by_group": False, "least_score": 0.0}
    with LibraryProcess(PYTHON, tmp_path) as process, pytest.raises(SightlineError, match="cannot follow SORT"):
        process.ask(job)
