"""THE order: what happens to a batch of frames, from pixels to tracked, described, counted road users."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sightline.core.clock import Clock
from sightline.core.events import Event
from sightline.core.frame import Frame
from sightline.core.values import Attributes, Bool, Detections, Tracks
from sightline.pipeline.camera import Polygon
from sightline.pipeline.census import Census
from sightline.pipeline.contracts import Describe, Detect, Forget
from sightline.pipeline.counting import Counting
from sightline.pipeline.meter import Meter
from sightline.pipeline.parking import Parking
from sightline.pipeline.supervisor import attempt
from sightline.rules.scene import Sample as Scened
from sightline.rules.tampered import Tampered
from sightline.track import Sample, Tracker
from sightline.track.sample import FirstHit
from sightline.video.gate import Patches
from sightline.video.health import HealthMeter


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """The outcome of one frame; no picture.

    parked: bool (n,) rows of tracks that stand where they were first seen (seen, not counted); first_hits: earlier
    boxes of tracks that this frame confirmed. fault: what failed behind the tracker; then nothing else is to be used.
    """

    camera: str
    index: int
    time_ns: int
    size_px: tuple[int, int]  # width, height
    detections: Detections
    tracks: Tracks
    parked: Bool
    attributes: Attributes
    events: tuple[Event, ...]
    first_hits: tuple[FirstHit, ...]
    fault: Exception | None = None


@dataclass(slots=True)
class CameraState:
    """What the order keeps of one camera between frames."""

    patches: Patches
    meter: Meter
    census: Census
    parking: Parking
    masks: tuple[Polygon, ...] = ()
    health: HealthMeter | None = None  # of a camera that is watched for tampering
    tampered: Tampered | None = None


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of one worker, for all its cameras; only the analysis thread calls them.

    others: what else keeps something of a camera (the detector's background, the redactor's memory).
    """

    detect: Detect
    follow: Tracker
    describe: Describe | None
    counting: Counting
    others: tuple[Forget, ...] = ()

    def restart(self, camera: str) -> None:
        """What a camera shows begins anew: drop what the stages keep of its pictures, not its lines and counts."""
        self.follow.forget(camera)
        if self.describe is not None:
            self.describe.forget(camera)
        for forget in self.others:
            forget(camera)

    def forget(self, camera: str) -> None:
        """A camera leaves the worker: drop all that is kept of it."""
        self.restart(camera)
        self.counting.forget(camera)


def analyse(
    frames: Sequence[Frame], stages: Stages, state_of: Callable[[str], CameraState], clock: Clock
) -> list[tuple[Frame, Analysed]]:
    """Analyse frames (several per camera only in order); answers each with its frame, in input order."""
    started = clock.monotonic_ns()
    found = stages.detect(frames)
    detected = clock.monotonic_ns()
    done: dict[int, Analysed] = {}
    for wave in _waves(frames):
        done.update(_follow_wave(wave, frames, found, stages, state_of, clock))
    ended = clock.monotonic_ns()
    for frame in frames:
        meter = state_of(frame.camera).meter
        meter.add("detect", (detected - started) // len(frames))
        meter.add("after_detect", (ended - detected) // len(frames))  # all that follows: gate, track, describe, count
    return [(frame, done[position]) for position, frame in enumerate(frames)]


def _waves(frames: Sequence[Frame]) -> list[list[int]]:
    """Positions of frames grouped so that no group holds two of one camera, order within a camera kept."""
    waves: list[list[int]] = []
    seen: dict[str, int] = {}
    for position, frame in enumerate(frames):
        turn = seen.get(frame.camera, 0)
        seen[frame.camera] = turn + 1
        if turn == len(waves):
            waves.append([])
        waves[turn].append(position)
    return waves


def _follow_wave(
    wave: list[int],
    frames: Sequence[Frame],
    found: Sequence[Detections],
    stages: Stages,
    state_of: Callable[[str], CameraState],
    clock: Clock,
) -> list[tuple[int, Analysed]]:
    samples = []
    for position in wave:
        frame, state = frames[position], state_of(frames[position].camera)
        with state.meter.time("gate"):
            unchanged, moved = state.patches.unchanged(frame, stages.follow.places(frame.camera))
        samples.append(
            Sample(
                frame.camera,
                frame.time_ns,
                (frame.width, frame.height),
                found[position],
                unchanged,
                moved,
                state.masks,
            )
        )
    started = clock.monotonic_ns()
    tracked = stages.follow.update(samples)
    hits = [tuple(stages.follow.confirmed_since(sample.camera)) for sample in samples]
    share = (clock.monotonic_ns() - started) // len(wave)
    outcome = []
    for position, sample, tracks, first_hits in zip(wave, samples, tracked, hits, strict=True):
        frame, state = frames[position], state_of(frames[position].camera)
        state.meter.add("track", share)
        done: list[Analysed] = []
        # One camera's fault must not undo what the others of the batch have already gone through.
        fault = attempt(lambda: done.append(_told(frame, sample, tracks, first_hits, stages, state)))  # noqa: B023
        if fault is not None:
            done.append(_faulty(frame, found[position], tracks, fault))
        outcome.append((position, done[0]))
    return outcome


def _told(
    frame: Frame,
    sample: Sample,
    tracks: Tracks,
    first_hits: tuple[FirstHit, ...],
    stages: Stages,
    state: CameraState,
) -> Analysed:
    """What is told of one tracked frame."""
    size_px, found = (frame.width, frame.height), sample.detections
    with state.meter.time("describe"):
        tracks, attributes = _described(frame, tracks, found, stages.describe)
        gone = state.census.gone(tracks, frame.time_ns)
        state.parking.forget(gone.tolist())
        if stages.describe is not None and len(gone):
            stages.describe.forget(frame.camera, gone)
    with state.meter.time("count"):
        parked = state.parking.update(tracks)
        renamed = state.census.see(tracks.keep(~parked))
        events = stages.counting.update(
            Scened(frame.camera, frame.time_ns, size_px, tracks, moved=sample.moved), renamed
        )
    events += _tampering(frame, state)
    state.meter.tick()
    return Analysed(
        camera=frame.camera,
        index=frame.index,
        time_ns=frame.time_ns,
        size_px=size_px,
        detections=found,
        tracks=tracks,
        parked=parked,
        attributes=attributes,
        events=tuple(events),
        first_hits=first_hits,
    )


def _faulty(frame: Frame, found: Detections, tracks: Tracks, fault: Exception) -> Analysed:
    nobody = np.zeros(len(tracks), np.bool_)
    size_px = (frame.width, frame.height)
    return Analysed(
        frame.camera, frame.index, frame.time_ns, size_px, found, tracks, nobody, Attributes.empty(), (), (), fault
    )


def _tampering(frame: Frame, state: CameraState) -> list[Event]:
    """Whether somebody covered, blurred or turned the camera, or it froze or sees nothing."""
    if state.health is None or state.tampered is None:
        return []
    with state.meter.time("health"):
        return [*state.tampered.note(frame.time_ns, state.health.look(frame))]


def _described(frame: Frame, tracks: Tracks, found: Detections, describe: Describe | None) -> tuple[Tracks, Attributes]:
    if describe is None:
        return tracks, Attributes.empty()
    describe.update(frame, tracks.as_detected(found))  # a crop is to show what was seen, not where it is believed
    named = tracks.with_labels(describe.labels(frame.camera, tracks))
    return named, describe.attributes(frame.camera, tracks.ids[tracks.ids >= 0])
