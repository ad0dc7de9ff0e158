"""The page of a running service in a real browser: the way in, drawing, counts, events, cameras, people, the log."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live

PAGES = ("counts", "events", "cameras", "people", "audit", "health", "account")


def _steps() -> Any:
    spec = importlib.util.spec_from_file_location("live_service_steps", Path(__file__).with_name("service_steps.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


steps = _steps()
live_page = steps.neighbour("test_page")


house, first, enter = steps.house, steps.first, steps.enter  # fixtures


def test_first_start(first: Any, house: Any) -> None:
    token = house.welcome.split("=")[1]
    assert first["address at the door"] == f"{house.url}/", "the token is gone from the address bar"
    assert "common word" in first["common word"]
    assert first["not the same"] == "The two passwords are not the same."
    assert first["faults"] == []
    assert not [one for one in first["addresses"] if token in one or steps.PASSWORD in one]
    for secret in (token, steps.PASSWORD, house.secret, *(one["value"] for one in first["state"]["cookies"])):
        assert secret not in first["html"]


def test_used_token_wrong_password_sign_out_and_in(enter: Any, house: Any) -> None:
    somebody = enter("/" + house.welcome.split("/", 3)[3], state=None)
    somebody.choose_password(steps.OTHER_PASSWORD)
    somebody.page.wait_for_selector("#door .fault:not([hidden])")
    assert "used up" in somebody.page.locator("#door .fault").inner_text()
    somebody.page.click("#have-password")
    somebody.sign_in("owner", "not the password at all")
    somebody.page.wait_for_selector("#door .fault:not([hidden])")
    assert somebody.page.locator("#door .fault").inner_text() == "This name and password do not belong together."
    somebody.page.keyboard.press("Escape")
    assert somebody.page.locator("#door[open]").count() == 1, "Escape lets nobody in"
    somebody.sign_in("owner", steps.PASSWORD)
    somebody.is_in()
    somebody.page.click("#sign-out")
    somebody.page.wait_for_selector("#door[open]")
    assert somebody.page.locator("#tabs a").count() == 0
    assert somebody.ask("GET", "/api/v1/cameras", word=False) == 401
    somebody.page.goto(f"{house.url}/#welcome=1.used")
    somebody.page.wait_for_selector("#new-password")
    assert somebody.page.url == f"{house.url}/", "also from a window that is already here"
    somebody.forgive(401)


def test_session_ends_and_the_view_stays(enter: Any) -> None:
    somebody = enter(state=None)
    somebody.sign_in("owner", steps.PASSWORD)
    somebody.is_in()
    somebody.camera("south", 1)
    somebody.page.click("#add-line")
    somebody.drag((0.2, 0.3), (0.6, 0.8))
    somebody.page.fill("#shape-name", "kept over the end")
    somebody.page.click("#shape-done")
    assert somebody.ask("POST", "/api/v1/logout", {}) == 204
    somebody.page.wait_for_selector("#door[open] >> text=Your session has ended")
    somebody.page.fill("#sign-in-password", steps.PASSWORD)
    somebody.page.click("#sign-in")
    somebody.is_in()
    assert somebody.page.url.endswith("#/camera/south")
    assert somebody.page.locator('.rules li[data-line="kept over the end"]').count() == 1
    somebody.visit.wait_for_pictures("south", 2)
    somebody.page.click("#discard")
    somebody.go("events")
    assert somebody.ask("POST", "/api/v1/logout", {}) == 204
    somebody.page.wait_for_selector("#door[open]")
    somebody.page.fill("#sign-in-password", steps.PASSWORD)
    somebody.page.click("#sign-in")
    somebody.is_in()
    somebody.page.wait_for_selector("main .chip.good >> text=Live")
    somebody.forgive(401)
    somebody.visit.faults = [one for one in somebody.visit.faults if "WebSocket" not in one]


def test_zone_line_and_rule_by_mouse(enter: Any, house: Any, shots: Path) -> None:
    owner = enter()
    owner.camera("south", 1)
    owner.page.click("#add-line")
    owner.drag((0.5, 0.1), (0.5, 0.95))
    owner.page.fill("#shape-name", "middle")
    owner.page.click("#shape-done")
    owner.draw_zone([(0.02, 0.05), (0.98, 0.05), (0.98, 0.98), (0.02, 0.98)], "street")
    owner.page.click("#add-rule")
    owner.page.select_option("#rule-type", "occupancy")
    assert "Tells who enters and leaves" in owner.page.locator(".rule-form").inner_text()
    assert owner.page.get_attribute('[name="min_s"]', "placeholder") == "0.5"
    owner.page.fill('[name="min_s"]', "999")
    owner.page.click("#rule-done")
    fault = owner.page.locator('[data-field="min_s"] .fault')
    assert "from 0 to 60" in fault.inner_text()
    owner.page.fill('[name="min_s"]', "0")
    owner.page.fill("#rule-name", "who comes")
    owner.page.click("#rule-done")
    assert "who comes" not in house.file, "nothing is in force before it is saved"
    owner.save()
    assert all(word in house.file for word in ("middle", "street", "who comes"))
    owner.page.wait_for_selector('[data-zone="street"] >> text=/now in it: \\d/')
    owner.page.wait_for_selector('[data-rule="who comes"] >> text=/last: /', timeout=60_000)
    owner.visit.screenshot(shots / "service-rules.png")
    owner.go("events")
    owner.page.wait_for_selector('.events-list tr[data-camera="south"] >> text=/who comes/', timeout=60_000)
    owner.page.wait_for_selector('.events-list tr[data-live="yes"]', timeout=60_000)
    owner.visit.screenshot(shots / "service-events.png")


def test_zone_by_keyboard_mended_undone_and_refused(enter: Any, house: Any) -> None:
    owner = enter()
    owner.camera("north", 1)
    page = owner.page
    before = house.file
    page.focus("#add-zone")
    page.keyboard.press("Enter")
    page.wait_for_selector("#shape-name")
    assert page.locator(".stage .grip").count() == 4
    page.click("text=Add corner")
    assert page.locator(".stage .grip").count() == 5
    page.focus(".grip >> nth=1")
    page.keyboard.press("Delete")
    assert page.locator(".stage .grip").count() == 4
    page.keyboard.press("Shift+ArrowUp")
    page.focus("#shape-name")
    page.keyboard.press("Enter")
    assert page.locator('[data-zone="Zone 1"]').count() == 1
    page.click('[aria-label="Delete zone all"]')
    assert "who is there" in page.locator(".rules .fault").last.inner_text(), "a rule uses it"
    page.click("#undo")
    assert page.locator('[data-zone="Zone 1"]').count() == 0
    owner.draw_zone([(0.1, 0.5), (0.6, 0.9), (0.7, 0.4), (0.1, 0.9)], "bow tie")
    page.click("#save-drawing")
    page.wait_for_selector(".rules .fault:not([hidden]) >> text=/corners in order/")
    page.click("#discard")
    assert house.file == before
    page.click("#add-zone")
    page.keyboard.press("Escape")
    page.wait_for_selector(".stage.drawing", state="detached")
    owner.forgive(422)


def test_ground_by_known_distances(enter: Any, house: Any) -> None:
    owner = enter()
    owner.camera("north", 1)
    page = owner.page
    page.click("#add-ground")
    page.click("#add-length")
    owner.drag((0.2, 0.9), (0.5, 0.9))
    page.fill('[aria-label="Metres of distance 1"]', "6")
    page.click("#ground-done")
    assert "at least 2" in page.locator(".opened .fault").inner_text()
    page.click("#add-length")
    owner.drag((0.4, 0.5), (0.55, 0.5))
    page.fill('[aria-label="Metres of distance 2"]', "6.5")
    page.click("#ground-done")
    owner.save()
    assert "metres: 6.5" in house.file
    assert owner.ask("PATCH", "/api/v1/cameras/north/entry", {"ground": None}) == 200


def test_counts_and_speeds(enter: Any) -> None:
    owner = enter()
    owner.go("counts")
    page = owner.page
    with page.expect_response(lambda one: "/store/counts" in one.url and "minutes=1&" in f"{one.url}&"):
        page.click("text=Hour")
    looked_again = "() => { const t = document.querySelector('td.total'); if (!t) RANGE.click(); return t }"
    page.wait_for_function(looked_again.replace("RANGE", "document.querySelector('[aria-label=Range] button')"),
                           timeout=60_000, polling=2000)  # fmt: skip
    assert page.locator(".plot canvas").count() >= 1
    page.click("text=Class")
    page.wait_for_selector(".legend >> text=/car|van|bus|truck|pedestrian|rider|vehicle/")
    for form, magic in (("CSV", b"camera,line,direction"), ("Parquet", b"PAR1")):
        with page.expect_download() as download:
            page.click(f'[aria-label="Download counts as {form}"]')
        assert Path(download.value.path()).read_bytes().startswith(magic)
    page.click("text=Week")
    page.wait_for_selector("td.total")


def test_events_filtered_and_paged(enter: Any) -> None:
    owner = enter()
    owner.go("events")
    page = owner.page
    page.wait_for_selector(".events-list tbody tr")
    page.select_option('[name="topic"]', "RuleEngine/CountAggregation/OccupancyCounter")
    page.wait_for_function(
        "() => { const rows = [...document.querySelectorAll('.events-list tbody tr')];"
        " return rows.length && rows.every(r => r.dataset.topic.endsWith('OccupancyCounter')) }"
    )
    page.select_option('[name="camera"]', "north")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.events-list tbody tr')].every(r => r.dataset.camera === 'north')"
    )
    few = "limit=3"  # of a page, so that there are several
    page.route("**/store/events?*", lambda one: one.continue_(url=one.request.url.replace("limit=100", few)))
    page.select_option('[name="topic"]', "")
    reloaded = (
        "() => { const m = document.querySelector('#more-events'); if (m.hidden) RELOAD.click(); return !m.hidden }"
    )
    reload = "document.querySelector('.head button')"
    page.wait_for_function(reloaded.replace("RELOAD", reload), timeout=60_000, polling=2000)
    page.fill('[name="to"]', page.evaluate("new Date(Date.now() + 3600e3).toISOString().slice(0, 16)"))
    page.wait_for_function("() => document.querySelectorAll('.events-list tbody tr').length === 3")
    page.click("#more-events")
    page.wait_for_function("() => document.querySelectorAll('.events-list tbody tr').length > 3")
    times = page.locator(".events-list tbody time").evaluate_all("all => all.map(one => one.dateTime)")
    assert times == sorted(times, reverse=True), "older ones below"
    page.fill('[name="to"]', "2020-01-01T00:00")
    page.fill('[name="from"]', "2019-12-31T00:00")
    page.wait_for_selector("text=No events in this time")


def test_camera_added_paused_and_removed(enter: Any, house: Any, shots: Path) -> None:
    owner = enter()
    owner.go("cameras")
    page = owner.page
    page.click("#add-camera")
    page.fill('[name="camera"]', "east")
    page.fill('[name="url"]', "rtsp://127.0.0.1:9/none")
    page.fill('[name="user"]', "viewer")
    page.fill('[name="secret"]', "only-for-the-camera")
    page.fill('[name="purpose"]', "short")
    page.click("#save-camera")
    assert "at least 8" in page.locator('[data-field="purpose"] .fault').inner_text()
    page.fill('[name="purpose"]', "a look at the east side")
    page.fill('[name="url"]', "file:///etc/hostname")
    page.click("#save-camera")
    page.wait_for_selector("#new-camera .fault:not([hidden]) >> text=/rtsp/")
    page.fill('[name="url"]', "rtsp://10.255.255.1:9/none")
    page.click("#save-camera")
    page.wait_for_selector('[data-camera="east"]')
    assert "only-for-the-camera" not in page.content() + house.file
    page.click('[aria-label="Pause south"]')
    page.wait_for_selector('[data-camera="south"] .chip >> text=paused')
    page.click('[aria-label="Resume south"]')
    page.wait_for_selector('[data-camera="south"] .chip >> text=/running|starting/')
    page.click('[aria-label="Change the purpose of south"]')
    page.fill('[data-camera="south"] textarea', "count traffic at the south side")
    page.click("text=Save purpose")
    page.wait_for_selector('[data-camera="south"] >> text=count traffic at the south side')
    owner.visit.screenshot(shots / "service-cameras.png")
    page.click('[aria-label="Remove east"]')
    page.click("text=Really remove east")
    page.wait_for_selector('[data-camera="east"]', state="detached")
    assert "east" not in house.file
    assert "count traffic at the south side" in house.file
    owner.forgive(422)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_contrast_and_secrets(enter: Any, house: Any, theme: str, shots: Path) -> None:
    owner = enter(theme=theme)
    owner.camera("north", 1)
    owner.page.click("#add-rule")
    low = {"camera": owner.page.evaluate(live_page.CONTRAST)}
    owner.page.keyboard.press("Escape")
    for kind in PAGES:
        owner.go(kind)
        owner.page.wait_for_selector("main .card, main table")
        owner.page.wait_for_load_state("networkidle") if kind not in ("events", "health") else None
        low[kind] = owner.page.evaluate(live_page.CONTRAST)
        assert not [one for one in (house.secret, steps.PASSWORD) if one in owner.page.content()]
        owner.visit.screenshot(shots / f"all-{kind}-{theme}.png")
    assert low == {key: [] for key in low}, "expected 4.5:1 (WCAG 2.2 AA)"


def test_phone(enter: Any, shots: Path) -> None:
    owner = enter(**live_page.PHONE)
    wide = {}
    for kind in ("", *PAGES):
        owner.page.goto(f"{owner.visit.url}/#/{kind}")
        owner.page.wait_for_selector("main h1")
        owner.page.wait_for_selector("main .card, main table, main .tile")
        wide[kind] = owner.page.evaluate("document.documentElement.scrollWidth")
        owner.visit.screenshot(shots / f"phone-{kind or 'wall'}.png", whole=True)
    owner.camera("north", 1)
    owner.page.tap("#add-rule")
    wide["camera"] = owner.page.evaluate("document.documentElement.scrollWidth")
    owner.visit.screenshot(shots / "phone-camera.png", whole=True)
    assert wide == dict.fromkeys(wide, 390)


def test_named_and_reached_by_keyboard(enter: Any) -> None:
    owner = enter()
    for kind in PAGES:
        owner.go(kind)
        owner.page.wait_for_selector("main .card, main table")
        assert owner.page.evaluate(steps.NAMELESS) == [], kind
    owner.go("people")
    owner.page.focus("#invite")
    owner.page.keyboard.press("Enter")
    assert owner.page.evaluate("document.activeElement.id") == "new-user"
    assert owner.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "visible focus"
    owner.page.keyboard.press("Escape")
    assert owner.page.evaluate("document.activeElement.id") == "invite"
