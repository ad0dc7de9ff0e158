"""The trackers of the package ``trackers`` as processes of its own environment, asked job by job."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

import numpy as np

from sightline.core.errors import SightlineError, SourceUnavailable
from sightline.core.values import I64, Bool

SCRIPT: Final = Path(__file__).resolve().with_name("library_tracks.py")
# Small matrices: more threads only disturb each other and the other process.
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_LAST_WORDS: Final = 400  # characters of standard error in a message


class Answer(NamedTuple):
    """Rows of the samples that belong to a track: rows i64 (n,), ids i64 (n,) from 0, late bool (n,): the library
    itself gave this row no id, because its track was confirmed or found again only later."""

    rows: I64
    ids: I64
    late: Bool


class LibraryProcess:
    """One process with the library; jobs are answered in turn. SourceUnavailable where python lacks the package.

    python: an interpreter with ``trackers`` and ``supervision`` (requirements/parity.txt); samples: the folder of
    columns as ``library_tracks`` describes it. Close it (or leave the ``with``).
    """

    def __init__(self, python: Path, samples: Path) -> None:
        if not python.is_file():
            raise SourceUnavailable(f"library trackers: expected an interpreter, got no file at {python}")
        ours = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
        self._words = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  closed with the process
        self._process = subprocess.Popen(
            [str(python), "-I", str(SCRIPT), str(samples)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            env=ours | _ONE_THREAD,
        )
        try:
            hello = self._read()
        except SightlineError:
            self.close()
            raise
        if "absent" in hello:
            self.close()
            raise SourceUnavailable(f"library trackers: expected the package {hello['absent']}, got none in {python}")
        self.versions: dict[str, str] = hello["versions"]

    def ask(self, job: Mapping[str, object]) -> Answer:
        """The tracks of a job (see ``library_tracks``); SightlineError with the process's last words where it fails."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(dict(job)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SightlineError(f"library trackers ended: {self._last_words()}") from error
        answer = self._read()
        rows, ids = (np.array(answer[name], np.int64) for name in ("rows", "ids"))
        return Answer(rows, ids, np.array(answer["late"], np.bool_))

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise SightlineError(f"library trackers ended: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._words.seek(0)
        return self._words.read().strip()[-_LAST_WORDS:] or "without a word"

    def close(self) -> None:
        """End the process; a second call does nothing."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:  # a job that nobody reads any more was still in it
                    continue
        self._words.close()

    def __enter__(self) -> "LibraryProcess":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
