"""How often somebody may ask: leaky buckets of which there is a fixed number, however many callers there are."""

import hashlib
import ipaddress
import secrets
import threading
from typing import Final

import numpy as np

from sightline.core.clock import Clock

WIDTH: Final = 16_384  # buckets per row; two rows: two callers share both with a probability of 4e-9
_ROWS: Final = 2
_V6_PREFIX: Final = 64  # one household or machine has a whole /64 (RFC 6177); single addresses cost it nothing


class Buckets:
    """Leaky buckets for any number of keys in a fixed memory (2 x 16,384 levels, 512 KiB).

    A count-min sketch (Cormode and Muthukrishnan 2005) of levels: a key's level is the least of its buckets, so it is
    never too low and nobody can push a key's count out by asking under many others; where keys share buckets a level is
    too high, never too low. Which keys share is secret (keyed hash, new at each start).
    """

    def __init__(self, clock: Clock, capacity: float, per_s: float) -> None:
        """capacity: units that fit at once; per_s: units that run out per second."""
        self._clock = clock
        self._capacity = capacity
        self._per_s = per_s
        self._levels = np.zeros((_ROWS, WIDTH))
        self._at_ns = np.zeros((_ROWS, WIDTH), np.int64)
        self._key = secrets.token_bytes(16)
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Put one unit in; 0.0 where it fits, else the seconds until it would (and nothing is put in)."""
        with self._lock:
            places, levels = self._now(key)
            wait_s = self._wait_s(float(levels.min()))
            if wait_s == 0.0:
                self._fill(places, levels)
            return wait_s

    def wait_s(self, key: str) -> float:
        """The seconds until one unit would fit; nothing is put in."""
        with self._lock:
            return self._wait_s(float(self._now(key)[1].min()))

    def put(self, key: str) -> None:
        """Put one unit in, whether or not it fits; the level stays at most one unit over the capacity."""
        with self._lock:
            self._fill(*self._now(key))

    def give_back(self, key: str) -> None:
        """Take one unit out again: what was counted in advance did not happen."""
        with self._lock:
            places, levels = self._now(key)
            rows = np.arange(_ROWS)
            self._levels[rows, places] = np.maximum(levels - 1.0, 0.0)

    def _wait_s(self, level: float) -> float:
        return max(0.0, (level + 1.0 - self._capacity) / self._per_s)

    def _fill(self, places: np.ndarray, levels: np.ndarray) -> None:
        self._levels[np.arange(_ROWS), places] = np.minimum(levels + 1.0, self._capacity + 1.0)

    def _now(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """The key's bucket in each row, and their levels after leaking until now."""
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), key=self._key, digest_size=4 * _ROWS).digest()
        places = np.frombuffer(digest, np.uint32).astype(np.int64) % WIDTH
        rows = np.arange(_ROWS)
        now_ns = self._clock.monotonic_ns()
        gone_s = (now_ns - self._at_ns[rows, places]) / 1e9
        levels = np.maximum(self._levels[rows, places] - gone_s * self._per_s, 0.0)
        self._levels[rows, places] = levels
        self._at_ns[rows, places] = now_ns
        return places, levels


def neighbourhood(address: str) -> str:
    """The caller an address counts as: itself (IPv4), or its /64 (IPv6)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _V6_PREFIX), strict=False))
    return str(parsed)
