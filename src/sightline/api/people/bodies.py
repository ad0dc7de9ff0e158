"""The JSON bodies of the routes about people, as OpenAPI shows them."""

from typing import Any

from pydantic import Field

from sightline.api.schemas import Body
from sightline.config.roles import MAX_GRANTS, Grant, Role, grants_json, grants_of
from sightline.core.audit import AuditEntry, Verdict
from sightline.store.people import ApiToken, Person, Session


class GrantBody(Body):
    """A role and where it holds."""

    role: Role
    site: str | None = Field(None, min_length=1, max_length=200, description="Name of the site; null for every site.")
    camera: str | None = Field(
        None, min_length=1, max_length=200, description="Name of the camera; null for every camera of the site."
    )


Grants = list[GrantBody]


def grants_in(bodies: Grants) -> tuple[Grant, ...]:
    """The values of the bodies; BadConfig where one makes no sense."""
    return grants_of([body.model_dump(mode="json") for body in bodies])


def grants_out(grants: tuple[Grant, ...]) -> Grants:
    """The bodies of the values."""
    return [GrantBody.model_validate(row) for row in grants_json(grants)]


class SignInBody(Body):
    """A name and its password."""

    name: str
    password: str


class RedeemBody(Body):
    """A one-time token, and the password to be."""

    token: str
    password: str


class PasswordBody(Body):
    """The password as it is, and as it is to be."""

    current: str
    new: str


class SignOutBody(Body):
    """Which sessions end."""

    everywhere: bool = Field(False, description="All sessions of the person, not only this one.")


class WaysInBody(Body):
    """How people may sign in here."""

    password: bool
    single_sign_on: str | None = Field(description="Text of the button, null where there is none.")
    single_sign_on_address: str | None = Field(description="Where the button leads.")


class SessionBody(Body):
    """A session of the person."""

    created_ns: int = Field(description="UTC nanoseconds.")
    seen_ns: int = Field(description="Last use, to a minute.")
    expires_ns: int
    this: bool = Field(description="Whether it is the one that asks.")

    @staticmethod
    def of(session: Session, this: bool) -> "SessionBody":
        """The body of a session."""
        return SessionBody(
            created_ns=session.created_ns, seen_ns=session.seen_ns, expires_ns=session.expires_ns, this=this
        )


class MeBody(Body):
    """Who asks, and what they may."""

    name: str
    kind: str = Field(description="session or token.")
    site: str = Field(description="The site this service runs for.")
    roles: Grants
    expires_ns: int = Field(description="When the session or token ends in any case, UTC nanoseconds.")
    csrf: str | None = Field(description="Of a session: to be sent as X-CSRF-Token with every change.")
    sessions: list[SessionBody] = Field(description="Of a session: all of this person.")


class PersonBody(Body):
    """Somebody who may use the service."""

    id: int
    name: str
    roles: Grants
    disabled: bool
    created_ns: int
    by: str = Field(description="password, invitation (no password chosen yet) or single sign-on.")

    @staticmethod
    def of(person: Person) -> "PersonBody":
        """The body of a person."""
        invited = (person.password_hash or "").startswith("invite$")
        by = "single sign-on" if person.oidc_subject else "invitation" if invited else "password"
        return PersonBody(
            id=person.id,
            name=person.name,
            roles=grants_out(person.grants),
            disabled=person.disabled,
            created_ns=person.created_ns,
            by=by,
        )


class PeopleBody(Body):
    """Everybody the caller administers, by name."""

    users: list[PersonBody]


class NewPersonBody(Body):
    """Somebody new."""

    name: str = Field(min_length=1, max_length=64, description="Letters, digits and . _ - @ +, no capitals.")
    roles: Grants = Field(max_length=MAX_GRANTS)


class InvitedBody(Body):
    """Somebody and their one-time token, which is shown this once."""

    user: PersonBody
    token: str


class ChangeBody(Body):
    """What changes; null leaves it as it is."""

    roles: Grants | None = Field(None, max_length=MAX_GRANTS)
    disabled: bool | None = None


class TokenBody(Body):
    """An API token, without its text."""

    id: int
    name: str
    owner: str
    roles: Grants
    created_ns: int
    expires_ns: int | None
    last_used_ns: int | None = Field(description="To a minute.")
    revoked: bool

    @staticmethod
    def of(token: ApiToken, owner: str) -> "TokenBody":
        """The body of a token."""
        names = ("id", "name", "created_ns", "expires_ns", "last_used_ns", "revoked")
        return TokenBody(owner=owner, roles=grants_out(token.grants), **{name: getattr(token, name) for name in names})


class TokensBody(Body):
    """The caller's tokens and those of people they administer, newest first."""

    tokens: list[TokenBody]


class NewTokenBody(Body):
    """A token to be."""

    name: str = Field(min_length=1, max_length=80, description="What it is for; printable.")
    roles: Grants = Field(min_length=1, max_length=MAX_GRANTS, description="What it may, of what its owner may.")
    days: int = Field(90, ge=1, le=1825, description="Until it ends; at most people.token_days.")


class MadeTokenBody(Body):
    """A token and its text, which is shown this once."""

    token: TokenBody
    text: str


class EntryBody(Body):
    """A line of the audit log."""

    seq: int
    time_ns: int
    who: str
    what: str
    subject: str
    detail: dict[str, Any]
    hash: str

    @staticmethod
    def of(entry: AuditEntry) -> "EntryBody":
        """The body of an entry."""
        names = ("seq", "time_ns", "who", "what", "subject", "hash")
        return EntryBody(detail=dict(entry.detail), **{name: getattr(entry, name) for name in names})


class AuditBody(Body):
    """Entries, the newest first; ``before_seq`` of the next page is the last seq of this one."""

    entries: list[EntryBody]


class VerdictBody(Body):
    """Whether the audit log is whole."""

    sound: bool
    entries: int = Field(description="Read and found in order.")
    anchored: int = Field(description="How many the signed anchor vouches for.")
    broken_seq: int | None = Field(description="The first entry that is broken or missing.")
    reason: str

    @staticmethod
    def of(verdict: Verdict) -> "VerdictBody":
        """The body of a verdict."""
        return VerdictBody(
            sound=verdict.sound,
            entries=verdict.entries,
            anchored=verdict.anchored,
            broken_seq=verdict.broken_seq,
            reason=verdict.reason,
        )
