"""What Prometheus may read of the doors: the table of metrics."""

from collections.abc import Iterator, Mapping
from typing import Final

# key of ``Sink.stats`` -> (metric, sentence). Gauges: up, queued, clients; all others are counters. Label: sink.
METRICS: Final[Mapping[str, tuple[str, str]]] = {
    "up": ("sightline_sink_up", "1 while the door reaches the other side, else 0."),
    "queued": ("sightline_sink_queued_events", "Events that wait in the door's queue."),
    "clients": ("sightline_sink_clients", "Connected clients of the event stream."),
    "accepted": ("sightline_sink_accepted_total", "Events handed to the door."),
    "kept": ("sightline_sink_kept_total", "Events that do not leave because they are about single persons."),
    "delivered": ("sightline_sink_delivered_total", "Events or counts the other side has taken."),
    "dropped": ("sightline_sink_dropped_total", "Events dropped because the queue was full."),
    "retries": ("sightline_sink_retries_total", "Posts made again."),
    "dead": ("sightline_sink_dead_letters_total", "Events or counts given up because they were refused."),
    "reconnects": ("sightline_sink_reconnects_total", "Times the connection had to be made again."),
    "refused": ("sightline_sink_refused_total", "Counts or states the door had no room or no place for."),
    "faults": ("sightline_sink_faults_total", "Failures of a plug-in's own code."),
}


def metric_rows(stats: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, str, str, float]]:
    """Metric, sentence, sink, value of every number. stats: door's name -> ``Sink.stats()``."""
    for key, (metric, sentence) in METRICS.items():
        for sink, values in stats.items():
            if key in values:
                yield metric, sentence, sink, float(values[key])
