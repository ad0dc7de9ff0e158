"""Tracks for the rules, written down by hand."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from sightline.core.values import Tracks
from sightline.core.vocabulary import code_of


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
