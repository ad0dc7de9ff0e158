"""A log whose entries hang together by hashes, and what finds a tampered, cut or reordered one.

Each entry's hash covers the hash of the one before. Who can write the log could still write all of it anew, or cut its
tail; an anchor, kept elsewhere and signed with a key that is not in the log, says how many entries there were at least
and what the last one's hash was.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sightline.core.errors import BadData

GENESIS: Final = "0" * 64  # what the first entry follows
RENEWED: Final = "audit.anchor_renewed"  # what of the entry made when a lost or broken anchor was replaced
_LONGEST: Final = {"who": 200, "what": 100, "subject": 500}  # characters, as the table has them
_LONGEST_DETAIL: Final = 8_000  # characters of JSON: an entry says what happened, it is no archive
_ANCHOR_WORD: Final = "sightline.anchor/1"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log. seq: from 1 without gaps; detail: JSON members; hashes: SHA-256 in hex."""

    seq: int
    time_ns: int
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Happening:
    """What is to be logged. who: a user's name, "token:NAME" or "system"; what: a word such as "user.login"."""

    who: str
    what: str
    subject: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Anchor:
    """At least ``count`` entries were in the log, and the hash of entry ``count`` was ``hash``."""

    count: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found: sound, or the first broken entry's seq and one sentence why.

    entries: read until there; anchored: how many the anchor vouches for; renewals: seqs of entries that say an anchor
    was lost and made anew, before which a cut tail could not have been found.
    """

    sound: bool
    entries: int
    anchored: int
    broken_seq: int | None = None
    reason: str = ""
    renewals: tuple[int, ...] = ()


def entry_after(seq: int, prev_hash: str, time_ns: int, happening: Happening) -> AuditEntry:
    """The entry that follows entry ``seq`` with hash ``prev_hash`` (0 and GENESIS for the first).

    Texts are cut to the log's lengths and lose what a database cannot hold; too long a detail is kept as its beginning.
    ValueError for a detail that is no JSON object.
    """
    try:
        written = json.dumps(_plain(dict(happening.detail)), allow_nan=False)
    except TypeError as error:
        raise ValueError(f"detail: expected a JSON object, got {error}") from error
    detail = json.loads(written) if len(written) <= _LONGEST_DETAIL else {"cut": written[:_LONGEST_DETAIL]}
    who, what, subject = (_clean(getattr(happening, name))[:most] for name, most in _LONGEST.items())
    entry = AuditEntry(seq + 1, time_ns, who, what, subject, detail, prev_hash, "")
    return replace(entry, hash=hash_of(entry))


def hash_of(entry: AuditEntry) -> str:
    """The hash that the entry's content should have."""
    names = ("seq", "time_ns", "who", "what", "subject", "detail", "prev_hash")
    text = json.dumps({name: getattr(entry, name) for name in names}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def verify(entries: Iterable[AuditEntry], anchor: Anchor | None) -> Verdict:
    """Walk the log from its first entry; stops at the first broken one.

    anchor: None where none is expected, and then a tail that was cut off cannot be found.
    """
    seq, last = 0, GENESIS
    renewals: list[int] = []
    anchored = anchor.count if anchor else 0
    for entry in entries:
        reason = _break(entry, seq, last)
        if not reason and anchor and entry.seq == anchor.count and entry.hash != anchor.hash:
            reason = (
                f"entry {entry.seq}: expected the hash that was anchored, got another; it or one before was rewritten"
            )
        if reason:
            return Verdict(False, seq, anchored, seq + 1, reason, tuple(renewals))
        if entry.what == RENEWED:
            renewals.append(entry.seq)
        seq, last = entry.seq, entry.hash
    if seq < anchored:
        reason = f"entry {seq + 1}: expected {anchored} entries as anchored, got {seq}; the tail was cut"
        return Verdict(False, seq, anchored, seq + 1, reason, tuple(renewals))
    return Verdict(True, seq, anchored, renewals=tuple(renewals))


def anchor_text(anchor: Anchor, key: bytes) -> str:
    """The anchor as one line of text, signed."""
    return f"{_ANCHOR_WORD} {anchor.count} {anchor.hash} {_sign(anchor, key)}\n"


def read_anchor(text: str, key: bytes) -> Anchor:
    """The anchor of a line that ``anchor_text`` made with this key; BadData for any other."""
    words = text.split()
    if len(words) != 4 or words[0] != _ANCHOR_WORD or not words[1].isdecimal() or len(words[1]) > 18:
        raise BadData(f"audit anchor: expected a line of {_ANCHOR_WORD}, got {text[:40]!r}")
    anchor = Anchor(int(words[1]), words[2])
    if not hmac.compare_digest(_sign(anchor, key).encode(), words[3].encode()):
        raise BadData("audit anchor: expected the signature of this log's key, got another")
    return anchor


def _break(entry: AuditEntry, seq: int, last: str) -> str:
    """Why the entry cannot follow entry ``seq`` with hash ``last``; empty where it can."""
    if entry.seq != seq + 1:
        return f"entry {seq + 1}: expected after {seq}, got entry {entry.seq}; one was cut or moved"
    if entry.hash != hash_of(entry):
        return f"entry {entry.seq}: expected content that gives its hash, got other content; it was changed"
    if entry.prev_hash != last:
        return f"entry {entry.seq}: expected to follow the hash of entry {seq}, got another; one was replaced or moved"
    return ""


def _sign(anchor: Anchor, key: bytes) -> str:
    message = f"{_ANCHOR_WORD} {anchor.count} {anchor.hash}"
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def _clean(text: str) -> str:
    """The text without NUL, which PostgreSQL refuses, and without halves of surrogate pairs, which no UTF-8 holds."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any) -> Any:
    """The same with every text cleaned, also the names of members."""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Mapping):
        return {_clean(str(name)): _plain(member) for name, member in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
