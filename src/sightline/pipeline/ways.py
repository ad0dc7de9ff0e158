"""The way of every track while it is seen, and its summary once it has ended."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sightline.core.geometry import foot_points
from sightline.core.summaries import FULL_SCALE, TrackSummary, track_concerns
from sightline.core.vocabulary import CLASSES
from sightline.pipeline.order import Analysed

_SECOND_NS: Final = 1_000_000_000
GONE_NS: Final = 10 * _SECOND_NS  # no track lives on unseen for longer (see the census)
_STEP_NS: Final = _SECOND_NS // 2  # a point of a way so often: a car at 50 km/h goes 7 m, a person 0.7 m
MOST_POINTS: Final = 512  # of one way; then every second one goes, and the step doubles: 4 kB a track at most


@dataclass(slots=True, eq=False)
class _Way:
    began_ns: int
    last_ns: int
    label: int
    step_ns: int = _STEP_NS
    scores: float = 0.0
    seen: int = 0
    times_ns: list[int] = field(default_factory=list)
    feet: list[tuple[int, int]] = field(default_factory=list)
    attributes: dict[str, tuple[str, float]] = field(default_factory=dict)


class Ways:
    """The ways of all cameras of a worker; only the analysis thread calls it. Held rows, without a detection, are no
    part of a way, nor is what was never confirmed. How persons look is not kept.
    """

    def __init__(self) -> None:
        self._cameras: dict[str, dict[int, _Way]] = {}

    def see(self, analysed: Analysed) -> list[TrackSummary]:
        """Note one analysed frame; answers the tracks that have ended by its time, in order of their ids."""
        ways = self._cameras.setdefault(analysed.camera, {})
        tracks, time_ns = analysed.tracks, analysed.time_ns
        rows = np.flatnonzero((tracks.ids >= 0) & ~tracks.held)
        size = np.array(analysed.size_px, np.float64)
        feet = np.clip(foot_points(tracks.boxes_px[rows]) / size, 0.0, 1.0)
        placed = np.round(feet * FULL_SCALE).astype(np.int64).tolist()
        for row, foot in zip(rows.tolist(), placed, strict=True):
            track, label = int(tracks.ids[row]), int(tracks.labels[row])
            way = ways.get(track)
            if way is None:
                way = ways[track] = _Way(time_ns - round(float(tracks.ages_s[row]) * 1e9), time_ns, label)
            _go_on(way, time_ns, label, float(tracks.scores[row]), (foot[0], foot[1]))
        for row, track in enumerate(analysed.attributes.ids.tolist()):
            if track in ways:
                ways[track].attributes = analysed.attributes.named(row)
        gone = [track for track, way in ways.items() if not 0 <= time_ns - way.last_ns < GONE_NS]
        return [_summary(analysed.camera, track, ways.pop(track)) for track in sorted(gone)]

    def finish(self, camera: str) -> list[TrackSummary]:
        """The camera ended or left: the summaries of all that was seen until now."""
        ways = self._cameras.pop(camera, {})
        return [_summary(camera, track, way) for track, way in sorted(ways.items())]


def _go_on(way: _Way, time_ns: int, label: int, score: float, foot: tuple[int, int]) -> None:
    way.last_ns, way.label = max(way.last_ns, time_ns), label
    way.scores += score
    way.seen += 1
    if way.times_ns and time_ns - way.times_ns[-1] < way.step_ns:
        return
    if len(way.times_ns) >= MOST_POINTS:
        way.times_ns, way.feet = way.times_ns[::2], way.feet[::2]
        way.step_ns *= 2
    way.times_ns.append(time_ns)
    way.feet.append(foot)


def _summary(camera: str, track: int, way: _Way) -> TrackSummary:
    began_ns = max(0, min(way.began_ns, way.times_ns[0]))
    times_ms = ((np.array(way.times_ns, np.int64) - began_ns) // 1_000_000).astype(np.uint32)
    return TrackSummary(
        camera=camera,
        track_id=track,
        label=CLASSES[way.label],
        likelihood=min(1.0, way.scores / max(1, way.seen)),
        began_ns=began_ns,
        ended_ns=max(began_ns, way.last_ns),
        attributes=way.attributes if track_concerns(CLASSES[way.label]) == "vehicle" else {},
        times_ms=times_ms,
        feet=np.array(way.feet, np.uint16).reshape(-1, 2),
    )
