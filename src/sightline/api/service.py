"""The application of a service: page and API for people with roles, over cameras that its site's file names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import FastAPI

from sightline.api.app import Front, bare_app
from sightline.api.dots import Dots
from sightline.api.metrics import PageMetrics
from sightline.api.people import People, ScopedPorts, install
from sightline.api.people.grouped import GROUPED
from sightline.api.people.scoped import ScopedDots
from sightline.api.service_metrics import service_metrics
from sightline.api.site_routes import site_router
from sightline.api.store_routes import store_router
from sightline.api.stream_routes import stream_router
from sightline.config import PageSettings
from sightline.core.clock import Clock
from sightline.pipeline.ports import Ports, SitePort
from sightline.sinks import EventStream, Sink
from sightline.store.store import Store


@dataclass(frozen=True, slots=True)
class Service:
    """What the application of a service is made over.

    sinks: the doors by name; alive: whether the analysis came around lately, for whoever restarts what hangs.
    """

    ports: Ports
    site: SitePort
    people: People
    store: Store
    stream: EventStream
    sinks: Mapping[str, Sink]
    alive: Callable[[], bool] = lambda: True


def create_service_app(service: Service, page: PageSettings, clock: Clock) -> FastAPI:
    """The application; BadConfig for an address to listen on that nobody guards."""
    ports = ScopedPorts(service.ports, service.people)
    metrics = PageMetrics(service.ports, clock, more=service_metrics(service.store, service.sinks))
    # Readiness is asked by nobody in particular, to whom the scoped ports show no camera.
    front = Front("service.html", GROUPED, service.alive, service.ports.cameras)
    app = bare_app(ports, page, metrics, ScopedDots(Dots(service.ports, clock), ports), front)
    app.include_router(site_router(service.site))
    app.include_router(store_router(service.store, ports, service.people))
    app.include_router(stream_router(service.stream, ports))
    install(app, service.people, page)
    app.add_middleware(metrics.timed)
    return app
