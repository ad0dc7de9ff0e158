"""How well our tracker follows, at full rate and at low ones, beside the library's trackers on the same detections.

Five sets: the static sequences of MOT15 with their public detections, the PETS street camera through the street model,
and people, vehicles and riders of two simulated districts whose seeds nothing was chosen on. Every tracker, ours too,
is given the rows of the set's group alone, because the library's trackers know no classes. Each set holds cases; a
case with fewer than FEWEST_SAMPLES frames at a rate is reported there but not judged: it is in no mean and no lead.

The library's trackers run as ``opponents`` says. Where TUNED names a set, they were re-tuned for the rate as well; our
own tracker has one set of constants for all rates. "lead" compares with the strongest fair variant of all.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from sightline.bench.opponents import (
    FEWEST_SAMPLES,
    FULL,
    HINDSIGHT,
    SCORES,
    Sampled,
    Scores,
    means,
    opponents,
    sampled_cases,
    strongest,
)
from sightline.bench.own_tracks import ONLINE, SMOOTHED, averaged, scores
from sightline.bench.tracking_cases import GROUPS, Case, district_cases, static_cases, street_case
from sightline.models.library import Library

DISTRICTS: Final = (21, 22)  # seeds held out: constants were chosen on 11, 12 and 13
RATES: Final[Mapping[str, tuple[float | None, ...]]] = {
    "mot15": (None, 5.0, 3.0, 2.0),
    "pets": (None, 3.5, 2.33),
    **dict.fromkeys(GROUPS, (None, 5.0, 3.0, 2.0, 1.0)),
}
# Where the library is re-tuned: a search takes minutes per set and rate, at full rates a quarter of an hour.
TUNED: Final[Mapping[str, tuple[float, ...]]] = {
    "mot15": (3.0, 2.0),
    "pets": (3.5, 2.33),
    **dict.fromkeys(GROUPS, (3.0, 2.0)),
}
KIN: Final = ("mot15", "pets")  # re-tuned on each other's cases, because PETS is only one

Say = Callable[[str], None]
Sets = Mapping[str, Sequence[Case]]
Tables = Mapping[str, Mapping[str, Mapping[str, Scores]]]  # tracker -> variant -> case -> scores


class Opposed(NamedTuple):
    """A set at a rate: its cases, and what ``opponents`` answered for that rate, None without the library."""

    name: str
    rate: float | None
    cases: Sequence[Case]
    answer: Mapping[str, Any] | None

    @property
    def key(self) -> str:
        """The rate as the answers name it."""
        return key_of(self.rate)


def key_of(rate: float | None) -> str:
    """The name of a rate in answers and results."""
    return FULL if rate is None else f"{rate:g}"


def all_sets(shared: Path) -> dict[str, list[Case]]:
    """The cases of every set, by its name. shared: folder with ``groundtruth`` and ``models``; BadData without them."""
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(Path(scratch))
        library.import_dir(shared / "models")
        pets = street_case(shared / "groundtruth" / "pets09-s2l1-first400", library)
    cameras = [case for seed in DISTRICTS for case in district_cases(seed)]
    held_out = {group: [case.only(group) for case in cameras if group in case.groups()] for group in GROUPS}
    return {"mot15": list(static_cases(shared / "groundtruth" / "mot15")), "pets": [pets], **held_out}


def tracking_quality(sets: Sets, python: Path | None, *, tuned: bool, say: Say) -> dict[str, Any]:
    """``sets``: set -> rate -> what ``compared`` answers; ``library``: versions of its packages, None without it.

    sets: of ``all_sets``, or some of them; python: an interpreter with the package ``trackers``, None = ours alone;
    tuned: whether the library is re-tuned where TUNED says so; say hears what goes on. SourceUnavailable where python
    lacks the package.
    """
    answers: dict[tuple[str, str], Mapping[str, Any]] = {}
    if python is not None:
        for names, rates, search in jobs(list(sets), tuned=tuned):
            say(f"library trackers on {' and '.join(names)} at {', '.join(map(key_of, rates))}, re-tuned: {search}")
            cases = [case for name in names for case in sets[name]]
            answer = opponents(cases, rates, python, tuned=search, progress=lambda done, known: None)
            answers |= {(name, key_of(rate)): answer for name in names for rate in rates}
    values: dict[str, Any] = {}
    for name in sets:
        say(f"Sightline's tracker on {name}")
        values[name] = {
            key_of(rate): compared(Opposed(name, rate, sets[name], answers.get((name, key_of(rate)))))
            for rate in RATES[name]
        }
    versions = next((dict(answer["versions"]) for answer in answers.values()), None)
    return {"fewest_samples": FEWEST_SAMPLES, "held_out_districts": DISTRICTS, "library": versions, "sets": values}


Job = tuple[tuple[str, ...], tuple[float | None, ...], bool]


def jobs(names: Sequence[str], *, tuned: bool) -> list[Job]:
    """Sets that go to the library together, at which rates, and whether it is re-tuned there."""
    answer: list[Job] = []
    for name in names:
        search = TUNED.get(name, ()) if tuned else ()
        plain = tuple(rate for rate in RATES[name] if rate not in search)
        together = tuple(other for other in KIN if other in names) if name in KIN else (name,)
        answer += [((name,), plain, False)] if plain else []
        answer += [(together, search, True)] if search else []
    return answer


def compared(one: Opposed) -> dict[str, Any]:
    """A set at a rate.

    ``samples``: case -> frames analysed and whether it is judged; ``sightline``: "online" (frames analysed) and
    "smoothed" (every frame of the truth), each with the ``mean`` over what is judged and its ``cases``; ``library``:
    tracker -> variant -> mean (all scores) and cases (HOTA); ``lead``, see there. The last two only with the library.
    """
    parts = sampled_cases(one.cases, one.rate)
    own = {part.case.name: scores(part) for part in parts}
    judged = [part.case.name for part in parts if part.judged]
    ours = {
        kind: {
            "mean": averaged({name: both[kind] for name, both in own.items()}, judged),
            "cases": {name: both[kind] for name, both in own.items()},
        }
        for kind in (ONLINE, SMOOTHED)
    }
    answer: dict[str, Any] = {"samples": {part.case.name: _about(part) for part in parts}, "sightline": ours}
    if one.answer is None:
        return answer
    averages = means(one.answer, one.key, [case.name for case in one.cases])
    tables = one.answer["rates"][one.key]
    answer["library"] = {
        tracker: {
            variant: {
                "mean": {key: round(x, 2) for key, x in averages.get(tracker, {}).get(variant, {}).items()},
                "cases": {name: round(by_case[name]["HOTA"], 2) for name in own},
            }
            for variant, by_case in variants.items()
        }
        for tracker, variants in tables.items()
    }
    if judged:
        answer["lead"] = lead(ours[ONLINE], averages, tables, judged)
    return answer


def _about(part: Sampled) -> dict[str, Any]:
    return {"frames": len(part.frames), "judged": part.judged}


def lead(
    ours: Mapping[str, Any], averages: Mapping[str, Mapping[str, Scores]], tables: Tables, judged: Iterable[str]
) -> dict[str, Any]:
    """How far we are ahead: ``over`` the strongest fair variant by its mean HOTA (tracker, variant), by every score
    (IDSW: fewer is better, given as counted); ``worst``: the judged case with the least difference in HOTA to the best
    fair variant of that very case; ``behind``: how many cases have a negative one, of ``cases``."""
    tracker, variant = strongest(averages)
    best = averages[tracker][variant]
    rows = []
    for name in judged:
        places = fair(tables)
        top = max(places, key=lambda place: tables[place[0]][place[1]][name]["HOTA"])
        ahead = ours["cases"][name]["HOTA"] - tables[top[0]][top[1]][name]["HOTA"]
        rows.append({"case": name, "over": " ".join(top), "HOTA": round(ahead, 2)})
    return {
        "over": f"{tracker} {variant}",
        **{key: round(ours["mean"][key] - best[key], 2) for key in SCORES},
        "worst": min(rows, key=lambda row: row["HOTA"]),
        "behind": sum(row["HOTA"] < 0 for row in rows),
        "cases": len(rows),
    }


def fair(tables: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Every tracker with every variant but the one that was chosen on the case itself."""
    return [(tracker, variant) for tracker, variants in tables.items() for variant in variants if variant != HINDSIGHT]
