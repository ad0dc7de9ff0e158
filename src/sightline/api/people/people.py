"""Signing in and being recognised: passwords, invitations, sessions and API tokens, with limits on trying."""

import logging
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sightline.api.people.journal import Journal
from sightline.api.people.limits import Buckets, neighbourhood
from sightline.api.people.opaque import LONGEST, csrf_of, kept, new_secret, same
from sightline.api.people.passwords import Passwords, checked_password
from sightline.api.people.principal import Asking, Principal
from sightline.config.people import PeopleSettings
from sightline.config.roles import Grant, grants_json
from sightline.core.audit import Happening
from sightline.core.clock import Clock
from sightline.core.errors import BadConfig, SightlineError
from sightline.store.audit import AuditLog
from sightline.store.engine import StoreUnavailable
from sightline.store.people import OWNER, ApiToken, PeopleTables, Person, Session

log = logging.getLogger(__name__)

OWNER_NAME: Final = "owner"
# One name may be tried so often from everywhere: 30 at once and 60 an hour more, under ASVS 2.2.1's 100 an hour. Far
# above what one address gets, so that an attacker does not lock out the person themselves at once.
_TRIES_OF_A_NAME: Final = 30
# One address, behind which an office may sit: 30 wrong ones at once, then 6 a minute. Right ones are not counted.
_TRIES_OF_AN_ADDRESS: Final = 30
_ADDRESS_TRY_S: Final = 10.0
_REFUSALS: Final = 5  # of one caller that go into the audit log, per minute
_REMEMBER_S: Final = 5.0  # a session or token looked up is not looked up again for so long
_REMEMBERED: Final = 4096  # sessions and tokens remembered; the one unused for longest is forgotten
_SEEN_EVERY_S: Final = 60.0  # use of a session or token is written down so often
_INVITATION: Final = "invite$"
_NAME_CHARACTERS: Final = 64


class SignInRefused(SightlineError):
    """Who tries to sign in is not let in; the sentence is the same whatever was wrong."""


class MustWait(SightlineError):
    """Too many tries; ``wait_s`` seconds until the next one."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("login: expected fewer wrong tries, got too many; wait before the next one")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that began: its secret for the cookie, the word for changes, and whose it is."""

    secret: str = field(repr=False)
    csrf: str = field(repr=False)
    principal: Principal


@dataclass(frozen=True, slots=True)
class Tools:
    """What People may be given in place of its own, by tests."""

    passwords: Passwords | None = None


class People:
    """Everybody who may use the service, and what they do to get in. Every method may be called from any thread.

    All of them may wait for the database, ``sign_in`` and ``redeem`` for ~50 ms of argon2 besides; StoreUnavailable
    where the store does not answer, and then nobody is let in.
    """

    def __init__(
        self,
        tables: PeopleTables,
        audit: AuditLog,
        settings: PeopleSettings,
        clock: Clock,
        site: str,
        tools: Tools | None = None,
    ) -> None:
        """site: name of the site this service runs for, as it stands in grants."""
        self.tables = tables
        self.audit = audit
        self.settings = settings
        self.clock = clock
        self.site = site
        self.asking = Asking()
        self.journal = Journal(audit.append)
        self.passwords = (tools or Tools()).passwords or Passwords()
        self.requests = Buckets(clock, settings.request_burst, settings.requests_per_s)
        self.refusals = Buckets(clock, _REFUSALS, _REFUSALS / 60)
        self._tries = Buckets(clock, settings.login_tries, 1 / settings.login_try_s)
        self._name_tries = Buckets(clock, _TRIES_OF_A_NAME, 1 / settings.login_try_s)
        self._address_tries = Buckets(clock, _TRIES_OF_AN_ADDRESS, 1 / _ADDRESS_TRY_S)
        self._remembered: OrderedDict[str, tuple[Principal, int]] = OrderedDict()
        self._changes = 0
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Write what waits for the audit log."""
        self.journal.stop()

    # the first start, and invitations

    def first_start(self) -> str | None:
        """The owner's one-time token while nobody can sign in yet, else None; a token of an earlier start ends."""
        everybody = self.tables.people()
        if any(one.oidc_subject is not None or _has_password(one) for one in everybody):
            return None
        secret = new_secret()
        invitation = self._invitation(secret, self.settings.first_token_min * 60)
        owner = next((one for one in everybody if OWNER in one.grants and not one.disabled), None)
        happening = Happening("system", "user.first_token", OWNER_NAME)
        if owner is None:
            person = Person(0, OWNER_NAME, invitation, (OWNER,), False, self.clock.now_ns())
            owner = self.tables.add(person, self.settings.max_people, happening)
        else:
            self.tables.set_password(owner.id, owner.password_hash, invitation, happening)
        return f"{owner.id}.{secret}"

    def invite(self, person: Person, happening: Happening) -> str:
        """A new one-time token for somebody to choose a password; what they had before is good no more."""
        secret = new_secret()
        invitation = self._invitation(secret, self.settings.invitation_hours * 3600)
        if not self.tables.set_password(person.id, person.password_hash, invitation, happening):
            raise BadConfig("user", person.name, "somebody whose password does not change at this moment")
        self.forget_remembered()
        return f"{person.id}.{secret}"

    def invited(self, name: str, grants: Sequence[Grant], happening: Happening) -> tuple[Person, str]:
        """Somebody new, and the one-time token with which they choose a password."""
        secret = new_secret()
        invitation = self._invitation(secret, self.settings.invitation_hours * 3600)
        person = Person(0, checked_name(name), invitation, tuple(grants), False, self.clock.now_ns())
        person = self.tables.add(person, self.settings.max_people, happening)
        return person, f"{person.id}.{secret}"

    def redeem(self, token: str, password: str, address: str) -> Opened:
        """Choose a password by a one-time token, and be signed in.

        SignInRefused for a token that is not good (any more), BadConfig for a password that will not do.
        """
        near = neighbourhood(address)
        wait_s = self._address_tries.take(f"address {near}")
        if wait_s:
            raise MustWait(wait_s)
        number, _, secret = token[:LONGEST].partition(".")
        numbered = number.isascii() and number.isdecimal() and len(number) < 10
        person = self.tables.person(int(number)) if numbered else None
        if person is None or person.disabled or not self._invited(person, secret):
            self.audit.append(Happening("unknown", "login.failed", "one-time token", {"address": address}))
            raise SignInRefused("token: expected a one-time token that is still good, got another")
        self._address_tries.give_back(f"address {near}")
        chosen = self.passwords.hash(checked_password(password, person.name))
        happening = Happening(person.name, "user.password", person.name, {"by": "one-time token", "address": address})
        if not self.tables.set_password(person.id, person.password_hash, chosen, happening):
            raise SignInRefused("token: expected a one-time token that is still good, got another")
        return self._open(person, {"address": address, "by": "one-time token"})

    def _invitation(self, secret: str, seconds: float) -> str:
        return f"{_INVITATION}{self.clock.now_ns() + round(seconds * 1e9)}${kept(secret)}"

    def _invited(self, person: Person, secret: str) -> bool:
        if person.password_hash is None or not person.password_hash.startswith(_INVITATION):
            return False
        expires, _, wanted = person.password_hash.removeprefix(_INVITATION).partition("$")
        return same(kept(secret), wanted) and self.clock.now_ns() < int(expires)

    # signing in and out

    def sign_in(self, name: str, password: str, address: str, before: str | None = None) -> Opened:
        """A new session; before: the secret of one the browser has, which ends.

        SignInRefused with one sentence for an unknown name, a wrong password and a disabled person alike, at the same
        cost; MustWait (before anything is looked up) after too many wrong tries.
        """
        name = folded(name)
        self._count_try(name, address)
        person = self.tables.person_named(name)
        able = person is not None and not person.disabled
        right = self.passwords.right(person.password_hash if able and person is not None else None, password)
        if person is None or not right:
            known = "unknown name" if person is None else person.name  # a password typed as a name must not be logged
            locked = any(buckets.wait_s(key) for buckets, key in self._counted(name, address))
            self.audit.append(Happening("unknown", "login.failed", known, {"address": address, "locked": locked}))
            raise SignInRefused("login: expected a name and password that belong together, got others")
        self._give_try_back(name, address)
        if self.passwords.outdated(person.password_hash or ""):
            self.tables.set_password(person.id, person.password_hash, self.passwords.hash(password))
        if before is not None:
            self.tables.close_session(kept(before[:LONGEST]))
            self.forget_remembered()
        return self._open(person, {"address": address, "by": "password"})

    def sign_in_by_subject(self, subject: str, name: str, grants: Sequence[Grant], address: str) -> Opened:
        """A new session for whom the identity provider vouches; somebody new is added, never joined to another by name.

        subject: issuer and subject in one text; grants: what the provider's claim gives now. SignInRefused for somebody
        disabled or without any grant; who had some before then loses them, with all sessions.
        """
        person = self.tables.person_of_subject(subject)
        said = {"roles": grants_json(grants)}
        if not grants and (person is None or not person.grants):
            raise SignInRefused("single sign-on: expected somebody with a role here, got somebody without")
        if person is None:
            free = self._free_name(name)
            new = Person(0, free, None, tuple(grants), False, self.clock.now_ns(), subject)
            happening = Happening("system", "user.added", free, said | {"by": "single sign-on"})
            person = self.tables.add(new, self.settings.max_people, happening)
        elif person.disabled:
            self.audit.append(Happening("unknown", "login.failed", person.name, {"address": address}))
            raise SignInRefused("login: expected somebody who may use this service, got somebody else")
        elif set(person.grants) != set(grants):
            happening = Happening("system", "user.roles", person.name, said | {"by": "single sign-on"})
            self.tables.set_grants_of_subject(person.id, grants, happening)
            self.forget_remembered()
            person = replace(person, grants=tuple(grants))
        if not grants:
            gone = Happening("system", "logout", person.name, {"everywhere": True, "by": "single sign-on"})
            self.tables.close_sessions_of(person.id, gone)
            self.forget_remembered()
            raise SignInRefused("single sign-on: expected somebody with a role here, got somebody without any more")
        return self._open(person, {"address": address, "by": "single sign-on"})

    def change_password(self, principal: Principal, current: str, new: str, address: str) -> Opened:
        """Another password for a signed-in person; all their sessions end and one begins anew."""
        person = self.tables.person(principal.user_id)
        if person is None or not _has_password(person):
            raise BadConfig("password", "***", "somebody who signs in by a password")
        self._count_try(person.name, address)
        if not self.passwords.right(person.password_hash, current):
            self.audit.append(Happening(person.name, "login.failed", person.name, {"address": address}))
            raise SignInRefused("password: expected the current password, got another")
        self._give_try_back(person.name, address)
        chosen = self.passwords.hash(checked_password(new, person.name))
        happening = Happening(person.name, "user.password", person.name, {"by": "password", "address": address})
        if not self.tables.set_password(person.id, person.password_hash, chosen, happening):
            raise SignInRefused("password: expected the current password, got another")
        self.forget_remembered()
        return self._open(person, {"address": address, "by": "new password"})

    def sign_out(self, principal: Principal, *, everywhere: bool = False) -> None:
        """End the session, or all of the person."""
        happening = Happening(principal.who, "logout", principal.name, {"everywhere": everywhere})
        if everywhere:
            self.tables.close_sessions_of(principal.user_id, happening)
        else:
            self.tables.close_session(principal.key, happening)
        self.forget_remembered()

    def _open(self, person: Person, detail: dict[str, str]) -> Opened:
        secret = new_secret()
        csrf = csrf_of(secret)
        now_ns = self.clock.now_ns()
        expires_ns = now_ns + round(self.settings.session_hours * 3600e9)
        session = Session(kept(secret), person.id, now_ns, now_ns, expires_ns, kept(csrf))
        happening = Happening(person.name, "login", person.name, detail)
        self.tables.open_session(session, self.settings.sessions_per_person, happening)
        return Opened(secret, csrf, _of_session(session, person))

    def _count_try(self, name: str, address: str) -> None:
        taken: list[tuple[Buckets, str]] = []
        for buckets, key in self._counted(name, address):
            wait_s = buckets.take(key)
            if wait_s:
                for before, of in taken:
                    before.give_back(of)
                raise MustWait(wait_s)
            taken.append((buckets, key))

    def _give_try_back(self, name: str, address: str) -> None:
        for buckets, key in self._counted(name, address):
            buckets.give_back(key)

    def _counted(self, name: str, address: str) -> Sequence[tuple[Buckets, str]]:
        near = neighbourhood(address)
        return (
            (self._tries, f"{near} {name}"),
            (self._address_tries, f"address {near}"),
            (self._name_tries, name),
        )

    # being recognised

    def of_session(self, secret: str) -> Principal | None:
        """Whose session it is; None for one that is unknown, over, unused for too long, or of somebody disabled."""
        key = kept(secret[:LONGEST])
        changes = self._changes
        found = self.tables.session(key)
        if found is None:
            return None
        session, person = found
        now_ns = self.clock.now_ns()
        idle_s = self.settings.idle_min * 60
        unused_s = (now_ns - session.seen_ns) / 1e9
        if person.disabled or now_ns >= session.expires_ns or unused_s > idle_s:
            return None
        if unused_s > min(_SEEN_EVERY_S, idle_s / 4):
            self._write_use(lambda: self.tables.session_seen(key, now_ns))
        return self._remember(f"session {key}", _of_session(session, person), changes)

    def of_token(self, secret: str) -> Principal | None:
        """Whose API token it is; None for one that is unknown, revoked, over, or of somebody disabled."""
        key = kept(secret[:LONGEST])
        changes = self._changes
        found = self.tables.token(key)
        if found is None:
            return None
        token, person = found
        now_ns = self.clock.now_ns()
        if person.disabled or token.revoked or (token.expires_ns is not None and now_ns >= token.expires_ns):
            return None
        if token.last_used_ns is None or (now_ns - token.last_used_ns) / 1e9 > _SEEN_EVERY_S:
            self._write_use(lambda: self.tables.token_used(token.id, now_ns))
        return self._remember(f"token {key}", _of_token(token, person, key), changes)

    def remembered(self, kind: str, secret: str) -> Principal | None:
        """Who was recognised by it within the last seconds, at no cost; None says nothing. kind: session or token."""
        key = f"{kind} {kept(secret[:LONGEST])}"
        with self._lock:
            found = self._remembered.get(key)
            if found is None:
                return None
            principal, at_ns = found
            over = self.clock.now_ns() >= principal.expires_ns
            if over or self.clock.monotonic_ns() - at_ns > _REMEMBER_S * 1e9:
                del self._remembered[key]
                return None
            self._remembered.move_to_end(key)
            return principal

    def forget_remembered(self) -> None:
        """Look everybody up again at their next request: somebody's rights have changed."""
        with self._lock:
            self._changes += 1
            self._remembered.clear()

    def _remember(self, key: str, principal: Principal, changes: int) -> Principal:
        """Remember what was looked up, unless rights have changed since the look-up began."""
        with self._lock:
            if changes == self._changes:
                self._remembered[key] = (principal, self.clock.monotonic_ns())
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return principal

    def _free_name(self, name: str) -> str:
        """The name, or with a number where somebody has it; names of the provider may hold anything."""
        plain = "".join(one for one in folded(name) if one.isprintable() and not one.isspace())[: _NAME_CHARACTERS - 6]
        plain = plain or "somebody"
        return next(
            free
            for number in range(1, self.settings.max_people + 2)
            if self.tables.person_named(free := plain if number == 1 else f"{plain}-{number}") is None
        )

    def _write_use(self, write: Callable[[], None]) -> None:
        """Where the store cannot be written (a full disk), people who are in stay in: they are who can mend it."""
        try:
            write()
        except StoreUnavailable as error:
            log.warning("people: the use of a session could not be written down: %s", error)


def folded(name: str) -> str:
    """One writing for what people take for the same name (NFKC, no capitals)."""
    return unicodedata.normalize("NFKC", name[: 4 * _NAME_CHARACTERS]).strip().casefold()


def checked_name(name: str) -> str:
    """The name as it is kept; BadConfig for one that could be mistaken for something else in a list or log."""
    plain = folded(name)
    if not 0 < len(plain) <= _NAME_CHARACTERS or not all(one.isalnum() or one in "._-@+" for one in plain):
        raise BadConfig("name", name[:80], f"1 to {_NAME_CHARACTERS} letters, digits or any of . _ - @ +")
    return plain


def _has_password(person: Person) -> bool:
    return person.password_hash is not None and not person.password_hash.startswith(_INVITATION)


def _of_session(session: Session, person: Person) -> Principal:
    return Principal(
        person.id, person.name, person.grants, "session", session.id_hash, session.expires_ns, session.csrf_hash
    )


def _of_token(token: ApiToken, person: Person, key: str) -> Principal:
    """A token may what it was given, as long as its owner still may it."""
    grants = tuple(one for one in token.grants if any(own.covers(one) for own in person.grants))
    expires_ns = token.expires_ns if token.expires_ns is not None else (1 << 63) - 1
    return Principal(person.id, person.name, grants, "token", key, expires_ns, token_name=token.name)
