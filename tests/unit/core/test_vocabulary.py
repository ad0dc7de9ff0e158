"""One word for each thing."""

import pytest

from sightline.core.vocabulary import (
    ATTRIBUTES,
    CLASSES,
    CODE,
    FINER,
    HEIGHT_M,
    PERSONS,
    TWO_WHEELERS,
    VEHICLES,
    code_of,
)


def test_codes_are_positions() -> None:
    assert [CLASSES[CODE[name]] for name in CLASSES] == list(CLASSES)
    assert len(set(CLASSES)) == len(CLASSES)
    assert code_of("bus") == CLASSES.index("bus")
    with pytest.raises(KeyError, match="unknown class 'tank', expected one of car"):
        code_of("tank")


def test_groups_use_the_same_words() -> None:
    for group in (VEHICLES, TWO_WHEELERS, PERSONS, *FINER.values(), FINER.keys(), HEIGHT_M.keys()):
        assert set(group) <= set(CLASSES)
    assert set(HEIGHT_M) == set(CLASSES), "every class has a height"


def test_finer_never_leads_back() -> None:
    for coarse, finer in FINER.items():
        assert coarse not in finer
        for name in finer:
            assert coarse not in FINER.get(name, ()), f"{coarse} and {name} are each finer than the other"


def test_no_protected_attribute() -> None:
    words = " ".join(ATTRIBUTES).lower()
    assert not any(word in words for word in ("gender", "male", "age", "ethnic", "face", "skin", "plate"))
    assert all(len(set(values)) == len(values) for values in ATTRIBUTES.values())
