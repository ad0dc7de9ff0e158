"""The queue of one page: bounded whatever comes, newest wins, boxes stay with their picture."""

import threading

import pytest

from sightline.api.messages import WINDOW
from sightline.api.outbox import OVERLAYS, Outbox
from sightline.core.events import LineCrossed
from sightline.pipeline.ports import CameraStatus, Overlay, Picture


@pytest.fixture
def box():
    wakes = []
    outbox = Outbox(lambda: wakes.append(1), events=5)
    outbox.wakes = wakes
    outbox.want(frozenset({"gate", "yard"}))
    return outbox


def drain(box):
    taken = []
    while (update := box.take()) is not None:
        taken.append(update)
    return taken


def crossing(n):
    return LineCrossed("gate", n, "north", "forward", n, "car", 0.9)


def test_newest_picture_of_each_camera_wins(box, make):
    for index in range(1, 50):
        box.add(make.picture("gate", index))
    box.add(make.picture("yard", 7))
    assert [(p.camera, p.index) for p in drain(box)] == [("gate", 49), ("yard", 7)]
    assert box.take_dropped() == {"picture": 48}
    assert box.take_dropped() == {}


def test_never_more_than_fits(box, make):
    for index in range(1, 500):
        box.add(make.picture("gate", index))
        box.add(make.overlay("gate", index))
        box.add(make.status("gate"))
        box.add(crossing(index))
        assert len(box) <= 1 + OVERLAYS + 1 + 5
    kinds = [type(update) for update in drain(box)]
    assert kinds == [CameraStatus] + [LineCrossed] * 5 + [Overlay] * OVERLAYS + [Picture]
    assert box.take_dropped() == {"picture": 498, "overlay": 499 - OVERLAYS, "event": 494}


def test_newest_events_stay_in_order(box):
    for n in range(9):
        box.add(crossing(n))
    assert [event.track_id for event in drain(box)] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("picture_first", [True, False])
def test_overlay_of_the_waiting_picture_is_kept(box, make, picture_first):
    pair = [make.picture("gate", 1), make.overlay("gate", 1)]
    for update in pair if picture_first else reversed(pair):
        box.add(update)
    for index in range(2, 40):
        box.add(make.overlay("gate", index))
    taken = drain(box)
    assert taken[0].index == 1, "the boxes that belong to the waiting picture"
    assert taken[-1].index == 1
    assert [o.index for o in taken[1:-1]] == list(range(40 - OVERLAYS + 1, 40))


def test_cameras_take_turns(box, make):
    for index in (1, 2, 3):
        box.add(make.overlay("gate", index))
        box.add(make.overlay("yard", index))
    assert [update.camera for update in drain(box)] == ["gate", "yard"] * 3


def test_one_wake_until_all_is_taken(box, make):
    box.add(make.picture("gate", 1))
    box.add(make.picture("gate", 2))
    box.add(crossing(1))
    assert len(box.wakes) == 1
    drain(box)
    box.add(crossing(2))
    assert len(box.wakes) == 2


def test_what_is_not_wanted_is_not_kept(box, make):
    box.add(make.picture("gate", 1))
    box.add(make.overlay("gate", 1))
    box.want(frozenset({"yard"}))
    box.add(make.picture("gate", 2))
    assert drain(box) == []


def test_acks_open_the_window(box, make):
    box.ack("gate")  # says that this client acknowledges
    for index in range(1, WINDOW + 1):
        box.add(make.picture("gate", index))
        assert len(drain(box)) == 1
    box.add(make.picture("gate", 9))
    assert drain(box) == []
    woken = len(box.wakes)
    box.add(make.picture("yard", 1))
    assert [p.camera for p in drain(box)] == ["yard"], "a full window of one camera does not hold up another"
    box.ack("gate")
    assert len(box.wakes) > woken
    assert [p.index for p in drain(box)] == [9]


def test_without_acks_only_the_line_limits(box, make):
    for index in range(20):
        box.add(make.picture("gate", index))
        assert len(drain(box)) == 1


def test_closed_takes_nothing(box, make):
    box.add(make.picture("gate", 1))
    box.close()
    box.add(make.picture("gate", 2))
    assert drain(box) == []


def test_many_threads(box, make):
    def work(camera):
        for index in range(1, 2001):
            box.add(make.overlay(camera, index))
            box.add(make.picture(camera, index))

    threads = [threading.Thread(target=work, args=(camera,)) for camera in ("gate", "yard")]
    for thread in threads:
        thread.start()
    taken = []
    while any(thread.is_alive() for thread in threads):
        taken.extend(drain(box))
    for thread in threads:
        thread.join()
    taken.extend(drain(box))
    for camera in ("gate", "yard"):
        indices = [u.index for u in taken if isinstance(u, Picture) and u.camera == camera]
        assert indices == sorted(set(indices)), "in order, none twice"
        assert indices[-1] == 2000, "the newest is never lost"
