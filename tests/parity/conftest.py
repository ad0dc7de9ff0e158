"""The reference packages in an environment of their own (`.venv-parity`, requirements/parity.txt), made at need."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sightline.bench.library_process import LibraryProcess
from sightline.core.errors import SourceUnavailable
from sightline.evaluate import evaluate_paths
from sightline.formats.mot import MotTable, write_mot

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENT = ROOT / ".venv-parity"
LOCK = ROOT / "requirements" / "parity.txt"
VERSION = "1.3.0"
TOLERANCE = 1e-6

Case = dict[str, tuple[Path, MotTable]]  # sequence -> truth file, results
Scores = dict[str, dict[str, float]]  # sequence or COMBINED_SEQ -> scores


def _has_trackeval(python: Path) -> bool:
    if not python.is_file():
        return False
    ask = "from importlib.metadata import version; print(version('trackeval'))"
    found = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return found.stdout.strip() == VERSION


@pytest.fixture(scope="session")
def reference_python() -> Path:
    """The interpreter that has TrackEval and pycocotools."""
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if _has_trackeval(python):
        return python
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True, capture_output=True)
    command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "--retries", "1", "--timeout", "15"]
    try:
        subprocess.run(
            [*command, "install", "--require-hashes", "-r", LOCK], check=True, capture_output=True, timeout=240
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("TrackEval absent: requirements/parity.txt could not be installed (no network?)")
    return python


@pytest.fixture(scope="session")
def reference(reference_python: Path) -> Callable[..., str]:
    """Runs a script of this folder with the reference packages; its standard output."""

    def run(script: str, *arguments: object) -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
        command = [str(reference_python), str(HERE / script), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


@pytest.fixture
def library(reference_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LibraryProcess, Path]]:
    """The trackers of the package ``trackers`` as the benchmark starts them, and the folder they read columns from."""
    folder = tmp_path_factory.mktemp("columns")
    try:
        process = LibraryProcess(reference_python, folder)
    except SourceUnavailable as error:
        pytest.skip(str(error))
    with process:
        yield process, folder


@pytest.fixture
def trackeval(reference: Callable[..., str], tmp_path: Path) -> Callable[[Case, str], Scores]:
    """TrackEval's scores of a case, which then lies in tmp_path under gt/ and trackers/case/data/."""

    def run(case: Case, benchmark: str) -> Scores:
        for name, (truth, results) in case.items():
            folder = tmp_path / "gt" / name / "gt"
            folder.mkdir(parents=True)
            (folder / "gt.txt").write_bytes(truth.read_bytes())
            write_mot(tmp_path / "trackers" / "case" / "data" / f"{name}.txt", results)
        return json.loads(reference("trackeval_scores.py", tmp_path, benchmark))  # type: ignore[no-any-return]

    return run


def same(ours: dict[str, Any], theirs: Scores) -> None:
    """Asserts that both say the same of every sequence and of all together."""
    parts = ours.pop("sequences")
    assert sorted(parts) == sorted(set(theirs) - {"COMBINED_SEQ"})
    for name, scores in {"COMBINED_SEQ": ours, **parts}.items():
        for key, value in theirs[name].items():
            assert scores[key] == pytest.approx(value, abs=TOLERANCE), f"{name} {key}"


@pytest.fixture
def compare(trackeval: Callable[[Case, str], Scores], tmp_path: Path) -> Callable[[Case, str], None]:
    """Asserts that TrackEval and Sightline say the same of a case."""

    def run(case: Case, benchmark: str) -> None:
        theirs = trackeval(case, benchmark)
        convention = {"MOT15": "mot15", "MOT17": "mot17", "MOT20": "mot20"}[benchmark]
        found = tmp_path / "trackers" / "case" / "data"
        same(evaluate_paths(tmp_path / "gt", found, convention=convention), theirs)  # type: ignore[arg-type]

    return run
