"""Measures of pictures in, begun and ended events out: holds, causes, gaps, and what must not alarm."""

from collections.abc import Sequence

import pytest

from sightline.config.sources import TamperOptions
from sightline.core.health import PictureHealth
from sightline.rules.tampered import Tampered

S = 1_000_000_000
WELL = PictureHealth(0.4, 1.0, 0.02, False, 0.0)
COVERED = PictureHealth(0.3, 1.0, 1.0, False, 0.0)
CAPPED = PictureHealth(0.01, 1.0, 1.0, False, 0.0)
TURNED = PictureHealth(0.4, 0.9, 0.9, True, 0.0)
BLURRED = PictureHealth(0.4, 0.1, 0.05, False, 0.0)


def played(looks: Sequence[tuple[PictureHealth, int]], **options: float) -> list[tuple[str, str, int]]:
    """Each health for so many seconds, a look every two; (kind, state, second) of each event."""
    rule, told, second = Tampered("cam", TamperOptions(**options)), [], 0  # type: ignore[arg-type]
    for health, seconds in looks:
        for step in range(0, seconds, 2):
            frozen = PictureHealth(
                health.brightness, health.sharpness, health.changed_share, health.moved, step if health.frozen_s else 0
            )
            for event in rule.note(second * S, frozen):
                assert 0.5 <= event.confidence <= 0.99
                assert (event.camera, event.time_ns) == ("cam", second * S)
                told.append((event.kind, event.state, second))
            second += 2
    return told


def dusk(seconds: int, low: float = 0.02) -> list[tuple[PictureHealth, int]]:
    """Light that goes evenly; in the dark no structure is left."""
    looks = []
    for step in range(0, seconds, 2):
        light = 0.4 + (low - 0.4) * step / seconds
        looks.append((PictureHealth(light, 1.0, 1.0 if light < 0.03 else 0.05, False, 0.0), 2))
    return looks


FROZEN = PictureHealth(0.4, 1.0, 0.02, False, 1.0)

CASES = {
    "well": ([(WELL, 600)], []),
    "covered": ([(WELL, 100), (COVERED, 60), (WELL, 40)], [("covered", "began", 130), ("covered", "ended", 170)]),
    "a lens cap": ([(WELL, 100), (CAPPED, 60), (WELL, 40)], [("covered", "began", 130), ("covered", "ended", 170)]),
    "a bus for 20 s": ([(WELL, 100), (COVERED, 20), (WELL, 100)], []),
    "a bus, twice": ([(WELL, 100), (COVERED, 20), (WELL, 10), (COVERED, 20), (WELL, 100)], []),
    "lightning over a cover": ([(WELL, 100), (COVERED, 16), (WELL, 2), (COVERED, 30)], [("covered", "began", 130)]),
    "turned": ([(WELL, 100), (TURNED, 60), (WELL, 40)], [("turned", "began", 130), ("turned", "ended", 170)]),
    "covered while it settles, then turned": (
        [(WELL, 100), (COVERED, 10), (TURNED, 60)], [("turned", "began", 140)]
    ),
    "blurred": ([(WELL, 100), (BLURRED, 80), (WELL, 40)], [("blurred", "began", 160), ("blurred", "ended", 190)]),
    "frozen": ([(WELL, 100), (FROZEN, 90), (WELL, 40)], [("frozen", "began", 160), ("frozen", "ended", 200)]),
    "lightning": ([(WELL, 20), (PictureHealth(0.95, 1.0, 0.9, False, 0.0), 2)] * 20, []),
    "lights that go on and off": ([(PictureHealth(0.05, 1.0, 0.1, False, 0.0), 30), (WELL, 30)] * 10, []),
    "the switch to infrared": ([(WELL, 100), (PictureHealth(0.15, 9.0, 0.4, False, 0.0), 200)], []),
}  # fmt: skip


@pytest.mark.parametrize("word", CASES)
def test_cases(word: str) -> None:
    looks, events = CASES[word]
    assert played(looks) == events


def test_dusk_down_to_a_lit_street_is_no_tampering() -> None:
    assert played([(WELL, 100), *dusk(1800, low=0.08), (PictureHealth(0.08, 1.0, 0.1, False, 0.0), 600)]) == []


def test_a_street_without_lamps_is_dark_and_not_covered() -> None:
    black = PictureHealth(0.01, 1.0, 1.0, False, 0.0)
    told = played([(WELL, 100), *dusk(1800), (black, 300), (WELL, 60)])
    assert [(kind, state) for kind, state, _ in told] == [("dark", "began"), ("dark", "ended")]


def test_holds_are_settings() -> None:
    looks = [(WELL, 100), (COVERED, 20), (WELL, 40)]
    assert played(looks, hold_s=10) == [("covered", "began", 110), ("covered", "ended", 130)]
    assert played(looks, hold_s=10, changed_share=1.0) == played(looks, hold_s=10)


def test_a_time_without_pictures_starts_holds_anew_and_ends_nothing() -> None:
    rule = Tampered("cam")
    for second in range(0, 20, 2):
        assert rule.note(second * S, COVERED) == []
    assert rule.note(300 * S, COVERED) == []  # a reconnect: what was in between, nobody saw
    assert [event.time_ns for second in range(302, 340, 2) for event in rule.note(second * S, COVERED)] == [330 * S]
    assert rule.note(900 * S, WELL) == []
    assert rule.going == ("covered",)
    ended = [event for second in range(902, 930, 2) for event in rule.note(second * S, WELL)]
    assert [(event.state, event.time_ns) for event in ended] == [("ended", 910 * S)]


def test_earlier_times_are_ignored_and_equal_input_gives_equal_events() -> None:
    looks, _ = CASES["covered"]
    assert played(looks) == played(looks)
    rule = Tampered("cam")
    rule.note(10 * S, WELL)
    assert rule.note(5 * S, COVERED) == []
