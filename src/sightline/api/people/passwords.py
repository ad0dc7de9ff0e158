"""Passwords: what is accepted, how it is kept, and that an unknown name costs what a known one does."""

import secrets
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sightline.core.errors import BadConfig, SightlineError

LEAST_CHARACTERS: Final = 12  # OWASP ASVS 4.0.3, 2.1.1
MOST_CHARACTERS: Final = 128  # ASVS 2.1.2; longer ones would only cost time
# OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. Of its equal choices one with little memory,
# because this machine analyses streams: two at once (below) take 38 MiB.
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
AT_ONCE: Final = 2  # checks in parallel; a core each
WAITING: Final = 16  # checks that may wait for their turn, about a second; then the next is told to come back
_KEYBOARD: Final = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertz",
    "azerty",
)
_RUN: Final = 4  # characters of a keyboard's row that count as one
_FEWEST_PARTS: Final = 6  # different characters, or runs of neighbours, that a password needs
_OBVIOUS: Final = ("password", "passwort", "letmein", "welcome", "changeme", "administrator", "sightline", "iloveyou")


class TooBusy(SightlineError):
    """More passwords wait to be checked than this machine should check."""


class Passwords:
    """Hashes and checks passwords with argon2id (RFC 9106); both may be called from any thread and take ~50 ms."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._here = 0

    def hash(self, password: str) -> str:
        """What is kept of a password; TooBusy where too many wait."""
        self._enter()
        try:
            with self._turns:
                return self._hasher.hash(_plain(password))
        finally:
            self._leave()

    def right(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; None or an invitation in place of a hash costs the same and is always False.

        TooBusy where too many wait.
        """
        self._enter()
        try:
            with self._turns:
                return self._verify(kept, password)
        finally:
            self._leave()

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str | None, password: str) -> bool:
        known = kept is not None and kept.startswith("$argon2id$")
        try:
            fits = self._hasher.verify(kept if known and kept is not None else self._nobody, _plain(password))
        except (VerificationError, InvalidHashError):
            return False
        return fits and known

    def _enter(self) -> None:
        with self._lock:
            if self._here >= AT_ONCE + WAITING:
                raise TooBusy("login: expected fewer people at once, got more than this machine checks; try again")
            self._here += 1

    def _leave(self) -> None:
        with self._lock:
            self._here -= 1


def _plain(password: str) -> str:
    """One writing for what looks the same (NIST SP 800-63B, 5.1.1.2); cut off beyond what a password can be."""
    return unicodedata.normalize("NFKC", password[: MOST_CHARACTERS + 1])


def checked_password(password: str, name: str) -> str:
    """The password, or BadConfig (which does not show it) with what is missing."""
    plain = _plain(password)
    if not LEAST_CHARACTERS <= len(plain) <= MOST_CHARACTERS:
        raise BadConfig("password", "***", f"{LEAST_CHARACTERS} to {MOST_CHARACTERS} characters, of any kind")
    low = plain.casefold()
    for word in (*_OBVIOUS, *([name.casefold()] if len(name) > 3 else [])):
        low = low.replace(word, word[0])
    if _parts(low) < _FEWEST_PARTS:
        raise BadConfig("password", "***", "more than a common word, the own name, a key or row of keys")
    return password


def _parts(low: str) -> int:
    """Different characters, where neighbours on a keyboard's row count as one."""
    for row in _KEYBOARD:
        for line in (row, row[::-1]):
            for length in range(len(line), _RUN - 1, -1):
                for start in range(len(line) - length + 1):
                    low = low.replace(line[start : start + length], line[start])
    return len(set(low))
