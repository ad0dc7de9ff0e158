"""A district run for some time and laid down as a folder: truth without pictures, with them, or tracks with faults."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from sightline.core.errors import BadConfig
from sightline.core.events import Line
from sightline.core.values import F32, I16, I64, U8, Bool
from sightline.formats.atomic import unwritable, write_atomically
from sightline.formats.columns_csv import write_columns
from sightline.formats.district import CameraEntry, Kind, Manifest, begin, write_manifest
from sightline.formats.district_tables import TABLES
from sightline.formats.geojson import write_geojson
from sightline.formats.mot_truth import truth_bytes
from sightline.formats.trajectories import Samples, write_part
from sightline.simulate.groundplan import ground_plan
from sightline.simulate.sight import Sight, Sightings
from sightline.simulate.spool import Rows, Spool
from sightline.simulate.survey import calibration, city_map
from sightline.simulate.truths import Passes, Register, Turns, journey_columns, visits
from sightline.simulate.world import I8, Camera, Layout, Movers
from sightline.video.encode import ClipWriter

LONGEST_STEP_S: Final = 0.1  # longer steps of traffic would let people walk through each other
_PART_S: Final = 60.0  # of trajectories: a thousand road users at 5 samples a second are 300,000 rows
Notify = Callable[[int, int, str], None]  # done, of, what


class Moving(Protocol):
    """A source of traffic: who is where now, and a step on."""

    @property
    def movers(self) -> Movers: ...
    @property
    def lights(self) -> I8: ...
    def advance(self) -> None: ...


class Seen(Protocol):
    """What a painted picture shows of whom."""

    @property
    def ids(self) -> I64: ...
    @property
    def labels(self) -> I16: ...
    @property
    def boxes_px(self) -> F32: ...
    @property
    def feet_px(self) -> F32: ...
    @property
    def visibility(self) -> F32: ...
    @property
    def counted(self) -> Bool: ...


class Paints(Protocol):
    """A painter of one camera."""

    def paint(self, movers: Movers, lights: I8, index: int) -> tuple[U8, Seen]: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """What is recorded: where, by which cameras with which lines, from a seed, for so long, at so many frames per
    second; start_ns: UTC of time 0; settings: how it was made, kept in the manifest as it is.
    """

    layout: Layout
    cameras: tuple[Camera, ...]
    lines: tuple[tuple[Line, ...], ...]
    seed: int
    seconds: float
    fps: float
    start_ns: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.fps <= 50:
            raise BadConfig("fps", self.fps, "more than 0 and at most 50")
        if not 0 < self.seconds <= 7 * 86_400:
            raise BadConfig("seconds", self.seconds, "more than 0 and at most a week")

    @property
    def frames(self) -> int:
        """Frames of every camera; frame k (from 1) shows time (k - 1) / fps."""
        return max(1, round(self.seconds * self.fps))

    @property
    def steps_per_frame(self) -> int:
        """Steps of traffic between two frames."""
        return max(1, ceil(1 / self.fps / LONGEST_STEP_S - 1e-9))

    @property
    def step_s(self) -> float:
        """Seconds of one step."""
        return 1 / self.fps / self.steps_per_frame

    def entries(self) -> tuple[CameraEntry, ...]:
        """The cameras as the manifest says them."""
        return tuple(
            CameraEntry(camera.name, camera.size, self.fps, self.start_ns, camera.place, own)
            for camera, own in zip(self.cameras, self.lines, strict=True)
        )


def watch(scene: Scene, traffic: Moving, spool: Spool, sight: Sight, notify: Notify) -> Register:
    """Run the traffic and lay by what every camera sees of those who are not parked; who there was."""
    register = Register()
    for frame in range(1, scene.frames + 1):
        movers = traffic.movers
        seen = sight.see(movers)
        spool.add(frame, seen.keep(~seen.parked), movers)
        register.update((frame - 1) / scene.fps, movers)
        _step(scene, traffic, frame)
        notify(frame, scene.frames, "traffic")
    return register


def record(
    folder: Path, scene: Scene, traffic: Moving, notify: Notify, painters: Sequence[Paints] | None = None
) -> None:
    """Write a whole district of truth, with clips where there are painters (one per camera); BadConfig where it cannot
    be written. The folder must be empty (see ``formats.district.make_room``); its manifest comes last.
    """
    begin(folder)
    truth = folder / "truth"
    names = [camera.name for camera in scene.cameras]
    plan = ground_plan(scene.layout)
    sight = Sight(scene.layout, scene.cameras, plan)
    write_survey(folder, scene, sight)
    spool = Spool(folder / "spool", names)
    passes, turns, register = Passes(scene.cameras, scene.lines), Turns(scene.layout, plan), Register()
    world = _World(truth / "world", scene.fps)
    still: Sightings | None = None
    with ExitStack() as stack:
        clips = [
            stack.enter_context(ClipWriter(folder / "cameras" / f"{name}.mp4", scene.fps, camera.size))
            for name, camera in zip(names, scene.cameras if painters else (), strict=False)
        ]
        for frame in range(1, scene.frames + 1):
            movers, time_s = traffic.movers, (frame - 1) / scene.fps
            if painters:
                spool.add(frame, _painted(painters, clips, traffic, frame), movers)
            else:
                seen = sight.see(movers)
                # Who is parked looks the same in every frame: kept once.
                still = seen.keep(seen.parked) if still is None else still
                spool.add(frame, seen.keep(~seen.parked), movers)
            for ledger in (world, passes, turns, register):
                ledger.update(time_s, movers)
            _step(scene, traffic, frame)
            notify(frame, scene.frames, "pictures" if painters else "traffic")
    world.close()
    write_columns(truth / "movers.csv", TABLES["movers.csv"], register.columns())
    write_columns(truth / "turning.csv", TABLES["turning.csv"], turns.columns(scene.seconds))
    crossed = passes.columns()
    write_columns(truth / "speeds.csv", TABLES["speeds.csv"], crossed)
    write_columns(truth / "crossings.csv", TABLES["crossings.csv"], crossed)
    found = []
    for number, name in enumerate(names):
        rows = spool.rows(number)
        found.append(visits(rows, scene.fps))
        _write_bytes(truth / f"{name}.txt", _truth(rows, still, number, scene.frames))
        notify(number + 1, len(names), "truth")
    write_columns(truth / "journeys.csv", TABLES["journeys.csv"], journey_columns(found, names, scene.fps))
    spool.close()
    write_manifest(folder, manifest(scene, "video" if painters else "truth", scene.entries()))


def manifest(scene: Scene, kind: Kind, entries: tuple[CameraEntry, ...], **more: Any) -> Manifest:
    """The manifest of a scene; more: members of Manifest that are not of the scene."""
    return Manifest(
        kind, scene.seed, scene.seconds, scene.fps, scene.frames, scene.start_ns, entries, dict(scene.settings), **more
    )


def write_survey(folder: Path, scene: Scene, sight: Sight) -> None:
    """Write calibration.json and map.geojson."""
    text = _json_lines([calibration(camera) for camera in scene.cameras])
    write_atomically(folder / "calibration.json", text)
    write_geojson(folder / "map.geojson", city_map(scene.layout, scene.cameras, scene.lines, sight.view))


class _World:
    """Trajectories of all who move, in parts of a minute."""

    def __init__(self, folder: Path, fps: float) -> None:
        self._folder = folder
        self._most = max(1, round(_PART_S * fps))
        self._held: list[tuple[float, Movers]] = []
        self._number = 0

    def update(self, time_s: float, movers: Movers) -> None:
        self._held.append((time_s, movers.keep(~movers.parked)))
        if len(self._held) == self._most:
            self.close()

    def close(self) -> None:
        """Write what waits."""
        if not self._held:
            return
        times = np.repeat([time for time, _ in self._held], [len(movers) for _, movers in self._held])
        samples = Samples(
            np.concatenate([movers.ids for _, movers in self._held]),
            np.concatenate([movers.labels for _, movers in self._held]),
            times.astype(np.float64),
            np.concatenate([movers.places for _, movers in self._held]),
            np.concatenate([movers.headings for _, movers in self._held]),
            np.concatenate([movers.speeds for _, movers in self._held]),
        )
        write_part(self._folder, self._number, samples)
        self._number += 1
        self._held = []


def _step(scene: Scene, traffic: Moving, frame: int) -> None:
    if frame < scene.frames:
        for _ in range(scene.steps_per_frame):
            traffic.advance()


def _painted(painters: Sequence[Paints], clips: Sequence[ClipWriter], traffic: Moving, frame: int) -> Sightings:
    """Paint and encode the frame of every camera; what is in the pictures."""
    movers = traffic.movers
    order = np.argsort(movers.ids)
    parts: list[Sightings] = []
    for number, (painter, clip) in enumerate(zip(painters, clips, strict=True)):
        picture, seen = painter.paint(movers, traffic.lights, frame)
        clip.write(picture)
        rows = order[np.searchsorted(movers.ids[order], seen.ids)]
        n = len(seen.ids)
        parts.append(
            Sightings(
                np.full(n, number, np.int32),
                rows.astype(np.int64),
                seen.ids,
                seen.labels,
                seen.boxes_px,
                seen.feet_px,
                seen.visibility,
                seen.counted,
                np.zeros(n, np.float32),
                movers.parked[rows],
            )
        )
    return Sightings.joined(parts)


def _truth(rows: Rows, still: Sightings | None, camera: int, frames: int) -> bytes:
    """The truth of a camera as text, sorted by frame, then id; who is parked is in every frame."""
    parked = still.keep(still.cameras == camera) if still is not None else None
    n = 0 if parked is None else len(parked)
    frame, ids, boxes = rows["frame"], rows["id"], rows["box"]
    counted, labels, visibility = rows["counted"], rows["label"], rows["visibility"]
    if parked is not None and n:
        frame = np.concatenate([frame, np.repeat(np.arange(1, frames + 1, dtype=np.int32), n)])
        ids = np.concatenate([ids, np.tile(parked.ids, frames)])
        boxes = np.concatenate([boxes, np.tile(parked.boxes_px, (frames, 1))])
        counted = np.concatenate([counted, np.zeros(n * frames, np.bool_)])
        labels = np.concatenate([labels, np.tile(parked.labels, frames)])
        visibility = np.concatenate([visibility, np.tile(parked.visibility, frames)])
    order = np.lexsort((ids, frame))
    return truth_bytes(
        frame[order], ids[order], boxes[order], counted[order], labels[order], np.minimum(visibility[order], 1.0)
    )


def _json_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    inner = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    return f'{{"schema": "sightline.calibration/1", "cameras": [\n{inner}\n]}}\n'


def _write_bytes(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise unwritable(path, error) from error
