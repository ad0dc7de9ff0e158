"""How a camera's picture is doing: the numbers that tell a covered, blurred, dark, turned or frozen camera."""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class PictureHealth:
    """Measures of one picture against the camera's usual one; taken from pixels, holds none.

    brightness: mean luma, 0..1; sharpness: detail left against the camera's usual detail, 1 = as usual, 0 = none;
    changed_share: share 0..1 of the picture that differs from the usual scene; moved: the view itself has moved;
    frozen_s: seconds for which the picture has been exactly the same, 0 while it changes. ValueError outside these.
    """

    brightness: float
    sharpness: float
    changed_share: float
    moved: bool
    frozen_s: float

    def __post_init__(self) -> None:
        for name, high in (("brightness", 1.0), ("sharpness", float("inf")), ("changed_share", 1.0)):
            value = getattr(self, name)
            if not (isfinite(value) and 0.0 <= value <= high):
                raise ValueError(f"PictureHealth.{name}: expected a number in 0..{high:g}, got {value}")
        if not (isfinite(self.frozen_s) and self.frozen_s >= 0.0):
            raise ValueError(f"PictureHealth.frozen_s: expected seconds from 0, got {self.frozen_s}")
