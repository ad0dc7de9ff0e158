"""Routes of administration: /users, /tokens and /audit."""

import threading
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from sightline.api.people.accounts import Accounts
from sightline.api.people.bodies import (
    AuditBody,
    ChangeBody,
    EntryBody,
    InvitedBody,
    MadeTokenBody,
    NewPersonBody,
    NewTokenBody,
    PeopleBody,
    PersonBody,
    TokenBody,
    TokensBody,
    VerdictBody,
    grants_in,
)
from sightline.api.people.needs import needs
from sightline.api.people.passwords import TooBusy
from sightline.api.people.people import People
from sightline.api.people.session_routes import Caller
from sightline.api.routes import REFUSED
from sightline.api.schemas import Failure
from sightline.config.roles import Role

_ADMIN: Final = needs(Role.ADMIN, session=True)  # people are changed by people: a lost token must not make more
_AUDITORS: Final = (Role.ADMIN, Role.PRIVACY_OFFICER)
_MOST_ENTRIES: Final = 500
_LARGEST_ID: Final = (1 << 31) - 1  # the store's integers
_MISSING: Final[dict[int | str, dict[str, Any]]] = {404: {"model": Failure, "description": "Nobody by that number."}}

Number = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


def account_router(people: People) -> APIRouter:
    """The routes of people, tokens and the log."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    accounts = Accounts(people)
    _add_users(router, accounts)
    _add_tokens(router, accounts)
    _add_audit(router, people)
    return router


def _add_users(router: APIRouter, accounts: Accounts) -> None:
    @router.get("/users", summary="Everybody you administer", dependencies=[needs(Role.ADMIN)])
    def users(caller: Caller) -> PeopleBody:
        """By name; people with roles beyond your own are not shown."""
        return PeopleBody(users=[PersonBody.of(one) for one in accounts.everybody(caller)])

    @router.post("/users", summary="Invite somebody", status_code=201, dependencies=[_ADMIN], responses=REFUSED)
    def add_user(body: NewPersonBody, caller: Caller) -> InvitedBody:
        """They choose their password by the one-time token in the answer."""
        person, token = accounts.invite(caller, body.name, grants_in(body.roles))
        return InvitedBody(user=PersonBody.of(person), token=token)

    @router.patch("/users/{user}", summary="Change roles", dependencies=[_ADMIN], responses=REFUSED | _MISSING)
    def change_user(user: Number, body: ChangeBody, caller: Caller) -> PersonBody:
        """Also whether they may sign in at all; their sessions end. 409 where no owner would stay."""
        grants = None if body.roles is None else grants_in(body.roles)
        return PersonBody.of(accounts.change(caller, user, grants, body.disabled))

    @router.post("/users/{user}/invitation", summary="Invite anew", dependencies=[_ADMIN], responses=_MISSING)
    def invite_user(user: Number, caller: Caller) -> InvitedBody:
        """For a forgotten password: the old one is good no more, and all sessions end."""
        token = accounts.invite_again(caller, user)
        person = next(one for one in accounts.everybody(caller) if one.id == user)
        return InvitedBody(user=PersonBody.of(person), token=token)

    @router.delete(
        "/users/{user}", summary="Remove somebody", status_code=204, dependencies=[_ADMIN], responses=_MISSING
    )
    def remove_user(user: Number, caller: Caller) -> None:
        """With sessions and tokens; the audit log keeps what they did. 409 where no owner would stay."""
        accounts.remove(caller, user)


def _add_tokens(router: APIRouter, accounts: Accounts) -> None:
    @router.get("/tokens", summary="API tokens", dependencies=[needs()])
    def tokens(caller: Caller) -> TokensBody:
        """Your own, and those of people you administer; never their text."""
        return TokensBody(tokens=[TokenBody.of(token, owner) for token, owner in accounts.tokens(caller)])

    @router.post(
        "/tokens", summary="Make an API token", status_code=201, dependencies=[needs(session=True)], responses=REFUSED
    )
    def add_token(body: NewTokenBody, caller: Caller) -> MadeTokenBody:
        """Its text is in the answer, this once."""
        token, text = accounts.add_token(caller, body.name, grants_in(body.roles), body.days)
        return MadeTokenBody(token=TokenBody.of(token, caller.name), text=text)

    @router.delete(
        "/tokens/{token}",
        summary="Revoke an API token",
        status_code=204,
        dependencies=[needs(session=True)],
        responses=_MISSING,
    )
    def revoke_token(token: Number, caller: Caller) -> None:
        """At once."""
        accounts.revoke_token(caller, token)


def _add_audit(router: APIRouter, people: People) -> None:
    checking = threading.Lock()

    @router.get("/audit", summary="The audit log", dependencies=[needs(*_AUDITORS, log="audit.read")])
    def audit(
        before_seq: Annotated[int | None, Query(ge=1, le=(1 << 63) - 1, description="Entries before this one.")] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_ENTRIES, description="Most entries to give.")] = 100,
        who: Annotated[str, Query(max_length=200, description="Only what this name did.")] = "",
        what: Annotated[str, Query(max_length=100, description="Only this word, such as login.")] = "",
    ) -> AuditBody:
        """The newest entries first."""
        return AuditBody(entries=[EntryBody.of(entry) for entry in people.audit.page(before_seq, limit, who, what)])

    @router.get("/audit/check", summary="Is the audit log whole", dependencies=[needs(*_AUDITORS, log="audit.check")])
    def check() -> VerdictBody:
        """Reads all of it; one check at a time."""
        if not checking.acquire(blocking=False):
            raise TooBusy("audit: expected one check at a time, got another while one runs")
        try:
            return VerdictBody.of(people.audit.verify())
        finally:
            checking.release()
