"""The whole program before a real browser: a live RTSP camera, a real clip with the real models, drop and return."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.live


@contextmanager
def watching(words: list[str], models: Path) -> Iterator[str]:
    """A running ``sightline WORDS``; its page's address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sightline", *words, "--port", "0"],
        env={**os.environ, "SIGHTLINE_MODELS": str(models)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        said = ""
        for line in process.stderr:
            said += line
            found = re.search(r"Live page: (http://\S+)", line)
            if found:
                break
        else:
            raise AssertionError(f"expected the address of the page, got {said!r}")
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield found.group(1)
        process.terminate()
        drain.join(30)
    finally:
        process.kill()
        process.wait(30)
        process.stderr.close()


@pytest.fixture
def library(models_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    command = [sys.executable, "-m", "sightline", "models", "import", str(models_folder)]
    subprocess.run(command, env={**os.environ, "SIGHTLINE_MODELS": str(folder)}, check=True, capture_output=True)
    return folder


def test_a_clip_with_the_real_models(
    shared: Path, library: Path, browser: Any, page_steps: ModuleType, tmp_path: Path
) -> None:
    clip = shared / "video" / "car-detection.mp4"
    with watching(["watch", str(clip)], library) as url:
        visit = page_steps.Visit(browser, url)
        visit.open_camera(clip.stem)
        shown = visit.wait_for_boxes(clip.stem, 1)
        assert shown["shownIndex"] == shown["overlayIndex"]
        assert not shown["pixelated"]
        visit.draw_line((0.1, 0.5), (0.9, 0.5), "gate")
        visit.wait_for_counts(1)
        assert visit.state()[clip.stem]["mismatched"] == 0
        outside = [address for address in visit.addresses if not address.startswith((url.rstrip("/"), "blob:", "ws:"))]
        assert outside == []
        assert visit.faults == []
        visit.close()


def test_an_rtsp_camera_without_models_drops_and_returns(
    rtsp_server: Callable[..., Any], browser: Any, page_steps: ModuleType, tmp_path: Path
) -> None:
    server = rtsp_server()
    with watching(["watch", server.url, "--detector", "motion"], tmp_path / "none") as url:
        visit = page_steps.Visit(browser, url)
        visit.page.wait_for_function("() => Object.keys(window.sightline?.cameras ?? {}).length === 1", timeout=30_000)
        (name,) = visit.state()
        visit.wait_for_pictures(name)
        assert visit.state()[name]["pixelated"], "a real picture that cannot be redacted is pixelated as a whole"
        server.kill()
        wait_for_state(visit, name, "lost")
        rtsp_server("--port", str(server.port))
        wait_for_state(visit, name, "running")
        visit.wait_for_pictures(name)
        visit.close()


def wait_for_state(visit: Any, name: str, state: str) -> None:
    visit.page.wait_for_function(
        "([name, state]) => window.sightline.cameras[name].state === state", arg=[name, state], timeout=60_000
    )
