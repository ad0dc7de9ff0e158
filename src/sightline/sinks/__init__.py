"""Doors: findings go to the systems that a site already has, without anybody's own way on foot or on two wheels."""

from sightline.sinks.leave import leaving
from sightline.sinks.sink import SINKS, Sink, open_sinks
from sightline.sinks.stats import METRICS, metric_rows
from sightline.sinks.stream import EventStream
from sightline.sinks.surroundings import Surroundings

__all__ = ["METRICS", "SINKS", "EventStream", "Sink", "Surroundings", "leaving", "metric_rows", "open_sinks"]
