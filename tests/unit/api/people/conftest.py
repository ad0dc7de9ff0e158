"""A service with people over the pipeline in a test's hands, a real store, and browsers that visit it."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from sightline.api.app import Front, bare_app
from sightline.api.metrics import PageMetrics
from sightline.api.people import People, ScopedPorts, install
from sightline.api.people.grouped import GROUPED
from sightline.api.people.passwords import Passwords
from sightline.api.people.people import Tools
from sightline.config import PageSettings
from sightline.config.people import PeopleSettings
from sightline.config.roles import Grant, Role
from sightline.config.store import StoreSettings
from sightline.core.audit import Happening
from sightline.core.clock import ManualClock
from sightline.store.audit import AnchorFile, AuditLog
from sightline.store.engine import open_engine
from sightline.store.people import PeopleTables
from sightline.store.upgrade import upgrade

START_NS = 1_790_000_000_000_000_000
SITE = "harbour"
PASSWORD = "green tram at nine"


def service(ports: Any, people: People, page: PageSettings, **options: Any) -> FastAPI:
    """The routes of the page over scoped ports, as a service wires them."""
    scoped = ScopedPorts(ports, people)
    metrics = PageMetrics(ports, people.clock)
    app = bare_app(scoped, page, metrics, people.clock, Front(showing=GROUPED))
    install(app, people, page, **options)
    return app


@dataclass
class Browser:
    """Somebody at an address: keeps cookies and the word for changes, as the page does."""

    app: ASGIApp
    base: str = "http://127.0.0.1:8600"
    address: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    bearer: str = ""

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; redirects are not followed."""
        headers = {name.lower(): text for name, text in options.pop("headers", {}).items()}
        if self.cookies:
            headers.setdefault("cookie", "; ".join(f"{name}={text}" for name, text in self.cookies.items()))
        if self.csrf:
            headers.setdefault("x-csrf-token", self.csrf)
        if self.bearer:
            headers.setdefault("authorization", f"Bearer {self.bearer}")

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(self.address, 4711))
            async with httpx.AsyncClient(transport=transport, base_url=self.base) as client:
                return await client.request(method, path, headers=headers, **options)

        answer = asyncio.run(go())
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
        return answer

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """By name and password."""
        answer = self.ask("POST", "/api/v1/login", json={"name": name, "password": password})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store brought up to date once, to be copied."""
    folder = tmp_path_factory.mktemp("store")
    engine = open_engine(StoreSettings(folder=folder))
    upgrade(engine)
    engine.dispose()
    return folder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_NS)


@pytest.fixture
def make_people(tmp_path: Path, empty_store: Path, clock: ManualClock) -> Iterator[Callable[..., People]]:
    """A function that opens the test's store for people; options are settings."""
    made: list[tuple[People, Any]] = []
    folder = tmp_path / "data"
    shutil.copytree(empty_store, folder)

    def make(**options: Any) -> People:
        store = StoreSettings(folder=folder, busy_timeout_s=0.5)
        engine = open_engine(store)
        log = AuditLog(engine, clock, AnchorFile(folder / "audit"))
        log.open()
        cheap = Tools(Passwords(memory_kib=64, passes=1))
        people = People(PeopleTables(engine, log), log, PeopleSettings(**options), clock, SITE, cheap)
        made.append((people, engine))
        return people

    yield make
    for people, engine in made:
        people.stop()
        engine.dispose()


@pytest.fixture
def people(make_people: Callable[..., People]) -> People:
    return make_people()


@pytest.fixture
def add(people: People) -> Callable[..., Any]:
    """add("ann", Grant(...)): somebody with ``PASSWORD``."""

    def add_person(name: str, *grants: Grant) -> Any:
        person, _ = people.invited(name, grants, Happening("test", "user.added", name))
        hashed = people.passwords.hash(PASSWORD)
        assert people.tables.set_password(person.id, person.password_hash, hashed)
        return people.tables.person(person.id)

    return add_person


@pytest.fixture
def page() -> PageSettings:
    return PageSettings()


@pytest.fixture
def app(ports: Any, people: People, page: PageSettings) -> FastAPI:
    """The service on loopback."""
    return service(ports, people, page, recheck_s=0.02)


@pytest.fixture
def browser(app: FastAPI) -> Callable[..., Browser]:
    """browser("ann"): signed in; browser(): nobody; browser(address=...)."""

    def open_browser(name: str | None = None, **options: Any) -> Browser:
        new = Browser(app, **options)
        if name is not None:
            assert new.sign_in(name).status_code == 200
        return new

    return open_browser


@pytest.fixture
def logged(people: People) -> Callable[[], Sequence[tuple[str, str, str]]]:
    """(who, what, subject) of all entries of the audit log, oldest first."""

    def read() -> Sequence[tuple[str, str, str]]:
        assert people.journal.flush(10)
        return [(one.who, one.what, one.subject) for one in reversed(people.audit.page(limit=1000))]

    return read


@pytest.fixture(name="kit")
def kit_fixture() -> Any:
    """Names that tests share: kit.service, kit.Browser, kit.SITE, kit.PASSWORD, grants by word."""

    class Kit:
        service = staticmethod(service)
        Browser = Browser
        SITE = SITE
        PASSWORD = PASSWORD
        START_NS = START_NS
        owner = Grant(Role.ADMIN)
        admin = Grant(Role.ADMIN, SITE)
        operator = Grant(Role.OPERATOR, SITE)
        viewer = Grant(Role.VIEWER, SITE)
        officer = Grant(Role.PRIVACY_OFFICER, SITE)
        gate_viewer = Grant(Role.VIEWER, SITE, "gate")
        gate_operator = Grant(Role.OPERATOR, SITE, "gate")
        elsewhere = Grant(Role.ADMIN, "another site")

    return Kit
