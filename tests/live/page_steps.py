"""Steps of a person on the live page of any address: open, wait for boxes, draw a line, read counts, screenshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--metrics-recording-only",
]
PATIENCE_MS = 30_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real browser without a window."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One browser window on the page; collects what went wrong and every address that was asked for."""

    def __init__(
        self, browser: Browser, url: str, *, size: tuple[int, int] = (1440, 900), theme: str = "dark", **context: Any
    ) -> None:
        self.url = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        self.faults: list[str] = []
        self.addresses: list[str] = []
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, accept_downloads=True, **context
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self.addresses.append(request.url))
        self.page.goto(url)

    def close(self) -> None:
        """Close the window."""
        self.context.close()

    def open_camera(self, name: str) -> None:
        """Go to the view of one camera."""
        self.page.goto(f"{self.url}/#/camera/{quote(name, safe='')}")
        self.page.wait_for_selector(".camera .stage")

    def open_wall(self) -> None:
        """Go to the wall."""
        self.page.goto(f"{self.url}/#/")
        self.page.wait_for_selector(".wall .tile")

    def state(self) -> dict[str, dict[str, Any]]:
        """What the page shows, by camera."""
        return self.page.evaluate("() => window.sightline.cameras")

    def wait_for_boxes(self, camera: str, least: int = 1) -> dict[str, Any]:
        """Until at least so many boxes are drawn on the camera's picture; what is shown then, read in one step."""
        handle = self.page.wait_for_function(
            "([name, least]) => { const c = window.sightline?.cameras[name]; return c && c.boxes >= least ? c : null }",
            arg=[camera, least],
            timeout=PATIENCE_MS,
        )
        return handle.json_value()

    def wait_for_pictures(self, camera: str, more: int = 3) -> None:
        """Until so many further pictures have come."""
        before = self.state()[camera]["pictures"]
        self.page.wait_for_function(
            "([name, n]) => window.sightline.cameras[name].pictures >= n",
            arg=[camera, before + more],
            timeout=PATIENCE_MS,
        )

    def draw_line(self, start: tuple[float, float], end: tuple[float, float], name: str) -> None:
        """Draw a counting line by mouse between two points in shares of the picture, name and save it."""
        self.page.click("#add-line")
        stage = self.page.locator(".camera .stage")
        stage.scroll_into_view_if_needed()
        place = stage.bounding_box()
        assert place is not None
        points = [(place["x"] + x * place["width"], place["y"] + y * place["height"]) for x, y in (start, end)]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move((points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2)
        self.page.mouse.move(*points[1])
        self.page.mouse.up()
        self.page.fill("#line-name", name)
        self.page.click("#save-line")
        self.page.wait_for_selector(f'.lines li[data-line="{name}"]')

    def counts(self) -> dict[tuple[str, str], int]:
        """(line, direction) -> total, as the table of counts shows it."""
        rows = self.page.locator(".counts tbody tr").evaluate_all(
            "rows => rows.map(r => [r.dataset.line, r.dataset.direction, r.querySelector('.total').textContent])"
        )
        return {(line, direction): int(total.replace(",", "")) for line, direction, total in rows}

    def wait_for_counts(self, least: int = 1) -> dict[tuple[str, str], int]:
        """Until the table shows at least so many crossings in all."""
        self.page.wait_for_function(
            "least => [...document.querySelectorAll('.counts td.total')]"
            ".reduce((sum, cell) => sum + Number(cell.textContent.replace(',', '')), 0) >= least",
            arg=least,
            timeout=PATIENCE_MS,
        )
        return self.counts()

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Save what is seen as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(path), full_page=whole)
