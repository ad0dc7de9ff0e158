"""What a store says about the promises of its site: is its log whole, is it rid of what is too old, who gets in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from sightline.config.store import StoreSettings
from sightline.core.audit import Verdict
from sightline.core.clock import Clock
from sightline.store.audit import AnchorFile, AuditLog
from sightline.store.engine import FILE, StoreUnavailable, open_engine, told
from sightline.store.forget import Forgotten, held
from sightline.store.people import ApiToken, PeopleTables, Person

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Promises:
    """held: rows of each class that should have been forgotten; people and tokens without their secrets' use here."""

    verdict: Verdict
    held: Sequence[Forgotten]
    people: Sequence[Person]
    tokens: Sequence[ApiToken]


def audit_verdict(settings: StoreSettings, clock: Clock) -> Verdict:
    """Whether the audit log of an existing store is whole; StoreUnavailable where there is none. Changes nothing."""
    return _asked(settings, lambda engine: _log(settings, engine, clock).verify())


def promises(settings: StoreSettings, clock: Clock) -> Promises:
    """All of it, of an existing store; StoreUnavailable where there is none. Changes nothing."""

    def ask(engine: Engine) -> Promises:
        log = _log(settings, engine, clock)
        tables = PeopleTables(engine, log)
        return Promises(log.verify(), held(engine, settings.retention, clock), tables.people(), tables.tokens())

    return _asked(settings, ask)


def _log(settings: StoreSettings, engine: Engine, clock: Clock) -> AuditLog:
    return AuditLog(engine, clock, AnchorFile(settings.audit_folder or settings.folder / "audit"))


def _asked(settings: StoreSettings, ask: Callable[[Engine], T]) -> T:
    path = settings.folder / FILE
    if settings.address is None and not path.is_file():  # opening would make an empty one
        raise StoreUnavailable(f"store: expected a database {path}, got none")
    engine = open_engine(settings)
    try:
        return ask(engine)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"store: expected a database of Sightline, got {told(error)}") from error
    finally:
        engine.dispose()
