"""Cases on which trackers are measured: scored detections and truth of one camera each, in memory or as folders.

Four sources: the static sequences of MOT15 with their public detections or with drawn ones over their truth, the PETS
street camera through the street model, and cameras of simulated districts with drawn detections. A folder holds
``det.txt`` (MOTChallenge detections, the eighth column 100 + code of ``vocabulary.CLASSES``), ``gt.txt`` (truth as
``formats.mot`` reads it) and ``case.json``.

A tracker should see a camera whole (group "mixed") and be scored group by group: keep the rows of its results whose
class is in the group, and compare them with ``case.only(group).truth``. An object taken for a class of another group
is then missing in one group and too much in the other. For trackers that know no classes, ``only`` gives the group's
detections alone.
"""

import configparser
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from sightline.bench.drawn_detector import STREET, STRONG, DrawnDetector, detections
from sightline.config import DetectSettings, VideoSettings
from sightline.core.errors import BadConfig, BadData
from sightline.core.values import Detections
from sightline.core.vocabulary import CODE, TWO_WHEELERS, VEHICLES
from sightline.detect import make_detector
from sightline.formats.atomic import write_atomically
from sightline.formats.mot import MotTable, read_mot, table
from sightline.formats.mot_truth import FIRST_CLASS
from sightline.models.library import Library
from sightline.simulate.district import district
from sightline.simulate.flow import Traffic
from sightline.simulate.record import Scene
from sightline.simulate.sight import Sight, Sightings
from sightline.video import open_source

GROUPS: Final = {"people": ("pedestrian",), "riders": TWO_WHEELERS, "vehicles": VEHICLES}
KINDS: Final = (*GROUPS, "mixed", "pets", "mot15")  # what case.json may say as group
STATIC: Final = ("ADL-Rundle-6", "KITTI-17", "TUD-Campus", "TUD-Stadtmitte", "Venice-2")  # cameras that do not move
PETS_FPS: Final = 7.0  # the clip's real rate, whatever its file says
DETECTOR: Final = "person-vehicle-bike-detection-2003"
DISTRICT_FPS: Final = 10.0
_SIZE: Final = (640, 360)
_HOUR: Final = 8.0
_CAMERAS: Final = 16  # of a district, of which the busiest are taken
_FEWEST_BOXES, _FEWEST_OBJECTS = 300, 5  # that count: a group with fewer in a case says little
_PERSON: Final = FIRST_CLASS + CODE["pedestrian"]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One camera, named name, of a group (one of KINDS), with frames 1..frames at fps and pictures of size (w, h) px.

    detections: ids -1, confidences on the calibrated scale, classes 100 + code; truth: confidence 0 = neither asked
    for nor held against anybody, classes 100 + code or, in MOT15 and PETS, -1 (all are people). BadConfig for a group
    that is none, a rate or size of 0, frames beyond the last.
    """

    name: str
    group: str
    fps: float
    frames: int
    size: tuple[int, int]
    detections: MotTable
    truth: MotTable

    def __post_init__(self) -> None:
        if self.group not in KINDS:
            raise BadConfig("group", self.group, f"one of {', '.join(KINDS)}")
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise BadConfig("fps", self.fps, "more than 0")
        if min(self.size) < 1:
            raise BadConfig("size", self.size, "a width and height of 1 px or more")
        last = max((int(rows.frames[-1]) for rows in (self.detections, self.truth) if len(rows)), default=1)
        if self.frames < last:
            raise BadConfig("frames", self.frames, f"{last} or more, as its rows have")

    def only(self, group: str) -> "Case":
        """The same camera with only the detections and the truth of a group of classes; BadConfig where it is none.

        Truth without classes is of people.
        """
        if group not in GROUPS:
            raise BadConfig("group", group, f"one of {', '.join(GROUPS)}")
        codes = [FIRST_CLASS + CODE[name] for name in GROUPS[group]]
        found = np.isin(self.detections.classes, codes)
        true = np.isin(self.truth.classes, [*codes, -1] if group == "people" else codes)
        rows = (self.detections.keep(found), self.truth.keep(true))
        return replace(self, name=f"{self.name}-{group}", group=group, detections=rows[0], truth=rows[1])

    def groups(self, boxes: int = _FEWEST_BOXES, objects: int = _FEWEST_OBJECTS) -> list[str]:
        """Groups of which the truth holds at least so many objects and boxes that count, in the order of GROUPS."""
        enough = []
        for name in GROUPS:
            truth = self.only(name).truth
            ids = truth.ids[truth.confidences > 0]
            if len(ids) >= boxes and len(np.unique(ids)) >= objects:
                enough.append(name)
        return enough

    def write(self, folder: Path) -> Path:
        """Lay it down as ``folder/name`` and answer that; BadConfig where it cannot be written."""
        place = folder / self.name
        write_atomically(place / "det.txt", "".join(_lines(self.detections, "{3:.4f},{4},-1,-1")))
        write_atomically(place / "gt.txt", "".join(_lines(self.truth, "{3:g},{4},{5:.2f}")))
        about = {"fps": self.fps, "frames": self.frames, "size": list(self.size), "group": self.group}
        write_atomically(place / "case.json", json.dumps(about) + "\n")
        return place


def _lines(rows: MotTable, tail: str) -> Iterator[str]:
    """A line per row: frame, id, left, top, width, height, then the tail (of confidence 3, class 4, visibility 5)."""
    sides = rows.boxes_px[:, 2:] - rows.boxes_px[:, :2]
    form = "{0},{1},{2[0]:.2f},{2[1]:.2f},{2[2]:.2f},{2[3]:.2f}," + tail + "\n"
    boxes = np.concatenate([rows.boxes_px[:, :2], sides], axis=1).tolist()
    columns = (rows.frames, rows.ids, rows.confidences, rows.classes, rows.visibility)
    frames, ids, sure, classes, seen = (column.tolist() for column in columns)
    for row in zip(frames, ids, boxes, sure, classes, seen, strict=True):
        yield form.format(*row)


def read_case(folder: Path) -> Case:
    """The case a folder holds; BadData names what is missing or broken."""
    about = _about(folder / "case.json")
    path = folder / "det.txt"
    found = read_mot(path)
    if len(found):
        rows = np.loadtxt(path, delimiter=",", ndmin=2, usecols=(0, 7)) if _columns(path) == 10 else None
        if rows is None:
            raise BadData(f"{path}: expected ten columns, the eighth a class, got others")
        classes = rows[np.argsort(rows[:, 0], kind="stable"), 1].astype(np.int64)
        found = replace(found, classes=classes)
    size = (int(about["size"][0]), int(about["size"][1]))
    truth = read_mot(folder / "gt.txt")
    return Case(folder.name, about["group"], float(about["fps"]), int(about["frames"]), size, found, truth)


def _columns(path: Path) -> int:
    with path.open(encoding="utf-8-sig") as lines:
        return next(lines, "").count(",") + 1


def _about(path: Path) -> Mapping[str, Any]:
    try:
        about = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadData(f"{path}: expected the JSON of a case, got {type(error).__name__}") from error
    wanted = {"fps": (int, float), "frames": (int,), "size": (list,), "group": (str,)}
    for key, kinds in wanted.items():
        if not isinstance(about, dict) or type(about.get(key)) not in kinds:
            raise BadData(f"{path}: expected {key} as in a case, got {str(about)[:60]}")
    if len(about["size"]) != 2 or not all(type(side) is int for side in about["size"]):
        raise BadData(f"{path}: expected size as [width, height], got {about['size']}")
    checked: Mapping[str, Any] = about
    return checked


def static_cases(mot15: Path) -> Iterator[Case]:
    """The static sequences of a folder of MOT15 with their public detections, scores as published (0.5 to 1);
    BadData where one is not there."""
    for name, fps, frames, size in _sequences(mot15):
        given = read_mot(mot15 / name / "det" / "det.txt")
        found = replace(given, classes=np.full(len(given), _PERSON, np.int64))
        yield Case(name, "mot15", fps, frames, size, found, read_mot(mot15 / name / "gt" / "gt.txt"))


def strong_cases(mot15: Path, how: DrawnDetector = STRONG, seed: int = 1) -> Iterator[Case]:
    """The same, people as they really walk, with detections drawn over their truth; BadData where one is not there."""
    for name, fps, frames, size in _sequences(mot15):
        truth = read_mot(mot15 / name / "gt" / "gt.txt")
        found = rounded(detections(truth, fps, size, how, seed))
        case = Case(f"{name}-strong", "people", fps, frames, size, found, truth)
        yield replace(case.only("people"), name=case.name)


def _sequences(mot15: Path) -> Iterator[tuple[str, float, int, tuple[int, int]]]:
    """Name, frames per second, number of frames, size of each static sequence."""
    for name in STATIC:
        path = mot15 / name / "seqinfo.ini"
        read = configparser.ConfigParser()
        try:
            read.read_string(path.read_text(encoding="utf-8-sig"))
            info = read["Sequence"]
            size = (int(info["imWidth"]), int(info["imHeight"]))
            yield name, float(info["frameRate"]), int(info["seqLength"]), size
        except (OSError, KeyError, ValueError, configparser.Error) as error:
            raise BadData(f"{path}: expected the [Sequence] of MOT15, got {type(error).__name__}") from error


def street_case(pets: Path, library: Library, least: float = 0.05) -> Case:
    """The first 400 frames of PETS 2009 S2.L1 (``video.mp4``, ``gt.txt``) through the street model, people only.

    least: calibrated score from which detections are given. About ten seconds of computing. What of the picture did
    not change is not in it. SourceUnavailable, ModelUnavailable, BadData.
    """
    detect = make_detector(DETECTOR, library, DetectSettings(min_score=least))
    source = open_source(str(pets / "video.mp4"), camera="pets", settings=VideoSettings(), source_fps=PETS_FPS)
    numbers: list[int] = []
    seen: list[Detections] = []
    size = (0, 0)
    try:
        for frame in source:
            seen.append(detect([frame])[0])
            numbers.append(frame.index)
            size = (frame.width, frame.height)
    finally:
        source.close()
    found = table(
        np.repeat(np.array(numbers, np.int64), [len(one) for one in seen]),
        np.full(sum(len(one) for one in seen), -1, np.int64),
        np.concatenate([one.boxes_px for one in seen]),
        np.concatenate([one.scores for one in seen]),
        np.concatenate([one.labels for one in seen]).astype(np.int64) + FIRST_CLASS,
    )
    truth = read_mot(pets / "gt.txt")
    case = Case("pets", "pets", PETS_FPS, max(numbers), size, rounded(found), truth)
    return replace(case.only("people"), name="pets", group="pets")


def district_cases(
    seed: int, how: DrawnDetector = STREET, *, seconds: float = 60.0, fps: float = DISTRICT_FPS
) -> list[Case]:
    """Three cameras of a busy district, all they see: the one with most vehicles, then most riders, then most people.

    The truth is that of ``sightline simulate --cameras 16 --hour 8`` with the same seed and fps and 240, 400 or 560
    users, by seed: up to four times what such a district has by itself, for queues and full crossings. BadConfig.
    """
    truths = camera_truths(seed, _CAMERAS, seconds=seconds, fps=fps, users=_CAMERAS * (15, 25, 35)[seed % 3])
    chosen: list[str] = []
    for group in ("vehicles", "riders", "people"):
        codes = [FIRST_CLASS + CODE[name] for name in GROUPS[group]]
        many = {
            name: len(np.unique(truth.ids[np.isin(truth.classes, codes) & (truth.confidences > 0)]))
            for name, truth in truths.items()
            if name not in chosen
        }
        chosen.append(max(many, key=lambda name: many[name]))
    cases = []
    for name in chosen:
        found = rounded(detections(truths[name], fps, _SIZE, how, seed * 1000 + list(truths).index(name)))
        frames = max(1, round(seconds * fps))
        cases.append(Case(f"district-{seed}-{name}", "mixed", fps, frames, _SIZE, found, truths[name]))
    return cases


def camera_truths(seed: int, cameras: int, *, seconds: float, fps: float, users: int | None) -> dict[str, MotTable]:
    """What every camera of a district sees, by its name, as ``sightline simulate`` writes it; users: on the move, None
    = what the district's size gives. BadConfig."""
    made = district(seed, cameras, size=_SIZE, fps=fps)
    scene = Scene(made.layout, made.cameras, ((),) * cameras, seed, seconds, fps, start_ns=0)
    traffic = Traffic(made.layout, seed, step_s=scene.step_s, hour=_HOUR, users=users)
    sight = Sight(made.layout, made.cameras)
    seen: list[Sightings] = []
    for frame in range(1, scene.frames + 1):
        seen.append(sight.see(traffic.movers))
        for _ in range(scene.steps_per_frame if frame < scene.frames else 0):
            traffic.advance()
    rows = Sightings.joined(seen)
    frames = np.repeat(np.arange(1, scene.frames + 1, dtype=np.int64), [len(one) for one in seen])
    order = np.lexsort((rows.ids, frames, rows.cameras))
    bounds = np.searchsorted(rows.cameras[order], np.arange(cameras + 1))
    truths = {}
    for number, camera in enumerate(made.cameras):
        own = order[bounds[number] : bounds[number + 1]]
        truths[camera.name] = rounded(
            table(
                frames[own],
                rows.ids[own],
                rows.boxes_px[own].astype(np.float64),
                rows.counted[own].astype(np.float64),
                rows.labels[own].astype(np.int64) + FIRST_CLASS,
                rows.visibility[own].astype(np.float64),
            )
        )
    return truths


def rounded(rows: MotTable) -> MotTable:
    """The rows as files hold them: boxes and visibility with two decimals, confidences with four."""
    return replace(
        rows,
        boxes_px=np.round(rows.boxes_px, 2),
        confidences=np.round(rows.confidences, 4),
        visibility=np.round(rows.visibility, 2),
    )
