"""Administration: nobody hands out or touches more than they have, and somebody always can."""

import pytest

from sightline.config.roles import Grant, Role


def roles(*grants):
    return [{"role": one.role, "site": one.site, "camera": one.camera} for one in grants]


@pytest.fixture
def invite(browser, add, kit):
    def ask(by, *grants):
        add("boss", by)
        return browser("boss").ask("POST", "/api/v1/users", json={"name": "new", "roles": roles(*grants)})

    return ask


@pytest.mark.parametrize(
    ("word", "by", "given", "status"),
    [
        ("owner makes an owner", "owner", "owner", 201),
        ("owner makes an officer", "owner", "officer", 201),
        ("admin of the site makes one", "admin", "admin", 201),
        ("admin of the site makes an officer of it", "admin", "officer", 201),
        ("admin of the site reaches for everything", "admin", "owner", 403),
        ("admin of the site reaches for another", "admin", "elsewhere", 403),
        ("operator", "operator", "viewer", 403),
        ("officer", "officer", "viewer", 403),
        ("admin of another site", "elsewhere", "viewer", 403),
    ],
)
def test_who_may_invite_whom(word, by, given, status, invite, kit):
    assert invite(getattr(kit, by), getattr(kit, given)).status_code == status, word


@pytest.mark.parametrize(
    ("word", "body"),
    [
        ("no such role", {"role": "root"}),
        ("a camera without its site", {"role": "viewer", "camera": "gate"}),
        ("a key nobody knows", {"role": "viewer", "everything": True}),
        ("a name that breaks lines", {"role": "viewer", "site": "a\nb"}),
    ],
)
def test_roles_that_make_no_sense(word, body, browser, add, kit):
    add("boss", kit.owner)
    answer = browser("boss").ask("POST", "/api/v1/users", json={"name": "new", "roles": [body]})
    assert answer.status_code == 422, word
    assert any(word in answer.json()["error"] for word in ("expected", "extra", "should be"))


def test_an_admin_of_a_site_neither_sees_nor_touches_people_beyond_it(browser, add, kit):
    owner = add("owner", kit.owner)
    two = add("two", kit.viewer, kit.elsewhere)
    ann = add("ann", kit.viewer)
    add("boss", kit.admin)
    boss = browser("boss")
    assert [one["name"] for one in boss.ask("GET", "/api/v1/users").json()["users"]] == ["ann", "boss"]
    for person in (owner, two):
        answers = [
            boss.ask("PATCH", f"/api/v1/users/{person.id}", json={"disabled": True}),
            boss.ask("POST", f"/api/v1/users/{person.id}/invitation"),
            boss.ask("DELETE", f"/api/v1/users/{person.id}"),
        ]
        assert [one.status_code for one in answers] == [404, 404, 404]
    assert boss.ask("DELETE", f"/api/v1/users/{ann.id}").status_code == 204
    assert boss.ask("GET", "/api/v1/users").json()["users"][0]["name"] == "boss"


@pytest.mark.parametrize("change", ["disable", "demote", "remove"])
def test_the_last_owner_stays(change, browser, add, kit):
    boss = add("boss", kit.owner)
    add("admin", kit.admin)
    at = browser("boss")
    ask = {
        "disable": ("PATCH", {"disabled": True}),
        "demote": ("PATCH", {"roles": roles(kit.admin)}),
        "remove": ("DELETE", None),
    }
    method, body = ask[change]
    refused = at.ask(method, f"/api/v1/users/{boss.id}", json=body)
    assert refused.status_code == 409
    assert at.ask("GET", "/api/v1/me").status_code == 200, "nothing has changed"
    add("second", kit.owner)
    assert at.ask(method, f"/api/v1/users/{boss.id}", json=body).status_code in (200, 204, 404)
    assert at.ask("GET", "/api/v1/me").status_code == 401, "a change ends the sessions"


def test_an_invitation_replaces_a_forgotten_password(browser, add, kit):
    ann = add("ann", kit.viewer)
    add("boss", kit.owner)
    at = browser("ann")
    invited = browser("boss").ask("POST", f"/api/v1/users/{ann.id}/invitation").json()
    assert at.ask("GET", "/api/v1/me").status_code == 401
    assert browser().sign_in("ann").status_code == 401, "the old password is good no more"
    assert invited["user"]["by"] == "invitation"
    body = {"token": invited["token"], "password": "seven grey herons"}
    assert browser().ask("POST", "/api/v1/invitation", json=body).status_code == 200
    assert browser().sign_in("ann", "seven grey herons").status_code == 200


def test_names_are_taken_once(browser, add, kit):
    add("boss", kit.owner)
    answer = browser("boss").ask("POST", "/api/v1/users", json={"name": "BOSS", "roles": roles(kit.viewer)})
    assert answer.status_code == 422
    assert "nobody has" in answer.json()["error"]


@pytest.mark.parametrize(
    ("word", "body", "status"),
    [
        ("what one has", {"roles": [("operator", None)]}, 201),
        ("less", {"roles": [("viewer", "gate")]}, 201),
        ("more", {"roles": [("admin", None)]}, 403),
        ("the officer's", {"roles": [("privacy_officer", None)]}, 403),
        ("nothing", {"roles": []}, 422),
        ("for ever", {"roles": [("viewer", None)], "days": 10_000}, 422),
        ("a name that breaks lines", {"roles": [("viewer", None)], "name": "a\r\nb"}, 422),
    ],
)
def test_tokens_give_what_their_owner_has(word, body, status, browser, add, kit):
    add("ann", kit.operator)
    given = [{"role": role, "site": kit.SITE, "camera": camera} for role, camera in body["roles"]]
    made = browser("ann").ask("POST", "/api/v1/tokens", json={"name": "t"} | body | {"roles": given})
    assert made.status_code == status, word


def test_tokens_are_shown_and_revoked_by_their_owner_and_by_admins_alone(browser, add, kit):
    for name, grant in (("ann", kit.viewer), ("bob", kit.viewer), ("boss", kit.admin)):
        add(name, grant)
    ann, bob, boss = browser("ann"), browser("bob"), browser("boss")
    made = ann.ask("POST", "/api/v1/tokens", json={"name": "t", "roles": roles(kit.viewer)}).json()["token"]
    assert bob.ask("GET", "/api/v1/tokens").json()["tokens"] == []
    assert bob.ask("DELETE", f"/api/v1/tokens/{made['id']}").status_code == 404
    shown = boss.ask("GET", "/api/v1/tokens").json()["tokens"]
    assert [(one["owner"], one["name"]) for one in shown] == [("ann", "t")]
    assert "hash" not in str(shown)
    assert boss.ask("DELETE", f"/api/v1/tokens/{made['id']}").status_code == 204
    assert ann.ask("GET", "/api/v1/tokens").json()["tokens"][0]["revoked"] is True


def test_there_is_room_for_so_many(make_people, kit):
    people = make_people(max_people=1)
    people.first_start()
    with pytest.raises(Exception, match="max_people"):
        people.invited("two", [Grant(Role.VIEWER)], None)


def test_everything_done_is_in_the_log_with_who_did_it(people, browser, add, kit, logged):
    ann = add("ann", kit.viewer)
    add("boss", kit.owner)
    boss = browser("boss")
    boss.ask("POST", "/api/v1/users", json={"name": "new", "roles": roles(kit.viewer)})
    boss.ask("PATCH", f"/api/v1/users/{ann.id}", json={"roles": roles(kit.operator)})
    boss.ask("POST", f"/api/v1/users/{ann.id}/invitation")
    made = boss.ask("POST", "/api/v1/tokens", json={"name": "t", "roles": roles(kit.viewer)}).json()
    machine = browser(bearer=made["text"])
    machine.ask("GET", "/api/v1/cameras/gate/counts.csv")
    machine.ask("PUT", "/api/v1/cameras/gate/lines", json={"lines": []})
    boss.ask("DELETE", f"/api/v1/tokens/{made['token']['id']}")
    boss.ask("DELETE", f"/api/v1/users/{ann.id}")
    boss.ask("GET", "/api/v1/audit")
    boss.ask("POST", "/api/v1/logout")
    browser().sign_in("boss", "wrong")
    # Sorted: what must not wait is written by a thread of its own, beside the rest.
    assert sorted(logged()[2:]) == sorted(
        [
            ("boss", "login", "boss"),
            ("boss", "user.added", "new"),
            ("boss", "user.changed", "ann"),
            ("boss", "user.invited", "ann"),
            ("boss", "token.added", "t"),
            ("boss (token t)", "export.counts", "/api/v1/cameras/gate/counts.csv"),
            ("boss (token t)", "access.refused", "PUT /api/v1/cameras/gate/lines"),
            ("boss", "token.revoked", "t"),
            ("boss", "user.removed", "ann"),
            ("boss", "audit.read", "/api/v1/audit"),
            ("boss", "logout", "boss"),
            ("unknown", "login.failed", "boss"),
        ]
    )
    assert people.audit.verify().sound
    changed = next(one for one in people.audit.page(limit=100) if one.what == "user.changed")
    assert changed.detail["before"][0]["role"] == "viewer"
    assert changed.detail["roles"][0]["role"] == "operator"


def test_the_log_is_read_page_by_page_and_checked(browser, add, kit, people):
    add("eye", kit.officer)
    eye = browser("eye")
    first = eye.ask("GET", "/api/v1/audit?limit=1").json()["entries"]
    people.journal.flush(10)
    second = eye.ask("GET", f"/api/v1/audit?limit=1&before_seq={first[0]['seq']}").json()["entries"]
    assert second[0]["seq"] == first[0]["seq"] - 1
    assert eye.ask("GET", "/api/v1/audit/check").json()["sound"] is True
    assert eye.ask("GET", "/api/v1/audit?limit=0").status_code == 422
