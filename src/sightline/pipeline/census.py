"""How many road users of each class a camera has seen, and what each is called now."""

import threading
from collections import Counter

import numpy as np

from sightline.core.values import I64, Tracks
from sightline.core.vocabulary import CLASSES

# A track's class may change while it is seen; after so many younger tracks it is final (bounds memory: 0.4 MB).
REMEMBERED = 4096
# No track lives on unseen for longer (the tracker ends it after 1.5 s): what is kept of its look can go.
GONE_NS = 10_000_000_000


class Census:
    """Counts each confirmed track once, under its newest voted class."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._label_of: dict[int, int] = {}
        self._final: Counter[int] = Counter()
        self._seen_at_ns: dict[int, int] = {}

    def gone(self, tracks: Tracks, time_ns: int) -> I64:
        """Ids that were not seen for GONE_NS of stream time, each told once; tracks: those seen at time_ns."""
        with self._lock:
            for track in tracks.ids.tolist():
                if track >= 0:
                    self._seen_at_ns[track] = time_ns
            late = [track for track, at_ns in self._seen_at_ns.items() if not 0 <= time_ns - at_ns < GONE_NS]
            for track in late:
                del self._seen_at_ns[track]
        return np.array(late, np.int64)

    def see(self, tracks: Tracks) -> list[tuple[int, str]]:
        """Note confirmed tracks; answers (track id, new class) for those whose class changed since last seen."""
        changed: list[tuple[int, str]] = []
        with self._lock:
            for track, label in zip(tracks.ids.tolist(), tracks.labels.tolist(), strict=True):
                if track < 0:
                    continue
                before = self._label_of.get(track)
                if before is not None and before != label:
                    changed.append((track, CLASSES[label]))
                self._label_of[track] = label
            while len(self._label_of) > REMEMBERED:
                oldest = next(iter(self._label_of))
                self._final[self._label_of.pop(oldest)] += 1
        return changed

    def by_class(self) -> dict[str, int]:
        """Number of tracks by class name, classes never seen left out."""
        with self._lock:
            total = self._final + Counter(self._label_of.values())
        return {name: total[code] for code, name in enumerate(CLASSES) if total[code]}
