"""Rights and limits under any input: wider grants allow more, buckets are never too low, strangers change nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from sightline.api.people.limits import Buckets
from sightline.api.people.proxy import Proxies
from sightline.config.roles import IMPLIED, Grant, Role, grants_json, grants_of, may_grant, permitted
from sightline.core.clock import ManualClock

NAMES = st.sampled_from(["a", "b"])
GRANTS = st.one_of(
    st.builds(Grant, st.sampled_from(Role)),
    st.builds(Grant, st.sampled_from(Role), NAMES),
    st.builds(Grant, st.sampled_from(Role), NAMES, NAMES),
)
PLACES = st.tuples(NAMES, st.one_of(st.none(), NAMES))


@settings(deadline=None)
@given(GRANTS, GRANTS, st.sampled_from(Role), PLACES)
def test_who_covers_a_grant_may_all_it_allows(wide, narrow, role, place):
    if wide.covers(narrow) and permitted([narrow], [role], *place):
        assert permitted([wide], [role], *place)


@settings(deadline=None)
@given(st.lists(GRANTS, max_size=3), st.lists(GRANTS, max_size=3), PLACES)
def test_nobody_hands_out_what_they_do_not_have(giver, given_on, place):
    if may_grant(giver, given_on):
        for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN):
            if permitted(given_on, [role], *place):
                assert permitted(giver, [role], *place)


@settings(deadline=None)
@given(st.lists(GRANTS, max_size=5), PLACES)
def test_the_officers_role_is_apart(grants, place):
    plain = [grant for grant in grants if grant.role is not Role.PRIVACY_OFFICER]
    for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN):
        assert permitted(grants, [role], *place) == permitted(plain, [role], *place)
    assert all(role in IMPLIED[role] for role in Role)
    assert set(grants_of(grants_json(grants))) == set(grants)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 30)), max_size=60), st.integers(1, 5))
def test_a_key_never_gets_more_than_its_bucket_holds(asked, capacity):
    clock = ManualClock(1)
    buckets = Buckets(clock, capacity, per_s=0.1)
    levels: dict[str, float] = {}
    last = 0.0
    now = 0.0
    for key, wait_s in asked:
        clock.advance(wait_s)
        now += wait_s
        levels = {name: max(0.0, level - (now - last) * 0.1) for name, level in levels.items()}
        last = now
        if buckets.take(key) == 0.0:
            levels[key] = levels.get(key, 0.0) + 1.0
            assert levels[key] <= capacity + 1e-6


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=20), st.sampled_from(["192.0.2.1", "10.0.0.1", "::1"]))
def test_forwarded_headers_of_strangers_change_nothing(hops, protocol, peer):
    lines = Headers(raw=[(b"x-forwarded-for", hops.encode()), (b"x-forwarded-proto", protocol.encode())])
    scope = {"scheme": "http", "client": (peer, 1)}
    assert Proxies([]).origin_of(scope, lines).address == peer
    assert not Proxies([]).origin_of(scope, lines).secure
    Proxies(["10.0.0.0/8"]).origin_of(scope, lines)
