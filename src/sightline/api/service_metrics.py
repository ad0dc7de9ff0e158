"""What Prometheus may read of a service beside its cameras: the store and the doors."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sightline.sinks import Sink, metric_rows
from sightline.store.store import Store

# name -> (labels, sentence)
METRICS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "sightline_store_up": ((), "1 while the store takes rows, else 0."),
    "sightline_store_waiting_rows": ((), "Rows in the store's queue."),
    "sightline_store_bytes": ((), "Size of the SQLite files."),
    "sightline_store_rows_total": (("kind",), "Rows stored since the start: events, counts, tracks."),
    "sightline_store_refused_total": (("kind", "reason"), "Rows not stored, by kind and reason."),
}


def service_metrics(store: Store, sinks: Mapping[str, Sink]) -> Callable[[], Iterable[Metric]]:
    """The families of a scrape; ``sinks`` by name."""

    def families() -> Iterator[Metric]:
        stats = store.stats()
        writing = stats.writing
        yield _family("sightline_store_up", {(): float(not writing.failing and writing.alive)})
        yield _family("sightline_store_waiting_rows", {(): float(writing.waiting)})
        if stats.bytes is not None:
            yield _family("sightline_store_bytes", {(): float(stats.bytes)})
        yield _family("sightline_store_rows_total", {(kind,): float(n) for kind, n in writing.stored.items()})
        refused = {(kind, why): float(n) for kind, reasons in writing.refused.items() for why, n in reasons.items()}
        yield _family("sightline_store_refused_total", refused)
        yield from _doors(sinks)

    return families


def _family(name: str, values: Mapping[Any, float]) -> Metric:
    labels, sentence = METRICS[name]
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, sentence, labels=labels)
    for row, value in values.items():
        family.add_metric(row, value)
    return family


def _doors(sinks: Mapping[str, Sink]) -> Iterator[Metric]:
    families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for metric, sentence, sink, value in metric_rows({name: sink.stats() for name, sink in sinks.items()}):
        if metric not in families:
            kind = CounterMetricFamily if metric.endswith("_total") else GaugeMetricFamily
            families[metric] = kind(metric, sentence, labels=("sink",))
        families[metric].add_metric((sink,), value)
    yield from families.values()
