"""The folder of model files on this machine: what is there, whether it is the published one, and bringing it in."""

import errno
import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import ModelUnavailable
from sightline.models.fetch import Progress, fetch
from sightline.models.model import Model, ModelFile
from sightline.models.registry import MODELS, find_model

T = TypeVar("T")

_CHUNK: Final = 1 << 20  # bytes hashed or copied at a time
_PINS: Final = "pins.json"  # sums of files without a published one, taken when they first came in


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One line of ``models list``. size: bytes, None where unknown; state: see ``Library.list``."""

    name: str
    task: str
    family: str
    licence: str
    size: int | None
    origin: str
    state: Literal["installed", "incomplete", "absent"]
    folder: Path


Rows = list[LibraryRow]
Names = list[str]


class Library:
    """Model files under one folder, a subfolder per model.

    folder: None = the environment's SIGHTLINE_MODELS, else the user's cache folder. models: the registry. device: where
    sessions run unless they say otherwise. allow_loopback: also fetch http addresses of this machine (tests).
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        clock: Clock | None = None,
        models: dict[str, Model] = MODELS,
        connect_timeout_s: float = 5.0,
        device: Literal["cpu", "cuda"] = "cpu",
        allow_loopback: bool = False,
    ) -> None:
        self.folder = (folder or default_folder()).expanduser()
        self.device = device
        self.clock = clock or SystemClock()
        self._models = models
        self._connect_timeout_s = connect_timeout_s
        self._allow_loopback = allow_loopback
        self._shared: dict[Hashable, Any] = {}
        self._lock = threading.RLock()

    def model(self, name: str) -> Model:
        """The registry's entry; ModelUnavailable for an unknown name."""
        return find_model(name, self._models)

    def path(self, name: str) -> Path:
        """The file that a runtime opens; ModelUnavailable, with what to do, where a file of the model is absent."""
        model = self.model(name)
        for file in model.files:
            if not self._place(model, file).is_file():
                raise ModelUnavailable(
                    f"model {name}: expected {file.name} in {self.folder / name}, got none; {self._remedy(model)}"
                )
        return self._place(model, model.files[0])

    def installed(self, name: str) -> bool:
        """Whether all files of the model are here; their content is checked by ``verify``."""
        model = self._models.get(name)
        return model is not None and all(self._place(model, file).is_file() for file in model.files)

    def list(self) -> Rows:
        """One row per model of the registry, in its order."""
        rows = []
        for model in self._models.values():
            here = [self._place(model, file).is_file() for file in model.files]
            state: Literal["installed", "incomplete", "absent"]
            state = "installed" if all(here) else "incomplete" if any(here) else "absent"
            rows.append(
                LibraryRow(
                    model.name,
                    model.task,
                    model.family,
                    model.licence,
                    model.size,
                    model.origin,
                    state,
                    self.folder / model.name,
                )
            )
        return rows

    def verify(self, name: str) -> None:
        """Check size and every checksum of the model's files; ModelUnavailable names the file, expected and got.

        A file that nobody publishes a checksum of is held against the one taken when it was first fetched or used.
        """
        self.path(name)
        model = self.model(name)
        for file in model.files:
            fault = self._fault(model, file, self._place(model, file))
            if fault:
                raise ModelUnavailable(f"model {name}: {fault}; fetch or import it again")
            if file.sha256 is None and self._key(model, file) not in self._pins():
                with _room(self.folder):
                    self._pin(model, file, self._place(model, file))

    def pull(self, name: str, progress: Progress | None = None) -> None:
        """Fetch what is missing or wrong from the official address, going on where an interrupted download stopped.

        A file is put in place only after its checksums held. progress: called with file name, bytes so far and bytes in
        all (None where unknown). ModelUnavailable: no address, no connection, wrong content, no room.
        """
        model = self.model(name)
        missing = [file for file in model.files if file.url is None]
        if missing and not self.installed(name):
            raise ModelUnavailable(
                f"model {name}: expected an official address to fetch {missing[0].name} from, got none; "
                "it can only be imported (sightline models import DIR)"
            )
        folder = self.folder / name
        with _room(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder):
                for file in model.files:
                    self._pull_file(model, file, progress)

    def import_dir(self, folder: Path) -> Names:
        """Copy the models found anywhere under a folder, recognised by checksum, and name those now installed by it.

        ModelUnavailable, after the good ones were copied: a file bears a model file's name but is not that file, or
        a model comes with a part of its files only, or nothing was found at all.
        """
        if not folder.is_dir():
            raise ModelUnavailable(f"models import: expected a folder, got {str(folder)!r}")
        found, refused = self._search(folder)
        names = []
        for name, files in found.items():
            model = self._models[name]
            lacking = [f for f in model.files if f.name not in files and not self._holds(model, f)]
            if lacking:
                if not any(fault.startswith(f"{lacking[0].name}:") for fault in refused):
                    refused.append(f"{lacking[0].name}: expected beside the other file of {name}, got none")
                continue
            with _room(self.folder / name):
                for file in model.files:
                    if file.name in files:
                        self._adopt(model, file, files[file.name])
            names.append(name)
        if refused:
            taken = f"; imported {', '.join(names)}" if names else ""
            raise ModelUnavailable(f"models import: {'; '.join(sorted(refused))}{taken}")
        if not names:
            raise ModelUnavailable(f"models import: expected model files of the registry in {str(folder)!r}, got none")
        return names

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """The one object of that key in this library, made at first use (a compiled model, the runtime's core)."""
        with self._lock:
            if key not in self._shared:
                self._shared[key] = make()
            made: T = self._shared[key]
            return made

    def _place(self, model: Model, file: ModelFile) -> Path:
        return self.folder / model.name / file.name

    @staticmethod
    def _key(model: Model, file: ModelFile) -> str:
        return f"{model.name}/{file.name}"

    def _remedy(self, model: Model) -> str:
        if model.origin == "import only":
            return "it has no official download, only 'sightline models import DIR' brings it in"
        return f"run 'sightline models pull {model.name}' or 'sightline models import DIR'"

    def _holds(self, model: Model, file: ModelFile) -> bool:
        place = self._place(model, file)
        return place.is_file() and not self._fault(model, file, place)

    def _fault(self, model: Model, file: ModelFile, path: Path) -> str | None:
        """What is wrong with a file, in words; None if it is the published one (or the pinned one)."""
        pin = self._pins().get(self._key(model, file), {}) if file.sha256 is None else {}
        size = file.size if file.size is not None else pin.get("size")
        try:
            got = path.stat().st_size
            if size is not None and got != size:
                return f"{file.name}: expected {size} bytes, got {got}"
            wanted = [sum_ for sum_ in (_tagged(file.sha256 or pin.get("sha256")), file.published) if sum_]
            sums = _sums(path, {sum_.split(":", 1)[0] for sum_ in wanted})
        except OSError as error:
            return f"{file.name}: expected a readable file, got {error.strerror}"
        for sum_ in wanted:
            algorithm, hexadecimal = sum_.split(":", 1)
            if sums[algorithm] != hexadecimal:
                return f"{file.name}: expected {algorithm} {hexadecimal[:16]}..., got {sums[algorithm][:16]}..."
        return None

    def _pull_file(self, model: Model, file: ModelFile, progress: Progress | None) -> None:
        if self._holds(model, file) or file.url is None:
            return
        place = self._place(model, file)
        part = place.with_name(place.name + ".part")
        for attempt in range(2):
            resumed = part.exists() and part.stat().st_size > 0
            fetch(
                file,
                part,
                progress=progress,
                connect_timeout_s=self._connect_timeout_s,
                allow_loopback=self._allow_loopback,
            )
            fault = self._fault(model, file, part)
            if fault is None:
                break
            part.unlink()
            if attempt or not resumed:  # what was resumed may have been of another version: once more, from the start
                raise ModelUnavailable(f"model {model.name}: {fault} from {file.url}")
        self._pin(model, file, part)
        part.replace(place)

    def _adopt(self, model: Model, file: ModelFile, source: Path) -> None:
        place = self._place(model, file)
        if source.resolve() == place.resolve():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.parent):
            copy = place.with_name(place.name + ".copy")
            try:
                shutil.copyfile(source, copy)
                fault = self._fault(model, file, copy)
                if fault:
                    raise ModelUnavailable(f"models import: {fault} while copying")
                self._pin(model, file, copy)
                copy.replace(place)
            finally:
                copy.unlink(missing_ok=True)

    def _search(self, folder: Path) -> tuple[dict[str, dict[str, Path]], Names]:
        """Files of the registry under folder by model and file name; and what was refused, in words."""
        wanted = [(model, file) for model in self._models.values() for file in model.files]
        found: dict[str, dict[str, Path]] = {}
        faults: dict[Path, str] = {}
        matched: set[Path] = set()
        for path in _files_under(folder):
            size = path.stat().st_size
            for model, file in wanted:
                named = path.name == file.name
                if not named and (file.sha256 is None or size != file.size):
                    continue
                fault = self._fault(model, file, path)
                if fault is None:
                    found.setdefault(model.name, {}).setdefault(file.name, path)
                    matched.add(path)
                elif named:
                    faults.setdefault(path, fault)
        return found, sorted({fault for path, fault in faults.items() if path not in matched})

    def _pins(self) -> dict[str, dict[str, Any]]:
        try:
            pins = json.loads((self.folder / _PINS).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ModelUnavailable(f"{_PINS}: expected readable JSON in {self.folder}, got {error}") from error
        return pins if isinstance(pins, dict) else {}

    def _pin(self, model: Model, file: ModelFile, path: Path) -> None:
        """Keep the sum of a file that has no published one, so that it cannot change unseen afterwards."""
        if file.sha256 is not None:
            return
        with self._lock, _locked(self.folder):
            pins = self._pins()
            pins[self._key(model, file)] = {
                "sha256": _sums(path, {"sha256"})["sha256"],
                "size": path.stat().st_size,
            }
            copy = self.folder / (_PINS + ".copy")
            copy.write_text(json.dumps(pins, indent=1, sort_keys=True), "utf-8")
            copy.replace(self.folder / _PINS)


def default_folder() -> Path:
    """SIGHTLINE_MODELS, else the place the platform keeps caches of users in."""
    if os.environ.get("SIGHTLINE_MODELS"):
        return Path(os.environ["SIGHTLINE_MODELS"])
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "sightline" / "models"


def _tagged(sha256: str | None) -> str | None:
    return None if sha256 is None else f"sha256:{sha256}"


def _sums(path: Path, algorithms: set[str]) -> dict[str, str]:
    sums = {algorithm: hashlib.new(algorithm) for algorithm in algorithms}
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            for sum_ in sums.values():
                sum_.update(chunk)
    return {algorithm: sum_.hexdigest() for algorithm, sum_ in sums.items()}


def _files_under(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            if path.is_file():
                yield path


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Turn a full disk or a forbidden folder into one clear sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelUnavailable(f"model folder {folder}: expected room for the files, got a full disk") from error
        raise ModelUnavailable(f"model folder {folder}: expected to write there, got {error.strerror}") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time in a model's folder; released by the system if the process dies."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
