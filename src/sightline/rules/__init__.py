"""Tracks in, events and counts out: one file per rule."""

from sightline.rules.counts import CountRow, CountTable
from sightline.rules.ground_plane import GroundPlane
from sightline.rules.line import LineCounter
from sightline.rules.ruleset import RULES, Drawing, MakeRule, Rule, Ruleset, ground_of
from sightline.rules.scene import Sample, Scene

__all__ = [
    "RULES",
    "CountRow",
    "CountTable",
    "Drawing",
    "GroundPlane",
    "LineCounter",
    "MakeRule",
    "Rule",
    "Ruleset",
    "Sample",
    "Scene",
    "ground_of",
]
