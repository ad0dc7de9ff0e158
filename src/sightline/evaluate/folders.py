"""Where truth and results lie on disk: single files, folders of sequences, districts, what ``watch --out`` leaves."""

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from sightline.core.errors import BadData
from sightline.core.sampling import is_sampled
from sightline.evaluate.pairs import Convention
from sightline.evaluate.scores import evaluate, evaluate_sequences
from sightline.formats.district import MANIFEST, DistrictFolder, read_district
from sightline.formats.mot import MotTable, read_mot
from sightline.formats.read_text import read_text

SUMMARY_FILE: Final = "summary.json"  # what ``watch`` writes last
EVENTS_FILE: Final = "events.jsonl"
_TRACKS: Final = ("*/gt.txt", "*/gt/gt.txt")
_DETECTIONS: Final = ("*/det.txt", "*/det/det.txt")
_OUTSIDE: Final = 0.5  # share of boxes beside the picture from which the frame size must be another one

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tables:
    """One side of a comparison: tables by name, the file of each, and the frame size in pixels where it is known."""

    tables: Mapping[str, MotTable]
    paths: Mapping[str, Path]
    sizes: Mapping[str, Size] = field(default_factory=dict)


def evaluate_paths(
    truth: Path,
    prediction: Path,
    *,
    convention: Convention = "auto",
    curves: bool = False,
    every: float = 1.0,
    done: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Scores of files, or of folders with one sequence per name, over the frames that ``core.sampling`` uses.

    A folder of truth is a district, or holds ``<name>/gt/gt.txt`` (MOTChallenge), ``<name>/gt.txt`` or ``<name>.txt``;
    one of predictions ``<name>.txt``, or the same layouts. With a folder against a file, the folder must hold the one
    sequence. BadData for a sequence without prediction, a folder half written, and results made at another frame size;
    predictions without truth are left out.
    """
    if are_folders(truth, prediction):
        tables = paired(read_truth(truth), prediction, every=every)
        return evaluate_sequences(tables, convention=convention, curves=curves, done=done)
    only, found = only_file(truth), only_file(prediction)
    told, said = read_mot(only), read_mot(found)
    _check_size(found, said, _sizes({"": only}).get(""))
    return evaluate(at_samples(told, every), at_samples(said, every), convention=convention, curves=curves)


def at_samples(rows: MotTable, every: float) -> MotTable:
    """The rows of the frames that ``core.sampling`` uses, under their own numbers."""
    return rows.keep(is_sampled(rows.frames, every))


def are_folders(truth: Path, prediction: Path) -> bool:
    """Whether both are folders, to be compared sequence by sequence; BadData where one is not there, or where only the
    prediction is a district with truth.
    """
    for path in (truth, prediction):
        if not path.exists():
            raise BadData(f"{path}: expected a MOTChallenge file or a folder of them, got no such file")
    if not (truth.is_dir() and prediction.is_dir()):
        return False
    other = district_of(prediction)
    if other is not None and other.manifest.kind != "tracks" and district_of(truth) is None:
        raise BadData(f"{prediction}: expected tracks, got a district with its truth, which belongs first (swapped?)")
    return True


def looks_swapped(truth: Path, prediction: Path) -> str:
    """A sentence where truth looks like results and prediction like truth, judged by their first sequence; else empty.

    Results carry no class and no visibility (``formats.mot.rows_text``), truth of MOT17 and of districts both in every
    row. Both paths as they were compared without an error.
    """
    if truth.is_dir() and (truth / SUMMARY_FILE).is_file() and not (prediction / SUMMARY_FILE).is_file():
        return f"{truth} is what `watch` left, taken as the truth here: the truth comes first (swapped?)"
    told, said = (read_mot(_first_file(path)) for path in (truth, prediction))
    named = len(said) and bool((said.classes > 0).all()) and bool((said.visibility >= 0).all())
    if named and len(told) and (told.classes <= 0).all():
        return (
            f"{prediction} gives class and visibility as truth does, {truth} neither: the truth comes first (swapped?)"
        )
    return ""


def _first_file(path: Path) -> Path:
    """The path itself, or the file of a folder's first sequence."""
    return next(iter(sequences_of(path).values())) if path.is_dir() else path


def read_truth(folder: Path) -> Tables:
    """All truth of a folder by sequence; BadData where there is none, or the folder is half written."""
    district = district_of(folder)
    if district is not None:
        paths = {name: folder / "truth" / f"{name}.txt" for name in district.names}
        sizes = {camera.name: camera.size for camera in district.manifest.cameras}
        return Tables({name: district.truth(name) for name in paths}, paths, sizes)
    paths = sequences_of(folder)
    if not paths:
        raise BadData(f"{folder}: expected <name>/gt/gt.txt or <name>.txt, got neither")
    return Tables({name: read_mot(path) for name, path in paths.items()}, paths, _sizes(paths))


def district_of(folder: Path) -> DistrictFolder | None:
    """The district that a folder holds; None where it is none; BadData where it is half written."""
    if (folder / MANIFEST).is_file() or (folder / "truth").is_dir():
        return read_district(folder)
    return None


def paired(
    truth: Tables, prediction: Path, *, detections: bool = False, every: float = 1.0
) -> dict[str, tuple[MotTable, MotTable]]:
    """Name -> truth and prediction (tracks, or scored detections in ``<name>.txt``, ``<name>/det/det.txt``), both cut
    to the frames that ``core.sampling`` uses.

    BadData for a name without prediction or with one made at another frame size.
    """
    found = sequences_of(prediction, _DETECTIONS if detections else _TRACKS)
    missing = [name for name in truth.tables if name not in found]
    if missing:
        raise BadData(f"{prediction}: expected {missing[0]}.txt, got no such file")
    pairs = {}
    for name, table in truth.tables.items():
        said = read_mot(found[name])
        _check_size(found[name], said, truth.sizes.get(name))
        pairs[name] = (at_samples(table, every), at_samples(said, every))
    return pairs


def sequences_of(folder: Path, layouts: tuple[str, ...] = _TRACKS) -> dict[str, Path]:
    """Name -> file of every sequence in a folder, by name; BadData for a district or results half written."""
    district = district_of(folder)
    if district is not None:
        part = folder / ("tracks" if district.manifest.kind == "tracks" else "truth")
        return {name: part / f"{name}.txt" for name in sorted(district.names)}
    if (folder / EVENTS_FILE).is_file() and not (folder / SUMMARY_FILE).is_file():
        raise BadData(f"{folder}: expected {SUMMARY_FILE} beside {EVENTS_FILE}, got none (watch has not ended)")
    files = {path.stem: path for path in folder.glob("*.txt")}
    for layout in layouts:
        for path in folder.glob(layout):
            files[path.relative_to(folder).parts[0]] = path
    # A folder in MOTChallenge's own layout of one sequence: seqinfo.ini beside gt/.
    own = folder / layouts[-1].removeprefix("*/")
    if own.is_file():
        files = {folder.name: own}
    return dict(sorted(files.items()))


def only_file(path: Path) -> Path:
    """The path itself, or the file of the one sequence of a folder; BadData where it holds none or several."""
    if not path.is_dir():
        return path
    files = sequences_of(path)
    if len(files) != 1:
        raise BadData(f"{path}: expected one sequence to compare with a file, got {len(files)}")
    return next(iter(files.values()))


def _sizes(paths: Mapping[str, Path]) -> dict[str, Size]:
    """Frame sizes of those sequences that have a seqinfo.ini beside gt/."""
    infos = {name: path.parent.parent / "seqinfo.ini" for name, path in paths.items() if path.parent.name == "gt"}
    return {name: _seqinfo_size(info) for name, info in infos.items() if info.is_file()}


def _seqinfo_size(path: Path) -> Size:
    read = configparser.ConfigParser()
    text = read_text(path, "a seqinfo.ini")
    try:
        read.read_string(text)
        return read.getint("Sequence", "imWidth"), read.getint("Sequence", "imHeight")
    except (configparser.Error, ValueError) as error:
        raise BadData(f"{path}: expected imWidth and imHeight in [Sequence], got {type(error).__name__}") from error


def _check_size(path: Path, found: MotTable, size: Size | None) -> None:
    """BadData where most boxes lie beside the picture; smaller pictures cannot be told from quiet ones."""
    if size is None or not len(found):
        return
    middle = (found.boxes_px[:, :2] + found.boxes_px[:, 2:]) / 2
    outside = ((middle < 0) | (middle > np.array(size))).any(axis=1)
    if outside.mean() > _OUTSIDE:
        row = int(outside.argmax())
        where = f"frame {found.frames[row]} id {found.ids[row]}"
        corner = ", ".join(f"{value:g}" for value in found.boxes_px[row, 2:])
        raise BadData(
            f"{path} line {_line_of(path, found, row)} ({where}): expected boxes within {size[0]}x{size[1]} as in the "
            f"truth, got {outside.mean():.0%} of them beside it, here to {corner} (another frame size?)"
        )


def _line_of(path: Path, found: MotTable, row: int) -> int:
    """The line of the file that a row of its table came from; 0 where the file has changed."""
    same = int((found.frames[:row] == found.frames[row]).sum())  # rows of a frame keep the file's order
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if line.strip() and float(line.replace(",", " ").split()[0]) == found.frames[row]:
            if not same:
                return number
            same -= 1
    return 0
