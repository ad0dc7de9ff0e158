"""The comparison of trackers: what goes to the library, means, leads and pictures, on played answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.bench import tracking_quality
from sightline.bench.opponents import SCORES, sampled_cases
from sightline.bench.own_tracks import averaged, follow, scores
from sightline.bench.tracking_cases import Case
from sightline.bench.tracking_pictures import draw, panel
from sightline.bench.tracking_quality import jobs, lead
from sightline.formats.mot import table

PERSON = 107


def walking(name: str, *, group: str = "people", frames: int = 60) -> Case:
    """Two people who walk down side by side, found in every frame, at 10 fps."""
    numbers = np.repeat(np.arange(1, frames + 1), 2)
    which = np.tile(np.arange(2), frames)
    left, top = 200.0 * which + 50, 20 + 1.0 * numbers
    boxes = np.stack([left, top, left + 30, top + 80], axis=1)
    ones, kinds = np.ones(len(numbers)), np.full(len(numbers), PERSON)
    found = table(numbers, np.full(len(numbers), -1), boxes, 0.9 * ones, kinds)
    return Case(name, group, 10.0, frames, (640, 360), found, table(numbers, which, boxes, ones, kinds, ones))


def all_of(value: float) -> dict[str, float]:
    """The same for every score."""
    return dict.fromkeys(SCORES, value)


def played(cases: Sequence[Case], rates: Sequence[float | None], python: Path, **_: Any) -> dict[str, Any]:
    """Answers of a library with two trackers, one of them better when tuned, best in hindsight."""
    tables = {
        tracker: {
            variant: {case.name: all_of(value) for case in cases}
            for variant, value in (("default", base), ("tuned", base + 5), ("hindsight", 99.0))
        }
        for tracker, base in (("SORT", 30.0), ("ByteTrack", 40.0))
    }
    keys = ["full" if rate is None else f"{rate:g}" for rate in rates]
    about = {case.name: {"group": case.group, "samples": 60, "judged": True} for case in cases}
    return {"rates": dict.fromkeys(keys, tables), "samples": dict.fromkeys(keys, about), "versions": {"trackers": "0"}}


@pytest.mark.parametrize("rate", [pytest.param(None, id="every frame"), pytest.param(5.0, id="every second")])
def test_people_who_walk_apart_are_followed_from_their_first_frame(rate: float | None) -> None:
    (one,) = sampled_cases([walking("a")], rate)
    rows = follow(one)
    assert sorted(set(rows.frames.tolist())) == one.frames.tolist()
    assert len(set(rows.ids.tolist())) == 2
    values = scores(one)
    assert values["online"]["MOTA"] == 100
    assert values["online"]["IDSW"] == 0
    assert values["smoothed"]["MOTA"] > 95  # of every frame: the last ones after the last sample are not filled


def test_a_case_without_detections_scores_nothing() -> None:
    case = walking("a")
    nobody = Case("b", "people", 10.0, 60, (640, 360), case.detections.keep(np.zeros(120, np.bool_)), case.truth)
    (one,) = sampled_cases([nobody], None)
    assert len(follow(one).frames) == 0
    assert scores(one)["online"]["HOTA"] == scores(one)["smoothed"]["HOTA"] == 0


@pytest.mark.parametrize(
    ("names", "tuned", "wanted"),
    [
        pytest.param(["pets"], False, [(("pets",), (None, 3.5, 2.33), False)], id="not asked to"),
        pytest.param(
            ["mot15", "pets"],
            True,
            [
                (("mot15",), (None, 5.0), False),
                (("mot15", "pets"), (3.0, 2.0), True),
                (("pets",), (None,), False),
                (("mot15", "pets"), (3.5, 2.33), True),
            ],
            id="re-tuned on each other",
        ),
        pytest.param(
            ["vehicles"],
            True,
            [(("vehicles",), (None, 5.0, 1.0), False), (("vehicles",), (3.0, 2.0), True)],
            id="among themselves",
        ),
    ],
)
def test_jobs_of_the_library(names: list[str], tuned: bool, wanted: object) -> None:
    assert jobs(names, tuned=tuned) == wanted


def test_the_lead_is_over_the_strongest_fair_variant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tracking_quality, "opponents", played)
    said: list[str] = []
    sets = {"mot15": [walking("a", group="mot15"), walking("b", group="mot15", frames=30)]}
    values = tracking_quality.tracking_quality(sets, tmp_path / "python", tuned=True, say=said.append)
    assert values["library"] == {"trackers": "0"}
    assert said[0].startswith("library trackers on mot15 at full, 5")
    rates = values["sets"]["mot15"]
    assert list(rates) == ["full", "5", "3", "2"]
    ahead = rates["full"]["lead"]
    assert ahead["over"] == "ByteTrack tuned"
    assert ahead["HOTA"] == pytest.approx(rates["full"]["sightline"]["online"]["mean"]["HOTA"] - 45, abs=0.01)
    assert ahead["behind"] == 0
    assert ahead["cases"] == 2
    assert rates["full"]["library"]["SORT"]["default"]["cases"] == {"a": 30.0, "b": 30.0}


def test_cases_with_few_samples_are_reported_but_not_judged() -> None:
    sets = {"mot15": [walking("long", group="mot15", frames=120), walking("short", group="mot15", frames=30)]}
    values = tracking_quality.tracking_quality(sets, None, tuned=True, say=lambda _: None)
    assert values["library"] is None
    slow = values["sets"]["mot15"]["2"]
    assert slow["samples"] == {"long": {"frames": 24, "judged": True}, "short": {"frames": 6, "judged": False}}
    assert set(slow["sightline"]["online"]["cases"]) == {"long", "short"}
    assert slow["sightline"]["online"]["mean"] == slow["sightline"]["online"]["cases"]["long"]
    assert "lead" not in slow


def test_lead_names_the_worst_case() -> None:
    tables = {
        "SORT": {"default": {"a": all_of(50.0), "b": all_of(20.0)}, "hindsight": {"a": all_of(90.0), "b": all_of(90.0)}}
    }
    ours = {"mean": all_of(42.0), "cases": {"a": all_of(44.0), "b": all_of(40.0)}}
    ahead = lead(ours, {"SORT": {"default": all_of(35.0), "hindsight": all_of(90.0)}}, tables, ["a", "b"])
    assert ahead["HOTA"] == 7.0
    assert ahead["worst"] == {"case": "a", "over": "SORT default", "HOTA": -6.0}
    assert (ahead["behind"], ahead["cases"]) == (1, 2)


def test_averages_are_over_the_cases_named() -> None:
    by_case = {"a": all_of(10.0), "b": all_of(20.0), "c": all_of(99.0)}
    assert averaged(by_case, ["a", "b"]) == all_of(15.0)
    assert averaged(by_case, []) == {}


def rate(ours: float | None, **library: float) -> dict[str, Any]:
    """What a set holds of a rate, as far as pictures ask."""
    variants = {
        tracker: {"default": {"mean": all_of(value)}, "hindsight": {"mean": all_of(99.0)}}
        for tracker, value in library.items()
    }
    return {"sightline": {"online": {"mean": all_of(ours) if ours is not None else {}}}, "library": variants}


def test_a_panel_goes_from_the_slowest_rate_and_leaves_out_hindsight() -> None:
    shown = panel({"full": rate(50.0, SORT=40.0), "5": rate(45.0, SORT=30.0), "1": rate(None)}, "mot15", "MOT15")
    assert shown == ("MOT15", ["5", "all"], {"Sightline": [45.0, 50.0], "SORT": [30.0, 40.0]})


def test_pictures_are_drawn_of_the_sets_there_are(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    values = {"sets": {"vehicles": {"full": rate(50.0, SORT=40.0), "2": rate(45.0, SORT=30.0)}}}
    (path,) = draw(values, tmp_path)
    assert path.name == "tracking-vehicles.png"
    assert path.read_bytes().startswith(b"\x89PNG")
