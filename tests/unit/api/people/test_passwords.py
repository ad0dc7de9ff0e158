"""Passwords: which are accepted, that cost is argon2's, and that too many at once are told to wait."""

import threading

import pytest

from sightline.api.people.passwords import AT_ONCE, MEMORY_KIB, PASSES, WAITING, Passwords, TooBusy, checked_password
from sightline.core.errors import BadConfig


@pytest.mark.parametrize(
    ("word", "password", "fine"),
    [
        ("three words", "green tram nine", True),
        ("any script", "grüne straßenbahn ☂ 緑", True),
        ("blanks count", "a b c d e f g", True),
        ("128 characters", "green tram! " * 10 + "12345678", True),
        ("too short", "gr33n!Tram", False),
        ("too long", "abcdefgh1!" * 13, False),
        ("one key", "aaaaaaaaaaaaaaaa", False),
        ("two keys", "abababababababab", False),
        ("a row of keys", "qwertyuiopasdf", False),
        ("counting", "123456789012345", False),
        ("a common word and a year", "Password2026", False),
        ("the product", "sightline1234", False),
        ("the own name", "annabella-anna", False),
    ],
)
def test_what_is_accepted(word, password, fine):
    if fine:
        assert checked_password(password, "annabella") == password
        return
    with pytest.raises(BadConfig) as refused:
        checked_password(password, "anna" if word == "the own name" else "annabella")
    assert password not in str(refused.value), "a refusal does not repeat it"


def test_hashes_have_the_costs_they_should_and_differ():
    passwords = Passwords()
    one, two = passwords.hash("green tram nine"), passwords.hash("green tram nine")
    assert one.startswith(f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$")
    assert one != two
    assert len(one) <= 300, "the store's column"
    assert passwords.right(one, "green tram nine")
    assert not passwords.right(one, "green tram ten")
    assert not passwords.outdated(one)
    assert passwords.outdated(Passwords(memory_kib=64, passes=1).hash("x"))


@pytest.mark.parametrize("kept", [None, "", "invite$1$abc", "$argon2id$broken", "$2b$12$bcrypt"])
def test_what_is_no_hash_is_never_right(kept):
    assert not Passwords(memory_kib=64, passes=1).right(kept, "green tram nine")


def test_equal_looking_texts_are_equal():
    passwords = Passwords(memory_kib=64, passes=1)
    assert passwords.right(passwords.hash("caf\u00e9 at the harbour"), "cafe\u0301 at the harbour")


def test_a_long_text_costs_no_more_than_the_longest_password():
    passwords = Passwords(memory_kib=64, passes=1)
    assert not passwords.right(passwords.hash("x" * 128), "x" * 129)
    assert not passwords.right(passwords.hash("y" * 128), "y" * 60_000)


def test_more_than_the_machine_should_check_are_told_to_wait():
    passwords = Passwords(memory_kib=64, passes=1)
    for _ in range(AT_ONCE):
        passwords._turns.acquire()
    waiting = [threading.Thread(target=passwords.right, args=(None, "x")) for _ in range(AT_ONCE + WAITING)]
    for thread in waiting:
        thread.start()
    deadline = threading.Event()
    while passwords._here < AT_ONCE + WAITING and not deadline.wait(0.005):
        pass
    with pytest.raises(TooBusy):
        passwords.right(None, "x")
    for _ in range(AT_ONCE):
        passwords._turns.release()
    for thread in waiting:
        thread.join(10)
    assert passwords.right(passwords.hash("green tram nine"), "green tram nine")
