"""Fixtures of the live tests: real servers on the loopback, each its own process or thread."""

import contextlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sightline.api import Served, create_app, serve
from sightline.config import PageSettings

SYSTEM_PYTHON = "/usr/bin/python3"


class RtspServer:
    """A running ``rtsp_server.py``; ``url`` carries the credentials where it asks for some."""

    def __init__(self, *options: str) -> None:
        script = Path(__file__).with_name("rtsp_server.py")
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, str(script), *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert words[:1] == ["ready"], "expected the RTSP server to start"
        self.port = int(words[1])
        user = options[options.index("--user") + 1] + "@" if "--user" in options else ""
        self.url = f"rtsp://{user}127.0.0.1:{self.port}/cam"

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def rtsp_server() -> Iterator[Callable[..., RtspServer]]:
    """A function that starts an RTSP server with the options of ``rtsp_server.py``; all end with the test."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0')"
    found = sys.platform == "linux" and Path(SYSTEM_PYTHON).exists()
    if not found or subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode:
        pytest.skip("needs Debian's python3-gst-1.0 and gir1.2-gst-rtsp-server-1.0")
    running: list[RtspServer] = []

    def start(*options: str) -> RtspServer:
        server = RtspServer(*options)
        running.append(server)
        return server

    yield start
    for server in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.kill()


@pytest.fixture(scope="session")
def page_steps() -> ModuleType:
    """Steps of a person on the live page (``Visit``, ``chromium``), for any address."""
    return _neighbour("page_steps")


@pytest.fixture(scope="session")
def street_ports() -> ModuleType:
    """Drawn streets behind the pipeline's ports, for the page's own tests."""
    return _neighbour("street_ports")


@pytest.fixture(scope="session")
def map_ports(street_ports: ModuleType) -> ModuleType:
    """Drawn cameras with places on a made-up plan."""
    return _neighbour("map_ports")


@pytest.fixture(scope="module")  # not longer: while it lives, asyncio.run is refused in this thread
def browser(page_steps: ModuleType) -> Iterator[Any]:
    """A real Chromium without a window; the test skips where there is none."""
    if not page_steps.CHROMIUM.is_file():
        pytest.skip("no Chromium: expected /usr/bin/chromium")
    with page_steps.chromium() as running:
        yield running


@pytest.fixture
def site(streets: Any) -> Iterator[Served]:
    """The page over the cameras that the tests of a file name ``streets``."""
    settings = PageSettings(port=0)
    with serve(create_app(streets, settings), settings) as served:
        yield served


@pytest.fixture
def visit(browser: Any, page_steps: ModuleType, site: Served) -> Iterator[Callable[..., Any]]:
    """Opens windows on the page and closes them; every one must be free of errors and of outside addresses."""
    opened: list[Any] = []

    def go(path: str = "", **options: Any) -> Any:
        window = page_steps.Visit(browser, site.url + path, **options)
        opened.append(window)
        return window

    yield go
    for window in opened:
        window.close()
        assert window.faults == []
        assert [address for address in window.addresses if not address.startswith((site.url, "blob:"))] == []


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: SIGHTLINE_SCREENSHOTS, or away."""
    return Path(os.environ.get("SIGHTLINE_SCREENSHOTS", tmp_path))


def _neighbour(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"live_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module
