"""Crops of a track in, Attributes and a finer class out."""

from sightline.describe.describer import Describer

__all__ = ["Describer"]
