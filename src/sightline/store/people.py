"""People in the store: users, their sessions and API tokens. Secrets come and go as hashes only."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from sightline.config.roles import Grant, Role, grants_json, grants_of
from sightline.core.audit import Happening
from sightline.core.errors import BadConfig, SightlineError
from sightline.store.audit import AuditLog
from sightline.store.engine import StoreUnavailable, told, writing
from sightline.store.tables import api_tokens, sessions, users

OWNER: Final = Grant(Role.ADMIN)  # admin of everything; one such person who can sign in always stays


class LastOwner(SightlineError):
    """A change after which nobody could administer the installation."""


@dataclass(frozen=True, slots=True)
class Person:
    """A row of users. password_hash: argon2, an invitation, or None for who comes by single sign-on only."""

    id: int
    name: str
    password_hash: str | None = field(repr=False)
    grants: tuple[Grant, ...]
    disabled: bool
    created_ns: int
    oidc_subject: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A row of sessions; times are UTC nanoseconds."""

    id_hash: str = field(repr=False)
    user_id: int
    created_ns: int
    seen_ns: int
    expires_ns: int
    csrf_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A row of api_tokens without its hash; grants: what it may at most, of what its owner may."""

    id: int
    name: str
    user_id: int
    grants: tuple[Grant, ...]
    created_ns: int
    expires_ns: int | None
    last_used_ns: int | None
    revoked: bool


class PeopleTables:
    """Reads and writes the three tables; every method may be called from any thread and is one transaction.

    A change and its entry in the audit log (``happening``) are written together or not at all. StoreUnavailable where
    the database does not answer, is locked or full.
    """

    def __init__(self, engine: Engine, audit: AuditLog) -> None:
        self._engine = engine
        self._audit = audit

    # people

    def people(self) -> list[Person]:
        """Everybody, by name."""
        with self._reading() as connection:
            return [_person(row) for row in connection.execute(select(users).order_by(users.c.name))]

    def person(self, user_id: int) -> Person | None:
        """Somebody by id."""
        with self._reading() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).first()
        return None if row is None else _person(row)

    def person_named(self, name: str) -> Person | None:
        """Somebody by name."""
        with self._reading() as connection:
            row = connection.execute(select(users).where(users.c.name == name)).first()
        return None if row is None else _person(row)

    def person_of_subject(self, subject: str) -> Person | None:
        """Somebody by issuer and subject of their identity provider."""
        with self._reading() as connection:
            row = connection.execute(select(users).where(users.c.oidc_subject == subject)).first()
        return None if row is None else _person(row)

    def add(self, person: Person, most: int, happening: Happening) -> Person:
        """The person with the id the store gave; BadConfig where the name is taken or there are ``most`` already."""
        try:
            with self._writing(happening) as connection:
                if (connection.execute(select(func.count()).select_from(users)).scalar() or 0) >= most:
                    raise BadConfig("people.max_people", most, "room for one more person")
                row = connection.execute(insert(users).values(_values(person)).returning(users)).one()
                return _person(row)
        except IntegrityError as error:
            raise BadConfig("name", person.name, "a name that nobody has") from error

    def change(
        self, user_id: int, happening: Happening, *, grants: Sequence[Grant] | None = None, disabled: bool | None = None
    ) -> None:
        """Set what is given and end all sessions; LastOwner (and nothing changes) where no owner would stay."""
        values: dict[str, Any] = {}
        if grants is not None:
            values["roles"] = grants_json(grants)
        if disabled is not None:
            values["disabled"] = disabled
        with self._writing(happening) as connection:
            self._lock_people(connection)
            if values:
                connection.execute(update(users).where(users.c.id == user_id).values(values))
            self._keep_an_owner(connection)
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))

    def remove(self, user_id: int, happening: Happening) -> None:
        """Delete a person with sessions and tokens; LastOwner (and nothing changes) where no owner would stay."""
        with self._writing(happening) as connection:
            self._lock_people(connection)
            for table in (sessions, api_tokens):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            connection.execute(delete(users).where(users.c.id == user_id))
            self._keep_an_owner(connection)

    def set_password(self, user_id: int, before: str | None, after: str, happening: Happening | None = None) -> bool:
        """Replace a hash or invitation if it still is ``before``; False where it is not, and then nothing is done.

        Ends all sessions, except where nothing is logged: then only the costs of the hash have changed.
        """
        unchanged = users.c.password_hash.is_(None) if before is None else users.c.password_hash == before
        with self._writing() as connection:
            done = connection.execute(
                update(users).where(users.c.id == user_id, unchanged).values(password_hash=after)
            ).rowcount
            if done and happening is not None:
                connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
                self._audit.append_in(connection, happening)
        if done and happening is not None:
            self._audit.settle()
        return bool(done)

    def set_grants_of_subject(self, user_id: int, grants: Sequence[Grant], happening: Happening) -> None:
        """What the identity provider says now; sessions stay."""
        with self._writing(happening) as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(roles=grants_json(grants)))

    # sessions

    def open_session(self, session: Session, most: int, happening: Happening) -> None:
        """Keep a session; the person's oldest ones over ``most``, and everybody's that are over, end."""
        with self._writing(happening) as connection:
            own = sessions.c.user_id == session.user_id
            connection.execute(delete(sessions).where(sessions.c.expires_ns <= session.created_ns))
            newest = select(sessions.c.id_hash).where(own).order_by(sessions.c.seen_ns.desc()).limit(most - 1)
            kept = [row[0] for row in connection.execute(newest)]
            connection.execute(delete(sessions).where(own, sessions.c.id_hash.not_in(kept)))
            connection.execute(insert(sessions).values({name: getattr(session, name) for name in _SESSION}))

    def session(self, id_hash: str) -> tuple[Session, Person] | None:
        """A session and whose it is."""
        query = select(sessions, users).join(users, users.c.id == sessions.c.user_id)
        with self._reading() as connection:
            row = connection.execute(query.where(sessions.c.id_hash == id_hash)).first()
        if row is None:
            return None
        named = row._mapping
        return Session(**{name: named[sessions.c[name]] for name in _SESSION}), _person_of(named)

    def sessions_of(self, user_id: int) -> list[Session]:
        """All sessions of a person, the newest first."""
        query = select(sessions).where(sessions.c.user_id == user_id).order_by(sessions.c.created_ns.desc())
        with self._reading() as connection:
            return [Session(**{name: row._mapping[name] for name in _SESSION}) for row in connection.execute(query)]

    def session_seen(self, id_hash: str, now_ns: int) -> None:
        """The session was used."""
        with self._writing() as connection:
            connection.execute(update(sessions).where(sessions.c.id_hash == id_hash).values(seen_ns=now_ns))

    def close_session(self, id_hash: str, happening: Happening | None = None) -> None:
        """End one session."""
        with self._writing(happening) as connection:
            connection.execute(delete(sessions).where(sessions.c.id_hash == id_hash))

    def close_sessions_of(self, user_id: int, happening: Happening) -> None:
        """End all sessions of a person."""
        with self._writing(happening) as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))

    # API tokens

    def add_token(self, token: ApiToken, token_hash: str, most: int, happening: Happening) -> ApiToken:
        """The token with the id the store gave; BadConfig where its owner has ``most`` valid ones already."""
        own = (api_tokens.c.user_id == token.user_id) & api_tokens.c.revoked.is_(False)
        valid = own & (api_tokens.c.expires_ns > token.created_ns)
        values = {name: getattr(token, name) for name in _TOKEN if name != "id"}
        with self._writing(happening) as connection:
            if (connection.execute(select(func.count()).select_from(api_tokens).where(valid)).scalar() or 0) >= most:
                raise BadConfig("people.tokens_per_person", most, "fewer tokens: revoke one that is not used")
            row = connection.execute(
                insert(api_tokens)
                .values(values | {"hash": token_hash, "roles": grants_json(token.grants)})
                .returning(api_tokens)
            ).one()
            return _token(row._mapping)

    def token(self, token_hash: str) -> tuple[ApiToken, Person] | None:
        """A token, also a revoked or expired one, and whose it is."""
        query = select(api_tokens, users).join(users, users.c.id == api_tokens.c.user_id)
        with self._reading() as connection:
            row = connection.execute(query.where(api_tokens.c.hash == token_hash)).first()
        return None if row is None else (_token(row._mapping), _person_of(row._mapping))

    def tokens(self, user_id: int | None = None) -> list[ApiToken]:
        """All tokens, or those of a person, the newest first."""
        query = select(api_tokens).order_by(api_tokens.c.created_ns.desc(), api_tokens.c.id.desc())
        if user_id is not None:
            query = query.where(api_tokens.c.user_id == user_id)
        with self._reading() as connection:
            return [_token(row._mapping) for row in connection.execute(query)]

    def token_used(self, token_id: int, now_ns: int) -> None:
        """The token was used."""
        with self._writing() as connection:
            connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_ns=now_ns))

    def revoke_token(self, token_id: int, happening: Happening) -> None:
        """The token is good for nothing from now on."""
        with self._writing(happening) as connection:
            connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(revoked=True))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DatabaseError as error:
            raise StoreUnavailable(f"store: expected to read people, got {told(error)}") from error

    @contextmanager
    def _writing(self, happening: Happening | None = None) -> Iterator[Connection]:
        try:
            with writing(self._engine) as connection:
                yield connection
                if happening is not None:
                    self._audit.append_in(connection, happening)
        except IntegrityError:
            raise
        except DatabaseError as error:
            raise StoreUnavailable(f"store: expected to write people, got {told(error)}") from error
        if happening is not None:
            self._audit.settle()

    def _lock_people(self, connection: Connection) -> None:
        """Two changes at once must not take the last two owners; SQLite's writers take turns anyway."""
        connection.execute(select(users.c.id).order_by(users.c.id).with_for_update()).all()

    def _keep_an_owner(self, connection: Connection) -> None:
        able = users.c.disabled.is_(False) & or_(users.c.password_hash.is_not(None), users.c.oidc_subject.is_not(None))
        rows = connection.execute(select(users.c.roles).where(able))
        if not any(OWNER in grants_of(row[0]) for row in rows):
            raise LastOwner("people: expected one admin of everything to stay, got a change that leaves none")


_SESSION: Final = ("id_hash", "user_id", "created_ns", "seen_ns", "expires_ns", "csrf_hash")
_TOKEN: Final = ("id", "name", "user_id", "created_ns", "expires_ns", "last_used_ns", "revoked")
_PERSON: Final = ("id", "name", "password_hash", "disabled", "created_ns", "oidc_subject")


def _person(row: Row[Any]) -> Person:
    return _person_of(row._mapping)


def _person_of(named: Any) -> Person:
    """A person of a row that may also hold another table's columns."""
    return Person(grants=grants_of(named[users.c.roles]), **{name: named[users.c[name]] for name in _PERSON})


def _token(named: Any) -> ApiToken:
    grants = grants_of(named[api_tokens.c.roles])
    return ApiToken(grants=grants, **{name: named[api_tokens.c[name]] for name in _TOKEN})


def _values(person: Person) -> dict[str, Any]:
    return {name: getattr(person, name) for name in _PERSON if name != "id"} | {"roles": grants_json(person.grants)}
