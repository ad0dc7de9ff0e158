"""A simulated district as a folder: its manifest, which is written last, and readers of what it names."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from sightline.core.errors import BadConfig, BadData
from sightline.core.events import Line
from sightline.core.values import F32, I16, I64
from sightline.core.vocabulary import CLASSES
from sightline.formats.atomic import unwritable, write_atomically
from sightline.formats.columns_csv import Table, read_columns
from sightline.formats.columns_npz import read_npz, write_npz
from sightline.formats.district_tables import TABLES
from sightline.formats.iso_time import iso_ns, iso_text
from sightline.formats.mot import MotTable, read_mot
from sightline.formats.mot_truth import FIRST_CLASS
from sightline.formats.read_text import read_json
from sightline.formats.trajectories import Samples, read_parts

MANIFEST: Final = "district.json"
CAMERAS: Final = "cameras.json"
SCHEMA: Final = "sightline.district/1"
CAMERAS_SCHEMA: Final = "sightline.cameras/1"
DESCRIPTOR: Final = 32  # numbers of a track's descriptor
MARK: Final = ".sightline-district"
_OURS: Final = {MANIFEST, CAMERAS, MARK, "calibration.json", "map.geojson", "cameras", "truth", "tracks", "spool"}
Kind = Literal["truth", "video", "tracks"]


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """One camera as files say it. place: x, y metres and height, None where it is not told; start_ns: UTC of its first
    frame by its own clock; lines: counting lines.
    """

    name: str
    size: tuple[int, int]
    fps: float
    start_ns: int
    place: tuple[float, float, float] | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a district folder holds. kind: "truth" without pictures, "video" with them, "tracks" only tracks with
    faults; start_ns: UTC of time 0; frames: of every camera; settings: how it was made; baselines: what simple
    matching reaches (tracks only).
    """

    kind: Kind
    seed: int
    seconds: float
    fps: float
    frames: int
    start_ns: int
    cameras: tuple[CameraEntry, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    baselines: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class TrackLooks:
    """What is said of each track of one camera, beside its boxes: ids i64 (n,); labels i16 codes of CLASSES;
    descriptors f32 (n, 32) unit vectors.
    """

    ids: I64
    labels: I16
    descriptors: F32


@dataclass(frozen=True, slots=True)
class DistrictFolder:
    """A whole district on disk; every table is read when asked for, and refused with file and line where broken."""

    folder: Path
    manifest: Manifest

    @property
    def names(self) -> tuple[str, ...]:
        """The cameras' names."""
        return tuple(camera.name for camera in self.manifest.cameras)

    def truth(self, camera: str) -> MotTable:
        """Boxes of a camera with class and visibility; BadData also for frames or boxes beyond its pictures."""
        path = self.folder / "truth" / f"{camera}.txt"
        rows = read_mot(path)
        entry = self._entry(camera)
        classes = rows.classes - FIRST_CLASS
        bad = (classes < 0) | (classes >= len(CLASSES))
        _refuse(path, rows, bad, f"a class of {FIRST_CLASS} to {FIRST_CLASS + len(CLASSES) - 1}", rows.classes)
        _refuse(path, rows, ~np.isin(rows.confidences, (0.0, 1.0)), "a confidence of 0 or 1", rows.confidences)
        _refuse(path, rows, (rows.visibility < 0) | (rows.visibility > 1), "a visibility of 0..1", rows.visibility)
        _refuse(path, rows, rows.frames > self.manifest.frames, f"frames up to {self.manifest.frames}", rows.frames)
        limit = np.array(entry.size * 2) + 0.02  # both corners were rounded to a hundredth
        outside = ((rows.boxes_px < 0) | (rows.boxes_px > limit)).any(axis=1)
        size = "x".join(map(str, entry.size))
        _refuse(path, rows, outside, f"boxes within the {size} picture", rows.boxes_px.max(axis=1, initial=0.0))
        return rows

    def table(self, name: str) -> Table:
        """The columns of truth/NAME, a key of TABLES."""
        return read_columns(self.folder / "truth" / name, TABLES[name])

    def world(self) -> Iterator[Samples]:
        """Where everybody was, part by part in order of time."""
        return read_parts(self.folder / "truth" / "world")

    def tracks(self, camera: str) -> tuple[MotTable, TrackLooks]:
        """Boxes and looks of the tracks with faults; BadData where the two do not name the same tracks."""
        rows = read_mot(self.folder / "tracks" / f"{camera}.txt")
        path = self.folder / "tracks" / f"{camera}.npz"
        looks = read_looks(path)
        said, drawn = set(looks.ids.tolist()), set(rows.ids.tolist())
        if said != drawn:
            odd = min(said ^ drawn)
            raise BadData(f"{path}: expected the tracks of {camera}.txt, got track {odd} in only one of the two")
        return rows, looks

    def _entry(self, camera: str) -> CameraEntry:
        for entry in self.manifest.cameras:
            if entry.name == camera:
                return entry
        raise BadData(f"{self.folder / MANIFEST}: expected a camera {camera}, got none of that name")


def read_district(folder: Path) -> DistrictFolder:
    """Open a district; BadData where it is missing, half written or not of this format."""
    if not folder.is_dir():
        raise BadData(f"{folder}: expected a district folder, got {'a file' if folder.exists() else 'nothing'}")
    path = folder / MANIFEST
    if not path.is_file():
        raise BadData(f"{path}: expected the file that is written last, got a folder half written (make it anew)")
    manifest = _manifest(path)
    for entry in manifest.cameras:
        for name in _files(manifest.kind, entry.name):
            if not (folder / name).is_file():
                raise BadData(f"{folder / name}: expected a file of camera {entry.name}, got none")
    return DistrictFolder(folder, manifest)


def _files(kind: Kind, camera: str) -> tuple[str, ...]:
    return {
        "truth": (f"truth/{camera}.txt",),
        "video": (f"truth/{camera}.txt", f"cameras/{camera}.mp4"),
        "tracks": (f"tracks/{camera}.txt", f"tracks/{camera}.npz"),
    }[kind]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write district.json in one step, after everything else; BadConfig where it cannot be written."""
    members = {"schema": SCHEMA} | asdict(manifest)
    members["start"] = iso_text(members.pop("start_ns"))
    members["cameras"] = [_entry_json(entry) for entry in manifest.cameras]
    write_atomically(folder / MANIFEST, json.dumps(members, indent=1, allow_nan=False) + "\n")


def write_cameras(path: Path, entries: tuple[CameraEntry, ...]) -> None:
    """Write what a solver may know of the cameras; BadConfig where it cannot be written."""
    members = {"schema": CAMERAS_SCHEMA, "cameras": [_entry_json(entry) for entry in entries]}
    write_atomically(path, json.dumps(members, indent=1, allow_nan=False) + "\n")


def read_cameras(path: Path) -> tuple[CameraEntry, ...]:
    """The cameras of a folder of tracks; BadData where the file is missing or broken."""
    return _entries(path, _object(path, CAMERAS_SCHEMA))


def write_looks(path: Path, looks: TrackLooks) -> None:
    """Write what is said of each track; BadConfig where it cannot be written."""
    write_npz(path, {"id": looks.ids, "label": looks.labels, "descriptor": looks.descriptors.astype(np.float32)})


def read_looks(path: Path) -> TrackLooks:
    """What is said of each track; BadData for broken columns, tracks named twice, or descriptors of another length."""
    columns = read_npz(path, {"id": ("int64", ()), "label": ("int16", ()), "descriptor": ("float32", (DESCRIPTOR,))})
    ids, labels, descriptors = columns["id"], columns["label"], columns["descriptor"]
    if len(np.unique(ids)) != len(ids):
        raise BadData(f"{path}: expected every track once, got {len(ids) - len(np.unique(ids))} again")
    wrong = np.flatnonzero((labels < 0) | (labels >= len(CLASSES)))
    if len(wrong):
        raise BadData(f"{path} row {wrong[0]}: expected a label 0..{len(CLASSES) - 1}, got {labels[wrong[0]]}")
    lengths = np.linalg.norm(descriptors, axis=1)
    odd = np.flatnonzero(np.abs(lengths - 1.0) > 1e-3)
    if len(odd):
        raise BadData(f"{path} row {odd[0]}: expected a descriptor of length 1, got {lengths[odd[0]]:.3f}")
    return TrackLooks(ids, labels, descriptors)


def make_room(folder: Path, *, force: bool) -> None:
    """Empty a folder of an older district, with force; BadConfig where it holds anything, or anything else.

    The manifest goes first, so that what is left of a district that is being removed does not pass for one.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise BadConfig("folder", str(folder), "a folder, or a name that is free")
    held = sorted(path.name for path in folder.iterdir())
    if not held:
        return
    if not force:
        raise BadConfig("folder", str(folder), "an empty folder, or --force to replace a district made earlier")
    if MARK not in held:
        raise BadConfig("folder", str(folder), f"a district made earlier (with a file {MARK}) or an empty folder")
    foreign = [name for name in held if name not in _OURS and not name.startswith(f".{MANIFEST}.")]
    if foreign:
        raise BadConfig("folder", str(folder), f"nothing but a district in it (there is {foreign[0]})")
    for path in sorted(folder.rglob("*"), key=lambda path: (path.name != MANIFEST, -len(path.parts))):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def begin(folder: Path) -> None:
    """Mark a folder as a district in the making, so that what is left of a broken run may be replaced later."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text("made by sightline simulate\n", encoding="ascii")
    except OSError as error:
        raise unwritable(folder, error) from error


def _manifest(path: Path) -> Manifest:
    members = _object(path, SCHEMA)
    entries = _entries(path, members)
    kind = members.get("kind")
    if kind not in ("truth", "video", "tracks"):
        raise BadData(f"{path}: expected a kind of truth, video or tracks, got {kind!r}")
    return Manifest(
        kind=kind,
        seed=int(_number(path, members, "seed", whole=True)),
        seconds=_number(path, members, "seconds"),
        fps=_number(path, members, "fps"),
        frames=int(_number(path, members, "frames", whole=True)),
        start_ns=_instant(path, members),
        cameras=entries,
        settings=_dict(path, members, "settings"),
        baselines=_dict(path, members, "baselines"),
    )


def _object(path: Path, schema: str) -> dict[str, Any]:
    members = read_json(path, schema)
    if not isinstance(members, dict) or members.get("schema") != schema:
        got = members.get("schema") if isinstance(members, dict) else type(members).__name__
        raise BadData(f"{path}: expected schema {schema}, got {got!r}")
    return members


def _entries(path: Path, members: dict[str, Any]) -> tuple[CameraEntry, ...]:
    found = members.get("cameras")
    if not isinstance(found, list):
        raise BadData(f"{path}: expected a list as cameras, got {type(found).__name__}")
    entries = tuple(_entry(path, number, row) for number, row in enumerate(found, start=1))
    names = [entry.name for entry in entries]
    if len(set(names)) != len(names):
        raise BadData(f"{path}: expected every camera once, got {next(n for n in names if names.count(n) > 1)!r} again")
    return entries


def _entry(path: Path, number: int, row: Any) -> CameraEntry:
    where = f"{path} camera {number}"
    if not isinstance(row, dict):
        raise BadData(f"{where}: expected an object, got {type(row).__name__}")
    name = row.get("name")
    # Names become names of files.
    if not isinstance(name, str) or not name or Path(name).name != name or name.startswith("."):
        raise BadData(f"{where}: expected a name that can name a file, got {name!r}")
    try:
        width, height = (int(side) for side in row["size"])
        place = None if row.get("place") is None else tuple(float(value) for value in row["place"])
        lines = tuple(Line(line["name"], tuple(line["start"]), tuple(line["end"])) for line in row.get("lines", ()))
        fps, start_ns = float(row["fps"]), iso_ns(row["start"])
    except (KeyError, TypeError, ValueError, BadConfig) as error:
        raise BadData(f"{where}: expected name, size, fps, start and lines, got {error!r}") from error
    placed = place is None or (len(place) == 3 and all(map(math.isfinite, place)))
    if min(width, height) < 1 or not 0 < fps < 1000 or not placed:
        raise BadData(f"{where}: expected a size, rate and place of a camera, got {width}x{height}, {fps}, {place}")
    return CameraEntry(name, (width, height), fps, start_ns, place, lines)  # type: ignore[arg-type]


def _entry_json(entry: CameraEntry) -> dict[str, Any]:
    members = asdict(entry)
    members["start"] = iso_text(members.pop("start_ns"))
    return members


def _number(path: Path, members: dict[str, Any], key: str, *, whole: bool = False) -> float:
    value = members.get(key)
    fine = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not fine or not 0 <= value < 1e15:  # type: ignore[operator]
        raise BadData(f"{path}: expected a{' whole' if whole else ''} number of 0 or more as {key}, got {value!r}")
    return value  # type: ignore[return-value]


def _instant(path: Path, members: dict[str, Any]) -> int:
    try:
        return iso_ns(str(members.get("start")))
    except ValueError as error:
        raise BadData(f"{path}: expected an instant as start, got {members.get('start')!r}") from error


def _dict(path: Path, members: dict[str, Any], key: str) -> dict[str, Any]:
    value = members.get(key, {})
    if not isinstance(value, dict):
        raise BadData(f"{path}: expected an object as {key}, got {type(value).__name__}")
    return value


def _refuse(path: Path, rows: MotTable, bad: Any, expected: str, got: Any) -> None:
    if bad.any():
        row = int(bad.argmax())
        where = f"frame {rows.frames[row]} id {rows.ids[row]}"
        raise BadData(f"{path} {where}: expected {expected}, got {float(got[row]):g}")
