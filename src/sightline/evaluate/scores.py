"""The scores of tracking results against truth, of one sequence or many."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from sightline.core.errors import BadData
from sightline.evaluate.clear import ClearSums, clear_sums
from sightline.evaluate.hota import HotaSums, hota_sums
from sightline.evaluate.identity import IdentitySums, identity_sums
from sightline.evaluate.pairs import Convention, pair
from sightline.formats.mot import MotTable, read_mot


@dataclass(frozen=True, slots=True)
class _Sums:
    """Everything that is added over sequences before shares are taken (as TrackEval combines)."""

    hota: HotaSums
    clear: ClearSums
    identity: IdentitySums
    truth_ids: int
    found_ids: int
    miscounted: int

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.hota + other.hota,
            self.clear + other.clear,
            self.identity + other.identity,
            self.truth_ids + other.truth_ids,
            self.found_ids + other.found_ids,
            self.miscounted + other.miscounted,
        )

    def scores(self) -> dict[str, Any]:
        return {
            **self.hota.scores(),
            **self.identity.scores(),
            **self.clear.scores(),
            "count_error": 100.0 * self.miscounted / max(1, self.truth_ids),
            "GT_IDs": self.truth_ids,
            "IDs": self.found_ids,
        }


def evaluate(truth: MotTable, prediction: MotTable, *, convention: Convention = "auto") -> dict[str, Any]:
    """Scores of one sequence under TrackEval's names.

    HOTA, DetA, AssA, LocA, IDF1, IDP, IDR, MOTA, MOTP in percent; IDSW, FP, FN as counts; GT_IDs and IDs: objects in
    truth and results; count_error: how far these two are apart, percent of the truth (over sequences the differences
    are added, so that too many here never hide too few there). BadData as ``pairs.pair``.
    """
    return _sums(truth, prediction, convention).scores()


def evaluate_sequences(
    sequences: Mapping[str, tuple[MotTable, MotTable]], *, convention: Convention = "auto"
) -> dict[str, Any]:
    """Scores over all sequences (name -> truth, prediction), and of each under ``sequences``."""
    sums = {name: _sums(truth, found, convention) for name, (truth, found) in sequences.items()}
    if not sums:
        raise BadData("sequences: expected at least one, got none")
    total = reduce(add, sums.values())
    return total.scores() | {"sequences": {name: part.scores() for name, part in sums.items()}}


def evaluate_paths(truth: Path, prediction: Path, *, convention: Convention = "auto") -> dict[str, Any]:
    """Scores of files, or of folders with one sequence per name.

    A folder of truth holds ``<name>/gt/gt.txt`` (MOTChallenge), ``<name>/gt.txt`` or ``<name>.txt``; one of predictions
    ``<name>.txt``, or the same layouts. With a folder against a file, the folder must hold the one sequence. BadData
    for a sequence without prediction; predictions without truth are left out.
    """
    if truth.is_dir() and prediction.is_dir():
        names = _sequences(truth)
        if not names:
            raise BadData(f"{truth}: expected <name>/gt/gt.txt or <name>.txt, got neither")
        found = _sequences(prediction)
        missing = [name for name in names if name not in found]
        if missing:
            raise BadData(f"{prediction}: expected {missing[0]}.txt, got no such file")
        tables = {name: (read_mot(path), read_mot(found[name])) for name, path in names.items()}
        return evaluate_sequences(tables, convention=convention)
    return evaluate(read_mot(_only(truth)), read_mot(_only(prediction)), convention=convention)


def _sums(truth: MotTable, prediction: MotTable, convention: Convention) -> _Sums:
    sequence = pair(truth, prediction, convention)
    truth_ids, found_ids = len(sequence.truth_counts), len(sequence.found_counts)
    return _Sums(
        hota_sums(sequence),
        clear_sums(sequence),
        identity_sums(sequence),
        truth_ids,
        found_ids,
        abs(found_ids - truth_ids),
    )


def _sequences(folder: Path) -> dict[str, Path]:
    """Name -> file of every sequence in a folder, by name."""
    files = {path.stem: path for path in folder.glob("*.txt")}
    for layout in ("*/gt.txt", "*/gt/gt.txt"):
        for path in folder.glob(layout):
            files[path.relative_to(folder).parts[0]] = path
    # A folder in MOTChallenge's own layout of one sequence: seqinfo.ini beside gt/.
    if (folder / "gt" / "gt.txt").is_file():
        files = {folder.name: folder / "gt" / "gt.txt"}
    return dict(sorted(files.items()))


def _only(path: Path) -> Path:
    if not path.is_dir():
        return path
    files = _sequences(path)
    if len(files) != 1:
        raise BadData(f"{path}: expected one sequence to compare with a file, got {len(files)}")
    return next(iter(files.values()))
