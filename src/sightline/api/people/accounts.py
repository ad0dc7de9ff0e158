"""What admins do with people, and people with their API tokens: nobody hands out or touches more than they have."""

from collections.abc import Sequence
from typing import Any, Final

from sightline.api.people.opaque import kept, new_api_token
from sightline.api.people.people import People
from sightline.api.people.principal import Principal
from sightline.config.roles import Grant, Role, grants_json, may_grant
from sightline.core.audit import Happening
from sightline.core.errors import BadConfig, SightlineError
from sightline.store.people import ApiToken, Person

_DAY_NS: Final = 86_400_000_000_000


class NotAllowed(SightlineError):
    """More than the caller may give, or somebody they may not touch."""


class NoSuch(SightlineError):
    """Nobody and nothing by that number that the caller may know of."""


class Accounts:
    """Changes of people and tokens by a signed-in caller; each is in the audit log with the change itself."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._tables = people.tables

    # people

    def everybody(self, caller: Principal) -> list[Person]:
        """Those whose roles the caller could give, by name: an admin of one site does not see another's people."""
        return [one for one in self._tables.people() if _touches(caller, one)]

    def invite(self, caller: Principal, name: str, grants: Sequence[Grant]) -> tuple[Person, str]:
        """Somebody new and their one-time token, shown this once."""
        _may_give(caller, grants)
        happening = self._happening(caller, "user.added", name, roles=grants_json(grants))
        return self._people.invited(name, grants, happening)

    def change(
        self, caller: Principal, user_id: int, grants: Sequence[Grant] | None = None, disabled: bool | None = None
    ) -> Person:
        """Somebody's roles, or whether they may sign in at all; their sessions end."""
        person = self._touchable(caller, user_id)
        said: dict[str, Any] = {}
        if grants is not None:
            _may_give(caller, grants)
            said["roles"] = grants_json(grants)
            said["before"] = grants_json(person.grants)
        if disabled is not None:
            said["disabled"] = disabled
        happening = self._happening(caller, "user.changed", person.name, **said)
        self._tables.change(user_id, happening, grants=grants, disabled=disabled)
        self._people.forget_remembered()
        return self._touchable(caller, user_id)

    def invite_again(self, caller: Principal, user_id: int) -> str:
        """A one-time token for another password; the old one is good no more and all sessions end."""
        person = self._touchable(caller, user_id)
        if person.oidc_subject is not None:
            raise BadConfig("user", person.name, "somebody with a password here, not with the identity provider")
        return self._people.invite(person, self._happening(caller, "user.invited", person.name))

    def remove(self, caller: Principal, user_id: int) -> None:
        """Delete somebody with sessions and tokens; the audit log keeps what they did."""
        person = self._touchable(caller, user_id)
        self._tables.remove(user_id, self._happening(caller, "user.removed", person.name))
        self._people.forget_remembered()

    # API tokens

    def tokens(self, caller: Principal) -> list[tuple[ApiToken, str]]:
        """The caller's own, and those of people they administer, each with its owner's name."""
        names = {one.id: one.name for one in self.everybody(caller)} | {caller.user_id: caller.name}
        return [(one, names[one.user_id]) for one in self._tables.tokens() if one.user_id in names]

    def add_token(self, caller: Principal, name: str, grants: Sequence[Grant], days: int) -> tuple[ApiToken, str]:
        """A token that may at most ``grants``, all of which the caller has; its text is shown this once."""
        if not grants:
            raise BadConfig("roles", [], "what the token may, at least one")
        if not all(any(own.covers(one) for own in caller.grants) for one in grants):
            raise NotAllowed("roles: expected roles that you have, got more")
        if not 1 <= days <= self._people.settings.token_days:
            raise BadConfig("days", days, f"1 to {self._people.settings.token_days} (people.token_days)")
        if not name.strip() or not name.isprintable() or len(name) > 80:
            raise BadConfig("name", name[:80], "1 to 80 printable characters")
        now_ns = self._people.clock.now_ns()
        text = new_api_token()
        token = ApiToken(0, name, caller.user_id, tuple(grants), now_ns, now_ns + days * _DAY_NS, None, False)
        happening = self._happening(caller, "token.added", name, roles=grants_json(grants), days=days)
        return self._tables.add_token(token, kept(text), self._people.settings.tokens_per_person, happening), text

    def revoke_token(self, caller: Principal, token_id: int) -> None:
        """End a token of the caller, or of somebody they administer; NoSuch for any other."""
        found = next((pair for pair in self.tokens(caller) if pair[0].id == token_id and not pair[0].revoked), None)
        if found is None:
            raise NoSuch(f"token: expected the number of one that is good, got {token_id}")
        token, owner = found
        self._tables.revoke_token(token_id, self._happening(caller, "token.revoked", token.name, owner=owner))
        self._people.forget_remembered()

    def _touchable(self, caller: Principal, user_id: int) -> Person:
        person = self._tables.person(user_id)
        if person is None or not _touches(caller, person):
            raise NoSuch(f"user: expected the number of somebody you administer, got {user_id}")
        return person

    def _happening(self, caller: Principal, what: str, subject: str, **detail: Any) -> Happening:
        return Happening(caller.who, what, subject, detail)


def _touches(caller: Principal, person: Person) -> bool:
    """Whether the caller is admin wherever that person has a role, and of a whole site at least."""
    admin = any(one.role is Role.ADMIN and one.camera is None for one in caller.grants)
    return admin and may_grant(caller.grants, person.grants)


def _may_give(caller: Principal, grants: Sequence[Grant]) -> None:
    if not may_grant(caller.grants, grants):
        raise NotAllowed("roles: expected roles where you are admin, got more")
