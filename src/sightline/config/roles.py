"""What people may do: roles, and where a role holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sightline.core.errors import BadConfig

MAX_GRANTS: Final = 256  # of one person or token: every camera of a large station one by one; the row stays small
_NAME_CHARACTERS: Final = 200  # of a site or camera


class Role(StrEnum):
    """Viewer < operator < admin; the privacy officer stands apart: reads the audit log and exports, grants nothing."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    PRIVACY_OFFICER = "privacy_officer"


IMPLIED: Final[Mapping[Role, frozenset[Role]]] = {
    Role.VIEWER: frozenset({Role.VIEWER}),
    Role.OPERATOR: frozenset({Role.VIEWER, Role.OPERATOR}),
    Role.ADMIN: frozenset({Role.VIEWER, Role.OPERATOR, Role.ADMIN}),
    Role.PRIVACY_OFFICER: frozenset({Role.PRIVACY_OFFICER}),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, and where it holds: site None = at every site, camera None = at every camera of the site."""

    role: Role
    site: str | None = None
    camera: str | None = None

    def __post_init__(self) -> None:
        for key, name in (("site", self.site), ("camera", self.camera)):
            if name is not None and not (0 < len(name) <= _NAME_CHARACTERS and name.isprintable()):
                raise BadConfig(f"roles {key}", name, f"1 to {_NAME_CHARACTERS} printable characters, or none for all")
        if self.camera is not None and self.site is None:
            raise BadConfig("roles camera", self.camera, "a site beside it: names of cameras are unique in a site only")

    def holds_at(self, site: str, camera: str | None) -> bool:
        """Whether it holds at a camera of a site; camera None asks for the whole site."""
        return self.site in (None, site) and (self.camera is None or self.camera == camera)

    def covers(self, other: "Grant") -> bool:
        """Whether who has this grant has everything the other one gives."""
        wider = (self.site is None or self.site == other.site) and (self.camera is None or self.camera == other.camera)
        return wider and other.role in IMPLIED[self.role]


def grants_json(grants: Iterable[Grant]) -> list[dict[str, str | None]]:
    """Grants as the store keeps them: a list of {role, site, camera}."""
    return [{"role": grant.role.value, "site": grant.site, "camera": grant.camera} for grant in grants]


def grants_of(rows: Sequence[Mapping[str, str | None]]) -> tuple[Grant, ...]:
    """The grants of such a list, each once; BadConfig where one makes no sense or there are over ``MAX_GRANTS``."""
    if len(rows) > MAX_GRANTS:
        raise BadConfig("roles", len(rows), f"at most {MAX_GRANTS} of them")
    grants = []
    for row in rows:
        unknown = sorted(set(row) - {"role", "site", "camera"})
        if unknown:
            raise BadConfig("roles", unknown[0], "only role, site and camera")
        try:
            role = Role(str(row.get("role")))
        except ValueError as error:
            raise BadConfig("roles role", row.get("role"), f"one of {', '.join(Role)}") from error
        grants.append(Grant(role, row.get("site"), row.get("camera")))
    return tuple(dict.fromkeys(grants))


def permitted(grants: Iterable[Grant], any_of: Iterable[Role], site: str, camera: str | None = None) -> bool:
    """Whether one of the roles holds there; camera None asks for the whole site."""
    wanted = frozenset(any_of)
    return any(grant.holds_at(site, camera) and wanted & IMPLIED[grant.role] for grant in grants)


def permitted_somewhere(grants: Iterable[Grant], any_of: Iterable[Role], site: str) -> bool:
    """Whether one of the roles holds at the site or at some camera of it."""
    wanted = frozenset(any_of)
    return any(grant.site in (None, site) and wanted & IMPLIED[grant.role] for grant in grants)


def may_grant(giver: Iterable[Grant], given: Iterable[Grant]) -> bool:
    """Whether the giver is admin wherever the given grants hold, so that nobody hands out more than they have.

    Only an admin can, also for the privacy officer's role, which an admin does not have: it opens the log, not cameras.
    """
    admins = [grant for grant in giver if grant.role is Role.ADMIN]
    return all(any(own.covers(Grant(Role.ADMIN, one.site, one.camera)) for own in admins) for one in given)
