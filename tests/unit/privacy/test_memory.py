"""What was found in one picture is still blurred in the next, at its moved place, and forgotten in time."""

import numpy as np
import pytest

from sightline.core.values import Tracks
from sightline.privacy.memory import CameraMemory
from sightline.privacy.regions import Regions

STEP_NS = 80_000_000


def faces(*boxes):
    return Regions.of("face", np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 5, np.float32))


def seen(memory, time_ns, tracks, found):
    memory.begin(time_ns)
    memory.remember(tracks, memory.velocities_of(tracks), Tracks.empty(), found)


def test_a_face_moves_with_its_track(objects):
    memory = CameraMemory()
    seen(memory, STEP_NS, objects(("pedestrian", (100, 100, 160, 300))), faces((120, 105, 140, 130)))
    memory.begin(2 * STEP_NS)
    again = memory.places(objects(("pedestrian", (130, 110, 190, 310))))
    left, top, right, bottom = again.boxes_px[0]
    assert left <= 150 <= 170 <= right
    assert top <= 115 <= 140 <= bottom
    assert left > 140


def test_a_face_grows_with_a_box_that_comes_nearer(objects):
    memory = CameraMemory()
    seen(memory, STEP_NS, objects(("pedestrian", (100, 100, 160, 300))), faces((120, 105, 140, 130)))
    memory.begin(2 * STEP_NS)
    again = memory.places(objects(("pedestrian", (100, 100, 220, 500))))
    assert again.boxes_px[0][2] - again.boxes_px[0][0] > 40
    assert again.cells_px[0] > 9


def test_a_face_without_a_track_stays_and_widens(objects):
    memory = CameraMemory()
    seen(memory, STEP_NS, Tracks.empty(), faces((120, 105, 140, 130)))
    widths = []
    for step in (2, 3, 4):
        memory.begin(step * STEP_NS)
        box = memory.places(Tracks.empty()).boxes_px[0]
        widths.append(float(box[2] - box[0]))
        assert (box[0] + box[2]) / 2 == pytest.approx(130)
    assert widths == sorted(widths)
    assert widths[0] > 25


def test_what_was_found_again_replaces_the_older(objects):
    memory = CameraMemory()
    tracks = objects(("pedestrian", (100, 100, 160, 300)))
    for step in range(1, 4):
        seen(memory, step * STEP_NS, tracks, faces((120, 105, 140, 130)))
    assert len(memory.found) == 1


def test_two_faces_on_one_object_are_both_kept_when_one_is_found_again(objects):
    memory = CameraMemory()
    car = objects(("car", (100, 100, 300, 250)))
    seen(memory, STEP_NS, car, faces((140, 110, 160, 130), (220, 110, 240, 130)))
    seen(memory, 2 * STEP_NS, car, faces((140, 110, 160, 130)))
    assert len(memory.places(car)) == 2


@pytest.mark.parametrize(
    ("word", "later_ns", "kept"),
    [
        ("the next picture", STEP_NS, True),
        ("half a second later", 450_000_000, True),
        ("too late", 700_000_000, False),
        ("after a gap", 5_000_000_000, False),
        ("time went back", -3_000_000_000, False),
    ],
)
def test_how_long_it_is_kept(word, later_ns, kept, objects):
    memory = CameraMemory()
    tracks = objects(("pedestrian", (100, 100, 160, 300)))
    seen(memory, 10_000_000_000, tracks, faces((120, 105, 140, 130)))
    memory.begin(10_000_000_000 + later_ns)
    assert bool(len(memory.places(tracks))) is kept, word


def test_a_track_that_ended_is_held_for_a_moment_where_it_was_going(objects):
    memory = CameraMemory()
    for step in range(1, 6):
        seen(memory, step * STEP_NS, objects(("car", (100 + 8 * step, 100, 200 + 8 * step, 180))), Regions.empty())
    memory.begin(6 * STEP_NS)
    held, speeds, ages = memory.lost(Tracks.empty(), analysed_ns=6 * STEP_NS, looked=True)
    assert len(held) == 1
    assert held.boxes_px[0][0] > 140
    assert speeds[0] == pytest.approx(100, rel=0.1)
    assert ages[0] == pytest.approx(0.08)
    memory.begin(6 * STEP_NS + 600_000_000)
    assert not len(memory.lost(Tracks.empty(), analysed_ns=0, looked=True)[0])


@pytest.mark.parametrize(
    ("word", "analysed_step", "held"),
    [("no newer analysis: still there", 1, 1), ("a newer analysis did not see it", 2, 0)],
)
def test_a_detection_without_id_is_held_until_the_next_analysis(word, analysed_step, held, objects):
    memory = CameraMemory()
    seen(memory, STEP_NS, objects(("car", (100, 100, 200, 180)), ids=[-1]), Regions.empty())
    memory.begin(2 * STEP_NS)
    rows, _, _ = memory.lost(Tracks.empty(), analysed_ns=analysed_step * STEP_NS, looked=True)
    assert len(rows) == held, word


@pytest.mark.parametrize(("looked", "held"), [(True, 0), (False, 1)])
def test_what_the_second_look_saw_is_held_until_it_looks_again(looked, held, objects):
    memory = CameraMemory()
    memory.begin(STEP_NS)
    nobody = Tracks.empty()
    look = objects(("car", (100, 100, 200, 180)), ids=[-1])
    memory.remember(nobody, np.zeros((0, 2), np.float32), look, Regions.empty())
    memory.begin(2 * STEP_NS)
    assert len(memory.lost(nobody, analysed_ns=2 * STEP_NS, looked=looked)[0]) == held


def test_it_is_bounded(objects):
    memory = CameraMemory()
    for step in range(1, 40):
        rows = objects(*[("car", (x, 10, x + 50, 60)) for x in range(0, 400, 10)], ids=[-1] * 40)
        seen(memory, step * 1_000_000, rows, faces(*[(x, 10, x + 8, 20) for x in range(0, 4000, 20)]))
    assert len(memory.ids) <= 512
    assert len(memory.found) <= 256
    assert len({len(memory.ids), len(memory.boxes), len(memory.scores), len(memory.looked), len(memory.seen_ns)}) == 1
