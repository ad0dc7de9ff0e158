"""Plans: which stream of a camera is opened, what a file's frames are dated, and who may push."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sightline.config import load_settings
from sightline.config.site import CameraConfig, SiteConfig
from sightline.config.sources import StreamChoice
from sightline.core.clock import ManualClock
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.core.frame import Frame
from sightline.pipeline.plans import Dated, Plans, either


@dataclass
class Stream:
    """A source that only knows its size and rate, and whether it is open."""

    name: str
    height: int
    fps: float | None = 25.0
    there: bool = True
    is_open: bool = False

    def __call__(self, _: Any) -> Any:
        if not self.there:
            raise SourceUnavailable(f"{self.name}: expected a stream, got none")
        self.is_open = True
        return SimpleNamespace(name=self.name, info=SimpleNamespace(height=self.height, fps=self.fps), close=self.close)

    def close(self) -> None:
        self.is_open = False


CASES = [
    ("the sub-stream where it is good enough", {}, {}, "sub"),
    ("the main one where the sub-stream is small", {"height": 240}, {}, "main"),
    ("or slow", {"fps": 2.0}, {}, "main"),
    ("a rate nobody says is no reason", {"fps": None}, {}, "sub"),
    ("or not there", {"there": False}, {}, "main"),
    ("small, but it was asked for", {"height": 240}, {"analyse": "sub"}, "sub"),
    ("good, but the main one was asked for", {}, {"analyse": "main"}, "main"),
    ("small for others, not for this site", {"height": 240}, {"least_height_px": 200}, "sub"),
]


@pytest.mark.parametrize(("sub", "choice", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_stream_that_is_read(sub: dict[str, Any], choice: dict[str, Any], wanted: str) -> None:
    small, large = Stream("sub", **{"height": 360, **sub}), Stream("main", 1080)
    going: Any = None
    feed = either(large, small, StreamChoice(**choice))  # type: ignore[arg-type]
    assert feed(going).name == wanted  # type: ignore[attr-defined]
    assert [one.name for one in (small, large) if one.is_open] == [wanted], "the other one is closed"


def test_a_sub_stream_that_was_asked_for_is_missed() -> None:
    feed = either(Stream("main", 1080), Stream("sub", 360, there=False), StreamChoice(analyse="sub"))  # type: ignore[arg-type]
    with pytest.raises(SourceUnavailable):
        feed(None)  # type: ignore[arg-type]


def test_frames_of_a_file_get_the_time_they_are_played() -> None:
    clock = ManualClock(1_800_000_000_000_000_000)
    dated = Dated(clock)
    pixels = np.zeros((4, 4, 3), np.uint8)
    first, second = (dated(Frame("a", index, index * 40_000_000, pixels)) for index in (1, 2))
    assert (first.time_ns, second.time_ns - first.time_ns) == (1_800_000_000_000_000_000, 40_000_000)
    assert not first.synthetic


def entry(**members: Any) -> CameraConfig:
    return CameraConfig.model_validate({"source": "rtsp://10.0.0.5/x", "purpose": "count what goes by", **members})


def test_what_the_entry_says_is_in_the_plan() -> None:
    plans = Plans(SiteConfig(name="here"), load_settings(), ManualClock())
    zones = {"z": [[0, 0], [1, 0], [1, 1]]}
    plan = plans("gate", entry(fps=4, zones=zones, from_api=True, position={"lon": 13, "lat": 52}, tamper=None))
    assert (plan.kind, plan.analysis_fps, plan.trusted, plan.tamper) == ("live", 4, False, None)
    assert plan.feed is not None
    assert plan.drawing is not None
    assert [zone.name for zone in plan.drawing.zones] == ["z"]
    assert plan.mount is not None
    file = plans("clip", entry(source="/data/clip.mp4"))
    assert (file.kind, file.feed, file.mark is not None) == ("file", None, True)
    assert "10.0.0.5" not in repr(plan)


def test_the_door_for_pushers_opens_when_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a key for one camera")
    site = SiteConfig.model_validate({"name": "here", "sources": {"push": {"address": "127.0.0.1", "port": 0}}})
    plans = Plans(site, load_settings(), ManualClock())
    plans("gate", entry())
    plans.close()  # nothing was opened
    push = {"url": "yard", "kind": "push", "password": "${KEY}"}
    assert plans("yard", entry(source=push)).feed is not None
    plans.left("yard")
    plans.left("nobody")
    plans.close()
    plans.close()
    bad = SiteConfig.model_validate({"name": "here", "sources": {"push": {"certificate": "/none.pem"}}})
    with pytest.raises(BadConfig, match="certificate"):
        Plans(bad, load_settings(), ManualClock())("yard", entry(source=push))
