"""The API of a running service against its own OpenAPI: whatever is sent, it answers as it says and never by a fault.

Requests are made up by schemathesis from the document; fixed examples, bounded in number. Most of those about a camera
name the one that is there, so that the routes run and do not only say that they know no such camera.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PASSWORD = "correct horse battery"
CAMERA = "gate"
ENTRY = {"source": "rtsp://127.0.0.1:1/none", "purpose": "a camera that is never there"}
pytestmark = [
    pytest.mark.live,
    # The library's own loading of entry points warns of others' deprecations.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


class Service:
    """A service without cameras and its owner's session."""

    def __init__(self, folder: Path) -> None:
        site = {
            "name": "contract",
            "settings": {"detect": {"detector": "motion"}, "page": {"port": 0}},
            "store": {"folder": str(folder / "data")},
            "people": {"requests_per_s": 10_000, "request_burst": 100_000, "login_tries": 20},
            "cameras": {CAMERA: ENTRY},
        }
        (folder / "site.yaml").write_text(json.dumps(site), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sightline", "run", str(folder / "site.yaml")],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SIGHTLINE_MODELS": str(folder / "none")},
        )
        assert self.process.stderr is not None
        found = next(found for line in self.process.stderr if (found := re.search(r"open (\S+)/#welcome=(\S+)", line)))
        self.url, token = found.groups()
        self.http = httpx.Client(base_url=self.url, timeout=20)
        answer = self.http.post("/api/v1/invitation", json={"token": token, "password": PASSWORD})
        answer.raise_for_status()
        self.csrf = answer.json()["csrf"]

    def sign_in(self) -> None:
        """Again, by name and password."""
        answer = self.http.post("/api/v1/login", json={"name": "owner", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]

    def restore(self) -> None:
        """The camera as it was, where a request changed it or took it away."""
        path, headers = f"/api/v1/cameras/{CAMERA}/entry", {"x-csrf-token": self.csrf}
        answer = self.http.get(path)
        if answer.status_code == 200:
            members = {name: ENTRY.get(name) for name in {*answer.json()["entry"], *ENTRY}}
            answer = self.http.patch(path, json=members, headers=headers)
        else:
            answer = self.http.post(path, json=ENTRY, headers=headers)
        assert answer.status_code in (200, 201), answer.text

    def end(self) -> int:
        self.http.close()
        self.process.terminate()
        assert self.process.stderr is not None
        self.process.stderr.read()
        self.process.stderr.close()
        return self.process.wait(40)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("contract"))
    yield running
    assert running.end() == 0


# What ends the session itself, and what never ends by itself.
USUAL = {400, 401, 403, 404, 405, 409, 413, 422, 429}  # refusals, each one sentence
# These must have run: a made-up name alone would only reach their refusal.
RUN = (
    "GET /api/v1/cameras/{camera}",
    "GET /api/v1/cameras/{camera}/lines",
    "PUT /api/v1/cameras/{camera}/lines",
    "GET /api/v1/cameras/{camera}/counts",
    "GET /api/v1/cameras/{camera}/counts.csv",
    "GET /api/v1/cameras/{camera}/entry",
)
LEFT_OUT = re.compile(r"/(logout|events/stream|login|invitation|oidc.*|me/password)$")


@pytest.fixture(scope="module")
def operations(service: Service) -> list[Any]:
    document = service.http.get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=service.url)
    found = [one.ok() for one in schema.get_all_operations()]
    return [one for one in found if not LEFT_OUT.search(one.path)]


def test_every_answer_is_in_the_contract(service: Service, operations: list[Any]) -> None:
    assert len(operations) > 25
    faults: list[str] = []
    ended: list[str] = []
    ran: list[str] = []
    for operation in operations:
        statuses: Counter[int] = Counter()
        faults += answers(service, operation, statuses)
        if any(status < 300 for status in statuses):
            ran.append(f"{operation.method.upper()} {operation.path}")
        if service.http.get("/api/v1/me").status_code == 401:
            ended.append(f"{operation.method} {operation.path}")
            service.sign_in()
        if operation.path.endswith("/entry"):
            service.restore()
    assert faults == []
    assert [one for one in RUN if one not in ran] == []
    # Whoever is invited anew, or whose sessions are ended, is signed out; nothing else ends a session.
    assert [one for one in ended if "/users/" not in one and "/sessions" not in one] == []


def at_the_camera(case: Any) -> None:
    """Name the camera that is there, in the path and where one is asked for; never to take it away."""
    if "camera" in case.path_parameters and case.method.upper() != "DELETE":
        case.path_parameters["camera"] = CAMERA
    if "camera" in case.query:
        case.query["camera"] = [CAMERA] if isinstance(case.query["camera"], list) else CAMERA


def answers(service: Service, operation: Any, statuses: Counter[int]) -> list[str]:
    """What is wrong with the answers to made-up requests of one operation; statuses: counts them."""
    known = {int(code) for code in operation.responses.status_codes if str(code).isdigit()} | USUAL
    headers = {"x-csrf-token": service.csrf, "host": httpx.URL(service.url).netloc.decode()}
    faults: list[str] = []

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), elsewhere=st.integers(0, 3))
    def ask(case: Any, elsewhere: int) -> None:
        if elsewhere:  # the made-up name stays in one of four
            at_the_camera(case)
        answer = case.call(base_url=service.url, headers=headers, cookies=dict(service.http.cookies))
        where = f"{case.method} {case.formatted_path}: {answer.status_code} {answer.text[:200]}"
        statuses[answer.status_code] += 1
        if answer.status_code not in known:
            faults.append(where)
        elif answer.status_code >= 400 and set(answer.json()) != {"error"}:
            faults.append(f"{where}: a refusal without its sentence")

    ask()
    return faults
