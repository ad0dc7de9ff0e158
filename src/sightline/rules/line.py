"""Directed counting lines: which tracks crossed them, and which way."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.config import CountSettings
from sightline.core.errors import BadConfig
from sightline.core.events import Line, LineCrossed
from sightline.core.geometry import foot_points
from sightline.core.values import I64, UNCONFIRMED, Bool, Tracks
from sightline.core.vocabulary import CLASSES
from sightline.rules.suggest import Rehearsal

F64 = NDArray[np.float64]
I8 = NDArray[np.int8]

_SECOND_NS: Final = 1_000_000_000
# A track is confirmed at its second hit: first hits older than the longest pause a tracker bridges are of no use.
_FIRST_HITS_NS: Final = 3 * _SECOND_NS
_FIRST_HITS: Final = 64  # samples; at 25 frames per second a track's first hit is far fewer back
_STEP_BOXES: Final = 4.0  # a fast car at 2 samples per second moves up to so many of its own sizes
_SAME_NS: Final = _SECOND_NS // 50  # ages are f32 seconds; frames lie further apart than this
_SAME_SIZE: Final = 2.0  # the two hits of one object differ in size by less than this factor
_SUGGESTED: Final = "line 1"


@dataclass(slots=True, eq=False)
class _Known:
    """The tracks of one camera that were seen lately; rows sorted by id, boxes in shares of the picture.

    ids (n,); boxes (n, 4) at the last detection; alive_ns (n,) when last detected or held; anchors (n, 4) and
    anchored_ns (n,): where and since when it has not moved; moving (n,). Per line: sides (n, lines) -1 left, 1 right,
    the side it is counted on; clear (n, lines): it has been off the line by the margin since; returning (n, lines): it
    went back over the line before it was clear, which is counted when it has got clear there.
    """

    ids: I64
    boxes: F64
    alive_ns: I64
    anchors: F64
    anchored_ns: I64
    moving: Bool
    sides: I8
    clear: Bool
    returning: Bool

    @staticmethod
    def nobody(lines: int) -> "_Known":
        return _Known(
            np.zeros(0, np.int64),
            np.zeros((0, 4)),
            np.zeros(0, np.int64),
            np.zeros((0, 4)),
            np.zeros(0, np.int64),
            np.zeros(0, np.bool_),
            np.zeros((0, lines), np.int8),
            np.zeros((0, lines), np.bool_),
            np.zeros((0, lines), np.bool_),
        )

    def take(self, rows: NDArray[np.intp] | Bool) -> "_Known":
        """The given rows, in the given order."""
        return _Known(*(getattr(self, name)[rows] for name in self.__slots__))

    def joined(self, other: "_Known") -> "_Known":
        """Both, sorted by id."""
        both = _Known(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))
        return both.take(np.argsort(both.ids, kind="stable"))


@dataclass(slots=True, eq=False)
class _Camera:
    lines: tuple[Line, ...]
    known: _Known
    first_hits: deque[tuple[int, F64]]  # time_ns and boxes (n, 4) in shares of detections without an id
    rehearsal: Rehearsal | None  # what waits for a suggested line
    now_ns: int = 0
    aspect: float = 16 / 9  # width / height of the picture; lengths are in heights of the picture
    starts: F64 = field(default_factory=lambda: np.zeros((0, 2)))  # of the lines, in heights
    steps: F64 = field(default_factory=lambda: np.zeros((0, 2)))  # from their starts to their ends

    def lay(self, lines: tuple[Line, ...], aspect: float) -> None:
        """Set the lines, for pictures of an aspect."""
        self.lines, self.aspect = lines, aspect
        stretch = np.array([aspect, 1.0])
        self.starts = np.array([line.start for line in lines]).reshape(-1, 2) * stretch
        self.steps = np.array([line.end for line in lines]).reshape(-1, 2) * stretch - self.starts

    def sides_of(self, feet: F64) -> F64:
        """Signed distance (n, lines) of points (n, 2) in shares from each line: > 0 right of it."""
        x, y = feet[:, :1] * self.aspect - self.starts[:, 0], feet[:, 1:] - self.starts[:, 1]
        return (self.steps[:, 0] * y - self.steps[:, 1] * x) / np.hypot(self.steps[:, 0], self.steps[:, 1])

    def along(self, points: F64) -> F64:
        """Where points (n, lines, 2) in shares, each on its line, lie: 0 at its start, 1 at its end."""
        ways = points * np.array([self.aspect, 1.0]) - self.starts
        return np.asarray((ways * self.steps).sum(axis=2) / (self.steps**2).sum(axis=1))


class LineCounter:
    """Counts each pass of a moving, confirmed object over each line once, in its direction.

    The foot point decides (the middle of the box's lower edge), on the straight way between two detections of a track.
    A pass counts at once when the track came from clear of the line (``margin_share`` of its box); a track that turns
    on the line counts back only when it is clear again on the side it came from. An object that has not moved since it
    was first seen, or for ``rest_s``, is parked: a box that jumps does not count, driving off does. Rows that are held,
    not detected, neither count nor move. With ``suggest``, a camera without lines gets one from its own traffic.

    The answer depends on the samples alone, not on how they come in batches. Not thread-safe.
    """

    def __init__(self, settings: CountSettings | None = None, *, suggest: bool = False) -> None:
        self._settings = settings or CountSettings()
        self._suggest = suggest
        self._cameras: dict[str, _Camera] = {}

    def lines(self, camera: str) -> tuple[Line, ...]:
        """The lines of a camera, set or suggested; none for an unknown camera."""
        return self._cameras[camera].lines if camera in self._cameras else ()

    def set_lines(self, camera: str, lines: Sequence[Line]) -> None:
        """Replace the lines of a camera; tracks go on counting on lines that stay equal.

        Over a new line the tracks of now count from where they are. An empty sequence also ends the wait for a
        suggested line. BadConfig where two lines have one name.
        """
        names = [line.name for line in lines]
        if twice := [name for name in names if names.count(name) > 1]:
            raise BadConfig("lines", twice[0], "a different name for each line")
        one = self._camera(camera)
        one.rehearsal = None
        self._replace_lines(one, tuple(lines))

    def update(self, camera: str, time_ns: int, size_px: tuple[int, int], tracks: Tracks) -> list[LineCrossed]:
        """Crossings of one analysed frame, in the order of the rows of tracks, then along the track's way.

        size_px: width and height of the frame that the boxes are in. Where a line was just suggested, the crossings
        of the samples before come too, each with its own time.
        """
        one = self._camera(camera)
        if one.rehearsal is None:
            return self._count(one, camera, time_ns, size_px, tracks)
        one.rehearsal.add(time_ns, size_px, tracks)
        return self._rehearsed(one, camera) if one.rehearsal.due(time_ns, self._settings) else []

    def finish(self, camera: str) -> list[LineCrossed]:
        """The source ended: where a line was still awaited, take one from what was seen, and count over it."""
        one = self._cameras.get(camera)
        return self._rehearsed(one, camera) if one else []

    def forget(self, camera: str) -> None:
        """Drop the camera with its lines and tracks."""
        self._cameras.pop(camera, None)

    def _camera(self, name: str) -> _Camera:
        if name not in self._cameras:
            hits: deque[tuple[int, F64]] = deque(maxlen=_FIRST_HITS)
            self._cameras[name] = _Camera((), _Known.nobody(0), hits, Rehearsal() if self._suggest else None)
        return self._cameras[name]

    def _rehearsed(self, one: _Camera, camera: str) -> list[LineCrossed]:
        line = one.rehearsal.line(_SUGGESTED) if one.rehearsal else None
        if one.rehearsal is None:
            return []
        if line is None:
            one.rehearsal.wait_for_more()
            return []
        samples, one.rehearsal = one.rehearsal.samples, None
        self._replace_lines(one, (line,))
        return [event for sample in samples for event in self._count(one, camera, *sample)]

    def _replace_lines(self, one: _Camera, lines: tuple[Line, ...]) -> None:
        old, known = one.lines, one.known
        one.lay(lines, one.aspect)
        sides, clear = self._stand(one, known.boxes)
        returning = np.zeros(clear.shape, np.bool_)
        for column, line in enumerate(lines):
            if line in old:
                place = old.index(line)
                sides[:, column], clear[:, column] = known.sides[:, place], known.clear[:, place]
                returning[:, column] = known.returning[:, place]
        known.sides, known.clear, known.returning = sides, clear, returning

    def _count(
        self, one: _Camera, camera: str, time_ns: int, size_px: tuple[int, int], tracks: Tracks
    ) -> list[LineCrossed]:
        if one.aspect != size_px[0] / size_px[1]:
            one.lay(one.lines, size_px[0] / size_px[1])
        self._keep_time(one, time_ns)
        boxes = tracks.boxes_px.astype(np.float64) / np.array([*size_px, *size_px])
        named = tracks.ids != UNCONFIRMED
        seen = np.flatnonzero(named & ~tracks.held)
        self._stay_alive(one.known, tracks.ids[named & tracks.held], time_ns)
        fresh = seen[~np.isin(tracks.ids[seen], one.known.ids)]
        if len(fresh):
            self._meet(one, time_ns, tracks, boxes, fresh)
        events = []
        if len(seen):
            rows = np.searchsorted(one.known.ids, tracks.ids[seen])
            self._move(one, rows, boxes[seen], time_ns)
            passed, shares = self._pass(one, rows, boxes[seen])
            found = np.argwhere(passed).tolist()
            for k, column in sorted(found, key=lambda at: (at[0], shares[at[0], at[1]], one.lines[at[1]].name)):
                row = int(seen[k])
                forward = one.known.sides[rows[k], column] > 0  # it stands on the right now
                events.append(
                    LineCrossed(
                        camera=camera,
                        time_ns=time_ns,
                        line=one.lines[column].name,
                        direction="forward" if forward else "backward",
                        track_id=int(tracks.ids[row]),
                        label=CLASSES[int(tracks.labels[row])],
                        confidence=float(tracks.scores[row]),
                    )
                )
            one.known.boxes[rows] = boxes[seen]
            one.known.alive_ns[rows] = time_ns
        one.first_hits.append((time_ns, boxes[~named & ~tracks.held]))
        return events

    def _keep_time(self, one: _Camera, time_ns: int) -> None:
        """Forget tracks of long ago and first hits that no track can have begun with."""
        known, limit = one.known, round(self._settings.forget_s * _SECOND_NS)
        if time_ns < one.now_ns - limit:  # the source began anew: old times would never come to an end
            known.alive_ns[:] = time_ns
            known.anchored_ns[:] = time_ns
            one.first_hits.clear()
        one.now_ns = time_ns
        if len(known.ids) and (gone := known.alive_ns < time_ns - limit).any():
            one.known = known.take(~gone)
        while one.first_hits and one.first_hits[0][0] < time_ns - _FIRST_HITS_NS:
            one.first_hits.popleft()

    @staticmethod
    def _stay_alive(known: _Known, held: I64, time_ns: int) -> None:
        if len(known.ids) and len(held):
            known.alive_ns[np.isin(known.ids, held)] = time_ns

    def _meet(self, one: _Camera, time_ns: int, tracks: Tracks, boxes: F64, fresh: NDArray[np.intp]) -> None:
        """Add tracks seen with an id for the first time, from the place of their first hit where that is known."""
        starts = boxes[fresh].copy()
        begun = time_ns - np.round(tracks.ages_s[fresh].astype(np.float64) * _SECOND_NS).astype(np.int64)
        taken: set[tuple[int, int]] = set()
        for k in np.argsort(tracks.ids[fresh], kind="stable").tolist():  # not by row: their order means nothing
            found = self._first_hit(one, int(begun[k]), starts[k], taken)
            if found is not None:
                starts[k] = found
        sides, clear = self._stand(one, starts)
        one.known = one.known.joined(
            _Known(
                ids=tracks.ids[fresh],
                boxes=starts,
                alive_ns=np.full(len(fresh), time_ns, np.int64),
                anchors=starts.copy(),
                anchored_ns=begun,
                moving=np.zeros(len(fresh), np.bool_),
                sides=sides,
                clear=clear,
                returning=np.zeros(sides.shape, np.bool_),
            )
        )

    @staticmethod
    def _first_hit(one: _Camera, begun_ns: int, box: F64, taken: set[tuple[int, int]]) -> F64 | None:
        """The box without an id at begun_ns that most likely is of the same object as box (4,); each is used once."""
        samples = [(abs(hit_ns - begun_ns), number) for number, (hit_ns, _) in enumerate(one.first_hits)]
        if not samples or min(samples)[0] > _SAME_NS:
            return None
        number = min(samples)[1]
        hits = one.first_hits[number][1]
        stretch = np.array([one.aspect, 1.0])
        step = (_feet(hits) - _feet(box[None])) * stretch
        size, sizes = _sizes(box[None], one.aspect)[0], _sizes(hits, one.aspect)
        far = np.hypot(step[:, 0], step[:, 1])
        likely = (far <= _STEP_BOXES * size) & (sizes * _SAME_SIZE > size) & (size * _SAME_SIZE > sizes)
        for k in np.argsort(far, kind="stable"):
            if likely[k] and (number, int(k)) not in taken:
                taken.add((number, int(k)))
                return np.asarray(hits[k])
        return None

    def _move(self, one: _Camera, rows: NDArray[np.intp], boxes: F64, time_ns: int) -> None:
        """Say which of the tracks at rows (m,) move, now that they are at boxes (m, 4) in shares.

        Moving is that two opposite edges have both gone ``moved_share`` of the box's size from where it rested: by a
        shift or by growing. An object in front that hides part of a parked one moves single edges only.
        """
        known = one.known
        edges = np.abs(boxes - known.anchors[rows]) * np.array([one.aspect, 1.0, one.aspect, 1.0])
        gone = np.maximum(np.minimum(edges[:, 0], edges[:, 2]), np.minimum(edges[:, 1], edges[:, 3]))
        moved = gone > self._settings.moved_share * _sizes(known.anchors[rows], one.aspect)
        rested = time_ns - known.anchored_ns[rows] > self._settings.rest_s * _SECOND_NS
        known.moving[rows] = moved | (known.moving[rows] & ~rested)
        known.anchors[rows[moved]] = boxes[moved]
        known.anchored_ns[rows[moved]] = time_ns

    def _pass(self, one: _Camera, rows: NDArray[np.intp], boxes: F64) -> tuple[Bool, F64]:
        """Which of the tracks at rows (m,), now at boxes (m, 4), pass which line: (m, lines), and where on the step
        since the last detection, 0..1; 0 where the line was gone over before."""
        known = one.known
        before, after = _feet(known.boxes[rows]), _feet(boxes)
        come, go = one.sides_of(before), one.sides_of(after)
        changed = (come > 0) != (go > 0)
        off = np.abs(go) >= self._settings.margin_share * _sizes(boxes, one.aspect)[:, None]
        side = np.where(go > 0, 1, -1).astype(np.int8)
        away = side != known.sides[rows]  # it is not where it was counted last
        if not away.any():  # nearly always
            known.clear[rows] |= off
            known.returning[rows] = False
            return np.asarray(away), np.zeros(away.shape)
        # Where on the line the way goes over it: within its ends, 0..1, or beyond them.
        share = np.divide(come, come - go, out=np.zeros_like(come), where=changed)
        place = one.along(before[:, None] + share[..., None] * (after - before)[:, None])
        over = changed & (place >= 0) & (place <= 1)
        # Beyond the ends of a line one may change sides freely; then the new side is taken over without a count.
        through = away & np.where(changed, over, known.returning[rows])
        counted = through & known.moving[rows][:, None] & (known.clear[rows] | off)
        settled = counted | (away & ~through)
        known.sides[rows] = np.where(settled, side, known.sides[rows])
        known.clear[rows] = np.where(settled, off, known.clear[rows] | (off & ~away))
        known.returning[rows] = through & ~counted
        return np.asarray(counted), share

    def _stand(self, one: _Camera, boxes: F64) -> tuple[I8, Bool]:
        """Side (n, lines) of boxes (n, 4) in shares, -1 left or 1 right, and whether they are clear of the line."""
        distance = one.sides_of(_feet(boxes))
        clear = np.abs(distance) >= self._settings.margin_share * _sizes(boxes, one.aspect)[:, None]
        return np.where(distance > 0, 1, -1).astype(np.int8), np.asarray(clear)


def _feet(boxes: F64) -> F64:
    return np.asarray(foot_points(boxes), np.float64)


def _sizes(boxes: F64, aspect: float) -> F64:
    """Side (n,) of the square as large as each box (n, 4) in shares, in heights of the picture."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(np.sqrt(sides[:, 0] * aspect * sides[:, 1]))
