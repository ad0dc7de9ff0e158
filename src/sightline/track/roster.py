"""The cameras the tracker knows: their clocks, counters and next ids, one column per quantity."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sightline.track.columns import F64, I64, Bool

OVERTAKEN_S: Final = 1.0  # networks and decoders reorder frames by less
UNKNOWN: Final = -2  # the code of a camera never seen; no track carries it

# Rows of the counters, in the order of the fields of ``TrackerStats``.
COUNTERS: Final = (
    "samples",
    "detections",
    "invalid",
    "over_limit",
    "births_refused",
    "pairs_cut",
    "confirmed",
    "time_backward",
    "gaps",
    "moves",
)
_ROW: Final = {name: row for row, name in enumerate(COUNTERS)}


class Roster:
    """Codes 0, 1, ... of cameras (reused after ``forget``) and what is kept per code."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._spare: list[int] = []
        self._last_id: dict[str, int] = {}  # of forgotten cameras: an id is never given twice
        self._last_ns = np.zeros(0, np.int64)
        self._started = np.zeros(0, np.bool_)
        self.ids = np.zeros(0, np.int64)  # last id given, by code
        self.births = np.zeros(0, np.int64)  # tracks started, by code
        self._counts = np.zeros((len(COUNTERS), 0), np.int64)

    def code(self, camera: str) -> int:
        """The code of a camera, UNKNOWN where it was never seen."""
        return self._codes.get(camera, UNKNOWN)

    def time_ns(self, code: int) -> int:
        """Time of the camera's last sample."""
        return int(self._last_ns[code])

    def counters(self, code: int) -> dict[str, int]:
        """Values of COUNTERS by name; all zero for UNKNOWN."""
        return {name: 0 if code == UNKNOWN else int(self._counts[row, code]) for name, row in _ROW.items()}

    def join(self, cameras: Sequence[str]) -> I64:
        """Codes (n,) of cameras; new ones are taken in."""
        known = self._codes
        codes = [known[camera] if camera in known else self._add(camera) for camera in cameras]
        return np.array(codes, np.int64)

    def positions(self, codes: I64) -> I64:
        """Where each code stands in the call: (all codes + 1,), -1 = not in it; the last entry is for free slots."""
        position = np.full(len(self._last_ns) + 1, -1, np.int64)
        position[codes] = np.arange(len(codes))
        return position

    def step(self, codes: I64, times_ns: I64, moved: Bool, longest_gap_s: float) -> tuple[F64, Bool]:
        """Move the cameras' clocks: seconds (n,) since the sample before, and which cameras start anew."""
        dt_s = (times_ns - self._last_ns[codes]) * 1e-9
        started = self._started[codes]
        dt_s[~started] = 0.0
        gap = np.abs(dt_s) > longest_gap_s
        shifted = moved & started
        # A frame that comes a little late was overtaken: the clock stands. One that comes much later was set back.
        overtaken = started & (dt_s <= 0) & (dt_s > -OVERTAKEN_S)
        self._last_ns[codes] = np.where(overtaken, self._last_ns[codes], times_ns)
        self._started[codes] = True
        self._counts[_ROW["samples"], codes] += 1
        back = started & (dt_s <= 0)
        if np.count_nonzero(back | gap | shifted):
            self.count(codes, ("time_backward", "gaps", "moves"), (back, gap, shifted))
        return np.asarray(dt_s), np.asarray(gap | shifted)

    def count(self, codes: I64, names: Sequence[str], more: Sequence[I64 | Bool]) -> None:
        """Add one column (n,) per name to the counters of cameras; codes (n,) are all different."""
        for name, column in zip(names, more, strict=True):
            self._counts[_ROW[name]][codes] += column

    def forget(self, camera: str) -> None:
        """Drop a camera but for its last id."""
        code = self._codes.pop(camera, None)
        if code is not None:
            self._last_id[camera] = int(self.ids[code])
            self._spare.append(code)

    def _add(self, camera: str) -> int:
        if not self._spare:
            self._grow()
        code = self._spare.pop()
        self._codes[camera] = code
        self._last_ns[code] = self.births[code] = 0
        self._started[code] = False
        self._counts[:, code] = 0
        self.ids[code] = self._last_id.pop(camera, 0)
        return code

    def _grow(self) -> None:
        old = len(self._last_ns)
        more = max(16, old)
        self._last_ns, self._started, self.ids, self.births = (
            np.concatenate([column, np.zeros(more, column.dtype)])
            for column in (self._last_ns, self._started, self.ids, self.births)
        )
        self._counts = np.pad(self._counts, ((0, 0), (0, more)))
        self._spare.extend(range(old + more - 1, old - 1, -1))
