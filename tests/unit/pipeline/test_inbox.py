"""The inbox: a live lane drops its oldest, a file's makes its reader wait, cameras take turns."""

import threading

import numpy as np

from sightline.core.frame import Frame
from sightline.pipeline.inbox import Inbox

PIXELS = np.zeros((4, 4, 3), np.uint8)


def frame(camera: str, index: int) -> Frame:
    return Frame(camera, index, index, PIXELS)


def taken(inbox: Inbox, most: int) -> list[tuple[str, int]]:
    return [(one.camera, one.index) for one in inbox.take(most, 0.0)]


def test_a_full_live_lane_drops_its_oldest_and_counts() -> None:
    inbox = Inbox()
    lane = inbox.lane("a", size=1, drop=True)
    for index in (1, 2, 3):
        assert lane.put(frame("a", index))
    assert taken(inbox, 4) == [("a", 3)]
    assert lane.dropped == 2


def test_a_full_file_lane_makes_its_reader_wait_and_loses_nothing() -> None:
    inbox = Inbox()
    lane = inbox.lane("a", size=2, drop=False)
    reader = threading.Thread(target=lambda: [lane.put(frame("a", index)) for index in range(50)])
    reader.start()
    got: list[int] = []
    while len(got) < 50:
        got += [one.index for one in inbox.take(4, 5.0)]
        assert len(lane) <= 2
    reader.join()
    assert got == list(range(50))


def test_a_waiting_reader_ends_when_the_lane_closes() -> None:
    inbox = Inbox()
    lane = inbox.lane("a", size=1, drop=False)
    answers: list[bool] = []
    reader = threading.Thread(target=lambda: answers.extend([lane.put(frame("a", 1)), lane.put(frame("a", 2))]))
    reader.start()
    inbox.close()
    reader.join(10)
    assert not reader.is_alive()
    assert answers[-1] is False


def test_cameras_take_turns_and_each_keeps_its_order() -> None:
    inbox = Inbox()
    for name in "abc":
        lane = inbox.lane(name, size=8, drop=False)
        for index in range(4):
            lane.put(frame(name, index))
    batch = taken(inbox, 6)
    assert sorted(name for name, _ in batch) == ["a", "a", "b", "b", "c", "c"]
    for name in "abc":
        assert [index for camera, index in batch if camera == name] == [0, 1]


def test_no_camera_starves_when_there_are_more_than_places() -> None:
    inbox = Inbox()
    lanes = {name: inbox.lane(name, size=1, drop=True) for name in "abcde"}
    seen: set[str] = set()
    for index in range(10):
        for name, lane in lanes.items():
            lane.put(frame(name, index))
        seen |= {name for name, _ in taken(inbox, 2)}
    assert seen == set("abcde")


def test_drained_means_closed_and_empty() -> None:
    inbox = Inbox()
    lane = inbox.lane("a", size=4, drop=False)
    lane.put(frame("a", 1))
    lane.close()
    assert not inbox.drained(["a"])
    assert taken(inbox, 1) == [("a", 1)]
    assert inbox.drained(["a"])
    assert not lane.put(frame("a", 2))
