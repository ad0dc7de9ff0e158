"""Static masks: parts of a camera's picture that never leave, such as private windows and gardens."""

from collections.abc import Sequence
from typing import Final

from sightline.core.errors import BadConfig
from sightline.privacy.obscure import Polygon

MAX_MASKS: Final = 64
MAX_CORNERS: Final = 256


def checked_masks(camera: str, polygons: Sequence[Polygon]) -> tuple[Polygon, ...]:
    """The polygons as tuples; BadConfig where one is not at least three points in shares 0..1 that span an area."""
    if len(polygons) > MAX_MASKS:
        raise BadConfig(f"masks of camera {camera!r}", len(polygons), f"at most {MAX_MASKS} polygons")
    return tuple(_checked(f"mask {place} of camera {camera!r}", polygon) for place, polygon in enumerate(polygons, 1))


def _checked(key: str, polygon: Polygon) -> Polygon:
    if not 3 <= len(polygon) <= MAX_CORNERS:
        raise BadConfig(key, len(polygon), f"3 to {MAX_CORNERS} corners")
    corners = []
    for corner in polygon:
        if len(corner) != 2 or not all(0.0 <= float(value) <= 1.0 for value in corner):  # also refuses NaN
            raise BadConfig(key, tuple(corner), "corners of two shares in 0..1")
        corners.append((float(corner[0]), float(corner[1])))
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
    if abs(doubled) < 1e-9:
        raise BadConfig(key, tuple(corners), "corners that span an area")
    return tuple(corners)
