"""Settings of the store: where it lies, how it is written, and how long each class of data is kept."""

from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator

from sightline.config.settings import Section

# The longest that tracks of persons may be kept, hours; see docs/responsible.md.
LONGEST_PERSON_H: Final = 72


class RetentionSettings(Section):
    """How long each class of data is kept; none = without limit."""

    person_tracks_h: float = Field(
        24.0,
        gt=0,
        le=LONGEST_PERSON_H,
        description="Tracks of and events about pedestrians and riders are deleted after so long, hours.",
    )
    vehicle_tracks_days: float = Field(
        7.0, gt=0, le=3660, description="Tracks of vehicles are deleted after so long, days."
    )
    vehicle_events_days: float | None = Field(
        None, gt=0, le=36_600, description="Events about vehicles are deleted after so long, days."
    )
    other_events_days: float | None = Field(
        None, gt=0, le=36_600, description="Events about no road user are deleted after so long, days."
    )
    counts_days: float | None = Field(None, gt=0, le=36_600, description="Counts are deleted after so long, days.")
    forget_every_s: float = Field(
        3600.0, ge=1, le=21_600, description="What is too old is looked for so often, seconds."
    )


class StoreSettings(Section):
    """Where findings are kept, and how they are written."""

    folder: Path = Field(Path("data"), description="Folder of the database file.")
    address: SecretStr | None = Field(
        None, description="postgresql://USER@HOST/NAME; none = a SQLite file sightline.db in the folder."
    )
    password_file: Path | None = Field(None, description="File with the password of the address, on its first line.")
    audit_folder: Path | None = Field(
        None, description="Folder of the audit log's key and anchor; none = audit in the folder. Best on another disk."
    )
    path_tolerance_share: float = Field(
        0.002, ge=0.0, le=0.1, description="A kept path lies at most so far from the seen one, shares of the picture."
    )
    queue_rows: int = Field(
        50_000, ge=100, le=5_000_000, description="Most rows that wait for the store; more are refused and counted."
    )
    batch_rows: int = Field(2_000, ge=1, le=50_000, description="Most rows written in one transaction.")
    batch_s: float = Field(0.2, ge=0.0, le=60, description="Rows are gathered so long before a transaction, seconds.")
    busy_timeout_s: float = Field(
        5.0, ge=0.05, le=60, description="Longest wait for another writer or for the server's answer, seconds."
    )
    retry_last_s: float = Field(
        5.0, ge=0.05, le=600, description="Longest wait between two tries of a store that refuses, seconds."
    )
    max_bytes: int | None = Field(
        None, ge=1_048_576, description="Largest SQLite file, bytes; none = as large as the disk allows."
    )
    retention: RetentionSettings = RetentionSettings()

    @field_validator("address")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("an address that begins with postgresql://")
        return value
