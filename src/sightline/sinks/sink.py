"""What every door offers, and which doors there are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from sightline.config.doors import AnyDoor, DoorSettings, MqttDoor
from sightline.core.errors import BadConfig
from sightline.core.events import Event
from sightline.formats.counts_csv import Counted
from sightline.formats.onvif_json import Seen
from sightline.sinks.ngsi import NgsiSink
from sightline.sinks.outside import PluginSink
from sightline.sinks.surroundings import Surroundings
from sightline.sinks.webhook import WebhookSink


class Sink(Protocol):
    """A door. Every method but ``stop`` returns at once; behind it is a bounded queue of its own."""

    def start(self) -> None:
        """Begin to deliver; called once."""
        ...

    def stop(self, timeout_s: float) -> None:
        """Deliver what waits, at most so long; then end. Also for a door that never started."""
        ...

    def deliver(self, events: Sequence[Event]) -> None:
        """Take events in, from any thread."""
        ...

    def counts(self, rows: Sequence[Counted]) -> None:
        """Finished one-minute windows, each once (``pipeline.ports.CountRow``)."""
        ...

    def seen(self, seen: Seen) -> None:
        """What one camera sees now; more than once a second is not needed."""
        ...

    def stats(self) -> Mapping[str, float]:
        """Numbers by the keys of ``sinks.stats.METRICS``."""
        ...


def _mqtt(door: MqttDoor, around: Surroundings) -> Sink:
    try:
        from sightline.sinks.mqtt import MqttSink
    except ModuleNotFoundError as error:
        if error.name not in ("aiomqtt", "paho"):
            raise
        raise BadConfig(f"{door.name}.type", "mqtt", "the extra bus (pip install 'sightline[bus]')") from error
    return MqttSink(door, around)


SINKS: Final[dict[str, Callable[[Any, Surroundings], Sink]]] = {
    "mqtt": _mqtt,
    "webhook": WebhookSink,
    "ngsi-ld": NgsiSink,
    "plugin": PluginSink,
}


def open_sinks(settings: DoorSettings, around: Surroundings) -> dict[str, Sink]:
    """The doors of a site by name, not started yet; BadConfig names the first that cannot work."""
    doors: Sequence[AnyDoor] = settings.sinks
    return {door.name: SINKS[door.type](door, around) for door in doors}
