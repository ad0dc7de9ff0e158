"""Signed posts of events to an address of the site's choice."""

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sightline.config.doors import WebhookDoor, secret_of
from sightline.core.events import Event
from sightline.formats.counts_csv import Counted
from sightline.formats.onvif_json import Seen
from sightline.sinks.backlog import Backlog
from sightline.sinks.courier import Courier, bearer_of
from sightline.sinks.ladder import Ladder
from sightline.sinks.leave import Leaving
from sightline.sinks.postman import Letter, Postman
from sightline.sinks.signing import key_of, signed_headers
from sightline.sinks.surroundings import Surroundings

SCHEMA: Final = "sightline.delivery/1"


class WebhookSink:
    """Events in batches, at least once, in order; see ``docs/guides/webhooks.md``."""

    def __init__(self, door: WebhookDoor, around: Surroundings) -> None:
        """BadConfig where secret, token or certificates cannot be had."""
        self._door = door
        self._key = key_of(secret_of(f"{door.name}.secret", door.secret))
        self._bearer = bearer_of(door)
        self._leaving = Leaving()
        self._backlog: Backlog[Event] = Backlog(door.queue_events)
        self._ended = threading.Event()
        ladder = Ladder(door.retry_first_s, door.retry_last_s, around.random)
        courier = Courier(door, around.clock, around.resolver)
        self._postman = Postman(door.name, self._next_letter, self._headers, courier, (ladder, door.give_up_s), around)

    def start(self) -> None:
        """Begin to deliver."""
        self._postman.start()

    def stop(self, timeout_s: float) -> None:
        """Deliver what waits, at most so long; then end."""
        self._ended.set()
        self._backlog.nudge()
        self._postman.stop(timeout_s)

    def deliver(self, events: Sequence[Event]) -> None:
        """Take events in; returns at once."""
        self._backlog.put(events)

    def counts(self, rows: Sequence[Counted]) -> None:
        """Counts do not go by webhook."""

    def seen(self, seen: Seen) -> None:
        """What is in the picture does not go by webhook."""

    def stats(self) -> Mapping[str, float]:
        """Numbers of the door; see ``sinks.stats.METRICS``."""
        return {
            "up": float(self._postman.connected),
            "queued": len(self._backlog),
            "accepted": self._backlog.accepted,
            "kept": self._leaving.kept,
            "delivered": self._postman.delivered,
            "dropped": self._backlog.dropped,
            "retries": self._postman.retries,
            "dead": self._postman.dead,
        }

    def _next_letter(self, timeout_s: float) -> Letter | None:
        if not self._backlog.wait(timeout_s):
            return None
        if len(self._backlog) < self._door.batch_events:
            self._ended.wait(self._door.linger_s)  # more events share the post; the end of the door ends the wait
        while events := self._backlog.take(self._door.batch_events):
            left = self._leaving(events)
            if left:
                return _letter(left)
        return None

    def _headers(self, letter: Letter, now_s: int) -> Mapping[str, str]:
        signed = signed_headers(self._key, letter.id, now_s, letter.body)
        return {"Content-Type": "application/json"} | self._bearer | signed


def _letter(left: Sequence[Mapping[str, Any]]) -> Letter:
    # The batch takes the id of its first event: equal at every repetition, different for different batches.
    message_id = f"msg_{left[0]['id']}_{len(left)}"
    content = {"schema": SCHEMA, "id": message_id, "events": left}
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    return Letter(message_id, body, len(left))
