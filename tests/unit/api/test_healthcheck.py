"""The container's health check against a real server: fine, hung, and nobody there."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.api import serve
from sightline.api.app import Front, bare_app
from sightline.api.dots import Dots
from sightline.api.metrics import PageMetrics
from sightline.config import PageSettings
from sightline.core.clock import SystemClock

FILE = Path(__file__).parents[3] / "deploy" / "Containerfile"


def checked(port):
    found = re.search(r"^HEALTHCHECK [^\n]*\\\n\s+CMD (\[.*\])$", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    program, *rest = json.loads(found[1])
    assert program == "python"
    assert all("8600" in one or "-c" in one for one in rest)
    command = [sys.executable, *(one.replace("8600", str(port)) for one in rest)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


@pytest.mark.parametrize(("alive", "code"), [(True, 0), (False, 1)])
def test_a_container_is_as_healthy_as_its_analysis(alive, code, ports):
    clock = SystemClock()
    app = bare_app(ports, PageSettings(), PageMetrics(ports, clock), Dots(ports, clock), Front(alive=lambda: alive))
    with serve(app, PageSettings(port=0)) as running:
        assert checked(running.url.rstrip("/").rpartition(":")[2]) == code


def test_where_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    assert checked(port) == 1
