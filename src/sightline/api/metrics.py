"""What Prometheus may read: the table of metrics and where their values come from."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import sightline
from sightline.core.clock import Clock
from sightline.pipeline.ports import CameraStatus, Ports

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

# name -> (labels, sentence). The camera label stays on few gauges: at 100,000 cameras every label costs.
METRICS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "sightline_build_info": (("version",), "Always 1; the version of the program."),
    "sightline_cameras": (("state",), "Cameras by state: starting, running, paused, lost, ended, failed."),
    "sightline_camera_up": (("camera",), "1 while the camera's stream is running, else 0."),
    "sightline_camera_age_seconds": (("camera",), "Age of the camera's newest analysed frame."),
    "sightline_camera_analysed_frames_per_second": (("camera",), "Rate at which the camera is analysed."),
    "sightline_frames_read_total": ((), "Frames read from all sources."),
    "sightline_frames_analysed_total": ((), "Frames analysed, all cameras."),
    "sightline_frames_dropped_total": (("reason",), "Frames read but not analysed, by reason."),
    "sightline_reconnects_total": ((), "Times a live source had to be opened again."),
    "sightline_tracks_total": (("label",), "Road users seen, by class."),
    "sightline_stage_mean_seconds": (("stage",), "Mean time of a stage per analysed frame, over all cameras."),
    "sightline_page_clients": ((), "Connected live pages."),
    "sightline_page_messages_total": (
        ("kind",),
        "Messages sent to live pages: picture, overlay, event, status, dots, scores.",
    ),
    "sightline_page_dropped_total": (("kind",), "Updates given up for pages on slow lines: picture, overlay, event."),
    "sightline_page_sent_bytes_total": ((), "Bytes of messages sent to live pages."),
    "sightline_http_request_duration_seconds": (("route", "method", "status"), "Time from request to answer."),
}


class PageMetrics(Collector):
    """All metrics of a page, in a registry of its own; values of cameras are read from the ports when asked for.

    more: what else is to be read, asked at every scrape.
    """

    def __init__(self, ports: Ports, clock: Clock, more: Callable[[], Iterable[Metric]] = tuple) -> None:
        self._ports = ports
        self._clock = clock
        self._more = more
        self.clients = 0
        self._sent: Counter[str] = Counter()
        self._sent_bytes = 0
        self._dropped: Counter[str] = Counter()
        self.registry = CollectorRegistry(auto_describe=False)
        labels, sentence = METRICS["sightline_http_request_duration_seconds"]
        self._requests = Histogram(
            "sightline_http_request_duration_seconds",
            sentence,
            labels,
            registry=None,  # collected below, without its time of creation
            buckets=(0.005, 0.05, 0.5),
        )
        self.registry.register(self)

    def text(self) -> bytes:
        """The answer to a scrape."""
        return generate_latest(self.registry)

    @contextmanager
    def connected(self) -> Iterator[None]:
        """A live page is connected."""
        self.clients += 1
        try:
            yield
        finally:
            self.clients -= 1

    def count_sent(self, kind: str, size_bytes: int) -> None:
        """One message went to a live page."""
        self._sent[kind] += 1
        self._sent_bytes += size_bytes

    def count_dropped(self, dropped: Counter[str]) -> None:
        """Updates that were given up for a slow page since the last call."""
        self._dropped.update(dropped)

    def describe(self) -> Iterator[Metric]:
        """Nothing is known before the first scrape."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment, from the ports and the pages."""
        cameras = self._ports.cameras()
        yield _gauge("sightline_build_info", {(sightline.__version__,): 1.0})
        states = Counter(dict.fromkeys(("starting", "running", "paused", "lost", "ended", "failed"), 0))
        states.update(camera.state for camera in cameras)
        yield _gauge("sightline_cameras", {(state,): float(n) for state, n in states.items()})
        yield _gauge("sightline_camera_up", {(c.name,): float(c.state == "running") for c in cameras})
        yield _gauge("sightline_camera_age_seconds", {(c.name,): c.age_s for c in cameras if c.age_s is not None})
        yield _gauge("sightline_camera_analysed_frames_per_second", {(c.name,): c.analysed_fps for c in cameras})
        yield _counter("sightline_frames_read_total", {(): sum(c.frames_read for c in cameras)})
        yield _counter("sightline_frames_analysed_total", {(): sum(c.frames_analysed for c in cameras)})
        yield _counter("sightline_frames_dropped_total", _summed(c.dropped for c in cameras))
        yield _counter("sightline_reconnects_total", {(): sum(c.reconnects for c in cameras)})
        yield _counter("sightline_tracks_total", _summed(c.tracks for c in cameras))
        yield _gauge("sightline_stage_mean_seconds", _stage_means(cameras))
        yield _gauge("sightline_page_clients", {(): float(self.clients)})
        yield _counter("sightline_page_messages_total", {(kind,): n for kind, n in self._sent.items()})
        yield _counter("sightline_page_dropped_total", {(kind,): n for kind, n in self._dropped.items()})
        yield _counter("sightline_page_sent_bytes_total", {(): self._sent_bytes})

        yield from self._more()
        for family in self._requests.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family

    def timed(self, app: ASGIApp) -> ASGIApp:
        """An ASGI layer that measures every HTTP request by its route's template, never by its address."""

        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            start_ns = self._clock.monotonic_ns()
            status = 500

            async def sender(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, sender)
            finally:
                route = getattr(scope.get("route"), "path", None) or "other"
                duration_s = (self._clock.monotonic_ns() - start_ns) * 1e-9
                self._requests.labels(route, _method(scope), f"{status // 100}xx").observe(duration_s)

        return layer


def _method(scope: Scope) -> str:
    """The request's method; unknown words of clients do not become label values."""
    return scope["method"] if scope["method"] in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS") else "other"


def _summed(tables: Iterable[dict[str, int]]) -> dict[tuple[str, ...], float]:
    total: Counter[str] = Counter()
    for table in tables:
        total.update(table)
    return {(key,): float(n) for key, n in total.items()}


def _stage_means(cameras: Sequence[CameraStatus]) -> dict[tuple[str, ...], float]:
    """Mean seconds per stage, each camera weighted by its analysed frames."""
    spent_ms: defaultdict[str, float] = defaultdict(float)
    frames: Counter[str] = Counter()
    for camera in cameras:
        for stage, mean_ms in camera.ms.items():
            spent_ms[stage] += mean_ms * camera.frames_analysed
            frames[stage] += camera.frames_analysed
    return {(stage,): spent_ms[stage] * 1e-3 / frames[stage] for stage in spent_ms if frames[stage]}


def _gauge(name: str, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    labels, sentence = METRICS[name]
    family = GaugeMetricFamily(name, sentence, labels=labels)
    for row, value in values.items():
        family.add_metric(row, value)
    return family


def _counter(name: str, values: Mapping[tuple[str, ...], float]) -> CounterMetricFamily:
    labels, sentence = METRICS[name]
    family = CounterMetricFamily(name, sentence, labels=labels)
    for row, value in values.items():
        family.add_metric(row, value)
    return family
