"""The way of a track's foot point, thinned within a tolerance and packed into bytes.

Layout, version 1: the byte 1, then unsigned LEB128 numbers (the variable-length code of DWARF and Protocol Buffers):
the count n; n steps of time in ms, the first from 0; n steps of x and n of y in 1/65535 of the picture, zigzag-coded,
the first from 0. A point takes 3 to 6 bytes instead of 8.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData
from sightline.core.summaries import MOST_POINTS, U16, U32

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

_VERSION: Final = 1
_SPAN: Final = 1024  # points thinned together: the work grows with its square at worst
_LONGEST: Final = 10  # bytes of one 64-bit number at 7 bits each


def packed(times_ms: U32, feet: U16) -> bytes:
    """The path as bytes; times_ms u32 (n,), feet u16 (n, 2), as in ``TrackSummary``."""
    columns = (times_ms, feet[:, 0], feet[:, 1])
    steps: list[I64] = [np.diff(np.concatenate([[0], column.astype(np.int64)])) for column in columns]
    count = np.array([len(times_ms)], np.uint64)
    numbers = np.concatenate([count, steps[0].astype(np.uint64), *map(_zigzag, steps[1:])])
    return bytes([_VERSION]) + _leb128(numbers)


def unpacked(path: bytes) -> tuple[U32, U16]:
    """Times and feet of bytes that ``packed`` made; BadData for any others."""
    if not path or path[0] != _VERSION:
        raise BadData(f"path: expected version {_VERSION}, got {path[:1].hex() or 'nothing'}")
    if len(path) > (3 * MOST_POINTS + 1) * _LONGEST:
        raise BadData(f"path: expected at most {MOST_POINTS} points, got {len(path)} bytes")
    numbers = _numbers(path[1:])
    count = int(numbers[0]) if len(numbers) else -1
    if len(numbers) != 3 * count + 1 or count > MOST_POINTS:
        raise BadData(f"path: expected a count and three numbers per point, got {len(numbers)} numbers")
    times = np.cumsum(numbers[1 : count + 1].astype(np.int64))
    feet = np.stack([np.cumsum(_signed(half)) for half in np.split(numbers[count + 1 :], 2)], axis=1)
    inside = (feet >= 0).all() and (feet <= 0xFFFF).all()
    if not inside or (times > 0xFFFFFFFF).any() or (times < 0).any():
        raise BadData("path: expected times of 32 and places of 16 bits, got larger ones")
    return times.astype(np.uint32), feet.astype(np.uint16)


def thinned(times_ms: U32, feet: U16, tolerance: float) -> tuple[U32, U16]:
    """Fewer points: wherever the kept path is at a time, the seen one was within tolerance (in 1/65535) of it.

    Top-down time ratio (Meratnia and de By, EDBT 2004): Douglas-Peucker with the distance at equal times instead of the
    distance to the line, so that speeds survive. First, last and every 1024th point always stay.
    """
    if len(times_ms) < 3:
        return times_ms, feet
    times, places = times_ms.astype(np.float64), feet.astype(np.float64)
    keep = np.zeros(len(times), bool)
    stays = np.unique([*range(0, len(times), _SPAN), len(times) - 1])
    keep[stays] = True
    open_spans = list(pairwise(stays.tolist()))
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:
            continue
        off = _off(times[first : last + 1], places[first : last + 1])
        worst = int(off.argmax())
        if off[worst] > tolerance:
            keep[first + worst] = True
            open_spans += [(first, first + worst), (first + worst, last)]
    return times_ms[keep], feet[keep]


def _off(times: F64, places: F64) -> F64:
    """How far each place is from where a straight, even way from the first to the last would be at its time."""
    share = (times - times[0]) / (times[-1] - times[0])
    even = places[0] + share[:, None] * (places[-1] - places[0])
    return np.asarray(np.hypot(*(places - even).T))


def _zigzag(steps: I64) -> U64:
    return ((steps << 1) ^ (steps >> 63)).astype(np.uint64)


def _signed(numbers: U64) -> I64:
    return (numbers >> np.uint64(1)).astype(np.int64) ^ -(numbers & np.uint64(1)).astype(np.int64)


def _leb128(numbers: U64) -> bytes:
    """Seven bits per byte, lowest first; the high bit says that more follow."""
    sizes = np.ones(len(numbers), np.int64)
    for size in range(1, _LONGEST):
        sizes += numbers >= np.uint64(1 << 7 * size)
    ends = np.cumsum(sizes)
    out = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    starts = ends - sizes
    for place in range(int(sizes.max(initial=0))):
        here = sizes > place
        more = np.where(sizes[here] > place + 1, 0x80, 0).astype(np.uint8)
        seven = ((numbers[here] >> np.uint64(7 * place)) & np.uint64(0x7F)).astype(np.uint8)
        out[starts[here] + place] = seven | more
    return out.tobytes()


def _numbers(coded: bytes) -> U64:
    octets = np.frombuffer(coded, np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    if not len(ends) or ends[-1] != len(octets) - 1:
        raise BadData("path: expected whole numbers, got one that is cut off")
    starts = np.concatenate([[0], ends[:-1] + 1])
    sizes = ends - starts + 1
    if sizes.max() >= _LONGEST:
        raise BadData("path: expected numbers of up to 63 bits, got a longer one")
    numbers = np.zeros(len(ends), np.uint64)
    for place in range(int(sizes.max())):
        here = sizes > place
        numbers[here] |= (octets[starts[here] + place] & np.uint8(0x7F)).astype(np.uint64) << np.uint64(7 * place)
    return numbers
