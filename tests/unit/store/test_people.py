"""People in the store: a change and its line in the log are one, owners stay, secrets are used once."""

import sqlite3
import threading

import pytest

from sightline.config.roles import Grant, Role
from sightline.config.store import StoreSettings
from sightline.core.audit import Happening
from sightline.core.clock import ManualClock
from sightline.core.errors import BadConfig
from sightline.store.audit import AnchorFile, AuditLog
from sightline.store.engine import StoreUnavailable, open_engine
from sightline.store.people import OWNER, ApiToken, LastOwner, PeopleTables, Person, Session
from sightline.store.promises import audit_verdict, promises
from sightline.store.upgrade import upgrade

SAID = Happening("test", "test")
VIEWER = Grant(Role.VIEWER)


@pytest.fixture
def settings(tmp_path):
    return StoreSettings(folder=tmp_path / "data", busy_timeout_s=0.2)


@pytest.fixture
def log(settings):
    engine = open_engine(settings)
    upgrade(engine)
    log = AuditLog(engine, ManualClock(1), AnchorFile(settings.folder / "audit"))
    log.open()
    yield log
    engine.dispose()


@pytest.fixture
def tables(log):
    return PeopleTables(log._engine, log)


def person(name, *grants, **more):
    return Person(0, name, more.pop("password_hash", "x"), grants or (VIEWER,), False, 1, **more)


def test_people_are_kept_as_they_were(tables):
    made = tables.add(person("ann", OWNER, oidc_subject="https://id.example|7"), 10, SAID)
    assert (
        tables.person(made.id) == tables.person_named("ann") == tables.person_of_subject("https://id.example|7") == made
    )
    assert tables.person(99) is None
    assert made.grants == (OWNER,)


def test_a_name_is_taken_once_and_there_is_room_for_so_many(tables, log):
    tables.add(person("ann"), 2, SAID)
    with pytest.raises(BadConfig, match="nobody has"):
        tables.add(person("ann"), 2, SAID)
    tables.add(person("bob"), 2, SAID)
    with pytest.raises(BadConfig, match="max_people"):
        tables.add(person("eve"), 2, SAID)
    assert log.verify().entries == 2, "what was refused is not in the log"


def test_a_password_is_replaced_once(tables, log):
    ann = tables.add(person("ann"), 10, SAID)
    done = []
    threads = [
        threading.Thread(target=lambda word=word: done.append(tables.set_password(ann.id, "x", word, SAID)))
        for word in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(done) == [False, False, False, True]
    assert log.verify().entries == 2


@pytest.mark.parametrize("change", ["disabled", "roles", "remove"])
def test_an_owner_stays(change, tables, log):
    boss = tables.add(person("boss", OWNER), 10, SAID)
    before = log.verify().entries
    ask = {
        "remove": lambda: tables.remove(boss.id, SAID),
        "disabled": lambda: tables.change(boss.id, SAID, disabled=True),
        "roles": lambda: tables.change(boss.id, SAID, grants=[VIEWER]),
    }
    with pytest.raises(LastOwner):
        ask[change]()
    assert tables.person(boss.id) == boss
    assert log.verify().entries == before


def test_an_owner_who_cannot_sign_in_is_none(tables):
    tables.add(person("ghost", OWNER, password_hash=None), 10, SAID)
    boss = tables.add(person("boss", OWNER), 10, SAID)
    with pytest.raises(LastOwner):
        tables.remove(boss.id, SAID)


def test_sessions_end_by_number_by_time_and_with_their_person(tables):
    boss, ann = tables.add(person("boss", OWNER), 10, SAID), tables.add(person("ann"), 10, SAID)
    for number in range(5):
        tables.open_session(Session(f"s{number}", ann.id, 10 + number, 10 + number, 100, "c"), 3, SAID)
    assert [one.id_hash for one in tables.sessions_of(ann.id)] == ["s4", "s3", "s2"]
    assert tables.session("s0") is None
    assert tables.session("s4")[1].name == "ann"
    tables.open_session(Session("late", boss.id, 100, 100, 200, "c"), 3, SAID)
    assert tables.sessions_of(ann.id) == [], "over"
    tables.change(boss.id, SAID, grants=[OWNER, VIEWER])
    assert tables.session("late") is None


def test_tokens_go_with_their_person(tables):
    tables.add(person("boss", OWNER), 10, SAID)
    ann = tables.add(person("ann"), 10, SAID)
    token = ApiToken(0, "t", ann.id, (VIEWER,), 10, 100, None, False)
    made = tables.add_token(token, "h", 1, SAID)
    assert tables.token("h") == (made, ann)
    with pytest.raises(BadConfig, match="tokens_per_person"):
        tables.add_token(token, "h2", 1, SAID)
    tables.revoke_token(made.id, SAID)
    assert tables.token("h")[0].revoked
    tables.add_token(token, "h3", 1, SAID)
    tables.token_used(made.id, 50)
    assert tables.token("h")[0].last_used_ns == 50
    tables.remove(ann.id, SAID)
    assert tables.tokens() == []


def test_a_change_and_its_line_are_written_together_or_not_at_all(tables, log, monkeypatch):
    boss = tables.add(person("boss", OWNER), 10, SAID)

    def broken(*_):
        raise StoreUnavailable("planted")

    monkeypatch.setattr(log, "append_in", broken)
    for change in (
        lambda: tables.add(person("ann"), 10, SAID),
        lambda: tables.change(boss.id, SAID, disabled=False, grants=[OWNER, VIEWER]),
        lambda: tables.set_password(boss.id, "x", "y", SAID),
        lambda: tables.open_session(Session("s", boss.id, 1, 1, 9, "c"), 3, SAID),
        lambda: tables.add_token(ApiToken(0, "t", boss.id, (VIEWER,), 10, 100, None, False), "h", 5, SAID),
    ):
        with pytest.raises(StoreUnavailable):
            change()
    assert tables.people() == [boss]
    assert tables.session("s") is None
    assert tables.tokens() == []


def test_a_locked_store_says_so(tables, settings):
    blocker = sqlite3.connect(settings.folder / "sightline.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        tables.add(person("ann"), 10, SAID)
    blocker.execute("ROLLBACK")
    blocker.close()


def test_what_a_store_says_of_its_promises(tables, settings, log):
    tables.add(person("boss", OWNER), 10, SAID)
    said = promises(settings, ManualClock(1))
    assert said.verdict.sound
    assert [one.name for one in said.people] == ["boss"]
    assert sum(one.rows for one in said.held) == 0
    assert audit_verdict(settings, ManualClock(1)).entries == 1


@pytest.mark.parametrize("held", ["nothing", "another database", "no database"])
def test_a_store_that_is_none_is_not_made(held, tmp_path):
    path = tmp_path / "sightline.db"
    if held == "another database":
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE mine (x)")
        other.close()
    elif held == "no database":
        path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreUnavailable):
        audit_verdict(StoreSettings(folder=tmp_path), ManualClock(1))
    assert path.exists() is (held != "nothing")
