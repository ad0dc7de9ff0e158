"""The application of a service as a whole: health for whoever restarts it, its event stream, and the store's routes."""

import threading

import pytest

from sightline.api import turns
from sightline.api.service import Service, create_service_app
from sightline.api.store_routes import MOST_ROWS
from sightline.api.turns import TooManyQuestions, Turns
from sightline.config.doors import StreamSettings
from sightline.config.store import StoreSettings
from sightline.core.errors import BadConfig
from sightline.core.events import LineCrossed, ZoneOccupied
from sightline.sinks import EventStream
from sightline.store.engine import StoreUnavailable
from sightline.store.query import CountRow
from sightline.store.store import open_store


class Site:
    """A site of which nobody asks anything."""


@pytest.fixture
def store(people, tmp_path, clock):
    opened = open_store(StoreSettings(folder=tmp_path / "data", batch_s=0.0, busy_timeout_s=0.5), clock)
    yield opened
    opened.close(5.0)


@pytest.fixture
def stream(clock):
    return EventStream(StreamSettings(), clock)


@pytest.fixture
def whole(ports, people, store, stream, page, clock, kit):
    """whole(alive=...): somebody nobody knows at the whole application."""

    def make(**options):
        return kit.Browser(
            create_service_app(Service(ports, Site(), people, store, stream, {}, **options), page, clock)
        )

    return make


@pytest.mark.parametrize(
    ("word", "states", "status"),
    [
        ("one runs", ("running", "lost"), 200),
        ("files at their end", ("ended", "ended"), 200),
        ("none", ("lost",) * 2, 503),
    ],
)
def test_ready_for_a_prober_that_is_nobody(word, states, status, whole, ports, make):
    ports.states = {str(n): make.status(str(n), state=state) for n, state in enumerate(states)}
    assert whole().ask("GET", "/readyz").status_code == status, word


def test_health_is_that_of_the_analysis(whole):
    assert whole().ask("GET", "/healthz").status_code == 200
    hung = whole(alive=lambda: False).ask("GET", "/healthz")
    assert (hung.status_code, hung.json()) == (
        503,
        {"error": "health: expected an analysis that comes around, got one that hangs"},
    )


def test_lines_are_set_off_the_event_loop(add, browser, kit, ports):
    add("olga", kit.viewer, kit.operator)
    threads = []
    before = ports.set_lines
    ports.set_lines = lambda *wanted: (threads.append(threading.current_thread()), before(*wanted))
    assert browser("olga").ask("PUT", "/api/v1/cameras/gate/lines", json={"lines": []}).status_code == 200
    assert threads
    assert threads[0] is not threading.current_thread(), "the test's thread runs the event loop"


def test_stored_events_are_shown_as_the_live_ones(whole, add, store, kit, clock):
    add("ann", kit.viewer)
    now = clock.now_ns()
    store.put_events([LineCrossed("gate", now - 9, "a", "forward", 7, "pedestrian", 0.9)])
    store.put_events([ZoneOccupied("gate", now - 8 + n, "z", (("pedestrian", n),), 0.9) for n in (1, 2)])
    store.flush(10)
    clock.advance(1)
    ann = whole()
    ann.sign_in("ann")
    events = ann.ask("GET", "/api/v1/store/events").json()["events"]
    assert [one["data"].get("ByClass") for one in events] == [{}, None]
    assert "ObjectId" not in events[1]["data"]


def test_too_many_counts_at_once_are_refused_with_a_way_out(whole, add, store, kit, clock, monkeypatch):
    add("ann", kit.viewer)
    minute_ns = 60_000_000_000
    now = clock.now_ns() // minute_ns * minute_ns
    rows = [CountRow("gate", "a", "forward", now - n * minute_ns, 1, {"car": 1}) for n in range(5)]
    store.put_counts(rows)
    store.flush(10)
    ann = whole()
    ann.sign_in("ann")
    path = "/api/v1/store/counts?minutes=1"
    assert len(ann.ask("GET", path).json()["counts"]) == 5
    monkeypatch.setattr("sightline.api.store_routes.MOST_ROWS", 2)
    answer = ann.ask("GET", path)
    assert answer.status_code == 422
    assert "a shorter time" in answer.json()["error"]
    assert MOST_ROWS == 200_000


def test_questions_take_turns(monkeypatch):
    monkeypatch.setattr(turns, "MOST_WAITING", 1)
    line = Turns(patience_s=20)
    began, go_on, done = threading.Event(), threading.Event(), []

    def first():
        with line.turn():
            began.set()
            assert go_on.wait(20)
            done.append("first")

    def second():
        with line.turn():
            done.append("second")

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert began.wait(20)
    two.start()
    while line._places._value:  # until the second waits too
        assert two.is_alive()
    with pytest.raises(TooManyQuestions, match="expected at most 1 that wait"), line.turn():
        pass
    go_on.set()
    for thread in (one, two):
        thread.join(20)
    assert done == ["first", "second"]
    with line.turn():
        done.append("free again, also after a refusal")


def test_waiting_for_a_turn_ends():
    line = Turns(patience_s=0.001)
    refused = []

    def other():
        with pytest.raises(TooManyQuestions, match="expected a turn within"), line.turn():
            pass
        refused.append(True)

    with line.turn():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(20)
    assert refused


def test_a_fault_gives_the_turn_back():
    line = Turns()
    for _ in range(turns.MOST_WAITING + 2):
        with pytest.raises(BadConfig), line.turn():
            raise BadConfig("counts", "too many", "fewer")


@pytest.mark.parametrize("word", ["page", "verify"])
def test_a_lost_database_is_said_by_the_log(word, people):
    with people.tables._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    with pytest.raises(StoreUnavailable, match="audit: expected a database that answers"):
        getattr(people.audit, word)()


@pytest.mark.parametrize(
    ("word", "grant", "carried"), [("the whole site", "viewer", True), ("one camera", "gate_viewer", False)]
)
def test_streams_of_the_whole_site_carry_cameras_added_later(word, grant, carried, whole, add, stream, kit):
    add("ann", getattr(kit, grant))
    ann = whole()
    ann.sign_in("ann")
    got = []
    reader = threading.Thread(target=lambda: got.append(ann.ask("GET", "/api/v1/events/stream").text))
    reader.start()
    while not stream.stats()["clients"]:
        assert reader.is_alive()
    stream.deliver([LineCrossed(camera, kit.START_NS, "a", "forward", 7, "car", 0.9) for camera in ("gate", "later")])
    stream.stop(1.0)
    reader.join(20)
    assert ('"VideoSource":"gate"' in got[0], '"VideoSource":"later"' in got[0]) == (True, carried), word
