"""Numbers of persons, held back until the group is large enough to be published."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from sightline.sinks.leave import K

Key = TypeVar("Key")
MOST_KEYS: Final = 100_000  # groups that wait: 100,000 cameras with a line each


@dataclass(frozen=True, slots=True)
class Group:
    """So many persons between two instants (UTC ns)."""

    start_ns: int
    end_ns: int
    count: int


def in_tens(persons: int) -> int:
    """A number of persons as it may be shown live: rounded down to whole groups of K."""
    return persons // K * K


class Merging(Generic[Key]):
    """Adds windows of persons together, per key, until a group of K is reached (k-anonymity by merging in time)."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._waiting: dict[Key, Group] = {}
        self._most_keys = most_keys

    def add(self, key: Key, window: Group) -> Group | None:
        """The merged group once it has K persons, which then begins anew; None while it is smaller.

        ValueError never; a window of nobody only lengthens a group that already waits.
        """
        waiting = self._waiting.get(key)
        if waiting is None:
            if window.count == 0:
                return None
            merged = window
        else:
            merged = Group(
                min(waiting.start_ns, window.start_ns),
                max(waiting.end_ns, window.end_ns),
                waiting.count + window.count,
            )
        if merged.count >= K:
            self._waiting.pop(key, None)
            return merged
        if waiting is None and len(self._waiting) >= self._most_keys:
            self._waiting.pop(next(iter(self._waiting)))  # the oldest group is never published
        self._waiting[key] = merged
        return None

    @property
    def held(self) -> int:
        """Persons counted but not published yet."""
        return sum(group.count for group in self._waiting.values())
