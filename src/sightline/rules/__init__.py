"""Tracks in, events and counts out: one file per rule."""

from sightline.rules.counts import CountRow, CountTable
from sightline.rules.line import LineCounter

__all__ = ["CountRow", "CountTable", "LineCounter"]
