"""Sightline: live video analytics for streets."""

__version__ = "0.1.0"
