"""A district on disk as cameras to analyse: its clips, with the counting lines and places that are known of them."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from sightline.core.errors import BadConfig, BadData
from sightline.core.events import Line
from sightline.core.ground import Mount
from sightline.formats.district import MANIFEST, MARK, DistrictFolder, read_district
from sightline.formats.geojson import read_geojson
from sightline.formats.read_text import read_json


@dataclass(frozen=True, slots=True)
class Filmed:
    """A clip of a district, and what is known of its camera; nothing of who is in it."""

    name: str
    clip: str
    lines: tuple[Line, ...]
    mount: Mount


def is_district(source: str) -> bool:
    """Whether a source is a folder with a district, whole or not; every other source is read as one camera."""
    folder = Path(source)
    return folder.is_dir() and any((folder / name).exists() for name in (MANIFEST, MARK))


def filmed(source: str) -> tuple[tuple[Filmed, ...], dict[str, Any]]:
    """The cameras of a district with clips, and its map (GeoJSON).

    BadData where the folder is no district or broken, BadConfig where it has no clips.
    """
    folder = read_district(Path(source))
    if folder.manifest.kind != "video":
        raise BadConfig("SOURCE", source, "a district with clips, made with --video")
    features = read_geojson(folder.folder / "map.geojson")
    told = [(feature.get("properties") or {}, feature["geometry"]["coordinates"]) for feature in features]
    places = {str(one.get("name")): coordinates for one, coordinates in told if one.get("kind") == "camera"}
    known = _calibrations(folder)
    found = tuple(
        Filmed(
            entry.name,
            str(folder.folder / "cameras" / f"{entry.name}.mp4"),
            entry.lines,
            _mount(folder, entry.name, known, places),
        )
        for entry in folder.manifest.cameras
    )
    return found, {"type": "FeatureCollection", "features": features}


def _calibrations(folder: DistrictFolder) -> dict[str, dict[str, Any]]:
    path = folder.folder / "calibration.json"
    members = read_json(path, "the calibration of every camera")
    try:
        return {row["name"]: row for row in members["cameras"]}
    except (TypeError, KeyError) as error:
        raise BadData(f"{path}: expected the calibration of every camera, got {type(error).__name__}") from error


def _mount(
    folder: DistrictFolder, name: str, known: dict[str, dict[str, Any]], places: dict[str, list[float]]
) -> Mount:
    try:
        row, (lon, lat) = known[name], places[name]
        numbers = [float(row[key]) for key in ("yaw_deg", "pitch_deg", "field_deg")] + [float(row["place"][2])]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadData(f"{folder.folder}: expected place and calibration of camera {name}, got neither whole") from error
    if not all(map(isfinite, numbers)):
        raise BadData(f"{folder.folder / 'calibration.json'}: expected finite numbers of camera {name}, got {numbers}")
    yaw, pitch, field, height = numbers
    return Mount(lon, lat, height, (90.0 - yaw) % 360.0, pitch, field)
