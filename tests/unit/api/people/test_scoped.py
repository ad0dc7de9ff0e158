"""Cameras out of reach are not there: lists, sums, events, the map, the live page; and who looks is in the log."""

import asyncio

import pytest

from sightline.api.dots import Dots
from sightline.api.people.principal import Principal
from sightline.api.people.scoped import ScopedDots, ScopedPorts
from sightline.core.events import Line
from sightline.pipeline.ports import Judged, Ports


def principal(*grants, user_id=1):
    return Principal(user_id, "ann", grants, "session", "key", 1 << 62)


@pytest.fixture
def scoped(ports, people):
    return ScopedPorts(ports, people)


@pytest.fixture
def by(people):
    return lambda *grants, **more: people.asking.by(principal(*grants, **more))


def test_every_port_is_scoped():
    wanted = {name for name in vars(Ports) if not name.startswith("_")}
    assert {name for name in vars(ScopedPorts) if not name.startswith("_")} - {"everywhere"} == wanted


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/api/v1/cameras", lambda body: [one["name"] for one in body["cameras"]]),
        ("/api/v1/summary", lambda body: list(body["cameras"])),
        ("/api/v1/events", lambda body: [one["camera"] for one in body["events"]]),
        ("/api/v1/events?camera=%3Dcmd", lambda body: [one["camera"] for one in body["events"]]),
        ("/api/v1/events?limit=1", lambda body: [one["camera"] for one in body["events"]]),
    ],
)
def test_lists_hold_what_is_in_reach(path, read, add, browser, kit):
    add("all", kit.viewer)
    add("one", kit.gate_viewer)
    assert "=cmd" in read(browser("all").ask("GET", path).json())
    mine = read(browser("one").ask("GET", path).json())
    assert set(mine) <= {"gate"}
    assert mine or "=cmd" in path.replace("%3D", "=")


def test_nobody_sees_nothing(scoped):
    assert scoped.cameras() == []
    assert list(scoped.events(10)) == []
    for ask in (lambda: scoped.lines("gate"), lambda: scoped.counts("gate", 1), lambda: scoped.set_lines("gate", [])):
        with pytest.raises(KeyError):
            ask()
    scoped.subscribe(lambda update: None, ["gate"])()


def test_an_officer_reads_numbers_and_no_pictures(scoped, by, kit, ports):
    with by(kit.officer):
        assert len(scoped.cameras()) == 2
        assert scoped.counts("gate", 1)
        assert list(scoped.events(10)) == []
        with pytest.raises(KeyError):
            scoped.lines("gate")
        scoped.subscribe(lambda update: None, ["gate"])
    assert ports.listeners[1][1] == ()


def test_a_viewer_of_one_camera_gets_its_updates_only(scoped, by, kit, ports, make, logged):
    got = []
    with by(kit.gate_viewer):
        end = scoped.subscribe(got.append, ["gate", "=cmd", "nothing"])
    assert ports.listeners[1][1] == ("gate",)
    hidden = make.picture("=cmd", 1)
    for update in (make.picture("gate", 1), make.overlay("gate", 1), make.status("gate"), Judged("gate")):
        ports.tell(update)
    listener = ports.listeners[1][0]
    for update in (hidden, make.overlay("=cmd", 1), make.status("=cmd"), Judged("=cmd"), *ports.past[1:]):
        listener(update)
    assert len(got) == 4
    end()
    assert ports.listeners == {}


def test_who_looks_is_logged_once_per_camera_and_person_not_per_page(scoped, by, kit, logged, clock, people):
    with by(kit.viewer):
        first = scoped.subscribe(lambda update: None, ["gate"])
        second = scoped.subscribe(lambda update: None, ["gate", "=cmd"])
    with by(kit.viewer, user_id=2):
        other = scoped.subscribe(lambda update: None, ["gate"])
    first()
    first()
    clock.advance(90)
    second()
    other()
    assert [(what, subject) for _, what, subject in logged()] == [
        ("live.open", "gate"), ("live.open", "=cmd"), ("live.open", "gate"),
        ("live.close", "gate"), ("live.close", "=cmd"), ("live.close", "gate"),
    ]  # fmt: skip
    assert people.audit.page(limit=1)[0].detail == {"seconds": 90.0}
    assert scoped._looking == {}
    assert scoped._since_ns == {}


def test_changed_lines_are_logged_with_their_names(scoped, by, kit, logged, ports):
    with by(kit.gate_operator):
        scoped.set_lines("gate", [Line("south", (0, 0), (1, 1))])
        with pytest.raises(KeyError):
            scoped.set_lines("=cmd", [])
    assert logged() == [("ann", "settings.lines", "gate")]
    assert ports.kept["gate"][0].name == "south"


def test_dots_are_for_who_views_the_whole_site_also_right_after_one(scoped, by, kit, ports, people):
    dots = ScopedDots(Dots(ports, people.clock), scoped)
    ports.dots = type(ports.dots)(7, *(ports.dots.lonlat, ports.dots.labels))
    with by(kit.viewer):
        assert dots.newest() is ports.dots
        assert dots.text(dots.newest())
    with by(kit.gate_viewer):
        assert len(dots.newest()) == 0
        assert dots.newest() is not ports.dots


def test_requests_at_once_do_not_see_each_others_cameras(scoped, people, kit):
    async def read(*grants):
        with people.asking.by(principal(*grants)):
            for _ in range(50):
                await asyncio.sleep(0)
                names = [one.name for one in await asyncio.to_thread(scoped.cameras)]
                assert names == (["gate", "=cmd"] if grants == (kit.viewer,) else ["gate"])

    async def both():
        await asyncio.gather(*(read(kit.viewer) if number % 2 else read(kit.gate_viewer) for number in range(8)))

    asyncio.run(both())
