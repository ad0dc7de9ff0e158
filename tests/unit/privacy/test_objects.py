"""Objects of one picture from analysis, memory and second look."""

import numpy as np
import pytest

from sightline.core.values import Tracks
from sightline.core.vocabulary import CLASSES
from sightline.privacy.objects import gathered

NOTHING_LOST = (Tracks.empty(), np.zeros(0, np.float32), np.zeros(0, np.float32))
CAR = (100, 100, 300, 250)


def test_a_predicted_place_has_a_margin_until_the_second_look_confirms_it(objects):
    tracks, speeds = objects(("car", CAR)), np.full(1, 50, np.float32)
    alone = gathered(tracks, speeds, 0.3, NOTHING_LOST, Tracks.empty())
    confirmed = gathered(tracks, speeds, 0.3, NOTHING_LOST, objects(("car", (110, 100, 310, 250)), ids=[-1]))
    assert alone.margins_px[0] > 0
    assert confirmed.margins_px.tolist() == [0, 0]
    assert len(confirmed.rows) == 2


def test_a_person_is_not_confirmed_by_a_car(objects):
    tracks = objects(("pedestrian", CAR))
    both = gathered(tracks, np.zeros(1, np.float32), 0.3, NOTHING_LOST, objects(("car", CAR), ids=[-1]))
    assert both.margins_px[0] > 0


def test_what_was_lost_is_dropped_once_it_is_seen(objects):
    lost = (objects(("car", CAR), ids=[-1]), np.zeros(1, np.float32), np.full(1, 0.2, np.float32))
    nobody = Tracks.empty()
    assert len(gathered(nobody, np.zeros(0, np.float32), 0.2, lost, nobody).rows) == 1
    seen = gathered(nobody, np.zeros(0, np.float32), 0.2, lost, objects(("car", CAR), ids=[-1]))
    assert len(seen.rows) == 1
    assert seen.margins_px.tolist() == [0]


@pytest.mark.parametrize(
    ("word", "mine", "theirs", "becomes"),
    [
        ("open kind takes the finer one", "vehicle", "bus", "bus"),
        ("a known kind stays", "car", "bus", "car"),
        ("a person stays one", "pedestrian", "bus", "pedestrian"),
    ],
)
def test_only_an_open_class_is_named_by_the_second_look(word, mine, theirs, becomes, objects):
    both = gathered(objects((mine, CAR)), np.zeros(1, np.float32), 0.0, NOTHING_LOST, objects((theirs, CAR), ids=[-1]))
    assert CLASSES[both.rows.labels[0]] == becomes, word
