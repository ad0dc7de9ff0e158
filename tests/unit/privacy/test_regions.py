"""Head parts, plate bands and margins: where they lie and how they grow."""

import numpy as np
import pytest

from sightline.core.vocabulary import CODE
from sightline.privacy.regions import (
    Regions,
    head_parts,
    head_sizes,
    large_enough,
    metre_px,
    motion_margin,
    person_rows,
    plate_bands,
    vehicle_rows,
    widened,
)

HEIGHT = 1080


def one(name, box):
    return np.array([box], np.float32), np.array([CODE[name]], np.int16)


@pytest.mark.parametrize(
    ("word", "name", "box", "head"),
    [
        ("whole adult: head in the top seventh", "pedestrian", (100, 100, 160, 280), (115, 100, 145, 126)),
        ("looking up out of the box", "pedestrian", (100, 100, 160, 280), (115, 92, 145, 118)),
        ("cut at the waist: the head is a third", "pedestrian", (100, 100, 200, 220), (130, 100, 170, 150)),
        ("cyclist bent forward", "bicycle", (100, 100, 220, 260), (170, 105, 210, 150)),
        ("rider upright", "motorcycle", (100, 100, 170, 240), (120, 98, 150, 130)),
    ],
)
def test_head_part_holds_the_head(word, name, box, head):
    left, top, right, bottom = head_parts(*one(name, box))[0]
    assert left <= head[0], word
    assert top <= head[1], word
    assert right >= head[2], word
    assert bottom >= head[3], word


def test_head_part_of_a_whole_person_leaves_the_legs():
    assert head_parts(*one("pedestrian", (100, 100, 160, 280)))[0][3] < 190


@pytest.mark.parametrize(
    ("word", "name", "box", "plate"),
    [
        ("car from the front", "car", (100, 300, 300, 450), (175, 405, 230, 420)),
        ("plate on the boot lid", "car", (100, 300, 300, 450), (175, 347, 230, 366)),
        ("from the side, plate at the very edge", "car", (100, 300, 400, 420), (98, 380, 110, 395)),
        ("box ends above the bumper", "car", (100, 300, 300, 450), (175, 450, 230, 465)),
        ("rear of a lorry", "truck", (100, 100, 300, 400), (180, 230, 220, 250)),
        ("low on a bus", "bus", (100, 100, 300, 400), (180, 385, 220, 396)),
        ("motorcycle from behind", "motorcycle", (100, 100, 180, 240), (120, 150, 150, 170)),
        ("kind not known", "vehicle", (100, 100, 300, 400), (180, 200, 220, 215)),
    ],
)
def test_plate_band_holds_the_plate(word, name, box, plate):
    left, top, right, bottom = plate_bands(*one(name, box), HEIGHT)[0]
    assert left <= plate[0], word
    assert top <= plate[1], word
    assert right >= plate[2], word
    assert bottom >= plate[3], word


def test_band_leaves_the_roof_and_windscreen_of_a_car():
    assert plate_bands(*one("car", (100, 300, 300, 450)), HEIGHT)[0][1] > 335


def test_band_of_a_vehicle_cut_below_reaches_the_edge():
    assert plate_bands(*one("car", (100, 700, 300, 1010)), HEIGHT)[0][3] == HEIGHT
    assert plate_bands(*one("car", (100, 300, 300, 600)), HEIGHT)[0][3] < 700


def test_band_of_a_vehicle_cut_above_starts_at_the_edge():
    assert plate_bands(*one("car", (100, 0, 300, 60)), HEIGHT)[0][1] == 0


@pytest.mark.parametrize(
    ("word", "box", "enough"),
    [
        ("a car of 20 px: nobody reads its plate", (0, 0, 20, 14), False),
        ("just under the bar", (0, 0, 39, 30), False),
        ("at the bar", (0, 0, 40, 30), True),
        ("a strip at the picture's edge", (0, 0, 5, 90), True),
    ],
)
def test_bar_from_which_a_plate_can_be_read(word, box, enough):
    assert bool(large_enough(np.array([box], np.float32), 40)[0]) is enough, word


def test_margin_grows_with_age_and_speed_and_is_nothing_for_a_fresh_place(objects):
    tracks = objects(("car", (100, 100, 300, 250)))
    still, fast = np.zeros(1, np.float32), np.full(1, 120, np.float32)
    assert motion_margin(tracks, still, 0.0)[0] == 0
    by_age = [float(motion_margin(tracks, still, age)[0]) for age in (0.05, 0.1, 0.2)]
    assert by_age == sorted(by_age)
    assert by_age[0] > 0
    assert motion_margin(tracks, fast, 0.1)[0] > motion_margin(tracks, still, 0.1)[0]


def test_margin_is_bounded_by_the_object(objects):
    tracks = objects(("car", (100, 100, 300, 250)))
    assert motion_margin(tracks, np.full(1, 1e6, np.float32), 100.0)[0] <= 200


def test_margin_of_what_was_seen_once_is_larger(objects):
    known, new = (objects(("car", (100, 100, 300, 250)), ids=[number]) for number in (1, -1))
    still = np.zeros(1, np.float32)
    assert motion_margin(new, still, 0.2)[0] > motion_margin(known, still, 0.2)[0]


def test_vehicles_err_more_than_people(objects):
    both = objects(("car", (0, 0, 100, 150)), ("pedestrian", (0, 0, 100, 170)))
    car, person = motion_margin(both, np.zeros(2, np.float32), 0.1)
    assert car > person


@pytest.mark.parametrize(
    ("name", "person", "vehicle"),
    [
        ("pedestrian", True, False),
        ("rider", True, True),
        ("bicycle", True, True),
        ("motorcycle", True, True),
        ("car", False, True),
        ("vehicle", False, True),
        ("unknown", True, True),
    ],
)
def test_who_has_a_head_and_who_a_plate(name, person, vehicle):
    label = np.array([CODE[name]], np.int16)
    assert bool(person_rows(label)[0]) is person
    assert bool(vehicle_rows(label)[0]) is vehicle


def test_a_cell_of_a_band_covers_the_characters_of_a_plate():
    # 0.15 m cells against characters 0.075 m high: the plate of a car 150 px high has characters of 7.5 px.
    assert 0.15 * metre_px(*one("car", (100, 300, 300, 450)), HEIGHT)[0] >= 2 * 7.5 * 0.99
    assert metre_px(*one("bus", (0, 100, 200, 400)), HEIGHT)[0] < metre_px(*one("car", (0, 100, 200, 400)), HEIGHT)[0]
    cut = metre_px(*one("car", (100, 0, 300, 40)), HEIGHT)[0]
    assert cut >= metre_px(*one("car", (100, 300, 300, 450)), HEIGHT)[0]


def test_head_sizes_are_a_seventh_of_a_whole_person_and_more_of_a_cut_one():
    whole, cut = head_sizes(np.array([[0, 0, 40, 200], [0, 0, 150, 150]], np.float32))
    assert 0.13 * 200 < whole < 0.2 * 200
    assert cut > 0.4 * 150


def test_regions_join_cut_and_stay_aligned():
    first = Regions.of("face", np.array([[10, 10, 20, 20]], np.float32), np.array([3.0]))
    second = Regions.of("band", np.array([[-50, -50, -10, -10], [90, 90, 200, 200]], np.float32), np.array([5.0, 7.0]))
    both = Regions.join([first, Regions.empty(), second]).within(100, 100)
    assert both.boxes_px.tolist() == [[10, 10, 20, 20], [90, 90, 100, 100]]
    assert both.cells_px.tolist() == [3, 7]
    assert len(Regions.join([])) == 0


def test_widened_adds_to_every_side():
    assert widened(np.array([[10, 20, 30, 40]], np.float32), np.array([5], np.float32)).tolist() == [[5, 15, 35, 45]]
