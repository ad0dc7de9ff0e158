"""ONVIF against a camera that runs as a process of its own: discovery, profiles, a wrong clock, a wrong password."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sightline.config.sources import StreamChoice
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video.choice import choose
from sightline.video.credentials import Credentials
from sightline.video.discovery import discover
from sightline.video.onvif import profiles

pytestmark = pytest.mark.live
pytest.importorskip("onvif", reason="needs the extra onvif")

VIEWER = Credentials("viewer", "s3cret")


class Camera:
    """``onvif_device.py``, running."""

    def __init__(self, *options: str) -> None:
        script = Path(__file__).with_name("onvif_device.py")
        self.process = subprocess.Popen([sys.executable, str(script), *options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert words[:1] == ["ready"], "expected the ONVIF camera to start"
        self.address = f"http://127.0.0.1:{words[1]}/onvif/device_service"
        self.discovery_port = int(words[2])


@pytest.fixture
def camera() -> Iterator[Callable[..., Camera]]:
    running: list[Camera] = []

    def start(*options: str) -> Camera:
        running.append(Camera(*options))
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.communicate(timeout=10)


@pytest.mark.parametrize("skew_s", [0, 3600, -86_400], ids=["right clock", "an hour ahead", "a day behind"])
def test_profiles(camera, skew_s: int) -> None:
    found = profiles(camera("--skew", str(skew_s)).address, VIEWER, origin="operator")
    assert (found.manufacturer, found.model) == ("Example", "Street 2")
    assert [(one.name, one.codec, one.width, one.height, one.fps, one.kbit_s) for one in found.streams] == [
        ("mainStream", "h264", 1920, 1080, 25, 4096),
        ("subStream", "h264", 640, 360, 15, 512),
        ("mobile", "mjpeg", 320, 180, 5, 256),
    ]
    assert found.streams[1].url == "rtsp://127.0.0.1:554/sub?unicast=1&proto=Onvif"  # without the password it sends
    chosen = choose(found.streams, StreamChoice(pictures="main"))
    assert (chosen.analyse.name, chosen.pictures.name) == ("subStream", "mainStream")


def test_a_camera_behind_address_translation_is_asked_where_it_was_found(camera) -> None:
    found = profiles(camera("--advertised", "192.0.2.1").address, VIEWER, origin="operator", timeout_s=10)
    assert len(found.streams) == 3


def test_a_wrong_password_is_said_and_not_shown(camera) -> None:
    with pytest.raises(SourceUnavailable, match="got user or password refused") as caught:
        profiles(camera().address, Credentials("viewer", "wr0ng"), origin="operator")
    assert "wr0ng" not in str(caught.value)


def test_nobody_there(camera) -> None:
    with pytest.raises(SourceUnavailable, match="expected an ONVIF camera, got no connection"):
        profiles("http://127.0.0.1:9/onvif/device_service", VIEWER, origin="operator", timeout_s=5)


@pytest.mark.parametrize("question", ["", "GetServices", "GetProfiles"], ids=["at once", "second", "media service"])
def test_a_camera_that_sends_us_elsewhere_is_not_followed(camera, question: str) -> None:
    """What it redirects to could be a machine inside that its own address could never reach."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        where = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/latest/meta-data"
        one = camera("--moved", where, "--moved-from", question)
        with pytest.raises(SourceUnavailable, match="got a redirect, which is not followed"):
            profiles(one.address, VIEWER, origin="operator", timeout_s=10)
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_an_address_from_outside_is_checked_first(camera) -> None:
    with pytest.raises(SourceUnavailable, match="an address of this machine"):
        profiles(camera().address, VIEWER, origin="api")


def test_discovery_finds_the_camera_and_believes_no_lies(camera) -> None:
    one = camera()
    found = discover(["127.0.0.1"], timeout_s=2, port=one.discovery_port)
    assert [(item.address, item.name, item.hardware) for item in found] == [(one.address, "Main gate", "Street2")]
    assert found[0].interface == "127.0.0.1"


@pytest.mark.parametrize("interface", ["192.0.2.77", "lo", ""])
def test_discovery_on_an_interface_that_is_none(interface: str) -> None:
    with pytest.raises(BadConfig, match="expected an IPv4 address of this machine"):
        discover([interface], timeout_s=0.1)
