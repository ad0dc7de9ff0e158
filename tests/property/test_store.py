"""The store's invariants: paths come back, thinning stays within its tolerance, groups are large, chains hold."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.core.audit import GENESIS, Anchor, AuditEntry, Happening, entry_after, verify
from sightline.core.errors import BadData
from sightline.store.path import packed, thinned, unpacked
from sightline.store.query import merged

POINTS = st.lists(st.tuples(st.integers(1, 100_000), st.integers(0, 65535), st.integers(0, 65535)), max_size=80)


def _columns(points: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    columns = np.array(points, np.int64).reshape(-1, 3)
    return np.cumsum(columns[:, 0]).astype(np.uint32), columns[:, 1:].astype(np.uint16)


@settings(deadline=None, max_examples=60)
@given(POINTS)
def test_paths_come_back(points: list[tuple[int, int, int]]) -> None:
    times, feet = _columns(points)
    got_times, got_feet = unpacked(packed(times, feet))
    assert (got_times == times).all()
    assert (got_feet == feet).all()


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_path_or_refused(content: bytes) -> None:
    try:
        times, feet = unpacked(b"\x01" + content)
    except BadData:
        return
    assert len(times) == len(feet)


@settings(deadline=None, max_examples=60)
@given(POINTS.filter(lambda points: len(points) > 1), st.floats(0, 20_000))
def test_thinning_stays_within_its_tolerance(points: list[tuple[int, int, int]], tolerance: float) -> None:
    times, feet = _columns(points)
    kept_times, kept_feet = thinned(times, feet, tolerance)
    assert (kept_times[0], kept_times[-1]) == (times[0], times[-1])
    there = np.stack([np.interp(times, kept_times, kept_feet[:, axis]) for axis in (0, 1)], axis=1)
    assert np.hypot(*(there - feet).T).max() <= tolerance + 1e-6
    assert set(kept_times.tolist()) <= set(times.tolist())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 15))
def test_groups_are_large_apart_and_whole(numbers: list[int], k: int) -> None:
    groups = merged(range(len(numbers)), numbers, 1, k)
    assert all(number >= k for _, _, number in groups)
    assert all(sum(numbers[start:end]) == number for start, end, number in groups)
    assert all(one[1] <= other[0] for one, other in pairwise(groups))
    assert sum(number for _, _, number in groups) == (sum(numbers) if sum(numbers) >= k else 0)


def _chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for seq in range(length):
        last = entries[-1].hash if entries else GENESIS
        entries.append(entry_after(seq, last, seq, Happening("w", "x", str(seq % 2), {"n": seq % 3})))
    return entries


LOG = _chain(12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 11), max_size=12))
def test_any_selection_of_entries_but_the_whole_is_found(chosen: list[int]) -> None:
    entries = [LOG[place] for place in chosen]
    assert verify(entries, Anchor(12, LOG[-1].hash)).sound == (chosen == list(range(12)))


FIELDS = st.sampled_from(["seq", "time_ns", "who", "what", "subject", "prev_hash", "hash"])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 11), FIELDS)
def test_any_changed_field_is_found_at_its_entry(place: int, field: str) -> None:
    value = getattr(LOG[place], field)
    changed = replace(LOG[place], **{field: value + 1 if isinstance(value, int) else value[:-1] + "#"})
    verdict = verify([*LOG[:place], changed, *LOG[place + 1 :]], Anchor(12, LOG[-1].hash))
    assert (verdict.sound, verdict.broken_seq) == (False, place + 1)
