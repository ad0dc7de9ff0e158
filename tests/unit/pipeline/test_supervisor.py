"""The supervisor: what fails now and then is skipped, what always fails is given up, with its reason."""

import pytest

from sightline.pipeline.supervisor import FAULTS_IN_A_ROW, Faults, attempt


def test_attempt_answers_the_fault_or_none() -> None:
    fault = ValueError("broken")

    def fail() -> None:
        raise fault

    assert attempt(lambda: None) is None
    assert attempt(fail) is fault


@pytest.mark.parametrize(
    ("turns", "given_up", "why"),
    [
        ("", False, "nothing happened"),
        ("f.f..f", False, "single bad pictures are skipped"),
        ("f" * (FAULTS_IN_A_ROW - 1) + ".f", False, "one short of giving up, then well again"),
        ("." + "f" * FAULTS_IN_A_ROW, True, "a broken stage"),
    ],
)
def test_faults_in_a_row(turns: str, given_up: bool, why: str) -> None:
    faults = Faults()
    enough = False
    for turn in turns:
        if turn == ".":
            faults.fine("a")
        else:
            enough = faults.failed("a", "a batch", ValueError("broken")) or enough
    assert enough == given_up, why
    assert not faults.failed("b", "a batch", ValueError("broken")), "cameras are counted apart"


def test_only_the_first_fault_of_a_row_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults()
    for _ in range(5):
        faults.failed("a", "a batch", ValueError("broken"))
    assert len(caplog.records) == 1
