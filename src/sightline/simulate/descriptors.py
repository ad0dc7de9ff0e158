"""How tracks look as unit vectors: sixty groups of look-alikes, seen by cameras of different colour, with noise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import I64
from sightline.formats.district import DESCRIPTOR

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
GROUPS: Final = 60
_GROUP_STREAM: Final = 72
_CAST_STREAM: Final = 73


@dataclass(frozen=True, slots=True)
class Spreads:
    """How much descriptors vary. own: length of what is a mover's own beside its group; cast: spread of the logarithm
    of a camera's factors; noise: length of what each track adds; all beside a prototype of length 1.
    """

    own: float
    cast: float
    noise: float


class Descriptors:
    """Draws the descriptors of a district.

    A mover is one of 60 prototypes (random unit vectors) and a deviation of its own; a camera multiplies every number
    by its own factor (its colour cast); each track adds noise; the result has length 1. looks_of: ids (n,) -> looks
    (n,) of movers.
    """

    def __init__(self, seed: int, spreads: Spreads, looks_of: Callable[[I64], I64]) -> None:
        self.seed = seed
        self._spreads = spreads
        self._looks_of = looks_of
        self._groups = _units(np.random.default_rng([seed, _GROUP_STREAM]).normal(size=(GROUPS, DESCRIPTOR)))

    def true(self, movers: I64) -> F64:
        """What movers (n,), ids from 1, look like to a perfect camera: f64 (n, 32) unit vectors."""
        group = self._groups[(_mixed(self._looks_of(movers), self.seed) % np.uint64(GROUPS)).astype(np.int64)]
        return _units(group + self._spreads.own * _units(_normal(movers, self.seed)))

    def of(self, camera: int, tracks: I64, movers: I64, weights: F64, rng: np.random.Generator) -> F32:
        """Descriptors f32 (tracks, 32) of tracks 1, 2, ... of a camera (its number).

        Each of the parts, columns (n,), says which track it belongs to, which mover it shows (0 = nobody, which looks
        like nothing else) and with what weight.
        """
        shown = rng.normal(size=(len(tracks), DESCRIPTOR))
        somebody = movers > 0
        shown[somebody] = self.true(movers[somebody])
        mixed = np.zeros((int(tracks.max(initial=0)), DESCRIPTOR))
        np.add.at(mixed, tracks - 1, _units(shown) * weights[:, None])
        cast = np.random.default_rng([self.seed, _CAST_STREAM, camera]).normal(0, self._spreads.cast, DESCRIPTOR)
        noise = rng.normal(size=mixed.shape) / np.sqrt(DESCRIPTOR)
        return _units(_units(_units(mixed) * np.exp(cast)) + self._spreads.noise * noise).astype(np.float32)


def _units(vectors: F64) -> F64:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _mixed(values: I64, seed: int) -> NDArray[np.uint64]:
    """Well mixed bits of whole numbers (splitmix64; Steele, Lea and Flood, 2014): the same for the same number."""
    start = (seed * 0xD1342543DE82EF95 + 0x9E3779B97F4A7C15) % (1 << 64)
    x: Any = values.astype(np.uint64) + np.full(1, start, np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), np.uint64)


def _normal(values: I64, seed: int) -> F64:
    """Numbers (n, 32) of about normal spread, the same for the same value: the sum of four even ones."""
    count = DESCRIPTOR * 4
    keys = _mixed(values, seed)[:, None] + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    even = _mixed(keys.view(np.int64).ravel(), 0).reshape(len(values), DESCRIPTOR, 4) / 2.0**64
    return np.asarray(even.sum(axis=2) - 2.0)
