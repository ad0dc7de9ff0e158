"""People at the page of a running service: what each role sees and may, tokens, the log, in a real browser."""

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


house, first, enter = steps.house, steps.first, steps.enter  # fixtures


def test_viewer_sees_no_buttons_and_is_refused(enter: Any, house: Any) -> None:
    owner = enter()
    with steps.newcomer(enter, owner, "vera", "viewer") as viewer:
        assert viewer.page.locator("#tabs a").all_inner_texts() == ["Wall", "Map", "Counts", "Events"]
        viewer.camera("north", 1)
        rules = viewer.page.locator(".rules")
        assert rules.locator("button").count() == 0
        before = house.file
        assert viewer.ask("PATCH", "/api/v1/cameras/north/entry", {"paused": True}) == 403
        assert viewer.ask("DELETE", "/api/v1/cameras/north/entry") == 403
        assert viewer.ask("GET", "/api/v1/users") == 403
        assert house.file == before
        viewer.page.goto(f"{house.url}/#/people")
        viewer.page.wait_for_selector(".wall")
        viewer.go("counts")
        assert viewer.page.locator(".files a").count() == 0
        assert owner.ask("PATCH", "/api/v1/cameras/north/entry", {"paused": True}, word=False) == 403, "CSRF"
        viewer.forgive(403)
    owner.forgive(403)


def test_privacy_officer_sees_statistics_and_the_log(enter: Any, shots: Path) -> None:
    owner = enter()
    with steps.newcomer(enter, owner, "otto", "privacy_officer") as officer:
        assert officer.page.locator("#tabs a").all_inner_texts() == ["Counts", "Audit"]
        officer.go("audit")
        officer.page.wait_for_selector('tr[data-what="login"]')
        officer.page.click("#check-audit")
        officer.page.wait_for_selector(".verdict.good >> text=/The log is whole/")
        officer.visit.screenshot(shots / "service-audit.png")
    owner.go("people")
    owner.page.click('[aria-label="Disable otto"]')
    owner.page.wait_for_selector('[data-user="otto"] .chip >> text=disabled')
    owner.visit.screenshot(shots / "service-people.png")


def test_token_is_shown_once_and_health(enter: Any, shots: Path) -> None:
    owner = enter()
    owner.go("account")
    page = owner.page
    page.click("#make-token")
    page.fill('form.part [name="name"]', "dashboard")
    page.click("#save-token")
    page.wait_for_selector(".once .secret")
    text = page.input_value(".once .secret")
    assert len(text) > 30
    page.reload()
    page.wait_for_selector('[data-token="dashboard"]')
    assert text not in page.content()
    page.fill('[name="current"]', "wrong wrong wrong")
    page.fill('[name="password"]', steps.OTHER_PASSWORD)
    page.click("#change-password")
    page.wait_for_selector('[data-field="current"] .fault >> text=/not your password/')
    assert page.locator("#door[open]").count() == 0, "a wrong password is not the end of the session"
    page.click('[aria-label="Revoke dashboard"]')
    page.click("text=Really revoke dashboard")
    page.wait_for_selector('[data-token="dashboard"]', state="detached")
    owner.go("health")
    page.wait_for_selector("text=The store takes rows")
    page.wait_for_selector("text=event stream of this page")
    owner.visit.screenshot(shots / "service-health.png")
    owner.forgive(401)
