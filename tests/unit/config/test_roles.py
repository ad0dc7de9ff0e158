"""Roles: what implies what, where they hold, and who may hand them on."""

import pytest

from sightline.config.roles import MAX_GRANTS, Grant, Role, grants_json, grants_of, may_grant, permitted
from sightline.core.errors import BadConfig


@pytest.mark.parametrize(
    ("grant", "asked", "site", "camera", "allowed"),
    [
        (Grant(Role.VIEWER), Role.VIEWER, "a", "x", True),
        (Grant(Role.VIEWER), Role.VIEWER, "a", None, True),
        (Grant(Role.VIEWER), Role.OPERATOR, "a", "x", False),
        (Grant(Role.ADMIN), Role.VIEWER, "a", "x", True),
        (Grant(Role.ADMIN), Role.PRIVACY_OFFICER, "a", None, False),
        (Grant(Role.PRIVACY_OFFICER), Role.VIEWER, "a", "x", False),
        (Grant(Role.OPERATOR, "a"), Role.VIEWER, "b", "x", False),
        (Grant(Role.OPERATOR, "a", "x"), Role.VIEWER, "a", "x", True),
        (Grant(Role.OPERATOR, "a", "x"), Role.VIEWER, "a", "X", False),
        (Grant(Role.OPERATOR, "a", "x"), Role.VIEWER, "a", None, False),
    ],
)
def test_where_a_role_holds(grant, asked, site, camera, allowed):
    assert permitted([grant], [asked], site, camera) is allowed


@pytest.mark.parametrize(
    ("giver", "given", "allowed"),
    [
        (Grant(Role.ADMIN), Grant(Role.ADMIN), True),
        (Grant(Role.ADMIN, "a"), Grant(Role.PRIVACY_OFFICER, "a"), True),
        (Grant(Role.ADMIN, "a"), Grant(Role.VIEWER), False),
        (Grant(Role.ADMIN, "a", "x"), Grant(Role.VIEWER, "a"), False),
        (Grant(Role.OPERATOR), Grant(Role.VIEWER), False),
        (Grant(Role.PRIVACY_OFFICER), Grant(Role.PRIVACY_OFFICER), False),
    ],
)
def test_who_hands_on_what(giver, given, allowed):
    assert may_grant([giver], [given]) is allowed


@pytest.mark.parametrize(
    "rows",
    [
        [{"role": "root"}], [{"role": None}], [{}], [{"role": "viewer", "camera": "x"}],
        [{"role": "viewer", "more": 1}],
        [{"role": "viewer", "site": ""}], [{"role": "viewer", "site": "a\x00"}],
        [{"role": "viewer", "site": "a" * 201}],
        [{"role": "viewer"}] * (MAX_GRANTS + 1),
    ],
    ids=lambda rows: str(rows)[:40],
)  # fmt: skip
def test_rows_that_make_no_sense(rows):
    with pytest.raises(BadConfig):
        grants_of(rows)


def test_there_and_back():
    grants = (Grant(Role.VIEWER, "a", "x"), Grant(Role.PRIVACY_OFFICER))
    assert grants_of(grants_json(grants)) == grants
    assert grants_of(grants_json(grants) * 2) == grants
