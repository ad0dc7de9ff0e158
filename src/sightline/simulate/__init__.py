"""Drawn streets with known truth."""

from sightline.simulate.source import DrawnSource, write_clip
from sightline.simulate.street import Scene, Truth, scene

__all__ = ["DrawnSource", "Scene", "Truth", "scene", "write_clip"]
