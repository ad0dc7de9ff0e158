"""The page in a real browser: boxes in step with the picture, lines, counts, health, themes, small screens, loss."""

import json
import re
from pathlib import Path

import pytest

from sightline.api import create_app, serve, with_token
from sightline.config import PageSettings
from sightline.core.events import Line

pytestmark = pytest.mark.live

PHONE = {"size": (390, 844), "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


@pytest.fixture
def streets(street_ports):
    """Four drawn cameras, running."""
    ports = street_ports.four_streets()
    ports.set_lines("station-north", [Line("North gate", (0.38, 0.92), (0.30, 0.55))])
    ports.start()
    yield ports
    ports.stop()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_wall(visit, shots, theme):
    window = visit(theme=theme)
    for camera in ("station-north", "market-street"):
        window.wait_for_boxes(camera, 3)
    assert window.page.locator(".tile").count() == 4
    assert window.page.locator("html").get_attribute("data-theme") == theme
    assert "4 cameras · 4 running" in window.page.locator(".head").inner_text()
    window.screenshot(shots / f"wall-{theme}.png")


def test_boxes_belong_to_the_picture_shown(visit):
    window = visit("#/camera/station-north")
    window.wait_for_boxes("station-north", 1)
    seen = set()
    for _ in range(40):
        window.wait_for_pictures("station-north", 1)
        camera = window.wait_for_boxes("station-north", 1)
        assert camera["overlayIndex"] == camera["shownIndex"]
        assert camera["overlayTime"] == camera["shownTime"]
        assert camera["boxes"] == camera["objects"]
        assert camera["mismatched"] == 0
        seen.add(camera["shownIndex"])
    assert len(seen) > 10, "the picture moves"


def test_only_what_is_looked_at_is_asked_for(visit, streets):
    window = visit("#/camera/harbour-bridge")
    window.wait_for_boxes("harbour-bridge", 1)
    window.page.wait_for_function("() => window.sightline.cameras['harbour-bridge'].pictures > 5")
    state = window.state()
    assert state["market-street"]["pictures"] == 0
    assert {names for _, names in streets._listeners.values()} == {frozenset({"harbour-bridge"})}


def test_draw_count_and_delete_a_line(visit, streets, shots):
    window = visit("#/camera/market-street")
    window.wait_for_boxes("market-street", 1)
    window.draw_line((0.5, 0.95), (0.5, 0.45), "Middle")
    (line,) = streets.lines("market-street")
    assert line.name == "Middle"
    assert line.start == pytest.approx((0.5, 0.95), abs=0.01)
    assert line.end == pytest.approx((0.5, 0.45), abs=0.01)
    counts = window.wait_for_counts(1)
    assert {name for name, _ in counts} == {"Middle"}
    assert window.page.locator(".plot canvas").count() == 1
    window.page.click("text=15 min")
    window.wait_for_counts(1)
    window.screenshot(shots / "camera-line-counts.png", whole=True)
    with window.page.expect_download() as download:
        window.page.click("text=Download CSV")
    rows = Path(download.value.path()).read_text().splitlines()
    assert rows[0] == "camera,line,direction,start,end,minutes,class,count"
    assert rows[1].startswith("market-street,Middle,")
    window.page.click('[aria-label="Delete Middle"]')
    window.page.click('[aria-label="Really delete Middle"]')
    window.page.wait_for_selector(".lines", state="detached")
    assert streets.lines("market-street") == []


def test_move_turn_and_rename_a_line(visit, streets):
    window = visit("#/camera/station-north")
    window.wait_for_boxes("station-north", 1)
    window.page.click('[aria-label="Edit North gate"]')
    grip = window.page.locator(".grip").first.bounding_box()
    window.page.mouse.move(grip["x"] + 14, grip["y"] + 14)
    window.page.mouse.down()
    window.page.mouse.move(grip["x"] + 114, grip["y"] + 14)
    window.page.mouse.up()
    window.page.click("text=Turn direction")
    window.page.fill("#line-name", "")
    window.page.fill("#line-name", "Turned")
    window.page.click("#save-line")
    window.page.wait_for_selector('.lines li[data-line="Turned"]')
    (line,) = streets.lines("station-north")
    assert line.start == pytest.approx((0.30, 0.55), abs=0.01), "the ends changed places"
    assert line.end[0] > 0.42, "the end that was dragged to the right"


def test_line_by_keyboard_alone(visit, streets):
    window = visit("#/camera/school-lane")
    window.wait_for_boxes("school-lane", 1)
    window.page.focus("#add-line")
    window.page.keyboard.press("Enter")
    window.page.focus(".grip >> nth=0")
    for _ in range(5):
        window.page.keyboard.press("ArrowUp")
    window.page.keyboard.press("Shift+ArrowRight")
    window.page.focus("#line-name")
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector('.lines li[data-line="Line 1"]')
    (line,) = streets.lines("school-lane")
    assert line.start == pytest.approx((0.30, 0.55))
    window.page.focus("#add-line")
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector("#line-name")
    window.page.keyboard.press("Escape")
    window.page.wait_for_selector("#line-name", state="detached")


def test_name_taken_is_said_in_the_form(visit, streets):
    window = visit("#/camera/station-north")
    window.wait_for_boxes("station-north", 1)
    window.page.focus("#add-line")
    window.page.keyboard.press("Enter")
    window.page.fill("#line-name", "North gate")
    window.page.click("#save-line")
    window.page.wait_for_selector(".form .fault:not([hidden])")
    assert "names that are unique" in window.page.locator(".form .fault").inner_text()
    assert len(streets.lines("station-north")) == 1
    window.faults = [fault for fault in window.faults if "422" not in fault]  # the browser notes the refusal


def test_layers_switch_and_stay(visit):
    window = visit("#/camera/station-north")
    window.wait_for_boxes("station-north", 1)
    window.page.click('[data-layer="boxes"]')
    window.page.wait_for_function("() => window.sightline.cameras['station-north'].boxes === 0")
    assert window.page.locator('[data-layer="boxes"]').get_attribute("aria-pressed") == "false"
    window.page.reload()
    window.page.wait_for_selector('[data-layer="boxes"][aria-pressed="false"]')


def test_why_a_box_says_what_it_says(visit, shots):
    window = visit("#/camera/station-north")
    window.wait_for_boxes("station-north", 3)
    window.page.click(".objects button:has(b:text-is('car')) >> nth=0")  # the parked one stays
    card = window.page.locator(".why")
    card.wait_for()
    assert re.search(r"car \d+ %", card.inner_text())
    assert "vehicle colour" in card.inner_text()
    window.screenshot(shots / "camera-why.png")


def test_health_and_events(visit, streets):
    window = visit("#/camera/station-north")
    window.wait_for_boxes("station-north", 1)
    health = window.page.locator('section[aria-label="Health"]')
    health.locator("text=redact").wait_for()
    assert "newer frame" in health.inner_text()
    streets.set_state("station-north", "lost", "no data for 8 s")
    window.page.wait_for_selector(".head .chip.bad")
    assert "no data for 8 s" in window.page.locator(".stage .wait").inner_text()
    window.page.wait_for_selector('section[aria-label="Events"] >> text=Signal lost')
    streets.set_state("station-north", "running")
    window.page.wait_for_selector(".head .chip.good")


def test_pixelated_picture_says_why(visit, streets, shots):
    streets.streets["market-street"].pixelated = "no face model is installed"
    window = visit("#/camera/market-street")
    window.wait_for_boxes("market-street", 1)
    window.page.wait_for_selector(".banner:not([hidden]) >> text=no face model is installed")
    assert window.page.locator(".ribbon").is_visible()
    window.screenshot(shots / "pixelated.png")


def test_phone(visit, shots):
    window = visit(**PHONE)
    window.wait_for_boxes("station-north", 1)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    window.screenshot(shots / "phone-wall.png")
    window.page.tap('.tile[data-camera="station-north"]')
    window.wait_for_boxes("station-north", 1)
    window.page.wait_for_selector(".lines li")
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    window.screenshot(shots / "phone-camera.png", whole=True)


def test_theme_switch_is_kept(visit):
    window = visit(theme="light")
    window.page.click("#theme")
    assert window.page.locator("html").get_attribute("data-theme") == "dark"
    window.page.reload()
    assert window.page.locator("html").get_attribute("data-theme") == "dark"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_contrast_of_all_words(visit, theme):
    window = visit("#/camera/station-north", theme=theme)
    window.wait_for_boxes("station-north", 1)
    window.page.wait_for_selector(".objects button")
    low = window.page.evaluate(CONTRAST)
    assert low == [], "expected 4.5:1 (WCAG 2.2 AA)"


def test_unknown_camera_in_the_address(visit):
    window = visit("#/camera/nowhere")
    window.page.wait_for_selector("text=There is no camera named nowhere")
    window.page.click("main >> text=All cameras")
    window.wait_for_boxes("station-north", 1)


def test_connection_lost_and_back(browser, page_steps, streets, shots):
    settings = PageSettings(port=0)
    first = serve(create_app(streets, settings), settings)
    window = page_steps.Visit(browser, first.url)
    window.wait_for_boxes("station-north", 1)
    first.stop()
    window.page.wait_for_selector("#lost:not([hidden])")
    assert window.page.locator("#link").inner_text() == "Offline"
    window.screenshot(shots / "connection-lost.png")
    again = settings.model_copy(update={"port": first.port})
    with serve(create_app(streets, again), again):
        window.page.wait_for_selector("#lost", state="hidden", timeout=30_000)
        window.wait_for_pictures("station-north", 2)
    window.close()


def test_token_opens_the_page_once_and_for_all(browser, page_steps, streets):
    settings = with_token(PageSettings(host="0.0.0.0", port=0))
    with serve(create_app(streets, settings), settings) as served:
        page_steps.Visit(browser, served.url).close()  # refused, and no cookie comes of it
        window = page_steps.Visit(browser, f"{served.url}?token={settings.token}")
        window.wait_for_boxes("station-north", 1)
        assert window.page.url == served.url, "the token is gone from the address bar"
        assert window.page.evaluate("document.cookie") == "", "no script can read it"
        status = window.page.evaluate(
            "async () => (await fetch('/api/v1/cameras/station-north/lines', {method: 'PUT',"
            " body: JSON.stringify({lines: []}), headers: {'content-type': 'application/json'}})).status"
        )
        assert status == 200
        assert window.faults == []
        assert json.dumps(window.addresses).count(settings.token) == 1
        window.close()


# Words whose contrast with the nearest painted ground is under 4.5:1.
CONTRAST = """() => {
  const rgb = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return {r, g, b, a}; };
  const light = ({r, g, b}) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    const words = [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
    if (!words || !node.checkVisibility() || node.closest(".stage, .skip, .why") || node.disabled) continue;
    let ground = node;
    while (ground && rgb(getComputedStyle(ground).backgroundColor).a < 1) ground = ground.parentElement;
    const style = getComputedStyle(node);
    const [a, b] = [light(rgb(style.color)), light(rgb(getComputedStyle(ground ?? document.body).backgroundColor))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = `${node.tagName}.${node.className} ${node.textContent.trim().slice(0, 30)}`;
    if (ratio < 4.5) low.push(`${name} ${ratio.toFixed(2)}`);
  }
  return low;
}"""
