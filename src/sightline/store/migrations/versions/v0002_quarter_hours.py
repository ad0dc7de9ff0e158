"""Version 2: counts by quarter hour beside those by minute, so that a week is read in milliseconds."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"

CLASSES: Final = (
    "car",
    "van",
    "truck",
    "bus",
    "motorcycle",
    "bicycle",
    "scooter",
    "pedestrian",
    "vehicle",
    "rider",
    "unknown",
)


def upgrade() -> None:
    """Make the table and fill it from the minutes."""
    op.create_table(
        "counts_quarters",
        sa.Column("series_id", sa.Integer, sa.ForeignKey("count_series.id"), primary_key=True, autoincrement=False),
        sa.Column("start_min", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in CLASSES),
        sqlite_with_rowid=False,
    )
    names = ", ".join(CLASSES)
    sums = ", ".join(f"sum({name})" for name in CLASSES)
    op.execute(
        f"INSERT INTO counts_quarters (series_id, start_min, {names}) "
        f"SELECT series_id, start_min / 15 * 15 AS quarter, {sums} FROM counts_minutes GROUP BY series_id, quarter"
    )
