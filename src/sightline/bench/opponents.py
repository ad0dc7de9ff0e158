"""The library's trackers on Sightline's cases: SORT, ByteTrack, OC-SORT, BoT-SORT and C-BIoU of the package
``trackers`` (Apache-2.0) at several rates, with their defaults and re-tuned, scored as Sightline's own tracker is.

The library gets the rate as ``frame_rate`` (it counts lost time in frames of 30 fps and scales it, so its defaults stay
seconds), the same detections with the same scores, and no pictures (BoT-SORT without camera motion). It answers with
the boxes of detections, and gives the first hits of a track no id, which Sightline tells once the track is confirmed:
"default" is what the library answers, "default told" and all else have those first hits, too; "default every score" is
given the faintest detections as well.

Re-tuned arguments are chosen leave-one-case-out, by the mean HOTA on the other cases of the group, axis by axis (see
``retune``). "hindsight" is the best that any trial reached on the case itself: no fair score, but a bound on what the
search may have missed.
"""

import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

import numpy as np

from sightline.bench.library_process import Answer, LibraryProcess
from sightline.bench.retune import BY_GROUP, DEFAULTS, LEAST_SCORE, USAGE, Trial, descend
from sightline.bench.tracking_cases import Case
from sightline.core.sampling import is_sampled
from sightline.core.values import I64
from sightline.core.vocabulary import CLASSES, CODE, TWO_WHEELERS, VEHICLES
from sightline.evaluate import evaluate
from sightline.formats.mot import MotTable, table
from sightline.formats.mot_truth import FIRST_CLASS

TRACKERS: Final = tuple(DEFAULTS)
SCORES: Final = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW")
FULL: Final = "full"
HINDSIGHT: Final = "hindsight"
FEWEST_SAMPLES: Final = 20  # a case with fewer is reported, not judged
_ALWAYS: Final[Mapping[str, Mapping[str, bool]]] = {"BoT-SORT": {"enable_cmc": False}}
_KIN: Final = ("people", "pets", "mot15")  # groups of the same road users: a group of one case is tuned on the others
_PROCESSES: Final = 2
_PERSON: Final = FIRST_CLASS + CODE["pedestrian"]
_CLASS_GROUP: Final = np.array([0 if n in VEHICLES else 1 if n in TWO_WHEELERS else 2 for n in CLASSES], np.int64)

Scores = dict[str, float]
Progress = Callable[[int, int], None]  # runs done, runs known to be needed so far


class Sampled(NamedTuple):
    """A case at a rate: the key of its columns, the case, fps told to the library, frames analysed (n,), detections and
    truth on these frames."""

    key: str
    case: Case
    fps: float
    frames: I64
    detections: MotTable
    truth: MotTable

    @property
    def judged(self) -> bool:
        """Whether it has samples enough to be judged by."""
        return len(self.frames) >= FEWEST_SAMPLES


class Run(NamedTuple):
    """What is scored: key of a sampled case, trial, whether first hits told later count."""

    key: str
    trial: Trial
    told: bool


def sampled(frames: int, fps: float, rate: float | None) -> I64:
    """Frame numbers (n,) analysed at a rate: 1, 1 + fps / rate, ..., rounded half to even; all where rate is None."""
    numbers = np.arange(1, frames + 1)
    return numbers if rate is None else numbers[is_sampled(numbers, max(1.0, fps / rate))]


def opponents(
    cases: Sequence[Case], rates: Sequence[float | None], python: Path, *, tuned: bool, progress: Progress
) -> dict[str, Any]:
    """Scores of the library's trackers on cases at rates in fps; None = each case's own, and a case whose own is lower
    than a rate is left out there.

    ``rates``: rate -> tracker -> "default", "default told", "default every score", "tuned", "hindsight" -> case ->
    HOTA, DetA, AssA, IDF1, MOTA (percent), IDSW. ``chosen``: rate -> tracker -> case -> arguments. ``samples``: rate ->
    case -> group, samples, judged. ``versions`` of the packages. What is re-tuned only where tuned. python: an
    interpreter that has the packages, SourceUnavailable where not; ValueError for two cases of one name.
    """
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise ValueError(f"cases: expected different names, got {sorted(names)}")
    parts = {FULL if rate is None else f"{rate:g}": sampled_cases(cases, rate) for rate in rates}
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        everything = [one for part in parts.values() for one in part]
        for one in everything:
            _lay_down(Path(scratch), one)
        many = min(_PROCESSES, os.cpu_count() or 1)
        processes = [stack.enter_context(LibraryProcess(python, Path(scratch))) for _ in range(many)]
        crew = Crew(processes, everything, progress)
        crew.run(Run(one.key, *usual) for one in everything for t in TRACKERS for usual in _usual(t).values())
        chosen = {rate: {t: _retuned(crew, part, t) for t in TRACKERS} if tuned else {} for rate, part in parts.items()}
    return {
        "rates": {rate: _tables(crew.scores, part, chosen[rate]) for rate, part in parts.items()},
        "chosen": {rate: _said(part, chosen[rate]) for rate, part in parts.items()},
        "samples": {rate: {one.case.name: _about(one) for one in part} for rate, part in parts.items()},
        "versions": crew.versions,
    }


def means(answer: Mapping[str, Any], rate: str, cases: Collection[str] | None = None) -> dict[str, dict[str, Scores]]:
    """Tracker -> variant -> scores averaged over the judged cases of a rate, or those of them that are named.

    answer: what ``opponents`` gave. Empty where no case is judged.
    """
    about = answer["samples"][rate]
    names = [name for name, one in about.items() if one["judged"] and (cases is None or name in cases)]
    if not names:
        return {}
    return {
        tracker: {
            variant: {key: round(sum(by_case[name][key] for name in names) / len(names), 3) for key in SCORES}
            for variant, by_case in variants.items()
        }
        for tracker, variants in answer["rates"][rate].items()
    }


def strongest(averages: Mapping[str, Mapping[str, Scores]]) -> tuple[str, str]:
    """Tracker and variant with the highest mean HOTA of ``means``, hindsight aside; ValueError where it is empty."""
    fair = [(tracker, variant) for tracker, part in averages.items() for variant in part if variant != HINDSIGHT]
    return max(fair, key=lambda place: averages[place[0]][place[1]]["HOTA"])


class Crew:
    """Library processes that share the runs, and the scores of every run made."""

    def __init__(self, processes: Sequence[LibraryProcess], cases: Iterable[Sampled], progress: Progress) -> None:
        self.versions = processes[0].versions
        self.scores: dict[Run, Scores] = {}
        self._progress = progress
        self._cases = {one.key: one for one in cases}
        self._idle: SimpleQueue[LibraryProcess] = SimpleQueue()
        for process in processes:
            self._idle.put(process)
        self._many = len(processes)

    def run(self, runs: Iterable[Run]) -> None:
        """Make the scores of these runs known; those of a trial with and without first hits need one run of it."""
        missing: dict[tuple[str, Trial], list[bool]] = {}
        for one in dict.fromkeys(runs):
            if one not in self.scores:
                missing.setdefault((one.key, one.trial), []).append(one.told)
        with ThreadPoolExecutor(self._many) as pool:
            jobs = [pool.submit(self._one, key, trial, told) for (key, trial), told in missing.items()]
            try:
                for done in as_completed(jobs):
                    self.scores |= done.result()
                    self._progress(len(self.scores), len(self.scores) + sum(not job.done() for job in jobs))
            finally:  # after a failure nobody needs the rest
                pool.shutdown(cancel_futures=True)

    def _one(self, key: str, trial: Trial, told: Sequence[bool]) -> dict[Run, Scores]:
        case = self._cases[key]
        said = {**_ALWAYS.get(trial.tracker, {}), **USAGE[trial.tracker], **dict(trial.options), "frame_rate": case.fps}
        usage = {name: said.pop(name) for name in (BY_GROUP, LEAST_SCORE)}
        process = self._idle.get()
        try:
            answer = process.ask({"samples": key, "tracker": trial.tracker, "options": said, **usage})
        finally:
            self._idle.put(process)
        return {Run(key, trial, late): _scores(case, answer, late=late) for late in told}


def sampled_cases(cases: Sequence[Case], rate: float | None) -> list[Sampled]:
    """The cases at a rate (fps; None = each one's own), without those that are slower."""
    answer = []
    for number, case in enumerate(cases):
        if rate is None or rate <= case.fps:
            frames = sampled(case.frames, case.fps, rate)
            found, truth = (rows.keep(np.isin(rows.frames, frames)) for rows in (case.detections, case.truth))
            answer.append(Sampled(f"{number}-{rate or 0:g}", case, rate or case.fps, frames, found, truth))
    return answer


def _lay_down(folder: Path, one: Sampled) -> None:
    """Write the columns as ``library_tracks`` reads them."""
    rows = one.detections
    codes = np.clip(rows.classes - FIRST_CLASS, 0, len(CLASSES) - 1)
    first = np.append(np.searchsorted(rows.frames, one.frames), len(rows))
    np.savez(
        folder / f"{one.key}.npz", first=first, boxes=rows.boxes_px, scores=rows.confidences, groups=_CLASS_GROUP[codes]
    )


def _scores(one: Sampled, answer: Answer, *, late: bool) -> Scores:
    """Scores of an answer on the frames analysed, with its late rows or without."""
    keep = np.full(len(answer.rows), True) if late else ~answer.late
    rows, ids = answer.rows[keep], answer.ids[keep]
    if not (one.truth.classes >= FIRST_CLASS).any():  # truth without our classes: people only
        people = one.detections.classes[rows] == _PERSON
        rows, ids = rows[people], ids[people]
    found = one.detections
    values = evaluate(one.truth, table(found.frames[rows], ids, found.boxes_px[rows], found.confidences[rows]))
    return {name: round(float(values[name]), 3) for name in SCORES}


def pools(part: Sequence[Sampled]) -> dict[str, list[str]]:
    """Key of each case -> keys of the cases that decide on its arguments: the other judged ones of its group; where
    there are none, the judged ones of its kin; never the case itself, nor what was drawn over the same truth."""
    answer = {}
    for one in part:
        others = [other for other in part if other.judged and not _same_place(one.case, other.case)]
        group = [other.key for other in others if other.case.group == one.case.group]
        kin = [other.key for other in others if other.case.group in _KIN and one.case.group in _KIN]
        answer[one.key] = group or kin
    return answer


def _same_place(one: Case, other: Case) -> bool:
    """Whether two cases show the same road users: names of variants begin with that of the original."""
    short, long = sorted((one.name, other.name), key=len)
    return long == short or long.startswith(f"{short}-")


def _retuned(crew: Crew, part: Sequence[Sampled], tracker: str) -> dict[str, Trial]:
    """Key of each case -> trial chosen on others."""
    return descend(
        tracker,
        pools(part),
        lambda wanted: crew.run(Run(key, trial, told=True) for key, trial in wanted),
        lambda key, trial: crew.scores[Run(key, trial, told=True)]["HOTA"],
    )


def _usual(tracker: str) -> dict[str, tuple[Trial, bool]]:
    """Variant -> trial that is not re-tuned, and whether first hits told later count."""
    plain = Trial(tracker)
    every = plain.changed({LEAST_SCORE: 0.0})
    return {"default": (plain, False), "default told": (plain, True), "default every score": (every, True)}


def _tables(
    scores: Mapping[Run, Scores], part: Sequence[Sampled], chosen: Mapping[str, Mapping[str, Trial]]
) -> dict[str, dict[str, dict[str, Scores]]]:
    """Tracker -> variant -> case -> scores."""
    best: dict[tuple[str, str], Scores] = {}
    for run, values in scores.items():
        place = (run.key, run.trial.tracker)
        if place not in best or values["HOTA"] > best[place]["HOTA"]:
            best[place] = values
    answer = {}
    for tracker in TRACKERS:
        answer[tracker] = {
            variant: {one.case.name: scores[Run(one.key, *usual)] for one in part}
            for variant, usual in _usual(tracker).items()
        }
        if tracker in chosen:
            mine = chosen[tracker]
            answer[tracker]["tuned"] = {one.case.name: scores[Run(one.key, mine[one.key], told=True)] for one in part}
            answer[tracker][HINDSIGHT] = {one.case.name: best[one.key, tracker] for one in part}
    return answer


def _said(part: Sequence[Sampled], chosen: Mapping[str, Mapping[str, Trial]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Tracker -> case -> the arguments chosen, and by_group where each group of classes has its tracker."""
    return {tracker: {one.case.name: dict(mine[one.key].options) for one in part} for tracker, mine in chosen.items()}


def _about(one: Sampled) -> dict[str, Any]:
    return {"group": one.case.group, "samples": len(one.frames), "judged": one.judged}
