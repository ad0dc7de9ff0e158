"""Events per second through three doors at once (MQTT, webhook, event stream) on one core, to real servers.

Needs mosquitto. The broker and the webhook's receiver are processes of their own on other cores; this process, with the
doors' threads and one client of the stream, is bound to one. Every event is a vehicle's crossing, which leaves whole.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from sightline.bench.result import result
from sightline.config.doors import MqttDoor, StreamSettings, WebhookDoor
from sightline.core.clock import SystemClock
from sightline.core.events import LineCrossed
from sightline.sinks.mqtt import MqttSink
from sightline.sinks.sink import Sink
from sightline.sinks.stream import EventStream
from sightline.sinks.surroundings import Surroundings
from sightline.sinks.webhook import WebhookSink

HERE = Path(__file__).resolve().parent
EVENTS = 20_000
CALL = 20  # events of one call when flat out
GOAL_PER_S = 2000
PACED_S = 10.0
RECEIVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


class Reader(threading.Thread):
    """One client of the stream, on an event loop of its own."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self.ready = threading.Event()
        self.events = 0

    def run(self) -> None:
        """Read until the stream ends."""
        asyncio.run(self._read())

    async def _read(self) -> None:
        client = self._stream.subscribe()
        self.ready.set()
        async for part in client:
            self.events += part.count(b"\ndata: ")


def crossings(count: int) -> list[LineCrossed]:
    """Crossings of 100 cameras."""
    start_ns = time.time_ns()
    return [
        LineCrossed(f"camera {k % 100}", start_ns + k, "gate", "forward", k, "car", 0.91, 9.7) for k in range(count)
    ]


def run(doors: list[Sink], reader: Reader, paced: bool) -> dict[str, float]:
    """Hand EVENTS over, wait until all doors have delivered them, and say what it took."""
    events = crossings(EVENTS)
    before = [door.stats()["delivered"] for door in doors]
    begun, cpu, handing = time.perf_counter(), time.process_time(), 0.0
    size = 1 if paced else CALL  # one by one, as the service hands them over
    for k in range(0, EVENTS, size):
        if paced:
            time.sleep(max(0.0, begun + k / EVENTS * PACED_S - time.perf_counter()))
        elif k % 1000 == 0:
            while any(door.stats().get("queued", 0) > 10_000 for door in doors):
                time.sleep(0.001)
        part = events[k : k + size]
        start = time.thread_time()
        for door in doors:
            door.deliver(part)
        handing += time.thread_time() - start
    while reader.events < EVENTS or any(
        door.stats()["delivered"] - was < EVENTS or door.stats()["queued"]
        for door, was in zip(doors[:2], before, strict=False)
    ):
        time.sleep(0.002)
        assert time.perf_counter() - begun < 120, "expected all events to be delivered in time"
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "events_per_s": round(EVENTS / seconds),
        "events_per_core_second": round(EVENTS / cpu),
        "core_share": round(cpu / seconds, 3),
        "us_per_event_for_who_delivers": round(handing / EVENTS * 1e6, 1),
        "dropped": sum(door.stats().get("dropped", 0) for door in doors),
    }


def main() -> None:
    """Measure and keep the result."""
    mosquitto = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert mosquitto, "expected mosquitto to be installed"
    cores = sorted(os.sched_getaffinity(0))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder, "mosquitto.conf")
        conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        quiet = subprocess.DEVNULL
        broker = subprocess.Popen([mosquitto, "-c", str(conf)], stdout=quiet, stderr=quiet)
        receiver = subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True)
        try:
            assert receiver.stdout is not None
            url = f"http://127.0.0.1:{int(receiver.stdout.readline())}/"
            for process in (broker, receiver):
                os.sched_setaffinity(process.pid, set(cores[1:]) or set(cores))
            os.sched_setaffinity(0, {cores[0]})
            values = {"events": EVENTS, "goal_per_s": GOAL_PER_S, **measure(port, url)}
        finally:
            for process in (broker, receiver):
                process.kill()
                process.wait()
    os.sched_setaffinity(0, set(cores))
    print(result("sinks", values).write(HERE / "results"), values)


def measure(port: int, url: str) -> dict[str, object]:
    """Flat out and at the wished rate."""
    os.environ["BENCH_SECRET"] = "a key for the benchmark alone"
    around = Surroundings()
    mqtt = MqttSink(MqttDoor(name="broker", type="mqtt", host="127.0.0.1", port=port), around)
    hook = {"name": "hook", "type": "webhook", "url": url, "secret": "${BENCH_SECRET}", "allow_hosts": ["127.0.0.1"]}
    webhook = WebhookSink(WebhookDoor.model_validate(hook), around)
    stream = EventStream(StreamSettings(recent=EVENTS), SystemClock())
    doors: list[Sink] = [mqtt, webhook, stream]
    for door in doors:
        door.start()
    values: dict[str, object] = {}
    for name, paced in (("flat_out", False), ("at_2000_per_s", True)):
        reader = Reader(stream)
        reader.start()
        reader.ready.wait()
        values[name] = run(doors, reader, paced)
    for door in doors:
        door.stop(10)
    return values


if __name__ == "__main__":
    main()
