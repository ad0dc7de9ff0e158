"""The hash chain of the audit log: what was changed, cut or moved is found and named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sightline.core.audit import (
    GENESIS,
    RENEWED,
    Anchor,
    AuditEntry,
    Happening,
    anchor_text,
    entry_after,
    hash_of,
    read_anchor,
    verify,
)
from sightline.core.errors import BadData

KEY = b"k" * 32


def chain(length: int, start: int = 0, last: str = GENESIS) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for seq in range(start, start + length):
        happening = Happening(f"user{seq % 3}", "user.login", "north", {"n": seq, "words": ["a", None, 1.5]})
        entries.append(entry_after(seq, entries[-1].hash if entries else last, 1000 + seq, happening))
    return entries


ANCHOR = Anchor(9, chain(9)[-1].hash)


def rehashed(entries: list[AuditEntry], seq: int, **changes: Any) -> list[AuditEntry]:
    """Change an entry and mend every hash from there on, as somebody would who knows how the log is made."""
    done = entries[: seq - 1]
    for entry in entries[seq - 1 :]:
        changed = replace(entry, **(changes if entry.seq == seq else {}), prev_hash=done[-1].hash if done else GENESIS)
        done.append(replace(changed, hash=hash_of(changed)))
    return done


def test_a_whole_log_is_sound() -> None:
    verdict = verify(chain(9), ANCHOR)
    assert (verdict.sound, verdict.entries, verdict.anchored, verdict.broken_seq) == (True, 9, 9, None)
    assert verify(chain(12), ANCHOR).sound, "entries beyond the anchor: written after it"
    assert verify([], None).sound
    assert verify([], Anchor(0, GENESIS)).sound


@pytest.mark.parametrize(
    ("change", "broken", "word"),
    [
        pytest.param(
            lambda log: [replace(one, who="x") if one.seq == 4 else one for one in log], 4, "changed", id="who"
        ),
        pytest.param(
            lambda log: [replace(one, detail={"n": 99}) if one.seq == 4 else one for one in log],
            4,
            "changed",
            id="detail",
        ),
        pytest.param(
            lambda log: [replace(one, time_ns=one.time_ns + 1) if one.seq == 9 else one for one in log],
            9,
            "changed",
            id="time of the last",
        ),
        pytest.param(lambda log: [one for one in log if one.seq != 5], 5, "cut or moved", id="one cut out"),
        pytest.param(lambda log: log[1:], 1, "cut or moved", id="head cut"),
        pytest.param(lambda log: log[:-1], 9, "tail was cut", id="tail cut"),
        pytest.param(lambda log: [], 1, "tail was cut", id="all cut"),
        pytest.param(lambda log: [*log[:3], log[4], log[3], *log[5:]], 4, "cut or moved", id="two swapped"),
        pytest.param(
            lambda log: [replace(one, seq=number) for number, one in enumerate(log[1:], 1)],
            1,
            "changed",
            id="head cut and renumbered",
        ),
        pytest.param(
            lambda log: [*log[:3], replace(log[4], seq=4), replace(log[3], seq=5), *log[5:]],
            4,
            "changed",
            id="two swapped with their numbers",
        ),
        pytest.param(
            lambda log: [*log[:4], chain(1, 4, "f" * 64)[0], *log[5:]],
            5,
            "replaced or moved",
            id="another in its place",
        ),
        pytest.param(lambda log: [*log, log[-1]], 10, "cut or moved", id="one repeated"),
        pytest.param(lambda log: rehashed(log, 2, who="nobody"), 9, "rewritten", id="rewritten with mended hashes"),
        pytest.param(
            lambda log: chain(6) + chain(3, 6, chain(6)[-1].hash[:-1] + "0"), 7, "replaced", id="tail written anew"
        ),
    ],
)
def test_what_is_broken_is_named(
    change: Callable[[list[AuditEntry]], list[AuditEntry]], broken: int, word: str
) -> None:
    verdict = verify(change(chain(9)), ANCHOR)
    assert (verdict.sound, verdict.broken_seq) == (False, broken)
    assert word in verdict.reason
    assert f"entry {broken}" in verdict.reason


def test_an_anchor_that_was_renewed_is_told() -> None:
    log = chain(3)
    log.append(entry_after(3, log[-1].hash, 2000, Happening("system", RENEWED)))
    assert verify(log, Anchor(4, log[-1].hash)).renewals == (4,)


def test_an_anchor_there_and_back() -> None:
    assert read_anchor(anchor_text(ANCHOR, KEY), KEY) == ANCHOR


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(anchor_text(ANCHOR, b"other key"), id="signed by another key"),
        pytest.param(anchor_text(ANCHOR, KEY).replace(" 9 ", " 8 "), id="another count"),
        pytest.param(anchor_text(ANCHOR, KEY).replace(ANCHOR.hash, GENESIS), id="another hash"),
        pytest.param("", id="nothing"),
        pytest.param("sightline.anchor/1 x y é", id="no anchor"),
        pytest.param("sightline.anchor/2 9 y z", id="another version"),
    ],
)
def test_a_forged_anchor_is_refused(text: str) -> None:
    with pytest.raises(BadData, match="audit anchor: expected"):
        read_anchor(text, KEY)


def test_texts_are_cut_and_cleaned() -> None:
    entry = entry_after(0, GENESIS, 1, Happening("w" * 999, "x\0y", "\ud800", {"\0": "\udfff", "deep": [{"a": "\0"}]}))
    assert (len(entry.who), entry.what, entry.subject) == (200, "x\ufffdy", "?")
    assert entry.detail == {"\ufffd": "?", "deep": [{"a": "\ufffd"}]}
    assert verify([entry], None).sound


def test_too_long_a_detail_is_kept_as_its_beginning() -> None:
    entry = entry_after(0, GENESIS, 1, Happening("w", "x", "s", {"long": "y" * 20_000}))
    assert entry.detail["cut"].startswith('{"long": "yyy')
    assert len(entry.detail["cut"]) == 8_000


@pytest.mark.parametrize("detail", [{"x": float("nan")}, {"x": object()}], ids=["not a number", "not JSON"])
def test_other_details_are_refused(detail: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        entry_after(0, GENESIS, 1, Happening("w", "x", "s", detail))
