"""Counts pushed to an NGSI-LD broker as TrafficFlowObserved and CrowdFlowObserved."""

import hashlib
import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sightline.config.doors import NgsiDoor
from sightline.core.clock import Clock
from sightline.core.events import Event, LineCrossed
from sightline.formats.counts_csv import Counted
from sightline.formats.ngsi_ld import Place, crowd_flow, traffic_flow
from sightline.formats.onvif_json import Seen
from sightline.sinks.backlog import Backlog
from sightline.sinks.courier import Courier, bearer_of
from sightline.sinks.ladder import Ladder
from sightline.sinks.leave import K
from sightline.sinks.postman import Letter, Postman
from sightline.sinks.surroundings import Surroundings
from sightline.sinks.windows import Windows

BATCH: Final = 200  # entities of one post: brokers bound the body (Orion-LD: 1 MiB by default; an entity is ~1 kB)
_TAKE: Final = 1000  # rows or events summed at once


class NgsiSink:
    """Per line, direction and class one entity, renewed each window by batch upsert (ETSI GS CIM 009, 6.15).

    ``url`` is the broker's ``/ngsi-ld/v1/entityOperations/upsert``. A repetition changes nothing, so delivery is at
    least once. A camera of which neither position nor address is known is left out and counted: the models ask for one.
    """

    def __init__(self, door: NgsiDoor, around: Surroundings) -> None:
        """BadConfig where token or certificates cannot be had."""
        self._door = door
        self._around = around
        self._clock: Clock = around.clock
        tenant = {"NGSILD-Tenant": door.tenant} if door.tenant else {}
        self._fixed = {"Content-Type": "application/ld+json"} | bearer_of(door) | tenant
        self._rows: Backlog[Counted] = Backlog(door.queue_events)
        self._speeds: Backlog[LineCrossed] = Backlog(door.queue_events)
        self._windows = Windows(door.window_min, around.clock.now_ns())
        self._letters: deque[Letter] = deque()
        self._unplaced = 0
        ladder = Ladder(door.retry_first_s, door.retry_last_s, around.random)
        courier = Courier(door, around.clock, around.resolver)
        self._postman = Postman(door.name, self._next_letter, self._headers, courier, (ladder, door.give_up_s), around)

    def start(self) -> None:
        """Begin to deliver."""
        self._postman.start()

    def stop(self, timeout_s: float) -> None:
        """Deliver the windows that have ended, at most so long. Open windows are lost: half a window is no count."""
        self._rows.nudge()
        self._postman.stop(timeout_s)

    def deliver(self, events: Sequence[Event]) -> None:
        """Of events only the speeds of crossings count here; returns at once."""
        self._speeds.put([event for event in events if isinstance(event, LineCrossed) and event.speed_mps is not None])

    def counts(self, rows: Sequence[Counted]) -> None:
        """Finished one-minute windows, each once; returns at once."""
        self._rows.put(rows)

    def seen(self, seen: Seen) -> None:
        """What is in the picture now is no observation of a flow."""

    def stats(self) -> Mapping[str, float]:
        """Numbers of the door; see ``sinks.stats.METRICS``."""
        return {
            "up": float(self._postman.connected),
            "queued": len(self._rows) + sum(letter.items for letter in tuple(self._letters)),
            "accepted": self._rows.accepted,
            "delivered": self._postman.delivered,
            "dropped": self._rows.dropped,
            "retries": self._postman.retries,
            "dead": self._postman.dead,
            "refused": self._windows.refused + self._unplaced,
        }

    def _next_letter(self, timeout_s: float) -> Letter | None:
        if not self._letters:
            self._rows.wait(timeout_s)
            while speeds := self._speeds.take(_TAKE):
                for event in speeds:
                    place = (event.camera, event.line)
                    self._windows.add_speed(place, event.direction, event.label, event.time_ns, event.speed_mps or 0.0)
            while rows := self._rows.take(_TAKE):
                self._windows.add(rows)
            self._write_letters()
        return self._letters.popleft() if self._letters else None

    def _write_letters(self) -> None:
        """One letter per period and up to BATCH entities: no entity comes twice in one post."""
        by_period: dict[tuple[int, int], list[dict[str, Any]]] = {}
        flows, crowds = self._windows.closed(self._clock.now_ns())
        for flow in flows:
            where = self._place(flow.place[0])
            if where is not None:
                names = (self._around.site, *flow.place)
                seen = (flow.count, flow.speed_mps)
                entity = traffic_flow(names, flow.window, where, flow.direction, flow.label, seen)
                by_period.setdefault((flow.window.start_ns, flow.window.end_ns), []).append(entity)
        for crowd in crowds:
            where = self._place(crowd.place[0])
            if where is not None:
                names = (self._around.site, *crowd.place)
                entity = crowd_flow(names, crowd.window, where, (crowd.forward, crowd.backward), K)
                by_period.setdefault((crowd.window.start_ns, crowd.window.end_ns), []).append(entity)
        for _, entities in sorted(by_period.items(), key=lambda item: item[0][1]):
            for first in range(0, len(entities), BATCH):
                self._letters.append(self._letter(entities[first : first + BATCH]))

    def _place(self, camera: str) -> Place | None:
        """The camera's place as far as it is known: position from the site, else the door's address."""
        place = self._around.places.get(camera)
        if place is None or not place.known:
            place = Place(address=self._door.address)
        if place.known:
            return place
        self._unplaced += 1
        return None

    def _letter(self, entities: Sequence[dict[str, Any]]) -> Letter:
        content = [entity | {"@context": [self._door.context]} for entity in entities]
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        body = text.encode("utf-8", "replace")
        return Letter(hashlib.blake2b(body, digest_size=12).hexdigest(), body, len(entities))

    def _headers(self, letter: Letter, now_s: int) -> Mapping[str, str]:
        return self._fixed
