"""The button of the organisation's own accounts: from the page to a real provider and back, in a real browser."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live


def _steps() -> Any:
    spec = importlib.util.spec_from_file_location("live_service_steps", Path(__file__).with_name("service_steps.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


steps = _steps()
people = steps.neighbour("test_people")
provider = people.provider  # a fixture: an OpenID provider as a process of its own


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, page_steps: Any, provider: str) -> Iterator[Any]:
    """A service that offers the provider's accounts: group traffic may look at one camera, and change it."""
    if not page_steps.CHROMIUM.is_file():
        pytest.skip("no Chromium: expected /usr/bin/chromium")
    folder, port = tmp_path_factory.mktemp("house"), people.free_port()
    (folder / "client").write_text("any: this provider takes every client")
    more = f"""\
people:
  public_address: http://127.0.0.1:{port}
  oidc:
    issuer: {provider}
    client_id: sightline
    client_secret_file: {folder / "client"}
    label: City account
    roles: {{traffic: [{{role: operator, site: station, camera: south}}]}}
"""
    with steps.served(folder, port, more) as running:
        yield running


def _sign_on(somebody: Any, sub: str) -> None:
    """The provider's own page asks for files from elsewhere; only what is refused here counts."""
    somebody.refused = []
    here = somebody.visit.url
    somebody.page.on("response", lambda one: somebody.refused.append((one.status, one.url.removeprefix(here)))
                     if one.status >= 400 and one.url.startswith(here) else None)  # fmt: skip
    somebody.page.click("text=City account")
    somebody.page.fill('[name="sub"]', sub)
    somebody.page.keyboard.press("Enter")


def test_signed_on_sees_one_camera(house: Any, browser: Any, page_steps: Any) -> None:
    somebody = steps.Person(page_steps.Visit(browser, house.url))
    _sign_on(somebody, "ann-7")
    somebody.is_in()
    assert somebody.page.locator("#account").inner_text() == "ann"
    somebody.visit.wait_for_boxes("south", 1)
    assert somebody.page.locator(".tile").count() == 1
    somebody.camera("south")
    assert somebody.page.locator("#add-line").is_enabled()
    assert somebody.page.locator("#tabs a").all_inner_texts() == ["Wall", "Map", "Counts", "Events", "Cameras"]
    somebody.go("cameras")
    somebody.page.wait_for_selector('[data-camera="south"]')
    assert somebody.page.locator("[data-camera]").count() == 1
    assert somebody.page.locator("#add-camera").count() == 0
    assert [one for one in somebody.refused if one != (401, "/api/v1/me")] == []
    somebody.visit.close()


def test_who_has_no_role_is_told(house: Any, browser: Any, page_steps: Any) -> None:
    somebody = steps.Person(page_steps.Visit(browser, house.url))
    _sign_on(somebody, "eve-9")
    somebody.page.wait_for_selector("#door .fault:not([hidden]) >> text=/did not let you in/")
    assert somebody.page.url == f"{house.url}/"
    assert [one for one in somebody.refused if one != (401, "/api/v1/me")] == []
    somebody.visit.close()
