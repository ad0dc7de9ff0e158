"""The state of every live track of every camera of a worker, one column per quantity, in slots that are reused."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.vocabulary import CLASSES

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

# What is measured and followed of an object, one axis each: foot point in px, logarithm of the height in px, logarithm
# of width / height.
FOOT_X, FOOT_Y, HEIGHT, SHAPE = range(4)
AXES: Final = 4

# Rows of the float block. The first are AXES rows for each part of an axis' state: place, velocity (per s), and the
# error that the detector makes of this object for a while; then their variances and covariances.
PLACE, VELOCITY, ERROR, PP, PV, PE, VV, VE, EE = (slice(AXES * k, AXES * k + AXES) for k in range(9))
MOTION = slice(0, 9 * AXES)  # all of these
SCORE = 36  # of the last hit
UNSEEN_S = 37  # since the last hit; stands still while the object is held
AGE_S = 38  # since the first hit
HELD_S = 39  # since the last hit, spent held
QUALITY = 40  # see ``quality``
MARGIN = 41  # gain of the last pair over its best rival, infinite where there was none
FIRST_BOX = slice(42, 46)
FIRST_SCORE = 46
FLOATS: Final = 47

# Rows of the integer block.
CAMERA = 0  # code of the camera, -1 = the slot is free
SERIAL = 1  # order of birth within the camera
ID = 2  # -1 = not confirmed
HITS = 3
MISSED = 4  # samples in a row without a hit
LABEL = 5  # voted class
HELD = 6  # 1 = kept without a hit at the last sample because its patch did not change
FIRST_LABEL = 7
FIRST_NS = 8
INTEGERS: Final = 9

FREE: Final = -1
_LINE: Final = 8  # slots, as many as a line of the cache has numbers
_FEWEST: Final = 64 | _LINE  # slots: a few cameras' worth, so that small programs never grow


class Columns:
    """Blocks ``floats`` (FLOATS, slots), ``integers`` (INTEGERS, slots) and ``votes`` (len(CLASSES), slots)."""

    def __init__(self) -> None:
        self.floats: F64 = np.zeros((FLOATS, _FEWEST))
        self.integers: I64 = np.full((INTEGERS, _FEWEST), FREE, np.int64)
        self.votes: F64 = np.zeros((len(CLASSES), _FEWEST))

    def __len__(self) -> int:
        return int(np.count_nonzero(self.integers[CAMERA] != FREE))

    @property
    def slots(self) -> int:
        """Slots allocated, free ones included."""
        return int(self.integers.shape[1])

    def of_camera(self, code: int) -> I64:
        """Slots (n,) of one camera's tracks in order of birth."""
        slots = np.flatnonzero(self.integers[CAMERA] == code)
        return slots[np.argsort(self.integers[SERIAL, slots])]

    def of_cameras(self, position: I64) -> tuple[I64, I64]:
        """Slots (n,) of the tracks of several cameras and the position (n,) of each one's camera.

        position: (codes + 1,) where each camera code stands in the call, -1 = not in it; the last entry, -1, is that of
        free slots. Ordered by position, then birth, so that the order does not depend on which slots were free.
        """
        at = position[self.integers[CAMERA]]
        slots = (at >= 0).nonzero()[0]
        at = at[slots]
        order = np.lexsort((self.integers[SERIAL, slots], at))
        return slots[order], at[order]

    def free(self, slots: I64) -> None:
        """Give slots back."""
        self.integers[CAMERA, slots] = FREE

    def take(self, count: int) -> I64:
        """Free slots (count,); grows by doubling where they do not suffice. The caller fills them."""
        empty = np.flatnonzero(self.integers[CAMERA] == FREE)
        if len(empty) < count:
            self._resize(max(2 * self.slots, self.slots + count))
            empty = np.flatnonzero(self.integers[CAMERA] == FREE)
        return empty[:count]

    def shrink(self) -> None:
        """Give memory back after a rush: at most an eighth full means a quarter of the slots is enough."""
        if self.slots > _FEWEST and len(self) * 8 <= self.slots:
            live = (self.integers[CAMERA] != FREE).nonzero()[0]
            self.floats, self.integers, self.votes = self.floats[:, live], self.integers[:, live], self.votes[:, live]
            self._resize(max(_FEWEST, 2 * len(live)))

    def _resize(self, slots: int) -> None:
        # Never a power of two: rows a multiple of 4096 bytes apart fall into the same lines of the cache.
        more = (slots | _LINE) - self.slots
        self.floats = np.pad(self.floats, ((0, 0), (0, more)))
        self.integers = np.pad(self.integers, ((0, 0), (0, more)), constant_values=FREE)
        self.votes = np.pad(self.votes, ((0, 0), (0, more)))
