"""Light and weather: what the sun, the sky, rain and the night do to a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from sightline.simulate.world import F64

Bgr = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Weather:
    """One kind of light; the same over the whole district.

    azimuth and height: where the sun stands, degrees counter-clockwise from east and above the horizon; ambient and
    sun: share of light on a face in shade, and what full sun adds; tint: factors on blue, green, red; zenith and
    horizon: colours of the sky; rain, night: 0..1; haze: share of haze over what is 300 m away; noise: standard
    deviation of the sensor's noise, levels of 255.
    """

    name: str
    azimuth: float
    height: float
    ambient: float
    sun: float
    tint: Bgr
    zenith: Bgr
    horizon: Bgr
    rain: float = 0.0
    night: float = 0.0
    haze: float = 0.4
    noise: float = 1.8

    @property
    def towards_sun(self) -> F64:
        """Unit vector (3,) from the ground to the sun."""
        a, h = np.radians([self.azimuth, self.height])
        return np.array([np.cos(a) * np.cos(h), np.sin(a) * np.cos(h), np.sin(h)])

    @property
    def lamps_on(self) -> bool:
        """Whether who drives has lights on."""
        return self.night > 0.3 or self.rain > 0.5

    @property
    def shadow(self) -> F64:
        """How far a point one metre up throws its shadow, (2,) metres along x and y."""
        sun = self.towards_sun
        return np.asarray(-sun[:2] / sun[2])

    def haze_at(self, depth: F64) -> F64:
        """Share of haze over what is so many metres away; none before 25 m."""
        return np.clip((depth - 25.0) * (self.haze / 110.0), 0.0, self.haze)


WEATHERS: Final[Mapping[str, Weather]] = MappingProxyType(
    {
        one.name: one
        for one in (
            Weather("clear", 138, 57, 0.68, 0.54, (0.98, 1.0, 1.0), (232, 196, 160), (214, 206, 196)),
            Weather("low sun", 205, 27, 0.62, 0.54, (0.85, 0.96, 1.07), (214, 190, 168), (186, 208, 224), haze=0.45),
            Weather("overcast", 90, 80, 0.94, 0.08, (1.03, 1.0, 0.97), (206, 202, 196), (212, 208, 202), haze=0.5),
            Weather(
                "rain", 90, 80, 0.70, 0.05, (1.06, 1.0, 0.95), (158, 154, 148), (176, 170, 164),
                rain=0.7, haze=0.6, noise=2.4,
            ),
            Weather(
                "night", 90, 80, 0.24, 0.72, (0.92, 0.97, 1.04), (44, 28, 22), (62, 50, 46),
                night=1.0, haze=0.3, noise=3.6,
            ),
        )
    }
)  # fmt: skip
