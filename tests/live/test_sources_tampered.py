"""Camera tampering on real clips altered by OpenCV and on the simulator's weather: alarms where due, none elsewhere."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.core.values import U8
from sightline.rules.tampered import Tampered
from sightline.simulate.district import district
from sightline.simulate.flow import Traffic
from sightline.simulate.painter import Painter
from sightline.simulate.weather import WEATHERS
from sightline.video.health import HealthMeter

pytestmark = pytest.mark.live

S = 1_000_000_000
CLIPS = ("person-bicycle-car-detection.mp4", "street-junction-truck.mp4")
BEFORE, AFTER = 30, 40  # looks, two seconds each


class Grain:
    """A sensor's noise of deviation 1, another one each time."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self._drawn = self.rng.standard_normal(1 << 20).astype(np.float32)

    def __call__(self, y: U8) -> np.ndarray:
        return np.resize(np.roll(self._drawn, int(self.rng.integers(1 << 20))), y.shape)


Alter = Callable[[U8, int, Grain], np.ndarray]


@cache
def pictures(path: Path) -> list[U8]:
    """Some sixty pictures of a clip, in its order."""
    with av.open(str(path)) as container:
        return [one.to_ndarray(format="yuv420p") for n, one in enumerate(container.decode(video=0)) if n % 25 == 0][:25]


def smeared(y: U8) -> np.ndarray:
    """Something close to the lens: hardly anything of the view is left."""
    return np.asarray(cv2.resize(cv2.resize(y, (6, 4), interpolation=cv2.INTER_AREA), y.shape[::-1]), float)


def spread(y: U8, sigma: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(y, (0, 0), sigma), float)


def shifted(y: U8, right: float, down: float) -> np.ndarray:
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(y, matrix, y.shape[::-1], borderMode=cv2.BORDER_REFLECT), float)


def bus(y: U8, look: int, grain: Grain) -> np.ndarray:
    """Fills the view for 20 s, windows and all, then is gone."""
    if look >= 10:
        return y.astype(float)
    picture = np.full(y.shape, 150, np.uint8)
    for window in range(8):
        left = window * y.shape[1] // 8 + 10 - 3 * look
        cv2.rectangle(picture, (left, y.shape[0] // 5), (left + y.shape[1] // 10, y.shape[0] // 2), 40, -1)
    return picture + 2 * grain(y)


def infrared(y: U8, look: int, grain: Grain) -> np.ndarray:
    """A spot of the camera's own light, dark edges, much noise."""
    rows, columns = np.mgrid[-0.5 : 0.5 : y.shape[0] * 1j, -0.5 : 0.5 : y.shape[1] * 1j]
    return 16 + (y.astype(float) - 16) * 0.6 * np.exp(-4 * (rows**2 + columns**2)) + 5 * grain(y)


ALARMS: dict[str, tuple[str, Alter]] = {
    "a cloth": ("covered", lambda y, look, grain: 70 + 3 * grain(y)),
    "a lens cap": ("covered", lambda y, look, grain: 17 + grain(y)),
    "a hand": ("covered", lambda y, look, grain: smeared(y) * 0.4 + 40 + 2 * grain(y)),
    "out of focus": ("blurred", lambda y, look, grain: spread(y, y.shape[0] / 100)),
    "spider's web or grease": ("blurred", lambda y, look, grain: spread(y, y.shape[0] / 200)),
    "turned to the side": ("turned", lambda y, look, grain: shifted(y, y.shape[1] * 0.2, y.shape[0] * 0.1)),
}
NONE: dict[str, Alter] = {
    "nothing": lambda y, look, grain: y.astype(float),
    "dusk": lambda y, look, grain: 16 + (y - 16.0) * max(0.15, 1 - look / 35) + 2 * grain(y),
    "lightning": lambda y, look, grain: y * 2.0 + 90 if look % 7 == 0 else y.astype(float),
    "a bus for 20 s": bus,
    "the switch to infrared": infrared,
    "a swaying mast": lambda y, look, grain: shifted(y, *(grain.rng.integers(-2, 3, 2) * y.shape[1] / 320)),
    "fog": lambda y, look, grain: 120 + (y - 120.0) * 0.4 + 1.5 * grain(y),
}


def told(clip: list[U8], alter: Alter) -> list[tuple[str, str]]:
    """The events of a clip played in a loop, altered after a while."""
    grain, meter, rule = Grain(), HealthMeter(), Tampered("cam")
    events: list[tuple[str, str]] = []
    for look in range(BEFORE + AFTER):
        picture = clip[look % len(clip)]
        if look >= BEFORE:
            picture, height = picture.copy(), picture.shape[0] * 2 // 3
            picture[:height] = np.clip(alter(picture[:height], look - BEFORE, grain), 0, 255)
        time_ns = look * 2 * S
        health = meter.look(Frame("cam", look + 1, time_ns, picture, "i420"))
        events += [(event.kind, event.state) for event in rule.note(time_ns, health)]
    return events


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("word", ALARMS)
def test_tampering_is_told_once_and_by_its_name(shared: Path, clip: str, word: str) -> None:
    kind, alter = ALARMS[word]
    assert told(pictures(shared / "video" / clip), alter) == [(kind, "began")]


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("word", NONE)
def test_no_alarm(shared: Path, clip: str, word: str) -> None:
    assert told(pictures(shared / "video" / clip), NONE[word]) == []


@pytest.mark.parametrize("clip", CLIPS)
def test_a_frozen_camera(shared: Path, clip: str) -> None:
    shown = pictures(shared / "video" / clip)
    assert told(shown, lambda y, look, grain: shown[0][: y.shape[0]]) == [("frozen", "began")]


def street(weathers: list[str], looks: int) -> Iterator[U8]:
    """A drawn camera, so many pictures two seconds apart in each weather, one after the other."""
    made = district(3, 1, size=(640, 360), fps=5)
    traffic = Traffic(made.layout, 3, step_s=0.2, hour=17)
    for weather in weathers:
        painter = Painter(made.layout, made.cameras[0], WEATHERS[weather], 3)
        for number in range(looks):
            for _ in range(10):
                traffic.advance()
            yield painter.paint(traffic.movers, traffic.lights, number)[0]


def test_the_weather_is_no_tampering() -> None:
    meter, rule, events = HealthMeter(), Tampered("cam"), []
    for look, picture in enumerate(street(["clear", "low sun", "overcast", "rain", "night", "clear"], 22)):
        health = meter.look(Frame("cam", look + 1, look * 2 * S, picture))
        events += rule.note(look * 2 * S, health)
    assert events == []
