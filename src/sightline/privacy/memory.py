"""What was found a moment ago: faces and plates relative to their track's box, speeds, and boxes just lost."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sightline.core.geometry import iou
from sightline.core.values import F32, I16, I64, Bool, Tracks
from sightline.privacy.regions import Regions

LINGER_S: Final = 0.5  # two analyses at 5 fps may miss an object that is still there
LOOSE_S: Final = 0.3  # a face without a track has no speed: it is blurred where it was, wider, for so long
_LOOSE_WIDTHS_PER_S: Final = 6.0  # a face is 0.16 m wide, people walk 1 m/s
_TRACKED_HEIGHTS_PER_S: Final = 1.0  # a head turns and bends within its track's box
_SAME: Final = 0.2  # overlap of two finds of the same thing
_MAX_FOUND: Final = 256
_MAX_BOXES: Final = 512
_MAX_GAP_S: Final = 1.0  # after a longer gap nothing remembered is near its place any more


@dataclass(slots=True)
class _Found:
    """A face or plate found at time_ns; share: its box in shares of the track's box, or in pixels where track is -1."""

    track: int
    share: F32
    kind: int
    cell_share: float
    time_ns: int


@dataclass(slots=True)
class CameraMemory:
    """The last moments of one camera; bounded by count and age. The columns boxes .. looked are one row per object."""

    time_ns: int = 0
    found: list[_Found] = field(default_factory=list)
    boxes: F32 = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    scores: F32 = field(default_factory=lambda: np.zeros(0, np.float32))
    labels: I16 = field(default_factory=lambda: np.zeros(0, np.int16))
    ids: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    seen_ns: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    velocities: F32 = field(default_factory=lambda: np.zeros((0, 2), np.float32))  # px/s
    looked: Bool = field(default_factory=lambda: np.zeros(0, np.bool_))  # by the second look, not by the analysis
    pictures: int = 0

    def begin(self, time_ns: int) -> None:
        """Move to the time of the next picture: after a gap or a jump back in time everything is forgotten."""
        if not 0 <= time_ns - self.time_ns <= _MAX_GAP_S * 1e9:
            self.found.clear()
            self._keep(np.zeros(len(self.ids), np.bool_))
        self.time_ns = time_ns
        self.pictures += 1
        self.found = [
            one for one in self.found if time_ns - one.time_ns <= (LOOSE_S if one.track < 0 else LINGER_S) * 1e9
        ]
        self._keep(time_ns - self.seen_ns <= LINGER_S * 1e9)

    def velocities_of(self, tracks: Tracks) -> F32:
        """Velocity (n, 2) px/s of each track between the pictures before and now; zeros where not known."""
        answer = np.zeros((len(tracks), 2), np.float32)
        row_of = {track: row for row, track in enumerate(self.ids.tolist()) if track >= 0}
        for row, track in enumerate(tracks.ids.tolist()):
            before = row_of.get(track)
            if before is None:
                continue
            seconds = (self.time_ns - int(self.seen_ns[before])) / 1e9
            if seconds <= 0:
                answer[row] = self.velocities[before]
            else:
                moved = (tracks.boxes_px[row] - self.boxes[before]).reshape(2, 2).mean(axis=0) / seconds
                # Half of the former: an analysis corrects the predicted place at once, which is no speed.
                answer[row] = (moved + self.velocities[before]) / 2
        return answer

    def lost(self, tracks: Tracks, *, analysed_ns: int, looked: bool) -> tuple[Tracks, F32, F32]:
        """Objects of the last moments that may still be there although nobody says so, at their predicted places.

        Tracks that ended; detections that never got an id, until a newer analysis (at analysed_ns) was handed in; what
        the second look saw, until it looks again. Answers them as held Tracks, their speeds (m,) px/s and seconds (m,)
        since they were seen.
        """
        known = np.isin(self.ids, tracks.ids[tracks.ids >= 0])
        nameless = self.ids < 0
        away = np.where(nameless, self._waiting(analysed_ns, looked), ~known)
        ages = ((self.time_ns - self.seen_ns[away]) / 1e9).astype(np.float32)
        moved = self.boxes[away] + np.tile(self.velocities[away] * ages[:, None], 2).astype(np.float32)
        n = len(moved)
        held = Tracks(
            moved,
            self.scores[away],
            self.labels[away],
            self.ids[away],
            np.zeros(n, np.float32),
            np.ones(n, np.bool_),
        )
        return held, np.hypot(self.velocities[away, 0], self.velocities[away, 1]).astype(np.float32), ages

    def _waiting(self, analysed_ns: int, looked: bool) -> Bool:
        """Rows (n,) without an id that nothing newer has replaced."""
        return np.where(self.looked, not looked, self.seen_ns >= analysed_ns)

    def places(self, tracks: Tracks) -> Regions:
        """What was found before, moved with its track's box and widened by the time since.

        What belongs to no track stays where it was and widens faster.
        """
        row_of = {track: row for row, track in enumerate(tracks.ids.tolist()) if track >= 0}
        boxes, cells, kinds = [], [], []
        for one in self.found:
            age = (self.time_ns - one.time_ns) / 1e9
            if one.track < 0:
                box, cell = one.share, one.cell_share
                grow = _LOOSE_WIDTHS_PER_S * age * float(box[2] - box[0])
            elif one.track in row_of:
                left, top, right, bottom = tracks.boxes_px[row_of[one.track]].tolist()
                size = np.array([right - left, bottom - top] * 2, np.float32)
                box, cell = np.array([left, top, left, top], np.float32) + one.share * size, one.cell_share * size[1]
                grow = _TRACKED_HEIGHTS_PER_S * age * float(box[3] - box[1])
            else:
                continue
            boxes.append(box + np.array([-grow, -grow, grow, grow], np.float32))
            cells.append(cell)
            kinds.append(one.kind)
        if not boxes:
            return Regions.empty()
        return Regions(np.stack(boxes).astype(np.float32), np.array(cells, np.float32), np.array(kinds, np.int16))

    def remember(self, tracks: Tracks, velocities: F32, looked: Tracks, found: Regions) -> None:
        """Keep this picture's tracks, what the second look saw, and the faces and plates found."""
        now = tracks.ids[tracks.ids >= 0]
        self._keep(~np.isin(self.ids, now))
        self.boxes = np.concatenate([tracks.boxes_px, looked.boxes_px, self.boxes])[:_MAX_BOXES]
        self.scores = np.concatenate([tracks.scores, looked.scores, self.scores])[:_MAX_BOXES]
        self.labels = np.concatenate([tracks.labels, looked.labels, self.labels])[:_MAX_BOXES]
        self.ids = np.concatenate([tracks.ids, looked.ids, self.ids])[:_MAX_BOXES]
        still = np.zeros((len(looked), 2), np.float32)
        self.velocities = np.concatenate([velocities, still, self.velocities])[:_MAX_BOXES]
        fresh = np.full(len(tracks) + len(looked), self.time_ns, np.int64)
        self.seen_ns = np.concatenate([fresh, self.seen_ns])[:_MAX_BOXES]
        mark = np.concatenate([np.zeros(len(tracks), np.bool_), np.ones(len(looked), np.bool_)])
        self.looked = np.concatenate([mark, self.looked])[:_MAX_BOXES]
        self._remember_found(tracks, found)

    def _remember_found(self, tracks: Tracks, found: Regions) -> None:
        owners = _owners(found, tracks)
        news: list[_Found] = []
        for row, owner in enumerate(owners):
            kind, box, cell = int(found.kinds[row]), found.boxes_px[row], float(found.cells_px[row])
            if owner < 0:
                news.append(_Found(-1, box, kind, cell, self.time_ns))
                continue
            left, top, right, bottom = tracks.boxes_px[owner].tolist()
            size = np.array([right - left, bottom - top] * 2, np.float32)
            share = (box - np.array([left, top, left, top], np.float32)) / size
            news.append(_Found(int(tracks.ids[owner]), share, kind, cell / (bottom - top), self.time_ns))
        # What was found again replaces the older find; what was not found again stays until it is too old.
        stale = _found_again(self.found, news)
        self.found = (news + [one for one, again in zip(self.found, stale, strict=True) if not again])[:_MAX_FOUND]

    def _keep(self, mask: Bool) -> None:
        self.boxes, self.scores, self.labels = self.boxes[mask], self.scores[mask], self.labels[mask]
        self.velocities = self.velocities[mask]
        self.ids, self.seen_ns, self.looked = self.ids[mask], self.seen_ns[mask], self.looked[mask]


def _found_again(older: list[_Found], news: list[_Found]) -> list[bool]:
    """Which of the older finds (m,) are among the news: same kind, same track, overlapping."""
    if not older or not news:
        return [False] * len(older)
    overlap = iou(np.stack([one.share for one in older]), np.stack([one.share for one in news])) > _SAME
    keys = [np.array([(one.track, one.kind) for one in rows]) for rows in (older, news)]
    alike = (keys[0][:, None] == keys[1][None]).all(axis=2)
    return [bool(again) for again in (overlap & alike).any(axis=1)]


def _owners(found: Regions, tracks: Tracks) -> list[int]:
    """Row (n,) of the smallest identified track box that holds each region's middle, -1 where none does."""
    if not len(tracks):
        return [-1] * len(found)
    middle = (found.boxes_px[:, :2] + found.boxes_px[:, 2:]) / 2
    boxes = tracks.boxes_px
    sides = boxes[:, 2:] - boxes[:, :2]
    inside = ((middle[:, None] >= boxes[None, :, :2]) & (middle[:, None] <= boxes[None, :, 2:])).all(axis=2)
    inside &= ((tracks.ids >= 0) & (sides.min(axis=1) >= 1))[None, :]
    size = np.where(inside, sides.prod(axis=1)[None, :], np.inf)
    rows = size.argmin(axis=1)
    return [int(row) if np.isfinite(size[place, row]) else -1 for place, row in enumerate(rows.tolist())]
