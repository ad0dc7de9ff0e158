"""The MQTT door against a real Mosquitto: topics, a broker that dies and returns, the last will, TLS and passwords."""

import gc
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sightline.config.doors import MqttDoor
from sightline.core.events import LineCrossed, PersonsOnRoad, SourceChanged, VehicleStopped
from sightline.core.vocabulary import CODE
from sightline.formats.onvif_json import Seen
from sightline.pipeline.ports import CountRow
from sightline.sinks.mqtt import MqttSink
from sightline.sinks.surroundings import Surroundings

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not MOSQUITTO or not shutil.which("mosquitto_sub"), reason="needs mosquitto, mosquitto-clients"),
]
NOW_NS = 1_795_000_000_000_000_000
MINUTE_NS = 60_000_000_000


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until the condition holds; fail after so long."""
    end, nap = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < end, "expected the condition to hold in time"
        nap.wait(0.02)


class Broker:
    """A Mosquitto on the loopback whose sessions and retained messages survive a kill."""

    def __init__(self, folder: Path, *options: str, port_options: tuple[str, ...] = ()) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        folder.mkdir(exist_ok=True)
        self._conf = folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            *port_options,
            "persistence true",
            f"persistence_location {folder}/",
            "autosave_on_changes true",
            "autosave_interval 1",
            "user root",
            "max_queued_messages 100000",
            *(options or ("allow_anonymous true",)),
        ]
        self._conf.write_text("\n".join(lines) + "\n")
        self.start()

    def start(self) -> None:
        """Start it (again) on its port and wait until it listens."""
        assert MOSQUITTO
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait(10)


class Listener:
    """A ``mosquitto_sub`` on everything, in a session that survives its broker."""

    def __init__(self, port: int, *options: str) -> None:
        command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-i", "listener", "-c", "-q", "1", "-t", "#"]
        self.process = subprocess.Popen(
            [*command, "-F", "%r|%t|%p", *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.lines: list[tuple[bool, str, str]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def hears(self, port: int) -> "Listener":
        """Wait until it has subscribed, by a retained message of our own."""
        hello = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-r", "-t", "test/hello", "-m", "1"]
        subprocess.run(hello, check=True)
        until(lambda: "test/hello" in self.newest())
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            retained, topic, payload = line.rstrip("\n").split("|", 2)
            self.lines.append((retained == "1", topic, payload))

    def newest(self) -> dict[str, str]:
        """Topic -> newest payload."""
        return {topic: payload for _, topic, payload in list(self.lines)}

    def crossed(self) -> list[str]:
        """Object ids of the crossings that came, in order, first time each."""
        events = [json.loads(payload)["event"] for _, topic, payload in list(self.lines) if topic.endswith("/events")]
        return list(dict.fromkeys(event["Data"]["ObjectId"] for event in events if "ObjectId" in event["Data"]))

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(10)
        self._thread.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path / "broker")
    yield running
    running.kill()


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    running = Listener(broker.port).hears(broker.port)
    yield running
    running.close()


def door(port: int, **options: object) -> MqttDoor:
    return MqttDoor.model_validate(
        {"name": "city", "type": "mqtt", "host": "127.0.0.1", "port": port, "retry_first_s": 0.05, "retry_last_s": 0.3}
        | options
    )


def crossing(number: int, label: str = "car") -> LineCrossed:
    return LineCrossed("north", NOW_NS + number, "gate", "forward", number, label, 0.9, 8.0)


def test_events_counts_states_and_discovery_arrive(broker: Broker, listener: Listener) -> None:
    sink = MqttSink(door(broker.port, onvif_events=True, onvif_metadata=True), Surroundings(cameras=("north",)))
    sink.start()
    sink.deliver(
        [
            crossing(7),
            crossing(8, "pedestrian"),
            VehicleStopped("north", NOW_NS, "no stopping", "began", 7, "truck", 61.0, 0.8),
            PersonsOnRoad("north", NOW_NS, "track", "began", 1, 2.0, 0.7),
            SourceChanged("south/2", NOW_NS, "lost", "rtsp://user:secret@10.0.0.9/ is silent"),
        ]
    )
    sink.counts([CountRow("north", "gate", "forward", NOW_NS, 1, {"car": 3, "pedestrian": 4})])
    sink.counts([CountRow("north", "gate", "forward", NOW_NS + MINUTE_NS, 1, {"bus": 1, "pedestrian": 8})])
    sink.seen(
        Seen(
            "north",
            NOW_NS,
            np.array([7, 8], np.int64),
            np.array([CODE["truck"], CODE["pedestrian"]], np.int16),
            np.array([0.9, 0.8], np.float32),
            np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.6, 0.9]], np.float32),
            np.array([np.nan, 1.4], np.float32),
        )
    )
    wanted = {"sightline/north/total/person", "sightline/south-2/status", "sightline/north/now/truck"}
    until(lambda: wanted <= set(listener.newest()))
    sink.stop(5)
    until(lambda: listener.newest().get("sightline/status") == "offline")
    newest = listener.newest()
    assert newest["sightline/north/total/car"] == "3"
    assert newest["sightline/north/total/person"] == "12"
    assert newest["sightline/north/now/truck"] == "1"
    assert newest["sightline/north/now/person"] == "0", "fewer than ten persons are not shown"
    assert newest["sightline/north/status"] == "online"
    assert newest["sightline/south-2/status"] == "offline"
    assert newest["sightline/north/rules/no stopping"] == "ON"
    kinds = [json.loads(text)["type"] for _, topic, text in listener.lines if topic == "sightline/north/events"]
    assert kinds == ["new", "new", "new"], "the pedestrian's crossing does not leave"
    ej = json.loads(newest["sightline/onvif-ej/RuleEngine/LineDetector/Crossed/&north/gate"])
    assert set(ej) == {"UtcTime", "Source", "Data"}
    frame = json.loads(newest["sightline/onvif-mj/VideoAnalytics/north/Sightline"])["Frame"][0]
    assert [one["@ObjectId"] for one in frame["Object"]] == [7], "persons are not described one by one"
    config = json.loads(newest["homeassistant/device/sightline_north/config"])
    assert {"dev", "o", "cmps", "availability_topic"} <= set(config)
    states = {entity["state_topic"] for entity in config["cmps"].values()}
    assert "sightline/north/rules/track" in states
    assert "secret" not in " ".join(payload for _, _, payload in listener.lines)


def test_what_is_retained_meets_a_new_listener(broker: Broker) -> None:
    sink = MqttSink(door(broker.port), Surroundings(cameras=("north",)))
    sink.start()
    sink.counts([CountRow("north", "gate", "forward", NOW_NS, 1, {"car": 3})])
    until(lambda: sink.stats()["delivered"] >= 3 and not sink.stats()["queued"])
    late = Listener(broker.port)
    until(lambda: "sightline/north/total/car" in late.newest())
    late.close()
    sink.stop(5)
    retained = {topic for kept, topic, _ in late.lines if kept}
    assert {"sightline/status", "homeassistant/device/sightline_north/config", "sightline/north/total/car"} <= retained


def test_a_rule_that_was_on_when_the_program_was_cut_off_goes_off(broker: Broker, listener: Listener) -> None:
    for rule in ("old", "no stopping"):
        topic = f"sightline/north/rules/{rule}"
        subprocess.run(["mosquitto_pub", "-p", str(broker.port), "-r", "-q", "1", "-t", topic, "-m", "ON"], check=True)
    until(lambda: listener.newest().get("sightline/north/rules/no stopping") == "ON")
    sink = MqttSink(door(broker.port), Surroundings(cameras=("north",)))
    sink.deliver([VehicleStopped("north", NOW_NS, "no stopping", "began", 7, "truck", 61.0, 0.8)])
    sink.start()
    until(lambda: listener.newest()["sightline/north/rules/old"] == "OFF" and not sink.stats()["queued"])
    sink.stop(5)
    until(lambda: listener.newest().get("sightline/status") == "offline")
    assert listener.newest()["sightline/north/rules/no stopping"] == "ON"


def test_nothing_is_lost_when_the_broker_is_killed_and_returns(broker: Broker, listener: Listener) -> None:
    sink = MqttSink(door(broker.port), Surroundings(cameras=("north",)))
    sink.start()
    sink.deliver([crossing(number) for number in range(50)])
    until(lambda: len(listener.crossed()) == 50 and not sink.stats()["queued"])
    broker.process.send_signal(signal.SIGSTOP)  # what is sent now lies in its socket, unacknowledged
    sink.deliver([crossing(number) for number in range(50, 80)])
    until(lambda: sink.stats()["queued"] == 30)
    broker.kill()
    sink.deliver([crossing(number) for number in range(80, 400)])
    until(lambda: not sink.stats()["up"])
    broker.start()
    until(lambda: len(listener.crossed()) == 400)
    assert sorted(map(int, listener.crossed())) == list(range(400))
    stats = sink.stats()
    assert stats["dropped"] == 0
    assert stats["reconnects"] >= 1
    assert listener.newest()["sightline/status"] == "online"
    sink.stop(5)


def test_a_full_queue_drops_the_oldest_and_counts(broker: Broker, listener: Listener) -> None:
    broker.kill()
    sink = MqttSink(door(broker.port, queue_events=100), Surroundings())
    sink.start()
    sink.deliver([crossing(number) for number in range(500)])
    assert sink.stats()["dropped"] == 400
    broker.start()
    until(lambda: len(listener.crossed()) == 100)
    assert listener.crossed() == [str(number) for number in range(400, 500)]
    sink.stop(5)


CHILD = """
import sys, threading
from sightline.config.doors import MqttDoor
from sightline.sinks.mqtt import MqttSink
from sightline.sinks.surroundings import Surroundings
sink = MqttSink(MqttDoor(name="city", type="mqtt", host="127.0.0.1", port=int(sys.argv[1])), Surroundings())
sink.start()
threading.Event().wait()
"""


def test_the_will_is_delivered_when_the_program_is_killed(broker: Broker, listener: Listener) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(broker.port)])
    try:
        until(lambda: listener.newest().get("sightline/status") == "online")
    finally:
        child.kill()
        child.wait(10)
    until(lambda: listener.newest().get("sightline/status") == "offline")


def test_a_broker_that_is_away_does_not_hold_up_the_end() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        sink = MqttSink(door(int(free.getsockname()[1])), Surroundings())
        sink.start()
        sink.deliver([crossing(1)])
        sink.stop(5)
    assert sink.stats()["up"] == 0
    assert sink.stats()["queued"] == 1


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, server.pem and server.key for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    run("req", *key[:3], "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=broker")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    run("x509", "-req", "-in", "server.csr", *signed, "-out", "server.pem")
    return folder


# The client's library leaves a socket whose handshake failed to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_tls_and_password(certificates: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    passwords = tmp_path / "passwords"
    made = subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "camera", "right one"], check=False)
    assert made.returncode == 0
    broker = Broker(
        tmp_path / "broker",
        "allow_anonymous false",
        f"password_file {passwords}",
        port_options=(f"certfile {certificates}/server.pem", f"keyfile {certificates}/server.key"),
    )
    (tmp_path / "right").write_text("right one\n")
    (tmp_path / "wrong").write_text("wrong one\n")
    ca = str(certificates / "ca.pem")
    cases = {
        "trusted, right password": ({"ca_file": ca, "password": f"file:{tmp_path}/right"}, True),
        "trusted, wrong password": ({"ca_file": ca, "password": f"file:{tmp_path}/wrong"}, False),
        "certificate of a stranger": ({"password": f"file:{tmp_path}/right"}, False),
    }
    try:
        for word, (options, welcome) in cases.items():
            caplog.clear()
            sink = MqttSink(door(broker.port, tls=True, user="camera", **options), Surroundings())
            sink.start()
            until(lambda sink=sink: sink.stats()["up"] or "broker is away" in caplog.text)
            assert bool(sink.stats()["up"]) is welcome, word
            sink.stop(5)
            assert "right one" not in caplog.text, word
            assert "wrong one" not in caplog.text, word
    finally:
        broker.kill()
        gc.collect()
