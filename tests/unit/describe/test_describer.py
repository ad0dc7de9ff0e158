"""The describer on stand-in models: what it says, what it costs, what it forgets, what it never looks at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.config import DescribeSettings
from sightline.core.vocabulary import ATTRIBUTES, CLASSES, CODE
from sightline.describe import Describer, memory
from sightline.describe.crops import AROUND
from sightline.describe.describer import PERSON_MODEL, VEHICLE_MODEL
from sightline.models.library import Library

CAR = (100.0, 100.0, 220.0, 200.0)
PERSON = (300.0, 80.0, 360.0, 240.0)
Make = Callable[..., Any]


def run(describer: Describer, make_frame: Make, make_tracks: Make, rows: list[Any], frames: int = 20) -> None:
    for index in range(frames):
        describer.update(make_frame(index=index + 1), make_tracks(rows, age_s=index * 0.2))


def test_a_red_car_is_said_to_be_red_and_nothing_of_people(
    make_describer: Make, make_frame: Make, make_tracks: Make
) -> None:
    describer = make_describer()
    run(describer, make_frame, make_tracks, [(7, "vehicle", CAR)])
    said = describer.attributes("c", np.array([7])).named(0)
    assert said["vehicle_colour"][0] == "red"
    assert set(said) == {"vehicle_colour"}


def test_clothing_is_read_at_the_points_and_sleeves_by_the_model(
    make_describer: Make, make_frame: Make, make_tracks: Make
) -> None:
    describer = make_describer()
    run(describer, make_frame, make_tracks, [(3, "pedestrian", PERSON)])
    said = describer.attributes("c", np.array([3])).named(0)
    assert said["upper_colour"][0] == said["lower_colour"][0] == "red"
    assert said["sleeves"][0] == "long"
    assert "vehicle_colour" not in said


@pytest.mark.parametrize(
    ("label", "named", "expected"),
    [
        ("vehicle", "truck", "truck"),
        ("rider", "bicycle", "bicycle"),
        ("vehicle", "bicycle", "vehicle"),
        ("rider", "car", "rider"),
        ("pedestrian", "car", "pedestrian"),
        ("vehicle", "pedestrian", "vehicle"),
    ],
    ids=[
        "vehicle made finer",
        "rider made finer",
        "never another kind",
        "rider stays",
        "pedestrian stays",
        "no person",
    ],
)
def test_the_namer_makes_the_class_finer_but_never_another_kind(
    make_describer: Make, make_frame: Make, make_tracks: Make, make_namer: Make, label: str, named: str, expected: str
) -> None:
    describer = make_describer(make_namer(named))
    rows = [(1, label, CAR)]
    run(describer, make_frame, make_tracks, rows, frames=60)
    assert CLASSES[describer.labels("c", make_tracks(rows))[0]] == expected


def test_a_pass_names_as_many_boxes_as_its_grid_holds_and_is_paid_once(
    make_describer: Make, make_frame: Make, make_tracks: Make, make_namer: Make
) -> None:
    namer = make_namer()
    describer = make_describer(namer)
    boxes = [(i, "vehicle", (20.0 + 100 * i, 100.0, 110.0 + 100 * i, 190.0)) for i in range(6)]
    describer.update(make_frame(), make_tracks(boxes))
    assert namer.calls == [6]
    crops = 6 * 0.04 * AROUND
    assert describer.spent("c") == pytest.approx(2 * namer.cost + crops)


def test_a_detector_of_finer_classes_is_not_named_again_and_a_single_slip_does_not_show(
    make_describer: Make, make_frame: Make, make_tracks: Make, make_namer: Make
) -> None:
    namer = make_namer("truck")
    describer = make_describer(namer)
    for index in range(10):
        label = "truck" if index == 8 else "car"
        describer.update(make_frame(index=index + 1), make_tracks([(1, label, CAR)], age_s=index * 0.2))
    assert namer.calls == []
    assert CLASSES[describer.labels("c", make_tracks([(1, "truck", CAR)]))[0]] == "car"


def test_held_and_unconfirmed_rows_are_never_looked_at(
    make_describer: Make, make_frame: Make, make_tracks: Make, make_namer: Make, sessions: dict[str, Any]
) -> None:
    namer = make_namer()
    describer = make_describer(namer)
    for index in range(30):
        rows = [(1, "vehicle", CAR), (-1, "pedestrian", PERSON)]
        describer.update(make_frame(index=index + 1), make_tracks(rows, age_s=index * 0.2, held=[True, False]))
    assert [session.seen for session in sessions.values()] == [0, 0]
    assert namer.calls == []
    assert describer.nbytes("c") == 0


def test_looks_end_when_nothing_better_comes(
    make_describer: Make, make_frame: Make, make_tracks: Make, sessions: dict[str, Any]
) -> None:
    describer = make_describer(crops_per_track=4)
    run(describer, make_frame, make_tracks, [(1, "vehicle", CAR), (2, "pedestrian", PERSON)], frames=300)
    assert sessions[VEHICLE_MODEL].seen == 4
    assert sessions[PERSON_MODEL].seen == 4


def test_without_budget_nothing_is_looked_at(
    make_describer: Make, make_frame: Make, make_tracks: Make, make_namer: Make, sessions: dict[str, Any]
) -> None:
    namer = make_namer()
    describer = make_describer(namer, budget_share=0.0)
    run(describer, make_frame, make_tracks, [(1, "vehicle", CAR)])
    assert sessions[VEHICLE_MODEL].seen == 0
    assert namer.calls == []
    assert describer.spent("c") == 0


def test_missing_models_leave_everything_unknown_and_are_told(
    tmp_path: Path, make_frame: Make, make_tracks: Make
) -> None:
    describer = Describer(Library(tmp_path), DescribeSettings(), None)
    assert len(describer.notes) == 3
    assert all(note.endswith(".") or VEHICLE_MODEL in note or PERSON_MODEL in note for note in describer.notes)
    rows = [(1, "vehicle", CAR), (2, "pedestrian", PERSON)]
    run(describer, make_frame, make_tracks, rows)
    attributes = describer.attributes("c", np.array([1, 2, 99]))
    assert (attributes.values == -1).all()
    assert (attributes.probabilities == 0).all()
    assert describer.labels("c", make_tracks(rows)).tolist() == [CODE["vehicle"], CODE["pedestrian"]]


def test_forgetting_tracks_and_cameras(make_describer: Make, make_frame: Make, make_tracks: Make) -> None:
    describer = make_describer()
    rows = [(1, "vehicle", CAR), (2, "pedestrian", PERSON)]
    run(describer, make_frame, make_tracks, rows)
    both = describer.nbytes("c")
    describer.forget("c", np.array([1, 55]))
    assert describer.nbytes("c") == both / 2
    assert (describer.attributes("c", np.array([1])).values == -1).all()
    describer.forget("c")
    describer.forget("never seen", np.array([1]))
    assert describer.nbytes("c") == 0


def test_cameras_do_not_share_tracks_or_budget(make_describer: Make, make_frame: Make, make_tracks: Make) -> None:
    describer = make_describer()
    describer.update(make_frame("a"), make_tracks([(1, "vehicle", CAR)]))
    describer.update(make_frame("b", bgr=(200, 30, 30)), make_tracks([(2, "vehicle", CAR)]))
    assert describer.nbytes("a") == describer.nbytes("b")
    assert (describer.attributes("b", np.array([1])).values == -1).all()
    assert describer.spent("a") == describer.spent("b") > 0


def test_memory_is_bounded_though_nobody_forgets(
    make_describer: Make, make_frame: Make, make_tracks: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_TRACKS", 8)
    describer = make_describer()
    for track in range(50):
        describer.update(make_frame(index=track + 1), make_tracks([(track, "vehicle", CAR)]))
    assert describer.nbytes("c") == 8 * describer.memory("c", 49).nbytes
    with pytest.raises(KeyError):
        describer.memory("c", 0)


def test_no_array_of_pixels_is_kept(make_describer: Make, make_frame: Make, make_tracks: Make) -> None:
    describer = make_describer()
    run(describer, make_frame, make_tracks, [(1, "vehicle", CAR), (2, "pedestrian", PERSON)])
    kept = describer.memory("c", 1)
    arrays = [kept.heard, kept.values, kept.probabilities, kept.looks.rows, kept.looks.qualities, kept.names.rows]
    assert all(array.dtype != np.uint8 for array in arrays)
    assert all(array.base is None or array.base.dtype != np.uint8 for array in arrays)
    assert kept.nbytes < 2048


def test_what_was_seen_of_a_person_is_forgotten_when_it_turns_out_a_vehicle(
    make_describer: Make, make_frame: Make, make_tracks: Make
) -> None:
    describer = make_describer()
    run(describer, make_frame, make_tracks, [(1, "pedestrian", CAR)], frames=5)
    assert "sleeves" in describer.attributes("c", np.array([1])).named(0)
    run(describer, make_frame, make_tracks, [(1, "vehicle", CAR)], frames=60)
    assert set(describer.attributes("c", np.array([1])).named(0)) <= {"vehicle_colour"}


def test_no_tracks_no_attributes(make_describer: Make, make_frame: Make, make_tracks: Make) -> None:
    describer = make_describer()
    describer.update(make_frame(), make_tracks([]))
    assert len(describer.attributes("c", np.zeros(0, np.int64))) == 0
    assert describer.attributes("c", np.array([4])).values.shape == (1, len(ATTRIBUTES))
