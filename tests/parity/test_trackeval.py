"""Our measures are TrackEval's, on real truth with real detections under several trackers, and on random cases."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sightline.bench.library_process import LibraryProcess
from sightline.core.geometry import iou
from sightline.core.values import UNCONFIRMED, Detections
from sightline.core.vocabulary import CODE
from sightline.evaluate import evaluate_network, evaluate_sequences
from sightline.formats.mot import MotTable, read_mot, table, write_mot
from sightline.track import Sample, Tracker

pytestmark = pytest.mark.parity

TOLERANCE = 1e-6
Case = dict[str, tuple[Path, MotTable]]  # sequence -> truth file, results
Scores = dict[str, dict[str, float]]


def linked(detections: MotTable, threshold: float = 0.3) -> MotTable:
    """Detections given ids by the largest overlap with the frame before, greedily."""
    ids = np.full(len(detections), -1, np.int64)
    following, known, boxes = 1, np.zeros(0, np.int64), np.zeros((0, 4))
    for _, rows in detections.by_frame():
        now = detections.boxes_px[rows]
        given = np.full(len(now), -1, np.int64)
        scores = np.asarray(iou(boxes, now)).copy()
        while scores.size and scores.max() > threshold:
            before, after = np.unravel_index(int(scores.argmax()), scores.shape)
            given[after] = known[before]
            scores[before, :] = scores[:, after] = 0
        for row in np.flatnonzero(given < 0):
            given[row], following = following, following + 1
        ids[rows], known, boxes = given, given, now
    return table(detections.frames, ids, detections.boxes_px, detections.confidences)


def _with_boxes(rows: MotTable, boxes: np.ndarray) -> MotTable:
    return table(rows.frames, rows.ids, boxes, rows.confidences)


def _switched(rows: MotTable, random: np.random.Generator) -> MotTable:
    """Every identity changes its number once, at a random frame."""
    ids = rows.ids.copy()
    for one in np.unique(rows.ids):
        mine = np.flatnonzero(rows.ids == one)
        ids[mine[int(random.integers(len(mine))) :]] += 100_000
    return table(rows.frames, ids, rows.boxes_px, rows.confidences)


def _shaken(rows: MotTable, random: np.random.Generator) -> MotTable:
    size = (rows.boxes_px[:, 2:] - rows.boxes_px[:, :2]).repeat(2, axis=0).reshape(-1, 4)
    boxes = rows.boxes_px + random.normal(0, 0.12, rows.boxes_px.shape) * size
    return _with_boxes(rows, np.concatenate([boxes[:, :2], np.maximum(boxes[:, 2:], boxes[:, :2])], axis=1))


def _with_false_boxes(rows: MotTable, random: np.random.Generator) -> MotTable:
    corner = random.uniform(0, 1000, (len(rows) // 4, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 200, corner.shape)], axis=1)
    frames = random.choice(rows.frames, len(boxes))
    ids = 500_000 + np.arange(len(boxes), dtype=np.int64)
    return table(np.append(rows.frames, frames), np.append(rows.ids, ids), np.concatenate([rows.boxes_px, boxes]))


FAULTS: dict[str, Callable[[MotTable, np.random.Generator], MotTable]] = {
    "as linked": lambda rows, _: rows,
    "a third of the rows lost": lambda rows, random: rows.keep(random.random(len(rows)) > 0.33),
    "every identity broken once": _switched,
    "boxes shaken": _shaken,
    "false boxes added": _with_false_boxes,
    "every fifth frame only": lambda rows, _: rows.keep(rows.frames % 5 == 1),
    "the second half missing": lambda rows, _: rows.keep(rows.frames <= np.median(rows.frames)),
    "nothing found": lambda _rows, _random: MotTable.empty(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_public_detections(shared: Path, compare: Callable[[Case, str], None], fault: str) -> None:
    random = np.random.default_rng(7)
    case: Case = {}
    for folder in sorted((shared / "groundtruth" / "mot15").iterdir()):
        results = FAULTS[fault](linked(read_mot(folder / "det" / "det.txt")), random)
        case[folder.name] = (folder / "gt" / "gt.txt", results)
    compare(case, "MOT15")


@pytest.mark.parametrize(
    "fault",
    ["as linked", "boxes shaken", "every identity broken once", "a third of the rows lost", "false boxes added"],
)
def test_truth_against_itself(shared: Path, compare: Callable[[Case, str], None], fault: str) -> None:
    random = np.random.default_rng(8)
    case: Case = {}
    for folder in sorted((shared / "groundtruth" / "mot15").iterdir()):
        truth = folder / "gt" / "gt.txt"
        case[folder.name] = (truth, FAULTS[fault](read_mot(truth), random))
    compare(case, "MOT15")


def _random_truth(path: Path, random: np.random.Generator, classes: bool) -> MotTable:
    """A crowd on a small picture, many of them overlapping; with classes in the layout of MOT17 (nine columns)."""
    lines, frames, ids, boxes = [], [], [], []
    for one in range(1, 16):
        kind = int(random.choice([1, 1, 1, 2, 3, 6, 7, 8, 12])) if classes else -1
        place, speed = random.uniform(0, 300, 2), random.normal(0, 4, 2)
        size = random.uniform(20, 80, 2)
        for frame in range(int(random.integers(1, 20)), int(random.integers(20, 60))):
            left, top = place + speed * frame + random.normal(0, 1, 2)
            mark = int(random.random() > 0.1)
            tail = f"{kind},{random.random():.2f}" if classes else "-1,-1,-1"
            lines.append(f"{frame},{one},{left:.3f},{top:.3f},{size[0]:.3f},{size[1]:.3f},{mark},{tail}")
            frames.append(frame)
            ids.append(one)
            boxes.append([left, top, left + size[0], top + size[1]])
    order = random.permutation(len(lines))
    path.write_text("\n".join(lines[row] for row in order) + "\n", encoding="ascii")
    return table(np.array(frames)[order], np.array(ids)[order], np.array(boxes)[order])


@pytest.mark.parametrize("benchmark", ["MOT15", "MOT17", "MOT20"])
def test_random_crowds(
    tmp_path_factory: pytest.TempPathFactory, compare: Callable[[Case, str], None], benchmark: str
) -> None:
    random = np.random.default_rng(9)
    folder = tmp_path_factory.mktemp("truth")
    case: Case = {}
    for number in range(12):
        path = folder / f"crowd-{number}.txt"
        rows = _random_truth(path, random, classes=benchmark != "MOT15")
        fault = list(FAULTS.values())[number % len(FAULTS)]
        case[path.stem] = (path, fault(_shaken(rows, random), random))
    compare(case, benchmark)


def _followed(detections: MotTable) -> MotTable:
    """Sightline's own tracker on detections as pedestrians, at 25 frames per second; confirmed tracks only."""
    tracker, parts = Tracker(), [MotTable.empty()]
    least, most = detections.confidences.min(), detections.confidences.max()
    scores = ((detections.confidences - least) / max(most - least, 1e-9)).astype(np.float32) * 0.6 + 0.4
    for frame, rows in detections.by_frame():
        boxes = detections.boxes_px[rows].astype(np.float32)
        found = Detections(boxes, scores[rows], np.full(len(boxes), CODE["pedestrian"], np.int16))
        tracks = tracker.update([Sample("camera", frame * 40_000_000, (1920, 1080), found)])[0]
        known = tracks.ids != UNCONFIRMED
        frames = np.full(int(known.sum()), frame, np.int64)
        parts.append(table(frames, tracks.ids[known], tracks.boxes_px[known].astype(np.float64)))
    columns = [(part.frames, part.ids, part.boxes_px) for part in parts]
    return table(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def test_our_tracker_on_public_detections(shared: Path, compare: Callable[[Case, str], None]) -> None:
    case: Case = {}
    for folder in sorted((shared / "groundtruth" / "mot15").iterdir()):
        case[folder.name] = (folder / "gt" / "gt.txt", _followed(read_mot(folder / "det" / "det.txt")))
    assert all(len(results) for _, results in case.values())
    compare(case, "MOT15")


@pytest.mark.parametrize("tracker", ["SORT", "ByteTrack", "OC-SORT"])
def test_trackers_of_a_library_on_public_detections(
    shared: Path, library: tuple[LibraryProcess, Path], compare: Callable[[Case, str], None], tracker: str
) -> None:
    process, columns = library
    case: Case = {}
    for folder in sorted((shared / "groundtruth" / "mot15").iterdir()):
        found = read_mot(folder / "det" / "det.txt")
        first = np.searchsorted(found.frames, np.arange(1, int(found.frames[-1]) + 2))
        groups = np.zeros(len(found), np.int64)
        np.savez(
            columns / f"{folder.name}.npz", first=first, boxes=found.boxes_px, scores=found.confidences, groups=groups
        )
        job = {"samples": folder.name, "tracker": tracker, "options": {}, "by_group": False, "least_score": 0.0}
        rows, ids, late = process.ask(job)
        rows, ids = rows[~late], ids[~late]
        case[folder.name] = (folder / "gt" / "gt.txt", table(found.frames[rows], ids + 1, found.boxes_px[rows]))
    assert all(len(results) for _, results in case.values())
    compare(case, "MOT15")


def _columns(rows: MotTable, marks: np.ndarray, classes: np.ndarray) -> MotTable:
    return table(rows.frames, rows.ids, rows.boxes_px, marks, classes)


def _truth_text(rows: MotTable) -> str:
    sizes = rows.boxes_px[:, 2:] - rows.boxes_px[:, :2]
    cells = zip(rows.frames, rows.ids, rows.boxes_px[:, :2], sizes, rows.confidences, rows.classes, strict=True)
    return "".join(
        f"{frame},{i},{left!r},{top!r},{w!r},{h!r},{int(mark)},{kind},1\n"
        for frame, i, (left, top), (w, h), mark, kind in (
            (f, i, at.tolist(), size.tolist(), mark, kind) for f, i, at, size, mark, kind in cells
        )
    )


def test_district_is_mot17_with_rows_that_do_not_count_as_distractors(
    tmp_path_factory: pytest.TempPathFactory, trackeval: Callable[[Case, str], Scores], tmp_path: Path
) -> None:
    """TrackEval gets counted rows as pedestrians and the others as distractors; Sightline gets a district's truth."""
    random = np.random.default_rng(10)
    folder = tmp_path_factory.mktemp("truth")
    case: Case = {}
    truths = {}
    for number in range(12):
        rows = _random_truth(folder / "unused.txt", random, classes=False)
        counted = random.random(len(rows)) > 0.3
        kinds = 100 + rows.ids % 8
        found = list(FAULTS.values())[number % len(FAULTS)](_shaken(rows, random), random)
        name = f"crowd-{number}"
        (folder / f"{name}.txt").write_text(_truth_text(_columns(rows, np.ones(len(rows)), np.where(counted, 1, 8))))
        (folder / "district.txt").write_text(_truth_text(_columns(rows, counted, kinds)))
        truths[name] = read_mot(folder / "district.txt")
        case[name] = (folder / f"{name}.txt", found)
    theirs = trackeval(case, "MOT17")
    found = {name: read_mot(tmp_path / "trackers" / "case" / "data" / f"{name}.txt") for name in case}
    ours = evaluate_sequences({name: (truths[name], found[name]) for name in case})
    assert "classes" in ours, "the class numbers alone say that it is a district"
    for name, scores in {"COMBINED_SEQ": ours, **ours["sequences"]}.items():
        for key, value in theirs[name].items():
            assert scores[key] == pytest.approx(value, abs=TOLERANCE), f"{name} {key}"


@pytest.mark.parametrize("source", ["ten sequences", "random crowds"])
def test_network_is_one_merged_sequence(
    request: pytest.FixtureRequest, trackeval: Callable[[Case, str], Scores], tmp_path: Path, source: str
) -> None:
    """TrackEval gets all cameras one after the other as one sequence; ids mean the same object in all of them."""
    random = np.random.default_rng(11)
    truths, founds = {}, {}
    if source == "ten sequences":
        shared: Path = request.getfixturevalue("shared")
        for folder in sorted((shared / "groundtruth" / "mot15").iterdir()):
            truths[folder.name] = read_mot(folder / "gt" / "gt.txt")
            founds[folder.name] = linked(read_mot(folder / "det" / "det.txt"))
    else:
        for number in range(6):
            rows = _random_truth(tmp_path / "unused.txt", random, classes=False)
            truths[f"camera {number}"] = rows
            founds[f"camera {number}"] = list(FAULTS.values())[number % 5](_shaken(rows, random), random)
    # As the file will say it: two decimals.
    for name, rows in founds.items():
        write_mot(tmp_path / "rounded.txt", rows)
        founds[name] = read_mot(tmp_path / "rounded.txt")
    merged = {}
    for side, tables in (("truth", truths), ("found", founds)):
        starts = np.cumsum([0, *(max(truths[name].frames[-1], founds[name].frames[-1]) for name in truths)])
        merged[side] = table(
            np.concatenate([rows.frames + start for rows, start in zip(tables.values(), starts, strict=False)]),
            np.concatenate([rows.ids for rows in tables.values()]),
            np.concatenate([rows.boxes_px for rows in tables.values()]),
            np.concatenate([rows.confidences for rows in tables.values()]),
        )
    (tmp_path / "merged.txt").write_text(_truth_text(merged["truth"]))
    theirs = trackeval({"merged": (tmp_path / "merged.txt", merged["found"])}, "MOT15")["COMBINED_SEQ"]
    ours = evaluate_network(truths, founds, convention="mot15")
    for key, value in ours.items():
        assert value == pytest.approx(theirs[key], abs=TOLERANCE), key
