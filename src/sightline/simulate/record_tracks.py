"""A district run for some time and laid down as tracks with faults only, camera by camera, at any scale."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.values import I64
from sightline.formats.atomic import unwritable
from sightline.formats.columns_csv import write_columns
from sightline.formats.district import CAMERAS, begin, write_cameras, write_looks, write_manifest
from sightline.formats.district_tables import TABLES
from sightline.formats.mot_truth import result_bytes
from sightline.simulate.baselines import MOST_CAMERAS, Passages, baselines, handovers
from sightline.simulate.descriptors import Descriptors, Spreads
from sightline.simulate.faults import Faults, FaultyTracks, Parts, faulty_tracks
from sightline.simulate.record import Moving, Notify, Scene, manifest, watch, write_survey
from sightline.simulate.sight import Sight
from sightline.simulate.spool import Spool
from sightline.simulate.truths import journey_columns, visits


def record_tracks(
    folder: Path, scene: Scene, traffic: Moving, faults: Faults, notify: Notify, *, positions: bool = False
) -> dict[str, Any]:
    """Write the tracks of every camera and the truth about them; what simple matching reaches (see ``baselines``).

    positions: whether cameras.json tells where cameras stand. BadConfig where it cannot be written. Memory holds the
    rows of one camera, the sizes of all movers, 60 bytes per track, and the descriptors of the first 400 cameras.
    """
    begin(folder)
    truth, names = folder / "truth", [camera.name for camera in scene.cameras]
    sight = Sight(scene.layout, scene.cameras)
    write_survey(truth, scene, sight)
    spool = Spool(folder / "spool", names)
    who = watch(scene, traffic, spool, sight, notify).columns()
    write_columns(truth / "movers.csv", TABLES["movers.csv"], who)
    drawn = Descriptors(scene.seed, Spreads(faults.own, faults.cast, faults.noise), _Looks(who["id"], who["look"]))
    found, judged, parts, journeys = [], [], [], []
    clocks = np.zeros((len(names), 2))
    for number, camera in enumerate(scene.cameras):
        seen = visits(spool.rows(number), scene.fps)
        # Of each visit only its first and last row are needed from here on.
        ends = seen.rows[np.stack([seen.starts, seen.ends], axis=1).ravel()]
        journeys.append(replace(seen, rows=ends, starts=_even(len(seen)), ends=_even(len(seen)) + 1))
        tracks = faulty_tracks(seen, number, camera.size, scene.fps, faults, drawn)
        _write(folder / "tracks" / f"{camera.name}.txt", tracks)
        write_looks(folder / "tracks" / f"{camera.name}.npz", tracks.looks)
        clocks[number] = tracks.offset_s, tracks.drift_ppm
        parts.append(tracks.parts)
        passages = _passages(number, tracks, scene.fps)
        if number < MOST_CAMERAS:
            judged.append(passages)
        found.append(replace(passages, descriptors=passages.descriptors[:, :0]))
        notify(number + 1, len(names), "tracks")
    spool.close()
    _write_truth(truth, names, scene.fps, Passages.joined(found), parts)
    table = {"camera": np.array(names), "offset_s": clocks[:, 0], "drift_ppm": clocks[:, 1]}
    write_columns(truth / "clocks.csv", TABLES["clocks.csv"], table)
    write_columns(truth / "journeys.csv", TABLES["journeys.csv"], journey_columns(journeys, names, scene.fps))
    said = baselines(Passages.joined(judged), len(names))
    own_starts = (scene.start_ns + np.rint(clocks[:, 0] * 1e9).astype(np.int64)).tolist()
    entries = tuple(replace(entry, lines=()) for entry in scene.entries())
    told = tuple(
        replace(entry, start_ns=start, place=entry.place if positions else None)
        for entry, start in zip(entries, own_starts, strict=True)
    )
    write_cameras(folder / CAMERAS, told)
    write_manifest(folder, manifest(scene, "tracks", told, baselines=said))
    return said


def _even(count: int) -> I64:
    return 2 * np.arange(count, dtype=np.int64)


class _Looks:
    """Looks by id."""

    def __init__(self, ids: I64, looks: I64) -> None:
        self._ids = ids
        self._looks = looks

    def __call__(self, ids: I64) -> I64:
        return np.asarray(self._looks[np.searchsorted(self._ids, ids)])


def _passages(camera: int, tracks: FaultyTracks, fps: float) -> Passages:
    """The tracks of one camera for matching."""
    count = len(tracks.looks.ids)
    order = np.argsort(tracks.ids, kind="stable")
    starts = np.searchsorted(tracks.ids[order], np.arange(1, count + 2))
    own = tracks.frames[order] - 1
    parts = tracks.parts
    begins = np.searchsorted(parts.tracks, np.arange(1, count + 1), "left")
    ends = np.searchsorted(parts.tracks, np.arange(1, count + 1), "right") - 1
    return Passages(
        np.full(count, camera, np.int32),
        tracks.looks.ids,
        own[starts[:-1]] / fps + tracks.offset_s,
        own[starts[1:] - 1] / fps + tracks.offset_s,
        tracks.looks.descriptors,
        parts.movers[begins],
        parts.movers[ends],
        (parts.first_frames[begins] - 1) / fps,
        (parts.last_frames[ends] - 1) / fps,
        (parts.first_frames[ends] - 1) / fps,
    )


def _write(path: Path, tracks: FaultyTracks) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(result_bytes(tracks.frames, tracks.ids, tracks.boxes_px, tracks.confidences))
    except OSError as error:
        raise unwritable(path, error) from error


def _write_truth(folder: Path, names: list[str], fps: float, found: Passages, parts: list[Parts]) -> None:
    """Write whose track is whose, and which track hands over to which."""
    camera = np.repeat(np.arange(len(parts)), [len(one.tracks) for one in parts])
    first = np.concatenate([one.first_frames for one in parts])
    last = np.concatenate([one.last_frames for one in parts])
    table = {
        "camera": np.array(names)[camera],
        "track": np.concatenate([one.tracks for one in parts]),
        "mover": np.concatenate([one.movers for one in parts]),
        "class": np.concatenate([one.labels for one in parts]),
        "first_frame": first,
        "last_frame": last,
        "first_s": (first - 1) / fps,
        "last_s": (last - 1) / fps,
    }
    write_columns(folder / "tracks.csv", TABLES["tracks.csv"], table)
    a, b = handovers(found)
    table = {
        "from_camera": np.array(names)[found.cameras[a]],
        "from_track": found.tracks[a],
        "to_camera": np.array(names)[found.cameras[b]],
        "to_track": found.tracks[b],
        "mover": found.entering[b],
        "gap_s": found.true_first_s[b] - found.true_last_s[a],
    }
    write_columns(folder / "handovers.csv", TABLES["handovers.csv"], table)
