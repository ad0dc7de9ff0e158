"""Runs ``sightline`` as a process of its own, as a user would, and reads what it left or how much memory it took."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sightline.core.errors import SightlineError


def sightline_command(*words: str) -> list[str]:
    """The command line of this installation."""
    return [sys.executable, "-m", "sightline", *words]


def watch(sources: Sequence[str], out: Path, *options: str, threads: int = 0) -> dict[str, Any]:
    """The summary of a headless ``watch`` over the sources; SightlineError with its last words when it fails.

    threads: inference threads, 0 = one per core.
    """
    environment = {**os.environ, "SIGHTLINE_INFERENCE__THREADS": str(threads)}
    command = sightline_command("watch", *sources, "--headless", "--out", str(out), *options)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SightlineError(f"watch ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return summary


def peak_bytes(command: Sequence[str]) -> int:
    """Peak resident memory of a process, bytes, as the kernel counts it (GNU time's figure); Linux and macOS."""
    script = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print('PEAK', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.returncode)"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=False)
    found = re.search(r"PEAK (\d+) (\d+)", done.stdout)
    if found is None or found.group(2) != "0":
        raise SightlineError(f"{command[0]} failed: {done.stderr.strip()[-300:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return int(found.group(1)) * unit
