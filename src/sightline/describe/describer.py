"""The describer: votes colours, clothing and finer classes of all tracks of a worker's cameras, within a budget."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from sightline.config import DescribeSettings
from sightline.core.errors import ModelUnavailable
from sightline.core.frame import Frame
from sightline.core.values import F32, I16, I64, UNCONFIRMED, Attributes, Tracks
from sightline.describe import classes
from sightline.describe.crops import Seer
from sightline.describe.memory import CameraMemory, TrackMemory
from sightline.describe.purse import Purse
from sightline.describe.quality import box_qualities
from sightline.models.library import Library
from sightline.models.session import open_session

VEHICLE_MODEL: Final = "vehicle-attributes-recognition-barrier-0039"
PERSON_MODEL: Final = "person-attributes-recognition-crossroad-0230"

_NAMING_COST: Final = 1.2  # of a pass whose namer does not say its cost: nanodet-plus-m-1.5x against the detector
_CAP_CROPS: Final = 1.0  # units a camera may save for crops: 12 people or 25 vehicles that come at once
_CAP_PASSES: Final = 2.0  # naming passes a camera may save
_APART_S: Final = 0.3  # looks closer in time than this show the same pixels again
_NAMED_APART_S: Final = 1.0  # the same for naming passes, of which there are far fewer
_BETTER: Final = 1.3  # a crop so much better is worth a look at any time, and in place of the worst kept
_GROWN: Final = 1.5  # growth of the box's area that makes another naming pass worth it
_TRIES_PER_LOOK: Final = 3  # looks ever made at one track, per look kept
_GOOD_ENOUGH: Final = 0.3  # quality from which the first naming pass does not wait for a better view


class NameBoxes(Protocol):
    """As ``pipeline.contracts.NameBoxes``, which stages below the pipeline cannot import."""

    def __call__(self, frame: Frame, boxes_px: F32, /) -> F32:
        """Probabilities f32 (n, len(CLASSES)) of boxes (n, 4) px; a row of zeros = no opinion."""
        ...


@dataclass(frozen=True, slots=True)
class _Job:
    """A look that could be made: gain, cost in units, row of the tracks."""

    gain: float
    row: int
    seer: Seer


class Describer:
    """Implements ``pipeline.contracts.Describe``; one thread calls it, for any number of cameras.

    notes: sentences on what it cannot say because a model is missing.
    """

    def __init__(
        self, library: Library, settings: DescribeSettings, name_boxes: NameBoxes | None, *, threads: int = 0
    ) -> None:
        notes: list[str] = []
        self._settings = settings
        self._vehicles = _seer(library, VEHICLE_MODEL, "vehicle colours", notes, threads)
        self._persons = _seer(library, PERSON_MODEL, "clothing, bags and hats", notes, threads)
        self._name_boxes = name_boxes
        if name_boxes is None:
            notes.append("Vehicles and riders keep their coarse class: no 80-class model is installed.")
        # A namer that puts several crops into one pass says so by its grid; one that does not is charged per box.
        self._per_pass = int(getattr(name_boxes, "grid", 1)) ** 2
        self._naming_cost = float(getattr(name_boxes, "cost", _NAMING_COST))
        self._cameras: dict[str, CameraMemory] = {}
        self.notes: tuple[str, ...] = tuple(notes)

    def update(self, frame: Frame, tracks: Tracks) -> None:
        """Look at the best crops of the tracks, within the budget. Held and unconfirmed rows are never looked at."""
        camera = self._camera(frame.camera)
        camera.frames += 1
        camera.purse.earn()
        rows = np.flatnonzero((tracks.ids != UNCONFIRMED) & ~tracks.held)
        if not len(rows):
            return
        bar = self._settings.min_probability
        memories: dict[int, TrackMemory] = {}
        for row in rows.tolist():
            memories[row] = camera.track(int(tracks.ids[row]))
            memories[row].hear(int(tracks.labels[row]), float(tracks.scores[row]), bar)
        persons = classes.KIND[tracks.labels] != classes.VEHICLE
        for row, memory in memories.items():
            persons[row] = memory.kind != classes.VEHICLE
        qualities = box_qualities(tracks.boxes_px, tracks.scores, persons, (frame.width, frame.height))
        self._look(frame, tracks, memories, qualities)
        self._name(frame, tracks, memories, qualities)

    def labels(self, camera: str, tracks: Tracks) -> I16:
        """The voted class (n,) of each row, the row's own label where nothing finer is known."""
        labels = tracks.labels.copy()
        known = self._cameras.get(camera)
        if known is None:
            return labels
        for row, track_id in enumerate(tracks.ids.tolist()):
            memory = known.tracks.get(track_id)
            if memory is None or memory.said < 0:
                continue
            same_kind = classes.KIND[memory.said] == classes.KIND[labels[row]]
            if not (same_kind and memory.said in classes.COARSE):
                labels[row] = memory.said
        return labels

    def attributes(self, camera: str, ids: I64) -> Attributes:
        """What is known of the given tracks, one row each, in order; unknown throughout for ids never described."""
        known = self._cameras.get(camera)
        blank = TrackMemory(1)
        memories = [known.tracks.get(track_id, blank) if known else blank for track_id in ids.tolist()]
        if not memories:
            return Attributes.empty()
        return Attributes(
            np.array(ids, np.int64),
            np.stack([memory.values for memory in memories]),
            np.stack([memory.probabilities for memory in memories]),
        )

    def forget(self, camera: str, ids: I64 | None = None) -> None:
        """Drop what is kept of ended tracks, or of the whole camera with its budget."""
        if ids is None:
            self._cameras.pop(camera, None)
            return
        known = self._cameras.get(camera)
        if known is not None:
            for track_id in ids.tolist():
                known.tracks.pop(track_id, None)

    def memory(self, camera: str, track_id: int) -> TrackMemory:
        """What is remembered of one track, for benchmarks and tests; KeyError where nothing is."""
        return self._cameras[camera].tracks[track_id]

    def spent(self, camera: str) -> float:
        """Units spent for a camera so far; a unit is one pass of person-vehicle-bike-detection-2003."""
        known = self._cameras.get(camera)
        return known.purse.spent if known else 0.0

    def nbytes(self, camera: str) -> int:
        """Bytes of evidence kept for a camera; a fixed number per track."""
        known = self._cameras.get(camera)
        return known.nbytes if known else 0

    def _camera(self, name: str) -> CameraMemory:
        camera = self._cameras.get(name)
        if camera is None:
            naming = _CAP_PASSES * self._naming_cost if self._name_boxes else 0.0
            purse = Purse(self._settings.budget_share, cap_crops=_CAP_CROPS, cap_names=naming)
            camera = self._cameras[name] = CameraMemory(purse, self._settings.crops_per_track)
        return camera

    def _look(self, frame: Frame, tracks: Tracks, memories: dict[int, TrackMemory], qualities: F32) -> None:
        purse = self._cameras[frame.camera].purse
        jobs: list[_Job] = []
        for row, memory in memories.items():
            seer = self._vehicles if memory.kind == classes.VEHICLE else self._persons
            gain = _look_gain(memory, float(qualities[row]), float(tracks.ages_s[row]))
            if seer is not None and gain > 0 and memory.kind != classes.UNKNOWN:
                jobs.append(_Job(gain, row, seer))
        jobs.sort(key=lambda job: (-job.gain, int(tracks.ids[job.row])))
        chosen_jobs: list[_Job] = []
        for job in jobs:
            if purse.holds("crops", job.seer.cost):
                purse.pay("crops", job.seer.cost)
                chosen_jobs.append(job)
        for seer in (self._vehicles, self._persons):
            chosen = [job.row for job in chosen_jobs if job.seer is seer]
            if seer is None or not chosen:
                continue
            riders = np.array([memories[row].kind == classes.RIDER for row in chosen])
            for row, look in zip(chosen, seer.look(frame, tracks.boxes_px[chosen], riders), strict=True):
                memory = memories[row]
                memory.looks.add(float(qualities[row]) * look.sharp, look.row)
                memory.sharp = look.sharp
                memory.tries += 1
                memory.looked_s = float(tracks.ages_s[row])
                memory.vote(self._settings.min_probability)

    def _name(self, frame: Frame, tracks: Tracks, memories: dict[int, TrackMemory], qualities: F32) -> None:
        if self._name_boxes is None:
            return
        purse = self._cameras[frame.camera].purse
        sides = tracks.boxes_px[:, 2:] - tracks.boxes_px[:, :2]
        areas = sides[:, 0] * sides[:, 1]
        wanted: list[tuple[bool, float, int]] = []
        for row, memory in memories.items():
            quality = float(qualities[row])
            if _naming_wanted(memory, quality, float(tracks.ages_s[row]), float(areas[row])):
                wanted.append((memory.passes == 0, quality / (1.0 + memory.passes) ** 2, row))
        wanted.sort(key=lambda want: (-want[0], -want[1], int(tracks.ids[want[2]])))
        chosen: list[int] = []
        while wanted:
            # A pass that only makes sure waits until a new object would still find one paid for.
            passes = 1 if wanted[0][0] else _CAP_PASSES
            if not purse.holds("names", passes * self._naming_cost):
                break
            purse.pay("names", self._naming_cost)
            chosen += [row for _, _, row in wanted[: self._per_pass]]
            wanted = wanted[self._per_pass :]
        if not chosen:
            return
        named = self._name_boxes(frame, tracks.boxes_px[chosen])
        for row, probabilities in zip(chosen, named, strict=True):
            memory = memories[row]
            memory.passes += 1
            memory.named_s = float(tracks.ages_s[row])
            memory.named_area = float(areas[row])
            if probabilities.sum() > 0:
                memory.names.add(float(qualities[row]), probabilities)
                memory.say(self._settings.min_probability)


def _seer(library: Library, name: str, what: str, notes: list[str], threads: int) -> Seer | None:
    try:
        session = open_session(library, name, threads=threads)
    except ModelUnavailable as error:
        notes.append(f"Unknown: {what}. {error}")
        return None
    return Seer(session, vehicles=name == VEHICLE_MODEL)


def _look_gain(memory: TrackMemory, quality: float, age_s: float) -> float:
    """What a look at a track promises: most at new tracks, nothing where it would not be kept or shows nothing new."""
    count = len(memory.looks)
    expected = quality * memory.sharp
    if quality <= 0 or memory.tries >= _TRIES_PER_LOOK * memory.looks.most:
        return 0.0
    if count == memory.looks.most and expected < _BETTER * memory.looks.worst:
        return 0.0
    best = float(memory.looks.qualities.max()) if count else 0.0
    if count and age_s - memory.looked_s < _APART_S and expected < _BETTER * best:
        return 0.0
    return quality / (1.0 + memory.tries) ** 2


def _naming_wanted(memory: TrackMemory, quality: float, age_s: float, area: float) -> bool:
    """Whether a naming pass could tell more of a track: at first, when it has grown, and to make sure."""
    if quality <= 0 or memory.kind == classes.PEDESTRIAN or memory.passes >= memory.names.most:
        return False
    if memory.heard[classes.FINE].sum() > 0:  # the detector itself says finer classes
        return False
    if memory.passes == 0:
        return quality >= _GOOD_ENOUGH or age_s >= _NAMED_APART_S
    return area >= _GROWN * memory.named_area or age_s - memory.named_s >= _NAMED_APART_S
