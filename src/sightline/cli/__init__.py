"""The commands; the only place that wires parts together."""

from sightline.cli.app import main

__all__ = ["main"]
