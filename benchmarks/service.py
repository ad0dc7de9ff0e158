"""How fast a service of many cameras starts, how fast its API answers while it analyses, and what a camera costs.

One RTSP server (the tests' own) sends a small drawn stream, which every camera of the site reads over a connection of
its own. Times count from the start of the program to the moment its API says that all cameras run. Then requests are
made at a fixed rate over several connections, the routes in turn, and each answer's time is taken. Run
``python benchmarks/service.py`` from the project's root; needs Debian's gst-rtsp-server.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from sightline.bench.result import result

HERE = Path(__file__).resolve().parent
SERVER = HERE.parent / "tests" / "live" / "rtsp_server.py"
ROUTES = ("cameras", "cameras/cam-000", "cameras/cam-001/counts", "events", "store/events?limit=50", "summary", "map")


class Service:
    """A running ``sightline run`` with its owner signed in."""

    def __init__(self, folder: Path, url: str, cameras: int, fps: float) -> None:
        site = {
            "name": "bench",
            "settings": {"detect": {"detector": "motion"}, "page": {"port": 0}},
            "store": {"folder": str(folder / "data")},
            "people": {"requests_per_s": 10_000, "request_burst": 10_000},
            "cameras": {
                f"cam-{number:03d}": {
                    "source": url,
                    "purpose": "measure how fast a service starts",
                    "fps": fps,
                    "lines": {"across": [[0.5, 0.05], [0.5, 0.95]]},
                    "zones": {"all": [[0.01, 0.01], [0.99, 0.01], [0.99, 0.99], [0.01, 0.99]]},
                    "rules": [{"type": "occupancy", "name": "who", "zone": "all"}],
                }
                for number in range(cameras)
            },
        }
        path = folder / "site.yaml"
        path.write_text(json.dumps(site), encoding="utf-8")  # JSON is YAML
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sightline", "run", str(path)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SIGHTLINE_MODELS": str(folder / "none")},
        )
        assert self.process.stderr is not None
        url, token = "", ""
        for line in self.process.stderr:
            if found := re.search(r"open (http\S+)/#welcome=(\S+)", line):
                url, token = found.groups()
                break
        self.listens_s = time.monotonic() - self.started
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.http = httpx.Client(base_url=url + "/api/v1/", timeout=30)
        answer = self.http.post("invitation", json={"token": token, "password": "correct horse battery"})
        answer.raise_for_status()
        self.cookies = dict(self.http.cookies)

    def running(self) -> int:
        """How many cameras run."""
        states = [one["state"] for one in self.http.get("cameras").json()["cameras"]]
        return states.count("running")

    def wait_for(self, cameras: int, limit_s: float) -> float | None:
        """Seconds from the start until so many run; None after limit_s."""
        while (passed := time.monotonic() - self.started) < limit_s:
            if self.running() == cameras:
                return passed
            time.sleep(0.2)
        return None

    def resident_mb(self) -> float:
        """Memory of the program, MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        return int(found.group(1)) / 1000 if found else float("nan")

    def end(self) -> None:
        """In order."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.http.close()


def ask(service: Service, per_s: float, seconds: float, connections: int = 8) -> dict[str, Any]:
    """Milliseconds of the answers to requests made at a fixed rate, whether or not the ones before were answered."""
    took: list[tuple[str, float]] = []
    failed: list[int] = []
    started = time.monotonic() + 0.5

    def work(first: int) -> None:
        with httpx.Client(base_url=service.http.base_url, cookies=service.cookies, timeout=30) as http:
            for number in range(first, int(per_s * seconds), connections):
                due = started + number / per_s
                time.sleep(max(0.0, due - time.monotonic()))
                route = ROUTES[number % len(ROUTES)]
                answer = http.get(route)
                took.append((route, (time.monotonic() - due) * 1e3))  # from when it was due: waiting counts
                if answer.status_code != 200:
                    failed.append(answer.status_code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    all_ms = np.array([ms for _, ms in took])
    by_route = {route: round(float(np.percentile([ms for one, ms in took if one == route], 99)), 1) for route in ROUTES}
    return {
        "per_s": per_s,
        "requests": len(took),
        "failed": len(failed),
        "median_ms": round(float(np.median(all_ms)), 1),
        "p99_ms": round(float(np.percentile(all_ms, 99)), 1),
        "p99_ms_by_route": by_route,
    }


def measure(cameras: Sequence[int], size: str, fps: float, per_s: float, seconds: float) -> dict[str, Any]:
    """For every number of cameras: start, answers, memory."""
    server = subprocess.Popen(
        ["/usr/bin/python3", str(SERVER), "--size", size, "--fps", "5", "--gop", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = f"rtsp://127.0.0.1:{server.stdout.readline().split()[1]}/cam"
        values: dict[str, Any] = {"stream": f"{size}, 5 frames a second", "analyses_per_s": fps}
        for number in cameras:
            with tempfile.TemporaryDirectory() as folder:
                service = Service(Path(folder), url, number, fps)
                try:
                    started = service.wait_for(number, 120)
                    answers = ask(service, per_s, seconds)
                    statuses = service.http.get("cameras").json()["cameras"]
                    values[f"{number} cameras"] = {
                        "page_listens_s": round(service.listens_s, 1),
                        "all_run_s": None if started is None else round(started, 1),
                        "analysed_per_s": round(sum(one["analysed_fps"] for one in statuses), 1),
                        "resident_mb": round(service.resident_mb()),
                        "api": answers,
                    }
                finally:
                    service.end()
            print(number, json.dumps(values[f"{number} cameras"]), flush=True)
    finally:
        server.kill()
    return values


def main() -> None:
    """Measure and keep the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 20, 100])
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--fps", type=float, default=1.0, help="analyses per second and camera")
    parser.add_argument("--per-s", type=float, default=50.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    values = measure(asked.cameras, asked.size, asked.fps, asked.per_s, asked.seconds)
    print(result("service", values).write(HERE / "results"))


if __name__ == "__main__":
    main()
