"""Which vehicles and two-wheelers have stood where they are since they were first seen: seen, but not counted."""

from collections.abc import Iterable

import numpy as np

from sightline.core.geometry import iou
from sightline.core.values import F32, Bool, Tracks
from sightline.core.vocabulary import CODE, TWO_WHEELERS, VEHICLES

# Boxes of a standing object overlap by 0.7 and more whatever the detector's jitter; one that drove off by half its own
# length overlaps by a third.
MOVED_IOU = 0.4
CAN_PARK = np.isin(np.arange(len(CODE)), [CODE[name] for name in (*VEHICLES, *TWO_WHEELERS)])


class Parking:
    """One camera's standing vehicles; once a track has moved it never counts as parked again."""

    def __init__(self) -> None:
        self._first: dict[int, F32] = {}
        self._moved: set[int] = set()

    def update(self, tracks: Tracks) -> Bool:
        """Which rows (n,) are confirmed vehicles or two-wheelers that have not moved since they were first seen."""
        parked = np.zeros(len(tracks), np.bool_)
        for row in np.flatnonzero((tracks.ids >= 0) & CAN_PARK[tracks.labels]).tolist():
            track = int(tracks.ids[row])
            if track in self._moved:
                continue
            box = tracks.boxes_px[row : row + 1]
            first = self._first.setdefault(track, box.copy())
            if iou(box, first)[0, 0] < MOVED_IOU:
                self._moved.add(track)
                del self._first[track]
            else:
                parked[row] = True
        return parked

    def forget(self, ids: Iterable[int]) -> None:
        """Drop ended tracks."""
        for track in ids:
            self._first.pop(track, None)
            self._moved.discard(track)
