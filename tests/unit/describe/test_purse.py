"""The purse: starts full, saves up to its caps, overflows into the other account."""

import pytest

from sightline.describe.purse import Purse


def purse(share: float = 0.1) -> Purse:
    return Purse(share, cap_crops=1.0, cap_names=2.4)


@pytest.mark.parametrize(
    ("account", "cost", "times"), [("crops", 0.04, 25), ("crops", 0.08, 12), ("names", 1.2, 2)], ids=str
)
def test_it_starts_full(account: str, cost: float, times: int) -> None:
    full = purse()
    paid = 0
    while full.holds(account, cost):  # type: ignore[arg-type]
        full.pay(account, cost)  # type: ignore[arg-type]
        paid += 1
    assert paid == times
    with pytest.raises(ValueError, match="expected at most"):
        full.pay(account, cost)  # type: ignore[arg-type]


def test_income_is_shared_and_overflows() -> None:
    spent = purse(0.5)
    spent.pay("names", 2.4)
    for _ in range(4):
        spent.earn()
    assert spent.holds("names", 2.0)
    assert not spent.holds("names", 2.01)
    spent.earn()
    assert spent.holds("names", 2.4)


def test_without_naming_all_goes_to_crops() -> None:
    crops = Purse(0.1, cap_crops=1.0, cap_names=0.0)
    crops.pay("crops", 1.0)
    for _ in range(5):
        crops.earn()
    assert crops.holds("crops", 0.5)
    assert not crops.holds("names", 0.01)


def test_a_share_of_nothing_pays_for_nothing() -> None:
    empty = purse(0.0)
    empty.earn()
    assert not empty.holds("crops", 0.001)
    assert not empty.holds("names", 0.001)
