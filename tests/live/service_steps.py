"""Steps of people at a running service: its process over drawn streets, and their browser windows on its page."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PASSWORD = "four green lamps on a quay"
OTHER_PASSWORD = "seven slow trams go uphill"


def _models(folder: Path) -> None:
    """For screenshots: with them faces and plates are found, and pictures need not be pixelated as a whole."""
    root = Path(__file__).resolve().parents[2]
    shared = Path(os.environ.get("SIGHTLINE_SHARED", root.parent / "shared")) / "models"
    if "SIGHTLINE_SCREENSHOTS" in os.environ and shared.is_dir():
        command = [sys.executable, "-m", "sightline", "models", "import", str(shared)]
        subprocess.run(
            command, env={**os.environ, "SIGHTLINE_MODELS": str(folder)}, check=True, timeout=60, capture_output=True
        )


def neighbour(name: str) -> ModuleType:
    """Another file of this folder as a module; the folder is no package."""
    known = sys.modules.get(f"live_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"live_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Served:
    """A service that runs on a site's file of its own; ``welcome``: the address that its first start printed."""

    def __init__(self, folder: Path, streets: list[str], port: int, more: str) -> None:
        run = neighbour("test_run")
        self.secret: str = run.SECRET
        self.site = run.Site(folder, streets)
        self.site.file.write_text(self.file.replace("port: 0", f"port: {port}") + more, encoding="utf-8")
        _models(folder / "none")
        told = {"SOUTH_PASSWORD": self.secret, "SIGHTLINE_MODELS": str(folder / "none")}
        self.said = run.Said(*run.SIGHTLINE, "run", str(self.site.file), **told)
        self.url: str = self.said.wait_for(r"^page: (\S+)")[1].rstrip("/")
        self.said.wait_for("^site station: ")
        self.welcome: str = self.said.wait_for(r"open (\S+#welcome=\S+) within")[1]

    @property
    def file(self) -> str:
        """The site's file as it is now."""
        return str(self.site.file.read_text(encoding="utf-8"))


@contextmanager
def served(folder: Path, port: int = 0, more: str = "") -> Iterator[Served]:
    """Drawn streets on air and a service over two of them; more: further lines of its site's file."""
    run = neighbour("test_run")
    on_air = run.Said(*run.SIGHTLINE, "simulate", str(folder / "district"), "--cameras", "2", "--seed", "2", "--live")
    on_air.wait_for("on air until")
    service = None
    try:
        service = Served(folder, [line for line in on_air.lines if line.startswith("rtsp://")], port, more)
        yield service
    finally:
        if service is not None:
            service.said.end()
        on_air.end()


class Person:
    """Somebody at a window on the page of a service; ``visit``: of ``page_steps``."""

    def __init__(self, visit: Any) -> None:
        self.visit = visit
        self.page = visit.page

    def choose_password(self, password: str) -> None:
        """At the way in, with a one-time token."""
        self.page.fill("#new-password", password)
        self.page.fill("#new-password-again", password)
        self.page.click("#choose-password")

    def sign_in(self, name: str, password: str) -> None:
        """At the way in."""
        self.page.fill("#sign-in-name", name)
        self.page.fill("#sign-in-password", password)
        self.page.click("#sign-in")

    def is_in(self) -> None:
        """Until the way in has closed."""
        self.page.wait_for_selector("#door:not([open])", state="attached")
        self.page.wait_for_selector("#account:not([hidden])")

    def go(self, kind: str) -> None:
        """Open a view by its tab's address."""
        self.page.goto(f"{self.visit.url}/#/{kind}")
        self.page.wait_for_selector("main h1")

    def camera(self, name: str, boxes: int = 0) -> None:
        """Open a camera's view and wait for its drawing, and for boxes."""
        self.visit.open_camera(name)
        self.page.wait_for_selector(".rules .lines li, .rules .empty")
        if boxes:
            self.visit.wait_for_boxes(name, boxes)

    def points(self, shares: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """Places in the window of points in shares of the picture."""
        stage = self.page.locator(".camera .stage")
        stage.scroll_into_view_if_needed()
        place = stage.bounding_box()
        assert place is not None
        return [(place["x"] + x * place["width"], place["y"] + y * place["height"]) for x, y in shares]

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """By mouse on the picture, in shares."""
        a, b = self.points([start, end])
        self.page.mouse.move(*a)
        self.page.mouse.down()
        self.page.mouse.move((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        self.page.mouse.move(*b)
        self.page.mouse.up()

    def draw_zone(self, corners: list[tuple[float, float]], name: str) -> None:
        """Click the corners, close by Enter, name and take it."""
        self.page.click("#add-zone")
        for point in self.points(corners):
            self.page.mouse.click(*point)
        self.page.keyboard.press("Enter")
        self.page.fill("#shape-name", name)
        self.page.click("#shape-done")

    def save(self) -> None:
        """Save what was drawn, until the page says so."""
        self.page.click("#save-drawing")
        self.page.wait_for_selector(".unsaved", state="hidden")

    def ask(self, method: str, path: str, body: Any = None, *, word: bool = True) -> int:
        """The status of a request that the page itself does not make; with or without the session's word."""
        status: int = self.page.evaluate(
            "async ([method, path, body, word]) => {"
            " const me = await (await fetch('/api/v1/me')).json();"
            " const headers = {'content-type': 'application/json', ...(word ? {'x-csrf-token': me.csrf} : {})};"
            " return (await fetch(path, {method, headers, body: body && JSON.stringify(body)})).status }",
            [method, path, body, word],
        )
        return status

    def forgive(self, *statuses: int) -> None:
        """The browser notes every refused request as an error; those with these statuses were meant."""
        words = tuple(f"status of {status}" for status in statuses)
        self.visit.faults = [fault for fault in self.visit.faults if not any(word in fault for word in words)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, page_steps: Any) -> Iterator[Any]:
    """A service over two drawn streets, never entered."""
    if not page_steps.CHROMIUM.is_file():
        pytest.skip("no Chromium: expected /usr/bin/chromium")
    with served(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(scope="module")
def first(house: Any, browser: Any, page_steps: Any) -> dict[str, Any]:
    """The first start: what the owner saw on the way to a password, and their browser's session."""
    seen: dict[str, Any] = {}
    visit = page_steps.Visit(browser, house.welcome)
    owner = Person(visit)
    owner.page.wait_for_selector("#new-password")
    seen["address at the door"] = owner.page.url
    owner.choose_password("password1234")
    owner.page.wait_for_selector("#door .fault:not([hidden])")
    seen["common word"] = owner.page.locator("#door .fault").inner_text()
    owner.page.fill("#new-password", PASSWORD)
    owner.page.click("#choose-password")
    seen["not the same"] = owner.page.locator("#door .fault").inner_text()
    owner.choose_password(PASSWORD)
    owner.is_in()
    visit.wait_for_boxes("north", 1)
    owner.forgive(422)
    seen |= {"faults": list(visit.faults), "addresses": list(visit.addresses), "html": owner.page.content()}
    seen["state"] = visit.context.storage_state()
    visit.close()
    return seen


@pytest.fixture
def enter(house: Any, first: Any, browser: Any, page_steps: Any) -> Iterator[Callable[..., Any]]:
    """Opens windows of somebody, else of the owner; every one must be free of errors and of outside addresses."""
    opened: list[Any] = []

    def go(path: str = "/", *, state: Any = first["state"], **options: Any) -> Any:
        person = Person(page_steps.Visit(browser, house.url + path, storage_state=state, **options))
        opened.append(person)
        return person

    yield go
    for person in opened:
        visit = person.visit
        visit.close()
        assert visit.faults == []
        assert [one for one in visit.addresses if not one.startswith((house.url, "blob:"))] == []


@contextmanager
def newcomer(enter: Callable[..., Any], owner: Person, name: str, role: str) -> Iterator[Person]:
    """Invites somebody on the page and lets them in by the address that is shown once."""
    owner.go("people")
    owner.page.click("#invite")
    owner.page.fill("#new-user", name)
    owner.page.select_option('[aria-label="Role"]', role)
    owner.page.click("#send-invitation")
    owner.page.wait_for_selector(".once .secret")
    address = owner.page.input_value(".once .secret")
    owner.page.click("text=I have it, hide it")
    assert address.split("=")[1] not in owner.page.content()
    somebody = enter("/" + address.split("/", 3)[3], state=None)
    somebody.choose_password(OTHER_PASSWORD)
    somebody.is_in()
    yield somebody


# What can be pressed or filled and has no name for a screen reader.
NAMELESS = """() => [...document.querySelectorAll("button, a, input, select, textarea")]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()))
  .filter((node) => !node.labels?.[0]?.textContent.trim())
  .map((node) => node.outerHTML.slice(0, 120))"""
