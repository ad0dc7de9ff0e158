"""Tracks for the rules, written down by hand, and streets of objects whose way is a function of time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from sightline.config.rules import GroundConfig, RuleConfig
from sightline.core.events import Event, Line, Zone
from sightline.core.values import Tracks
from sightline.core.vocabulary import code_of
from sightline.rules import Drawing, Ruleset, Sample

SIZE = (1000, 500)
HALF = Zone("half", ((0.3, 0.2), (0.7, 0.2), (0.7, 0.98), (0.3, 0.98)))
MODEL: TypeAdapter[RuleConfig] = TypeAdapter(RuleConfig)


@dataclass(frozen=True)
class Seen:
    """One row: id (-1 = not confirmed), foot point in pixels, size, age in seconds, held, class."""

    id: int
    x: float
    y: float
    w: float = 20.0
    h: float = 40.0
    age: float = 1.0
    held: bool = False
    label: str = "pedestrian"


@dataclass(frozen=True)
class Way:
    """An object: where its foot is at a time in seconds (None: not seen), and how it looks. ids: from when which id."""

    at: Callable[[float], tuple[float, float] | None]
    label: str = "car"
    id: int = 1
    w: float = 80.0
    h: float = 40.0
    held: Callable[[float], bool] = lambda t: False
    ids: tuple[tuple[float, int], ...] = ()
    begins_s: float = 0.0


@dataclass(frozen=True)
class Street:
    """A camera's picture of 1000 x 500 pixels with its lines and zones, and what happens in it."""

    rules: tuple[dict[str, Any], ...]
    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = (HALF,)
    ground: GroundConfig = field(default_factory=lambda: GroundConfig(automatic=False))

    def drawing(self) -> Drawing:
        rules = tuple(MODEL.validate_python({"name": "r"} | rule) for rule in self.rules)
        return Drawing(self.lines, self.zones, rules, self.ground)

    def play(
        self, ways: Sequence[Way], seconds: float, fps: float = 10.0, start_ns: int = 0, jitter_px: float = 0.0
    ) -> list[Event]:
        """All events, those of the end too."""
        ruleset = Ruleset("north", self.drawing())
        random = np.random.default_rng(5)
        events: list[Event] = []
        for k in range(round(seconds * fps)):
            t = k / fps
            rows = []
            for way in ways:
                at = way.at(t)
                if at is None:
                    continue
                number, since = way.id, way.begins_s
                for from_s, other in way.ids:
                    if t >= from_s:
                        number, since = other, from_s
                x, y = at + random.normal(0, jitter_px, 2)
                rows.append(Seen(number, x, y, way.w, way.h, t - since, way.held(t), way.label))
            events += ruleset.update(Sample("north", start_ns + round(t * 1e9), SIZE, tracks_of(*rows)))
        return events + ruleset.finish()


def tracks_of(*rows: Seen) -> Tracks:
    return Tracks(
        np.array([[r.x - r.w / 2, r.y - r.h, r.x + r.w / 2, r.y] for r in rows], np.float32).reshape(-1, 4),
        np.full(len(rows), 0.9, np.float32),
        np.array([code_of(r.label) for r in rows], np.int16),
        np.array([r.id for r in rows], np.int64),
        np.array([r.age for r in rows], np.float32),
        np.array([r.held for r in rows], np.bool_),
    )


@pytest.fixture
def seen() -> type[Seen]:
    """The class of a row."""
    return Seen


@pytest.fixture
def tracks() -> Callable[..., Tracks]:
    """Builds Tracks of rows."""
    return tracks_of


@pytest.fixture
def way() -> type[Way]:
    """The class of an object on its way."""
    return Way


@pytest.fixture
def street() -> Callable[..., Street]:
    """A street with rules given as in a site's file."""

    def made(*rules: dict[str, Any], **more: Any) -> Street:
        return Street(rules, **more)

    return made
