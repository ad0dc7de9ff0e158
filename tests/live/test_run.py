"""The service as an operator runs it: a file, drawn streets on air, people, changes, faults, and a cut of power."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

SIGHTLINE = (sys.executable, "-m", "sightline")
SECRET = "hunter2-not-for-logs"
PASSWORD = "correct horse battery"
pytestmark = pytest.mark.live


class Said:
    """A process and the lines it has said so far."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment}
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """The first line that matches; fails after so long."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                found = [match for line in self.lines if (match := re.search(pattern, line))]
                if found:
                    return found[0]
                left = deadline - time.monotonic()
                assert left > 0, f"expected {pattern!r}, got: {self.lines}"
                self._changed.wait(left)

    def end(self, number: int = signal.SIGTERM, seconds: float = 40) -> int:
        """Send a signal and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(seconds)
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Addresses of two drawn streets on air."""
    folder = tmp_path_factory.mktemp("streets")
    on_air = Said(*SIGHTLINE, "simulate", str(folder), "--cameras", "2", "--seed", "2", "--live")
    on_air.wait_for("on air until")
    yield [line for line in on_air.lines if line.startswith("rtsp://")]
    on_air.end()


class Site:
    """A site's folder and the services that were started on it."""

    def __init__(self, folder: Path, streets: list[str]) -> None:
        self.folder = folder
        self.file = folder / "site.yaml"
        self.file.write_text(
            f"""\
name: station  # ours
time_zone: Europe/Berlin
policy: {{operator: City of Somewhere, contact: cameras@city.example, notice: at the gate}}
settings:
  detect: {{detector: motion}}
  page: {{port: 0}}
store: {{folder: {folder / "data"}}}
cameras:
  north:
    source: {streets[0]}
    purpose: count traffic at the junction
    lines: {{across: [[0.5, 0.1], [0.5, 0.95]]}}
    zones: {{all: [[0.01, 0.01], [0.99, 0.01], [0.99, 0.99], [0.01, 0.99]]}}
    rules:
      - {{type: occupancy, name: who is there, zone: all, min_s: 0}}
  south:
    source: {{url: "{streets[1]}", user: viewer, password: "${{SOUTH_PASSWORD}}"}}
    purpose: count traffic at the junction
""",
            encoding="utf-8",
        )
        self.running: list[Running] = []

    def run(self) -> "Running":
        """Start the service."""
        said = Said(
            *SIGHTLINE, "run", str(self.file), SOUTH_PASSWORD=SECRET, SIGHTLINE_MODELS=str(self.folder / "none")
        )
        self.running.append(Running(said))
        return self.running[-1]

    def stored(self, question: str) -> Any:
        """The answer of the database file."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "sightline.db")) as store:
            return store.execute(question).fetchone()[0]


class Running:
    """A running service and a person at it."""

    def __init__(self, said: Said) -> None:
        self.said = said
        self.url = said.wait_for(r"^page: (\S+)")[1]
        said.wait_for("^site station: ")
        self.http = httpx.Client(base_url=self.url, timeout=20)
        self._csrf = ""

    def sign_in(self) -> None:
        """With the token of the first start, later with the password."""
        if any("#welcome=" in line for line in self.said.lines):
            token = self.said.wait_for(r"#welcome=(\S+)")[1]
            answer = self.http.post("/api/v1/invitation", json={"token": token, "password": PASSWORD})
        else:
            answer = self.http.post("/api/v1/login", json={"name": "owner", "password": PASSWORD})
        assert answer.status_code in (200, 201), answer.text
        self._csrf = answer.json()["csrf"]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request of the page."""
        return self.http.request(method, f"/api/v1/{path}", headers={"x-csrf-token": self._csrf}, **more)

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Ask until it is so."""
        deadline = time.monotonic() + 60
        while not done():
            assert time.monotonic() < deadline, f"expected {what}; {self.said.lines}"
            threading.Event().wait(0.2)

    def states(self) -> dict[str, str]:
        answer = self.ask("GET", "cameras")
        assert answer.status_code == 200, (answer.text, self.said.lines[-40:])
        return {one["name"]: one["state"] for one in answer.json()["cameras"]}


@pytest.fixture
def site(tmp_path: Path, streets: list[str]) -> Iterator[Site]:
    made = Site(tmp_path, streets)
    yield made
    for running in made.running:
        running.http.close()
        if running.said.process.poll() is None:
            running.said.end(signal.SIGKILL)


def test_a_day_of_an_operator(site: Site, streets: list[str]) -> None:
    service = site.run()
    assert service.http.get("/api/v1/cameras").status_code == 401
    service.sign_in()
    both = {"north": "running", "south": "running"}
    service.until(lambda: service.states() == both, "two running cameras")
    service.until(lambda: bool(service.ask("GET", "store/events").json()["events"]), "an event in the store")

    # The page writes to the file and keeps its comments.
    line = {"lines": {"across": [[0.4, 0.1], [0.4, 0.95]]}}
    assert service.ask("PATCH", "cameras/north/entry", json=line).status_code == 200
    assert "across: [[0.4, 0.1], [0.4, 0.95]]" in site.file.read_text()
    assert "# ours" in site.file.read_text()
    assert service.ask("PATCH", "cameras/north/entry", json={"line": {}}).status_code == 422

    # A camera is added with a secret, paused, and taken away; the others go on.
    entry = {"source": {"url": streets[1], "user": "u", "secret": SECRET}, "purpose": "a second look at the yard"}
    refused = service.ask("POST", "cameras/east/entry", json=entry)
    added = refused.status_code == 201  # loopback is nothing the API may name: it is added, and says why it has none
    if added:
        service.until(lambda: service.states()["east"] in ("lost", "failed", "starting"), "a refused address")
        assert service.ask("DELETE", "cameras/east/entry").status_code == 204
    assert service.ask("PATCH", "cameras/south/entry", json={"paused": True}).status_code == 200
    assert service.states() == {"north": "running", "south": "paused"}

    # The file is edited by hand: a fault is said and changes nothing, a sound one is followed.
    good = site.file.read_text()
    site.file.write_text(good.replace("purpose:", "purpos:", 1), encoding="utf-8")
    service.said.wait_for("did you mean purpose")
    assert service.states()["north"] == "running"
    site.file.write_text(good.replace("  south:", "  yard:").replace("paused: true", "paused: false"), encoding="utf-8")
    service.said.wait_for("file read again: added: yard; removed: south")
    service.until(lambda: service.states() == {"north": "running", "yard": "running"}, "the camera of the new name")

    assert service.said.end() == 0, service.said.lines
    assert any("ended in order" in line for line in service.said.lines)
    everything = "\n".join(service.said.lines) + site.file.read_text()
    everything += "".join(path.read_bytes().decode("latin-1") for path in (site.folder / "data").glob("sightline.db*"))
    assert SECRET not in everything
    assert PASSWORD not in everything
    audit = subprocess.run(
        [*SIGHTLINE, "privacy", "audit", str(site.file), "--json"], capture_output=True, text=True, check=False
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert json.loads(audit.stdout)


def test_after_a_cut_of_power_nothing_is_lost(site: Site) -> None:
    service = site.run()
    service.sign_in()
    service.until(lambda: len(service.ask("GET", "store/events").json()["events"]) > 3, "events in the store")
    seen = {one["id"] for one in service.ask("GET", "store/events?limit=1000").json()["events"]}
    service.said.end(signal.SIGKILL)
    assert site.stored("pragma integrity_check") == "ok"
    again = site.run()
    assert not any("#welcome=" in line for line in again.said.lines), "somebody can sign in already"
    again.sign_in()
    kept = {one["id"] for one in again.ask("GET", "store/events?limit=1000").json()["events"]}
    assert seen <= kept
    assert again.said.end() == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("purpose: count", "purposee: count", "did you mean purpose"),
        ("{port: 0}", "{port: 0, host: 0.0.0.0}", "people.tls"),
        ("name: station", "name: sta/tion", "name without"),
        ("{folder: ", "{address: 'mysql://x/y', folder: ", "postgresql"),
    ],
)
def test_a_file_that_cannot_work_ends_with_2(site: Site, old: str, new: str, words: str) -> None:
    site.file.write_text(site.file.read_text().replace(old, new, 1), encoding="utf-8")
    done = subprocess.run(
        [*SIGHTLINE, "run", str(site.file)], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "SIGHTLINE_MODELS": str(site.folder / "none"), "SOUTH_PASSWORD": SECRET},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
