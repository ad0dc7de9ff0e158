"""Version 1: tracks, events, counts by minute, configuration, people, and an audit log that refuses changes."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Written out, not taken from the vocabulary: this file says what version 1 was, whatever comes later.
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
    """Make the tables."""
    _configuration()
    _tracks()
    _events()
    _counts()
    _people()
    _audit()


def _configuration() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("opened_ns", BIG, nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
    )
    op.create_table(
        "cameras",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("purpose", sa.String(500), nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("bearing_deg", sa.Float),
        sa.Column("added_ns", BIG, nullable=False),
        sa.Column("removed_ns", BIG),
    )
    op.create_table(
        "rules",
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("time_ns", BIG, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("camera", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
    )
    op.create_index(op.f("ix_rules_camera_kind_revision"), "rules", ["camera", "kind", "revision"])


def _tracks() -> None:
    op.create_table(
        "track_summaries",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("camera", sa.String(200), nullable=False),
        sa.Column("track_id", BIG, nullable=False),
        sa.Column("label", sa.String(20), nullable=False),
        sa.Column("concerns", sa.String(10), nullable=False),
        sa.Column("likelihood", sa.Float, nullable=False),
        sa.Column("began_ns", BIG, nullable=False),
        sa.Column("ended_ns", BIG, nullable=False),
        sa.Column("attributes", sa.JSON, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("speed_mps", sa.Float),
    )
    for columns in (["concerns", "ended_ns"], ["camera", "ended_ns"], ["ended_ns"]):
        op.create_index(op.f(f"ix_track_summaries_{'_'.join(columns)}"), "track_summaries", columns)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("time_ns", BIG, nullable=False),
        sa.Column("camera", sa.String(200), nullable=False),
        sa.Column("topic", sa.String(200), nullable=False),
        sa.Column("concerns", sa.String(10), nullable=False),
        sa.Column("source", sa.JSON, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    for columns in (["concerns", "time_ns"], ["camera", "time_ns"], ["time_ns"]):
        op.create_index(op.f(f"ix_events_{'_'.join(columns)}"), "events", columns)


def _counts() -> None:
    op.create_table(
        "count_series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("camera", sa.String(200), nullable=False),
        sa.Column("line", sa.String(200), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.UniqueConstraint("camera", "line", "direction", name=op.f("uq_count_series_camera_line_direction")),
    )
    op.create_table(
        "counts_minutes",
        sa.Column("series_id", sa.Integer, sa.ForeignKey("count_series.id"), primary_key=True, autoincrement=False),
        sa.Column("start_min", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in CLASSES),
        sqlite_with_rowid=False,
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(300)),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_ns", BIG, nullable=False),
        sa.Column("oidc_subject", sa.String(300)),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_users_oidc_subject")),
    )
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_ns", BIG, nullable=False),
        sa.Column("seen_ns", BIG, nullable=False),
        sa.Column("expires_ns", BIG, nullable=False),
        sa.Column("csrf_hash", sa.String(64), nullable=False),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("created_ns", BIG, nullable=False),
        sa.Column("expires_ns", BIG),
        sa.Column("last_used_ns", BIG),
        sa.Column("revoked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("hash", name=op.f("uq_api_tokens_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", BIG, primary_key=True, autoincrement=False),
        sa.Column("time_ns", BIG, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("what", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    for statement in _REFUSALS[op.get_bind().dialect.name]:
        op.execute(statement)


_REFUSALS: Final = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE FUNCTION sightline_audit_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION sightline_audit_refuses()",
    ),
}
