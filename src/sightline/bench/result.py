"""What every benchmark answers: its name, the machine, commit and versions it ran on, and the values."""

import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sightline
from sightline.formats.atomic import write_atomically

CODE = (":(top)", ":(top,exclude)benchmarks/results")  # results just written do not make the code another
VERSIONS_OF = ("av", "numpy", "openvino", "opencv-python-headless", "scipy")


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one benchmark as it is kept under ``benchmarks/results``."""

    name: str
    machine: str
    commit: str
    versions: dict[str, str]
    values: dict[str, Any]

    def write(self, folder: Path) -> Path:
        """Keep it as NAME.json in the folder."""
        path = folder / f"{self.name}.json"
        write_atomically(path, json.dumps(asdict(self), indent=1, allow_nan=False) + "\n")
        return path


def result(name: str, values: Mapping[str, Any]) -> Result:
    """The values with this machine, commit and versions."""
    versions = {package: importlib.metadata.version(package) for package in VERSIONS_OF}
    versions |= {"python": platform.python_version(), "sightline": sightline.__version__}
    return Result(name, machine(), commit(), versions, dict(values))


def machine() -> str:
    """Processor model and cores this process may use."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores"


def commit() -> str:
    """The commit of the checkout, with + where it was changed; "released" outside one."""
    folder = Path(__file__).resolve().parent
    try:
        head = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = "+" if _git(folder, "status", "--porcelain", "--untracked-files=no", "--", *CODE) else ""
    except (OSError, subprocess.CalledProcessError):
        return "released"
    return head + changed


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
