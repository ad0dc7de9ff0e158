"""The tables of the store, on one MetaData; the migrations make them, a test holds both equal.

Times are UTC nanoseconds since 1970, except ``start_min``, whole minutes since 1970. Ids of events and tracks are
given by the writer, ``run << 40 | number``, so that writing a batch again after a broken connection adds nothing twice.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
)

from sightline.core.vocabulary import CLASSES

# SQLite gives out ids by itself only to a column that is called INTEGER; its integers hold 64 bits anyway.
Big = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row per start of a program on this store: counts of the same minute by two runs add up.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("opened_ns", Big, nullable=False),
    Column("version", String(40), nullable=False),
)

cameras = Table(
    "cameras",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("purpose", String(500), nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("bearing_deg", Float),
    Column("added_ns", Big, nullable=False),
    Column("removed_ns", Big),
)

# Revisions of the configuration: who set what to what, and when. The newest of (camera, kind) is in force.
rules = Table(
    "rules",
    metadata,
    Column("revision", Integer, primary_key=True),
    Column("time_ns", Big, nullable=False),
    Column("who", String(200), nullable=False),
    Column("camera", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("config", JSON, nullable=False),
    Index(None, "camera", "kind", "revision"),
)

track_summaries = Table(
    "track_summaries",
    metadata,
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("camera", String(200), nullable=False),
    Column("track_id", Big, nullable=False),
    Column("label", String(20), nullable=False),
    Column("concerns", String(10), nullable=False),
    Column("likelihood", Float, nullable=False),
    Column("began_ns", Big, nullable=False),
    Column("ended_ns", Big, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("path", LargeBinary, nullable=False),
    Column("speed_mps", Float),
    Index(None, "concerns", "ended_ns"),
    Index(None, "camera", "ended_ns"),
    Index(None, "ended_ns"),
)

events = Table(
    "events",
    metadata,
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("time_ns", Big, nullable=False),
    Column("camera", String(200), nullable=False),
    Column("topic", String(200), nullable=False),
    Column("concerns", String(10), nullable=False),
    Column("source", JSON, nullable=False),
    Column("data", JSON, nullable=False),
    Index(None, "concerns", "time_ns"),
    Index(None, "camera", "time_ns"),
    Index(None, "time_ns"),
)

count_series = Table(
    "count_series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("camera", String(200), nullable=False),
    Column("line", String(200), nullable=False),
    Column("direction", String(20), nullable=False),
    UniqueConstraint("camera", "line", "direction"),
)

# One column per class of the vocabulary: a row of a window is read at once and any SQL tool can plot it. A new class is
# a migration.
COUNT_CLASSES: Final = CLASSES

counts_minutes = Table(
    "counts_minutes",
    metadata,
    Column("series_id", Integer, ForeignKey("count_series.id"), primary_key=True, autoincrement=False),
    Column("start_min", Integer, primary_key=True, autoincrement=False),
    Column("run_id", Integer, ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    *(Column(name, Integer, nullable=False, server_default="0") for name in COUNT_CLASSES),
    sqlite_with_rowid=False,
)

# The same by quarter hour, summed over runs; kept by whoever writes counts_minutes, in the same transaction.
counts_quarters = Table(
    "counts_quarters",
    metadata,
    Column("series_id", Integer, ForeignKey("count_series.id"), primary_key=True, autoincrement=False),
    Column("start_min", Integer, primary_key=True, autoincrement=False),
    *(Column(name, Integer, nullable=False, server_default="0") for name in COUNT_CLASSES),
    sqlite_with_rowid=False,
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("password_hash", String(300)),  # none where the person comes by OIDC only
    Column("roles", JSON, nullable=False),  # [{"role": .., "site": .., "camera": ..}]
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("created_ns", Big, nullable=False),
    Column("oidc_subject", String(300), unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_ns", Big, nullable=False),
    Column("seen_ns", Big, nullable=False),
    Column("expires_ns", Big, nullable=False),
    Column("csrf_hash", String(64), nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("roles", JSON, nullable=False),
    Column("created_ns", Big, nullable=False),
    Column("expires_ns", Big),
    Column("last_used_ns", Big),
    Column("revoked", Boolean, nullable=False, server_default=false()),
)

# Append-only: triggers refuse UPDATE and DELETE, the hash chain shows what was done past them.
audit = Table(
    "audit",
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("time_ns", Big, nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(100), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
