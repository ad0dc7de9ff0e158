"""Opening: how SQLite is set up, who may read the file, and addresses that cannot work."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from sightline.config.store import RetentionSettings, StoreSettings
from sightline.core.errors import BadConfig
from sightline.store.engine import StoreUnavailable, open_engine
from sightline.store.store import Store


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        pytest.param("journal_mode", "wal", id="readers do not wait"),
        pytest.param("synchronous", 2, id="FULL: an acknowledged row survives a cut of power"),
        pytest.param("foreign_keys", 1, id="references hold"),
        pytest.param("auto_vacuum", 2, id="incremental: pages can be given back"),
        pytest.param("secure_delete", 1, id="what is deleted is overwritten"),
        pytest.param("busy_timeout", 5000, id="waits for another writer"),
    ],
)
def test_sqlite_is_set_up(store: Store, pragma: str, value: object) -> None:
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_files_are_for_their_owner_alone(store: Store, settings: StoreSettings) -> None:
    assert settings.folder.stat().st_mode & 0o777 == 0o700
    files = sorted(path for path in settings.folder.rglob("*") if path.is_file())
    names = ["audit.anchor", "audit.key", "sightline.db", "sightline.db-shm", "sightline.db-wal"]
    assert [path.name for path in files] == names
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in files} == dict.fromkeys(names, "0o600")


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(BadConfig, match=r"store\.folder: expected a folder to write to"):
        open_engine(StoreSettings(folder=tmp_path / "data"))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sightline.db").write_text("no database " * 1000)
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        open_engine(StoreSettings(folder=tmp_path))


def test_a_server_that_does_not_answer_is_refused_without_the_password(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret-of-file\n")
    settings = StoreSettings(
        folder=tmp_path,
        address="postgresql://me:s3cret-of-url@127.0.0.1:1/x",
        password_file=tmp_path / "password",
        busy_timeout_s=0.1,
    )
    with pytest.raises(StoreUnavailable, match="store: expected a database that answers, got") as refused:
        open_engine(settings)
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        pytest.param(None, "can be read", id="missing"),
        pytest.param("\n", "first line", id="empty"),
        pytest.param("  ", "first line", id="blank"),
    ],
)
def test_a_password_file_without_one_is_refused(tmp_path: Path, content: str | None, word: str) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadConfig, match=word):
        open_engine(StoreSettings(folder=tmp_path, address="postgresql://me@127.0.0.1:1/x", password_file=path))


def test_an_address_that_is_none_is_refused_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="expected postgresql:// with user, host") as refused:
        open_engine(StoreSettings(folder=tmp_path, address="postgresql://me:s3cret@host:port/x"))
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"retention": {"person_tracks_h": 72.1}}, id="persons longer than 72 h"),
        pytest.param({"retention": {"person_tracks_h": 0}}, id="persons not at all"),
        pytest.param({"address": "mysql://host/x"}, id="another database"),
        pytest.param({"queue": 5}, id="an unknown key"),
        pytest.param({"queue_rows": 0}, id="no queue"),
    ],
)
def test_settings_out_of_bounds_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StoreSettings.model_validate(values)


def test_every_setting_has_a_sentence() -> None:
    for model in (StoreSettings, RetentionSettings):
        for name, field in model.model_fields.items():
            assert name == "retention" or str(field.description).endswith("."), name
