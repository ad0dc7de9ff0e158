"""The map page in a real browser: streets, cameras, moving dots, the chosen camera, numbers beside the truth."""

import re

import pytest

from sightline.api import create_app, serve
from sightline.config import PageSettings
from sightline.core.events import Line

pytestmark = pytest.mark.live

PHONE = {"size": (390, 844), "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
NO_WEBGL = """const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : plain.call(this, kind, ...rest);
};"""


@pytest.fixture
def streets(map_ports):
    """Four drawn cameras, three with a place, running."""
    ports = map_ports.map_streets()
    ports.set_lines("station-north", [Line("North gate", (0.5, 0.95), (0.5, 0.55))])
    ports.start()
    yield ports
    ports.stop()


@pytest.fixture
def visit(visit, site):
    """Opens windows on the map; script: runs in the page before all else."""

    def go(path="#/map", *, script="", **options):
        window = visit(**options)
        if script:
            window.page.add_init_script(script)
            window.page.reload()
        window.page.goto(site.url + path)
        return window

    return go


def wait_for_map(window, updates=2):
    """Until the map is drawn and dots have come so many times."""
    window.page.wait_for_function("n => window.sightline?.map?.ready && window.sightline.map.updates >= n", arg=updates)
    window.page.wait_for_function("() => window.sightline.map.rendered('dots') > 0")


def rendered(window, *layers):
    return window.page.evaluate("layers => window.sightline.map.rendered(...layers)", list(layers))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_streets_cameras_and_what_they_see(visit, shots, theme):
    window = visit(theme=theme, size=(1400, 900))
    wait_for_map(window)
    for layer in ("block", "road", "junction", "crossing", "view", "count-line"):
        assert rendered(window, layer) > 0, layer
    window.page.wait_for_function("() => window.sightline.map.rendered('street-name') > 0")
    pins = window.page.locator(".pin")
    names = {pins.nth(i).get_attribute("data-camera") for i in range(pins.count())}
    assert names == {"station-north", "market-street", "harbour-bridge"}
    assert "3 of 4 cameras on the map" in window.page.locator(".head").inner_text()
    window.screenshot(shots / f"map-{theme}.png")


def test_dots_move_and_carry_no_ids(visit, streets):
    window = visit()
    wait_for_map(window)
    before = window.page.evaluate("() => window.sightline.map.dots")
    window.page.wait_for_function(
        "before => JSON.stringify(window.sightline.map.dots) !== JSON.stringify(before)", arg=before
    )
    after = window.page.evaluate("() => window.sightline.map.dots")
    assert after != before
    for lon, lat, label in after:
        assert abs(lon - 8.6512) < 0.005
        assert abs(lat - 49.8728) < 0.005
        assert label in ("car", "van", "truck", "bus", "bicycle", "pedestrian")
    legend = window.page.locator(".map-legend")
    legend.locator("li").first.wait_for()
    assert re.search(r"[a-z]+\s*\d+", legend.inner_text())
    assert {names for _, names in streets._listeners.values()} == {frozenset()}, "no picture is made for dots"


def test_no_dots_are_made_for_other_pages(visit, streets):
    window = visit("#/")
    window.wait_for_boxes("station-north", 1)
    asked = []
    plain = streets.places
    streets.places = lambda: asked.append(1) or plain()
    window.wait_for_pictures("station-north", 10)
    assert asked == []
    window.page.click('[data-tab="map"]')
    wait_for_map(window)
    assert asked


def test_click_opens_the_camera(visit, shots):
    window = visit(size=(1400, 900))
    wait_for_map(window)
    window.page.click('.pin[data-camera="station-north"]')
    window.wait_for_boxes("station-north", 1)
    assert window.page.locator(".chosen h2").inner_text() == "station-north"
    assert rendered(window, "view-chosen") > 0
    assert window.page.locator('.pin[data-camera="station-north"]').get_attribute("aria-pressed") == "true"
    window.screenshot(shots / "map-camera.png")
    window.page.click('.map-list button[data-camera="market-street"]')
    window.wait_for_boxes("market-street", 1)
    assert window.page.url.endswith("#/map/market-street")
    window.page.click('[aria-label="Close the camera"]')
    window.page.wait_for_selector(".chosen h2", state="detached")
    window.page.click('.pin[data-camera="harbour-bridge"]')
    window.page.click("text=Open camera")
    window.page.wait_for_selector(".camera .stage")
    assert window.page.url.endswith("#/camera/harbour-bridge")


def test_by_keyboard_alone(visit):
    window = visit()
    wait_for_map(window)
    window.page.focus('.pin[data-camera="market-street"]')
    window.page.keyboard.press("Enter")
    window.wait_for_boxes("market-street", 1)
    window.page.focus(".maplibregl-canvas")
    before = window.page.evaluate("() => window.sightline.map.zoom")
    window.page.keyboard.press("Equal")
    window.page.wait_for_function("before => window.sightline.map.zoom > before + 0.5", arg=before)


def test_a_camera_without_a_place_is_listed(visit):
    window = visit()
    wait_for_map(window)
    rest = window.page.locator('section[aria-label="Cameras without a place"]')
    assert "school-lane" in rest.inner_text()
    rest.locator("button").click()
    window.wait_for_boxes("school-lane", 1)


def test_counts_beside_the_camera(visit, streets):
    streets.cross("station-north", "North gate", "forward", 7, "car", streets.clock.now_ns())
    window = visit()
    wait_for_map(window)
    window.page.wait_for_function(
        "() => /station-north · [1-9]/.test(document.querySelector('.pin[data-camera=\"station-north\"]').textContent)"
    )
    said = window.page.locator('.pin[data-camera="station-north"]').get_attribute("aria-label")
    assert re.fullmatch(r"Camera station-north, \d+ crossings counted", said)


def test_no_camera_has_a_place(visit, streets):
    streets.hung, streets.base = {}, None
    window = visit()
    window.page.wait_for_selector("text=No camera has a place yet")
    window.page.wait_for_function("() => document.querySelectorAll('.map-list button').length === 4")


def test_without_webgl_the_cameras_are_listed(visit, shots):
    window = visit(script=NO_WEBGL)
    window.page.wait_for_selector("text=This browser cannot draw the map")
    window.page.wait_for_function("() => document.querySelectorAll('.map-list button').length === 4")
    assert window.page.locator(".map-tools").is_hidden()
    window.page.click('.map-list button[data-camera="station-north"]')
    window.wait_for_boxes("station-north", 1)
    window.screenshot(shots / "map-without-webgl.png")


def test_theme_switch_redraws(visit):
    window = visit(theme="dark")
    wait_for_map(window)
    window.page.click("#theme")
    window.page.wait_for_function("() => window.sightline.map.ready && window.sightline.map.rendered('road') > 0")
    assert window.page.locator(".pin").count() == 3
    assert window.page.locator("html").get_attribute("data-theme") == "light"


def test_phone(visit, shots):
    window = visit(**PHONE)
    wait_for_map(window)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    window.page.tap('.map-list button[data-camera="station-north"]')
    window.wait_for_boxes("station-north", 1)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    window.screenshot(shots / "map-phone.png", whole=True)


def test_dots_come_back_after_a_loss(browser, page_steps, streets):
    settings = PageSettings(port=0)
    first = serve(create_app(streets, settings), settings)
    window = page_steps.Visit(browser, first.url + "#/map")
    wait_for_map(window)
    first.stop()
    window.page.wait_for_selector("#lost:not([hidden])")
    before = window.page.evaluate("() => window.sightline.map.updates")
    again = settings.model_copy(update={"port": first.port})
    with serve(create_app(streets, again), again):
        window.page.wait_for_function("n => window.sightline.map.updates > n + 2", arg=before)
    window.close()


def test_nothing_of_truth_where_there_is_none(visit):
    window = visit("#/")
    window.wait_for_boxes("station-north", 1)
    assert window.page.locator("#truth").is_hidden()
    assert window.page.locator(".score:visible").count() == 0
    window.page.goto(window.url + "/#/camera/station-north")
    window.wait_for_boxes("station-north", 1)
    assert window.page.locator(".truths, .ask").filter(visible=True).count() == 0


def test_truth_stands_beside_the_numbers(visit, streets, shots):
    window = visit("#/")
    window.wait_for_boxes("station-north", 1)
    streets.judge("station-north", 63.2, 41, 43)
    streets.judge("market-street", 58.0, 30, 36)
    tile = window.page.locator('.tile[data-camera="station-north"] .score')
    tile.wait_for()
    assert " ".join(tile.inner_text().split()) == "HOTA 63 · counted 41, truth 43 (−4.7 %)"
    assert tile.locator(".off.good").count() == 1
    assert window.page.locator('.tile[data-camera="market-street"] .off.warn').count() == 1
    bar = window.page.locator("#truth")
    bar.locator("text=truth 79").wait_for()
    assert "mean HOTA 61 · counted 71, truth 79 (−10 %)" in " ".join(bar.inner_text().split())
    window.screenshot(shots / "wall-truth.png")
    bar.locator(".ask").click()
    window.page.wait_for_selector("#truth-help:popover-open")
    window.page.keyboard.press("Escape")
    window.page.goto(window.url + "/#/camera/station-north")
    card = window.page.locator(".truths")
    card.locator("tbody tr").first.wait_for()
    assert [cell.split() for cell in card.locator("tbody tr").all_inner_texts()] == [
        ["gate", "forward", "32", "31", "+3.2", "%"],
        ["gate", "backward", "9", "12", "−25", "%"],
    ]
    window.screenshot(shots / "camera-truth.png")
    window.page.goto(window.url + "/#/map/station-north")
    window.page.locator(".chosen .score >> text=HOTA 63").wait_for()
    assert "HOTA 58" in window.page.locator('.map-list button[data-camera="market-street"]').inner_text()
