"""The opponents are what the package is: its defaults, its answers, and every argument that the search turns."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sightline.bench.library_process import LibraryProcess
from sightline.bench.library_tracks import TRACKERS
from sightline.bench.opponents import means, opponents, strongest
from sightline.bench.retune import AXES, BY_GROUP, DEFAULTS, LEAST_SCORE
from sightline.bench.tracking_cases import Case
from sightline.formats.mot import table

pytestmark = pytest.mark.parity

PERSON, CAR = 107, 100
ALWAYS = {"BoT-SORT": {"enable_cmc": False}}


def crossing(frames: int = 60, walkers: int = 6) -> Case:
    """Walkers and cars that cross each other, shaken, with misses and faint boxes."""
    random = np.random.default_rng(5)
    numbers = np.repeat(np.arange(1, frames + 1), walkers)
    which = np.tile(np.arange(walkers), frames)
    x = 100 + 60.0 * which + (numbers - frames / 2) * np.where(which % 2, 3.0, -3.0)
    foot = 200 + 12.0 * which
    high = np.where(which % 3, 60.0, 40.0)
    boxes = np.stack([x - 12, foot - high, x + 12, foot], axis=1)
    kinds = np.where(which % 3, PERSON, CAR)
    shaken = np.round(boxes + random.normal(0, 1.0, boxes.shape), 2)
    seen = random.random(len(numbers)) > 0.15
    scores = np.round(random.uniform(0.05, 1.0, len(numbers)) ** 0.5, 3)
    nobody = np.full(int(seen.sum()), -1)
    found = table(numbers[seen], nobody, shaken[seen], scores[seen], kinds[seen])
    ones = np.ones(len(numbers))
    return Case("crossing", "mixed", 10.0, frames, (640, 360), found, table(numbers, which, boxes, ones, kinds, ones))


def lay_down(folder: Path, case: Case) -> None:
    first = np.searchsorted(case.detections.frames, np.arange(1, case.frames + 2))
    rows = case.detections
    groups = (rows.classes == PERSON).astype(np.int64)
    np.savez(folder / "0.npz", first=first, boxes=rows.boxes_px, scores=rows.confidences, groups=groups)


def job(tracker: str, options: dict[str, object], **usage: object) -> dict[str, object]:
    return {"samples": "0", "tracker": tracker, "options": options, BY_GROUP: False, LEAST_SCORE: 0.0, **usage}


@pytest.mark.parametrize("tracker", TRACKERS)
def test_defaults_are_those_of_the_package(
    library: tuple[LibraryProcess, Path], reference: Callable[..., str], tracker: str
) -> None:
    del library  # only to skip where the package is absent
    told = json.loads(reference("tracker_defaults.py", TRACKERS[tracker][0]))
    assert {name: told[name] for name in DEFAULTS[tracker] if name != "iou"} == {
        name: value for name, value in DEFAULTS[tracker].items() if name != "iou"
    }
    assert told["frame_rate"] == 30.0, "lost time counts in frames of 30 fps"


@pytest.mark.parametrize("tracker", TRACKERS)
def test_rows_given_at_once_are_the_library_s_and_late_ones_fill_its_tracks(
    library: tuple[LibraryProcess, Path], reference: Callable[..., str], tracker: str
) -> None:
    process, folder = library
    case = crossing()
    lay_down(folder, case)
    options = {"frame_rate": 10.0, "minimum_consecutive_frames": 3, **ALWAYS.get(tracker, {})}
    rows, ids, late = process.ask(job(tracker, options))
    plain = json.loads(reference("plain_tracks.py", TRACKERS[tracker][0], json.dumps(options), folder / "0.npz"))
    given = sorted(zip(rows[~late].tolist(), ids[~late].tolist(), strict=True))
    assert given == sorted(zip(plain["rows"], plain["ids"], strict=True))
    assert late.any(), "three hits are needed for an id"
    assert set(ids[late].tolist()) <= set(plain["ids"]), "no track that the library never confirmed"
    frames = case.detections.frames[rows]
    assert len(np.unique(rows)) == len(rows), "a row belongs to one track"
    assert len(np.unique(np.stack([frames, ids]), axis=1).T) == len(rows), "a track has one row in a frame"


@pytest.mark.parametrize("tracker", TRACKERS)
def test_every_argument_of_the_search_is_one_of_the_package(library: tuple[LibraryProcess, Path], tracker: str) -> None:
    process, folder = library
    lay_down(folder, crossing(frames=4))
    for axis in AXES[tracker]:
        for change in axis:
            options = dict(change)
            usage = {name: options.pop(name) for name in (BY_GROUP, LEAST_SCORE) if name in options}
            answer = process.ask(job(tracker, {**ALWAYS.get(tracker, {}), **options}, **usage))
            assert len(answer.rows) == len(answer.ids) == len(answer.late)


def test_groups_have_ids_of_their_own_and_faint_boxes_may_stay_out(library: tuple[LibraryProcess, Path]) -> None:
    process, folder = library
    case = crossing()
    lay_down(folder, case)
    rows, ids, _ = process.ask(job("ByteTrack", {"frame_rate": 10.0}, by_group=True))
    people = set(ids[case.detections.classes[rows] == PERSON].tolist())
    assert people, "expected people to be followed"
    assert not people & set(ids[case.detections.classes[rows] == CAR].tolist())
    rows, _, _ = process.ask(job("SORT", {"frame_rate": 10.0}, least_score=0.6))
    assert case.detections.confidences[rows].min() >= 0.6


def test_table_of_the_real_library(library: tuple[LibraryProcess, Path], reference_python: Path) -> None:
    del library
    answer = opponents([crossing()], [None, 5.0], reference_python, tuned=False, progress=lambda _done, _known: None)
    averages = means(answer, "full")
    assert sorted(averages) == sorted(TRACKERS)
    assert 0 < averages["ByteTrack"]["default"]["HOTA"] < 100
    tracker, variant = strongest(averages)
    assert averages[tracker][variant]["HOTA"] == max(one["HOTA"] for part in averages.values() for one in part.values())
    assert answer["versions"]["trackers"]
