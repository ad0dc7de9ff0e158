"""Does a site keep its promises: purposes, retention, who gets in, where it listens, and whether its log is whole."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sightline.config.people import PeopleSettings
from sightline.config.roles import Grant, Role
from sightline.config.site import SiteConfig
from sightline.config.store import LONGEST_PERSON_H
from sightline.core.audit import Verdict
from sightline.core.wording import number_of

# Words that stand where nobody has thought of a purpose yet.
_PLACEHOLDERS: Final = frozenset(
    {"todo", "tbd", "test", "testing", "purpose", "camera", "xxx", "placeholder", "none", "n/a"}
)
_SHOWN: Final = 5  # names in one sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise, whether it is kept, and one sentence on what was found."""

    rule: str
    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What the site's store says.

    held: class of data -> rows older than they may be; grants: of everybody who can sign in; endless: names of API
    tokens without an end.
    """

    verdict: Verdict
    held: Mapping[str, int]
    grants: Sequence[Sequence[Grant]]
    endless: Sequence[str]


def site_findings(site: SiteConfig, host: str, stored: Stored | None) -> list[Finding]:
    """The findings on a site, in a fixed order. host: where its pages are; stored: None before its first start."""
    findings = [_purposes(site), _policy(site), _retention(site), _listening(host, site.people)]
    if stored is None:
        return [*findings, Finding("the audit log is whole", True, "there is no store yet: nothing was logged or kept")]
    return [*findings, _forgotten(stored.held), _roles(stored.grants), _tokens(stored.endless), _log(stored.verdict)]


def _purposes(site: SiteConfig) -> Finding:
    rule = "each camera names its purpose"
    empty = [name for name, camera in site.cameras.items() if not _says_something(camera.purpose)]
    if empty:
        return Finding(rule, False, f"expected a purpose in words for the people it sees, got none of {_named(empty)}")
    return Finding(rule, True, f"{number_of(len(site.cameras), 'camera')}, each with a purpose in words")


def _says_something(purpose: str) -> bool:
    words = [word.strip(".,:;!?-_").casefold() for word in purpose.split()]
    return len([word for word in words if len(word) > 1 and word not in _PLACEHOLDERS]) >= 2


def _policy(site: SiteConfig) -> Finding:
    rule = "people are told who answers for the cameras"
    missing = [name for name in ("operator", "contact", "notice") if not getattr(site.policy, name).strip()]
    if missing:
        return Finding(rule, False, f"expected policy.{missing[0]} in the site's file, got nothing")
    return Finding(
        rule, True, f"{site.policy.operator}, reached at {site.policy.contact}; notice: {site.policy.notice}"
    )


def _retention(site: SiteConfig) -> Finding:
    rule = "each class of data has a retention"
    kept = site.store.retention
    ok = kept.person_tracks_h <= LONGEST_PERSON_H
    return Finding(
        rule,
        ok,
        f"tracks of persons {kept.person_tracks_h:g} h (at most {LONGEST_PERSON_H} h), vehicles "
        f"{kept.vehicle_tracks_days:g} days, counts {_days(kept.counts_days)}; done every {kept.forget_every_s:g} s",
    )


def _days(days: float | None) -> str:
    return "without limit" if days is None else f"{days:g} days"


def _listening(host: str, people: PeopleSettings) -> Finding:
    rule = "passwords and pictures do not cross a network in the clear"
    if _loopback(host):
        return Finding(rule, True, f"served on {host} to this machine only")
    if people.tls is not None:
        return Finding(rule, True, f"served on {host} by TLS")
    if people.trusted_proxies and not people.plain_http:
        return Finding(rule, True, f"served on {host} behind a reverse proxy of {', '.join(people.trusted_proxies)}")
    return Finding(rule, False, f"served on {host} to others without TLS")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _forgotten(held: Mapping[str, int]) -> Finding:
    rule = "what is too old is gone"
    left = {name: rows for name, rows in held.items() if rows}
    if left:
        rows = ", ".join(f"{number_of(count, 'row')} of {name}" for name, count in left.items())
        return Finding(rule, False, f"expected nothing older than its retention, got {rows}")
    return Finding(rule, True, f"nothing older than its retention in {', '.join(held)}")


def _roles(grants: Sequence[Sequence[Grant]]) -> Finding:
    rule = "somebody administers, and not everybody"
    owners = sum(Grant(Role.ADMIN) in own for own in grants)
    numbers = {role: sum(any(one.role is role for one in own) for own in grants) for role in Role}
    listed = ", ".join(f"{count} {role.value.replace('_', ' ')}" for role, count in numbers.items())
    if not owners:
        return Finding(rule, False, f"expected an admin of everything who can sign in, got {listed}")
    everybody = len(grants) > 2 and numbers[Role.ADMIN] == len(grants)
    hint = "" if numbers[Role.PRIVACY_OFFICER] else "; nobody but admins reads the log"
    return Finding(rule, not everybody, f"{number_of(len(grants), 'account')}: {listed}{hint}")


def _tokens(endless: Sequence[str]) -> Finding:
    rule = "API tokens end"
    sentence = f"expected an end of each, got none of {_named(endless)}" if endless else "every valid one has an end"
    return Finding(rule, not endless, sentence)


def _log(verdict: Verdict) -> Finding:
    rule = "the audit log is whole"
    if not verdict.sound:
        return Finding(rule, False, verdict.reason)
    renewed = f"; its anchor was made anew in line {_named([str(seq) for seq in verdict.renewals])}"
    words = f"{number_of(verdict.entries, 'line')}, {verdict.anchored} of them vouched for by the anchor"
    return Finding(rule, True, words + (renewed if verdict.renewals else ""))


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
