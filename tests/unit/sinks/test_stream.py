"""The event stream: resumed by id, bounded for slow clients, only of the cameras a client may see."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator

import pytest

from sightline.config.doors import StreamSettings
from sightline.core.clock import ManualClock
from sightline.core.events import LineCrossed
from sightline.formats.sse import HEARTBEAT, frame
from sightline.sinks.stream import EventStream, TooManyClients

T = 1_795_000_000_000_000_000


def crossing(number: int, label: str = "car", camera: str = "c") -> LineCrossed:
    return LineCrossed(camera, T + number, "l", "forward", number, label, 0.9)


def stream(**options: object) -> EventStream:
    return EventStream(StreamSettings.model_validate(options), ManualClock(255))


async def read(client: AsyncIterator[bytes], frames: int) -> list[tuple[str, dict[str, object]]]:
    """The next messages of a client: id (or event) and data; the first frame (retry) and comments are left out."""
    found: list[tuple[str, dict[str, object]]] = []
    while len(found) < frames:
        part = await asyncio.wait_for(anext(client), 5)
        for block in part.decode().strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith((":", "retry")))
            if "data" in fields:
                found.append((fields.get("event", fields["id"]), json.loads(fields["data"])))
    return found


def ids(found: list[tuple[str, dict[str, object]]]) -> list[str]:
    return [one[0] for one in found]


def test_a_client_gets_what_comes_from_now_on() -> None:
    async def body() -> None:
        events = stream()
        events.deliver([crossing(1)])
        client = events.subscribe()
        events.deliver([crossing(2), crossing(3, "pedestrian"), crossing(4)])
        found = await read(client, 2)
        assert ids(found) == ["ff-2", "ff-4"]
        assert found[0][1]["Data"]["ObjectId"] == "2"  # type: ignore[index]
        waiting = asyncio.create_task(read(client, 1))
        await asyncio.sleep(0)
        await asyncio.to_thread(events.deliver, [crossing(5)])
        assert ids(await waiting) == ["ff-5"], "an event from another thread wakes a waiting client"
        assert events.stats()["kept"] == 1

    asyncio.run(body())


@pytest.mark.parametrize(
    ("last_id", "first"),
    [("ff-2", "ff-3"), ("ff-4", None), ("ff-0", "ff-1"), ("other-2", "ff-1"), ("nonsense", "ff-1"), ("ff-99", "ff-1")],
    ids=["known", "newest", "before the first", "of another run", "nonsense", "of the future"],
)
def test_a_client_that_comes_back_goes_on_where_it_was(last_id: str, first: str | None) -> None:
    async def body() -> None:
        events = stream()
        events.deliver([crossing(number) for number in (1, 2, 3, 4)])
        client = events.subscribe(last_id)
        events.deliver([crossing(5)])
        assert ids(await read(client, 1))[0] == (first or "ff-5")

    asyncio.run(body())


def test_a_slow_client_loses_the_oldest_and_is_told() -> None:
    async def body() -> None:
        events = stream(recent=10)
        client = events.subscribe()
        events.deliver([crossing(number) for number in range(1, 26)])
        found = await read(client, 11)
        assert found[0] == ("gap", {"lost": 15})
        assert ids(found)[1:] == [f"ff-{number}" for number in range(16, 26)]
        assert events.stats()["dropped"] == 15
        late = events.subscribe("ff-3")
        assert (await read(late, 1))[0] == ("gap", {"lost": 12})

    asyncio.run(body())


def test_a_client_sees_its_cameras_only() -> None:
    async def body() -> None:
        events = stream()
        client = events.subscribe(cameras={"mine"})
        events.deliver([crossing(1, camera="other"), crossing(2, camera="mine")])
        assert ids(await read(client, 1)) == ["ff-2"]

    asyncio.run(body())


def test_places_are_bounded_and_given_back() -> None:
    async def body() -> None:
        events = stream(max_clients=2)
        one = events.subscribe()
        two = events.subscribe()
        with pytest.raises(TooManyClients, match="at most 2 clients"):
            events.subscribe()
        await one.aclose()
        assert events.stats()["clients"] == 1
        del two
        gc.collect()
        assert events.stats()["clients"] == 0, "a forgotten client gives its place back"
        last = events.subscribe()
        await read_retry(last)
        events.stop(0)
        with pytest.raises(StopAsyncIteration):
            await anext(last)
        assert events.stats()["clients"] == 0

    asyncio.run(body())


async def read_retry(client: AsyncIterator[bytes]) -> None:
    assert await anext(client) == b"retry: 2000\n\n"


def test_a_quiet_line_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        events = stream(heartbeat_s=1)
        monkeypatch.setattr(EventStream, "heartbeat_s", 0.01)
        client = events.subscribe()
        await read_retry(client)
        assert await anext(client) == HEARTBEAT

    asyncio.run(body())


@pytest.mark.parametrize(
    ("data", "lines"),
    [("a", ["data: a"]), ("a\nb\r\nc\rd", ["data: a", "data: b", "data: c", "data: d"]), ("", ["data: "])],
    ids=["one line", "every kind of line end", "nothing"],
)
def test_frame(data: str, lines: list[str]) -> None:
    assert frame(data, event="e", event_id="1").decode().split("\n") == ["event: e", "id: 1", *lines, "", ""]
    with pytest.raises(ValueError, match="on one line"):
        frame(data, event_id="1\n\ndata: injected")
