"""The audit log in the store: append-only, verified against its anchor, never silently begun anew."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from sightline.config.store import StoreSettings
from sightline.core.audit import RENEWED, Happening
from sightline.core.clock import ManualClock
from sightline.store.audit import AnchorFile, AuditLog
from sightline.store.engine import StoreUnavailable, writing
from sightline.store.store import Store, open_store


@pytest.fixture
def log(store: Store, settings: StoreSettings, clock: ManualClock) -> AuditLog:
    """With five entries of people, after those that the store wrote of itself."""
    store._forgetter.stop()
    for number in range(5):
        store.audit.append(Happening("ann", "user.login", f"try {number}", {"address": "192.0.2.1"}))
    return store.audit


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2"])
def test_the_table_is_append_only(log: AuditLog, store: Store, statement: str) -> None:
    with pytest.raises(IntegrityError, match="the audit log is append-only"), writing(store.engine) as connection:
        connection.execute(text(statement))
    assert log.verify().sound


def test_entries_come_page_by_page(log: AuditLog) -> None:
    first = log.page(limit=2, who="ann")
    assert [one.subject for one in first] == ["try 4", "try 3"]
    assert [one.subject for one in log.page(first[-1].seq, 2, "ann")] == ["try 2", "try 1"]
    assert log.page(what="user.logout") == []


@pytest.mark.parametrize(
    ("statement", "broken", "word"),
    [
        pytest.param("UPDATE audit SET detail = '{}' WHERE seq = 3", 3, "changed", id="detail"),
        pytest.param("UPDATE audit SET detail = 'no json' WHERE seq = 3", 3, "changed", id="detail unreadable"),
        pytest.param("UPDATE audit SET time_ns = 'x' WHERE seq = 3", 3, "changed", id="another type"),
        pytest.param("DELETE FROM audit WHERE seq = 1", 1, "cut or moved", id="head"),
        pytest.param("DELETE FROM audit WHERE seq = 4", 4, "cut or moved", id="middle"),
        pytest.param("DELETE FROM audit WHERE seq > 4", 5, "tail was cut", id="tail"),
        pytest.param("DELETE FROM audit", 1, "tail was cut", id="all"),
        pytest.param("UPDATE audit SET seq = 9 - seq WHERE seq IN (4, 5)", 4, "changed", id="swapped"),
    ],
)
def test_what_was_done_past_the_triggers_is_found(
    log: AuditLog, store: Store, statement: str, broken: int, word: str
) -> None:
    with writing(store.engine) as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        if "9 - seq" in statement:  # SQLite checks the key row by row
            connection.execute(text("UPDATE audit SET seq = -seq WHERE seq IN (4, 5)"))
            statement = "UPDATE audit SET seq = 9 + seq WHERE seq < 0"
        connection.execute(text(statement))
    verdict = log.verify()
    assert (verdict.sound, verdict.broken_seq) == (False, broken)
    assert word in verdict.reason


def test_a_cut_tail_is_found_also_after_the_log_grew_again(log: AuditLog, store: Store) -> None:
    """The anchor must not follow a log that no longer holds what it vouches for."""
    with writing(store.engine) as connection:
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(text("DELETE FROM audit WHERE seq > 3"))
    for number in range(9):
        log.append(Happening("eve", "user.login", f"after {number}"))
    verdict = log.verify()
    assert not verdict.sound
    assert "rewritten" in verdict.reason


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda folder: (folder / "audit.anchor").unlink(), id="no anchor"),
        pytest.param(lambda folder: (folder / "audit.key").unlink(), id="no key"),
        pytest.param(lambda folder: (folder / "audit.key").write_text("00" * 32), id="another key"),
        pytest.param(lambda folder: (folder / "audit.key").write_text("no hex"), id="no key in hex"),
        pytest.param(lambda folder: (folder / "audit.anchor").write_text("x"), id="no anchor in the file"),
    ],
)
def test_a_lost_anchor_is_found_and_its_renewal_is_in_the_log(
    log: AuditLog, store: Store, settings: StoreSettings, clock: ManualClock, harm: Callable[[Path], None]
) -> None:
    harm(settings.folder / "audit")
    verdict = log.verify()
    assert not verdict.sound
    assert "audit" in verdict.reason
    if (settings.folder / "audit" / "audit.key").exists() and "no hex" in (
        settings.folder / "audit" / "audit.key"
    ).read_text():
        (settings.folder / "audit" / "audit.key").unlink()  # nothing can be signed with it: an operator removes it
    again = AuditLog(store.engine, clock, AnchorFile(settings.folder / "audit"))
    again.open()
    (entry,) = again.page(what=RENEWED)
    assert entry.detail["entries"] == entry.seq - 1
    verdict = again.verify()
    assert (verdict.sound, verdict.renewals) == (True, (entry.seq,))


def test_threads_append_one_after_the_other(store: Store) -> None:
    def append(name: str) -> None:
        for number in range(10):
            store.audit.append(Happening(name, "x", str(number)))

    threads = [threading.Thread(target=append, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in store.audit.page(limit=100) if one.what == "x"]) == 30
    verdict = store.audit.verify()
    assert verdict.sound
    assert verdict.anchored == verdict.entries


def test_an_entry_goes_with_its_transaction(store: Store) -> None:
    with contextlib.suppress(ZeroDivisionError), writing(store.engine) as connection:
        store.audit.append_in(connection, Happening("ann", "undone"))
        raise ZeroDivisionError
    assert store.audit.page(what="undone") == []


def test_a_log_that_cannot_be_written_is_said(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    with pytest.raises(StoreUnavailable, match="audit: expected a database to write to"):
        store.audit.append(Happening("ann", "x"))


def test_another_program_on_the_same_store_sees_a_sound_log(
    log: AuditLog, settings: StoreSettings, clock: ManualClock
) -> None:
    other = open_store(settings, clock)
    other.audit.append(Happening("bob", "x"))
    log.append(Happening("ann", "x"))
    assert other.audit.verify() == log.verify()
    assert log.verify().sound
    other.close()
