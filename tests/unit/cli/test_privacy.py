"""``sightline privacy audit`` and ``check`` on a real store: tampered, cut and reordered logs are found and named."""

import json
import shutil
import sqlite3

import pytest
from typer.testing import CliRunner

from sightline.cli import privacy
from sightline.config.store import StoreSettings
from sightline.core.audit import Happening, hash_of
from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig
from sightline.store.audit import AnchorFile, AuditLog, _entry
from sightline.store.engine import StoreUnavailable, open_engine
from sightline.store.upgrade import upgrade

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store with eight entries."""
    folder = tmp_path_factory.mktemp("store")
    engine = open_engine(StoreSettings(folder=folder))
    upgrade(engine)
    log = AuditLog(engine, SystemClock(), AnchorFile(folder / "audit"))
    log.open()
    for number in range(8):
        log.append(Happening("ann", "live.open", f"camera {number}"))
    engine.dispose()
    return folder


@pytest.fixture
def store(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "data")


def change(folder, *statements):
    """What somebody with the database in their hands does; the triggers that refuse it are dropped first."""
    base = sqlite3.connect(folder / "sightline.db", isolation_level=None)
    for (name,) in base.execute(TRIGGERS).fetchall():
        base.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        base.execute(statement)
    base.close()


def rewritten(folder):
    """The whole chain anew from entry 3 on, with right hashes: only the anchor can tell."""
    base = sqlite3.connect(folder / "sightline.db", isolation_level=None)
    base.row_factory = sqlite3.Row
    for (name,) in base.execute(TRIGGERS).fetchall():
        base.execute(f"DROP TRIGGER {name}")
    last = base.execute("SELECT hash FROM audit WHERE seq = 2").fetchone()[0]
    for row in base.execute("SELECT * FROM audit WHERE seq > 2 ORDER BY seq").fetchall():

        class Row:
            _mapping = {**dict(row), "detail": json.loads(row["detail"]), "prev_hash": last, "who": "eve"}  # noqa: RUF012

        last = hash_of(_entry(Row))
        base.execute(
            "UPDATE audit SET who = 'eve', prev_hash = ?, hash = ? WHERE seq = ?",
            (Row._mapping["prev_hash"], last, row["seq"]),
        )
    base.close()


def run(*arguments):
    return CliRunner().invoke(privacy.app, list(map(str, arguments)))


def test_a_whole_log(store):
    done = run("audit", store)
    assert done.exit_code == 0
    assert "8 lines, 8 of them vouched for" in done.stdout
    assert run("audit", store / "sightline.db").exit_code == 0
    said = json.loads(run("audit", store, "--json").stdout)
    assert said["sound"] is True
    assert said["entries"] == 8


SWAP = (
    "UPDATE audit SET seq = 100 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = 5",
    "UPDATE audit SET seq = 5 WHERE seq = 100",
)  # fmt: skip


@pytest.mark.parametrize(
    ("word", "statements", "broken"),
    [
        ("tampered", ["UPDATE audit SET who = 'eve' WHERE seq = 3"], 3),
        ("tampered time", ["UPDATE audit SET time_ns = time_ns - 1 WHERE seq = 8"], 8),
        ("tampered detail", ["UPDATE audit SET detail = '{\"x\":1}' WHERE seq = 1"], 1),
        ("unreadable detail", ["UPDATE audit SET detail = '{' WHERE seq = 2"], 2),
        ("cut in the middle", ["DELETE FROM audit WHERE seq = 4"], 4),
        ("cut at the head", ["DELETE FROM audit WHERE seq <= 2"], 1),
        ("cut at the tail", ["DELETE FROM audit WHERE seq >= 7"], 7),
        ("cut to nothing", ["DELETE FROM audit"], 1),
        ("reordered", SWAP, 4),
    ],
)
def test_a_log_that_somebody_changed(word, statements, broken, store):
    change(store, *statements)
    done = run("audit", store)
    assert done.exit_code == 1, word
    assert f"entry {broken}:" in done.stdout, word
    assert json.loads(run("audit", store, "--json").stdout)["broken_seq"] == broken


def test_a_log_written_anew_with_right_hashes_is_told_by_its_anchor(store):
    rewritten(store)
    done = run("audit", store)
    assert done.exit_code == 1
    assert "anchored" in done.stdout


@pytest.mark.parametrize("lost", ["audit.anchor", "audit.key"])
def test_a_log_without_its_anchor_is_not_called_whole(lost, store):
    (store / "audit" / lost).unlink()
    assert run("audit", store).exit_code == 1


def test_the_database_itself_refuses_changes(store):
    base = sqlite3.connect(store / "sightline.db", isolation_level=None)
    for statement in ("UPDATE audit SET who = 'eve'", "DELETE FROM audit WHERE seq = 8"):
        with pytest.raises(sqlite3.DatabaseError):
            base.execute(statement)
    base.close()


@pytest.mark.parametrize(
    ("name", "error"), [("nothing", StoreUnavailable), ("empty", StoreUnavailable), ("notes.txt", BadConfig)]
)
def test_what_is_no_store(name, error, tmp_path):
    path = tmp_path / name
    if name == "empty":
        path.mkdir()
    elif name == "notes.txt":
        path.write_text("x")
    assert isinstance(run("audit", path).exception, error)


NOBODY_YET = {"somebody administers, and not everybody"}
SITE_RULES = NOBODY_YET | {
    "each camera names its purpose",
    "people are told who answers for the cameras",
    "each class of data has a retention",
    "passwords and pictures do not cross a network in the clear",
    "what is too old is gone",
    "API tokens end",
    "the audit log is whole",
}
PURPOSE = "Counting bicycles for the crossing"
SITE = """
name: harbour
policy: {{operator: City of X, contact: traffic@x.example, notice: at the crossing}}
cameras:
  gate:
    source: rtsp://10.0.0.7/stream
    purpose: {purpose}
store:
  folder: {folder}
"""


@pytest.mark.parametrize(
    ("word", "purpose", "statements", "broken"),
    [
        ("sound", PURPOSE, [], set()),
        ("no purpose", "todo testing", [], {"each camera names its purpose"}),
        ("a cut log", PURPOSE, ["DELETE FROM audit WHERE seq = 8"], {"the audit log is whole"}),
        (
            "an old track of a person",
            PURPOSE,
            [
                "INSERT INTO track_summaries (id, camera, track_id, label, concerns, likelihood, began_ns, ended_ns, "
                "attributes, path) VALUES (1, 'gate', 1, 'pedestrian', 'person', 1, 1, 2, '{}', x'')"
            ],
            {"what is too old is gone"},
        ),
    ],
)  # fmt: skip
def test_the_check_of_a_site(word, purpose, statements, broken, store, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_INFERENCE__FOLDER", str(tmp_path / "models"))
    change(store, *statements)
    path = tmp_path / "site.yaml"
    path.write_text(SITE.format(purpose=purpose, folder=store))
    done = run("check", path, "--json")
    findings = {one["rule"]: one for one in json.loads(done.stdout)["findings"]}
    assert set(findings) >= SITE_RULES
    assert {rule for rule in SITE_RULES if not findings[rule]["ok"]} == broken | NOBODY_YET, word
    assert done.exit_code == 1, "without models and people not every promise is kept"
