"""The live WebSocket against a real server thread."""

import json
import threading

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from sightline.api import live
from sightline.api.messages import unpack_picture
from sightline.core.events import LineCrossed
from sightline.core.vocabulary import CODE
from sightline.pipeline.ports import CameraScores, Judged, Places

PATIENCE_S = 20


@pytest.fixture
def often(monkeypatch):
    """States come four times a second, so that what comes with them need not be waited for."""
    monkeypatch.setattr(live, "STATUS_EVERY_S", 0.25)


def open_live(served, query="", **options):
    return connect(f"{served.url.replace('http', 'ws')}api/v1/live{query}", open_timeout=PATIENCE_S, **options)


def next_of(socket, kind):
    """The next message of a kind: "picture" or the type of a text message."""
    while True:
        message = socket.recv(timeout=PATIENCE_S)
        if isinstance(message, bytes):
            if kind == "picture":
                return unpack_picture(message)
        elif json.loads(message)["type"] == kind:
            return json.loads(message)


@pytest.mark.usefixtures("often")
def test_hello_comes_first(served):
    with open_live(served) as socket:
        hello = json.loads(socket.recv(timeout=PATIENCE_S))
        assert hello["type"] == "hello"
        assert [camera["name"] for camera in hello["cameras"]] == ["gate", "=cmd"]
        assert [event["kind"] for event in hello["events"]] == ["line_crossed", "source_changed"]
        assert "bicycle" in hello["classes"]
        assert next_of(socket, "status")["camera"]["name"] in ("gate", "=cmd"), "states come by themselves"


def test_picture_and_overlay_carry_the_same_frame(served, ports, make):
    with open_live(served, "?pictures=gate") as socket:
        ports.wait_for(lambda: len(ports.listeners) == 1)
        picture = make.picture("gate", 12)
        ports.tell(make.overlay("gate", 12))
        ports.tell(picture)
        overlay = next_of(socket, "overlay")
        header, jpeg = next_of(socket, "picture")
        assert (overlay["index"], overlay["time_ns"]) == (header["index"], header["time_ns"]) == (12, 480_000_000)
        assert jpeg == picture.jpeg
        assert (header["camera"], header["width"], header["height"]) == ("gate", 640, 360)
        assert overlay["objects"][0]["attributes"] == {"vehicle_colour": ["white", 0.9]}


def test_subscription_changes_by_message(served, ports, make):
    with open_live(served) as socket:
        ports.wait_for(lambda: [wanted for _, wanted in ports.listeners.values()] == [()])
        socket.send(json.dumps({"pictures": ["gate", "gate"]}))
        ports.wait_for(lambda: [wanted for _, wanted in ports.listeners.values()] == [("gate",)])
        ports.tell(make.picture("gate", 1))
        assert next_of(socket, "picture")[0]["index"] == 1
        socket.send(json.dumps({"pictures": []}))
        ports.wait_for(lambda: [wanted for _, wanted in ports.listeners.values()] == [()])
    ports.wait_for(lambda: not ports.listeners)


@pytest.mark.parametrize(
    "wish",
    [
        "{",
        "[]",
        '"gate"',
        '{"pictures": "gate"}',
        '{"pictures": [1]}',
        "{}",
        '{"ack": 3}',
        '{"map": 1}',
        "[" * 5000,
        b"\x00\x01",
    ],
)
def test_senseless_messages_get_a_sentence(served, wish):
    with open_live(served) as socket:
        socket.send(wish)
        assert next_of(socket, "error")["error"].startswith("message: expected ")
        socket.send(json.dumps({"pictures": ["nowhere"]}))
        assert next_of(socket, "error")["error"] == "pictures: expected names of cameras, got 'nowhere'"


def test_message_over_the_limit_ends_the_connection(served):
    with open_live(served) as socket:
        socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            next_of(socket, "never")
        assert socket.close_code == 1009


def test_events_reach_every_page(served, ports):
    with open_live(served) as one, open_live(served) as two:
        ports.wait_for(lambda: len(ports.listeners) == 2)
        ports.tell(LineCrossed("gate", 5, "north", "backward", 8, "bus", 0.8))
        for socket in (one, two):
            event = next_of(socket, "event")["event"]
            assert (event["kind"], event["direction"], event["label"]) == ("line_crossed", "backward", "bus")


def test_one_page_too_many_is_told(served, ports):
    with open_live(served), open_live(served):
        ports.wait_for(lambda: len(ports.listeners) == 2)
        with open_live(served) as third, pytest.raises(ConnectionClosed) as closed:
            third.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd.code == 1013
        assert "at most 2 pages" in closed.value.rcvd.reason


def test_a_page_that_does_not_read_stalls_nobody(served, ports, make):
    big = 400_000
    with open_live(served, "?pictures=gate", max_queue=1) as slow, open_live(served, "?pictures=gate") as fast:
        ports.wait_for(lambda: len(ports.listeners) == 2)
        got = []

        def read():
            while len(got) == 0 or got[-1] < 200:
                got.append(next_of(fast, "picture")[0]["index"])

        reader = threading.Thread(target=read)
        reader.start()
        for index in range(1, 201):
            ports.tell(make.picture("gate", index, big))  # 80 MB in all; the slow page holds a few MB in its sockets
        reader.join(PATIENCE_S)
        assert got[-1] == 200
        assert got == sorted(got)
        late = [next_of(slow, "picture")[0]["index"]]
        while late[-1] < 200:
            late.append(next_of(slow, "picture")[0]["index"])
        assert late == sorted(set(late))
    ports.wait_for(lambda: not ports.listeners)


def test_worker_is_not_held_up_by_a_page_that_left(served, ports, make):
    with open_live(served, "?pictures=gate"):
        ports.wait_for(lambda: len(ports.listeners) == 1)
        listener = next(iter(ports.listeners.values()))[0]
    ports.wait_for(lambda: not ports.listeners)
    listener(make.picture("gate", 1))
    served.stop()
    listener(make.picture("gate", 2))


@pytest.mark.usefixtures("often")
def test_dots_come_only_when_asked_for(served, ports):
    ports.dots = Places(3, np.array([[8.65, 49.87]]), np.array([CODE["bus"]], np.int16))
    with open_live(served) as socket:
        assert next_of(socket, "status")
        assert ports.asked_for_places == 0, "nobody looks at the map"
        socket.send(json.dumps({"map": True}))
        dots = next_of(socket, "dots")
        assert dots == {"type": "dots", "time_ns": 3, "dots": [[8.65, 49.87, CODE["bus"]]]}
        ports.dots = Places(4, np.array([[8.66, 49.87]]), np.array([CODE["bus"]], np.int16))
        assert next_of(socket, "dots")["time_ns"] == 4, "what stays the same is not sent again"
        socket.send(json.dumps({"map": False}))
        socket.send(json.dumps({"pictures": ["nowhere"]}))
        next_of(socket, "error")  # by now it has heard
        ports.dots = Places(5, np.zeros((0, 2)), np.zeros(0, np.int16))
        for _ in range(2 * len(ports.states)):  # two rounds of states, longer than between two rounds of dots
            message = json.loads(socket.recv(timeout=PATIENCE_S))
            assert message["type"] == "status"


def test_scores_come_at_the_start_and_when_they_change(served, ports):
    with open_live(served) as socket:
        assert json.loads(socket.recv(timeout=PATIENCE_S))["type"] == "hello"
        ports.wait_for(lambda: len(ports.listeners) == 1)
        ports.judged = {"gate": CameraScores(61.0, 70.0)}
        ports.tell(Judged("gate"))
        assert next_of(socket, "scores")["cameras"]["gate"]["hota"] == 61.0
    with open_live(served) as socket:
        assert next_of(socket, "scores")["network"]["hota"] == 61.0
