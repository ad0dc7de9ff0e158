"""How long after ``watch`` starts the page gets its first picture and its first box."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from sightline.bench.program import sightline_command
from sightline.core.clock import SystemClock
from sightline.core.errors import SightlineError


def first_box(clip: Path) -> dict[str, Any]:
    """Seconds from the start of the process to page up, first picture, first box (models present, page open)."""
    clock = SystemClock()
    started = clock.monotonic_ns()
    command = sightline_command("watch", str(clip), "--port", "0", "--seconds", "30")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            port = _port_of(process)
            values = {"page_s": (clock.monotonic_ns() - started) / 1e9}
            with connect(f"ws://127.0.0.1:{port}/api/v1/live?pictures={clip.stem}", max_size=None) as socket:
                while "box_s" not in values:
                    message = socket.recv(timeout=30)
                    now = (clock.monotonic_ns() - started) / 1e9
                    if isinstance(message, bytes):
                        values.setdefault("picture_s", now)
                    elif _has_box(json.loads(message)):
                        values["box_s"] = now
        finally:
            process.terminate()
            process.communicate()
    return {key: round(value, 2) for key, value in values.items()} | {"clip": clip.name, "must_reach_box_s": 10}


def _port_of(process: "subprocess.Popen[str]") -> int:
    said = []
    for line in process.stderr or ():
        said.append(line)
        found = re.search(r"Live page: http://127\.0\.0\.1:(\d+)/", line)
        if found:
            return int(found.group(1))
    raise SightlineError(f"watch: expected the address of the page, got {' '.join(said)[-300:]!r}")


def _has_box(message: dict[str, Any]) -> bool:
    return message.get("type") == "overlay" and bool(message.get("objects"))
