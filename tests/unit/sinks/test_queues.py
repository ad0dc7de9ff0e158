"""The pieces between the analysis and a door: queue, ladder, signature."""

import threading

import pytest

from sightline.core.errors import BadConfig, BadData
from sightline.sinks.backlog import Backlog
from sightline.sinks.groups import Group, Merging, in_tens
from sightline.sinks.ladder import Ladder
from sightline.sinks.signing import key_of, signed_headers, verify

KEY = b"0123456789abcdef01234567"


def test_a_full_backlog_drops_the_oldest_and_counts() -> None:
    woken: list[int] = []
    backlog: Backlog[int] = Backlog(3, lambda: woken.append(1))
    backlog.put([1, 2])
    backlog.put([3, 4, 5])
    backlog.put([])
    assert (backlog.take(2), len(backlog), backlog.dropped, backlog.accepted) == ([3, 4], 1, 2, 5)
    backlog.put(range(10, 20))
    assert (backlog.take(9), backlog.dropped, len(woken)) == ([17, 18, 19], 10, 3)


def test_a_wait_ends_with_the_first_item_or_a_nudge() -> None:
    backlog: Backlog[int] = Backlog(3)
    found: list[bool] = []
    for end in (lambda: backlog.put([1]), backlog.nudge):
        waiting = threading.Thread(target=lambda: found.append(backlog.wait(30)))
        waiting.start()
        end()
        while waiting.is_alive():
            backlog.nudge()
            waiting.join(0.01)
        backlog.take(9)
    assert found == [True, False]


def test_the_ladder_doubles_up_to_its_last_step_and_is_cut_at_random() -> None:
    longest, shortest = Ladder(1, 5, lambda: 1.0), Ladder(1, 5, lambda: 0.0)
    assert [longest.next_s() for _ in range(5)] == [1, 2, 4, 5, 5]
    assert [shortest.next_s() for _ in range(4)] == [0.5, 1, 2, 2.5]
    longest.reset()
    assert longest.next_s() == 1
    for _ in range(5000):
        longest.next_s()
    assert longest.next_s() == 5


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's reference libraries."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("changed", "now_s", "got"),
    [
        ({}, 1000, None),
        ({"webhook-signature": "v1,AAAA v1,%s"}, 1000, None),
        ({}, 1300, None),
        ({}, 1301, "301 s away"),
        ({}, 699, "301 s away"),
        ({"webhook-timestamp": "1001"}, 1000, "got another"),
        ({"webhook-id": "msg_2"}, 1000, "got another"),
        ({"webhook-timestamp": "soon"}, 1000, "got others"),
        ({"webhook-signature": ""}, 1000, "got another"),
        ({"webhook-signature": "v1,\u00e9"}, 1000, "got another"),
    ],
    ids=[
        "genuine",
        "one of two keys",
        "late",
        "replayed",
        "early",
        "moved in time",
        "other id",
        "no time",
        "none",
        "odd",
    ],
)
def test_verify(changed: dict[str, str], now_s: int, got: str | None) -> None:
    headers = signed_headers(KEY, "msg_1", 1000, b"{}")
    good = headers["webhook-signature"].removeprefix("v1,")
    headers |= {name: value.replace("%s", good) for name, value in changed.items()}
    if got is None:
        assert verify(KEY, headers, b"{}", now_s) == "msg_1"
    else:
        with pytest.raises(BadData, match=got):
            verify(KEY, headers, b"{}", now_s)


@pytest.mark.parametrize("secret", ["short", "whsec_c2hvcnQ=", "whsec_not base64 at all, no!"])
def test_a_weak_key_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(BadConfig) as error:
        key_of(secret)
    assert secret not in str(error.value)


def test_groups() -> None:
    assert [in_tens(number) for number in (0, 9, 10, 19, 20)] == [0, 0, 10, 10, 20]
    merging: Merging[str] = Merging(most_keys=2)
    assert merging.add("a", Group(0, 1, 0)) is None
    assert merging.held == 0
    assert merging.add("a", Group(0, 1, 4)) is None
    assert merging.add("a", Group(1, 2, 0)) is None
    assert merging.add("a", Group(2, 3, 6)) == Group(0, 3, 10)
    assert merging.add("a", Group(3, 4, 25)) == Group(3, 4, 25)
    for key in ("a", "b", "c"):
        merging.add(key, Group(0, 1, 4))
    assert merging.held == 8, "the oldest gives way"
