"""The guide of the page names every route and every setting."""

from pathlib import Path

from sightline.config import PageSettings

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "guides" / "page.md").read_text()


def test_every_route(app, ask):
    paths = [*ask(app, "GET", "/api/v1/openapi.json").json()["paths"], "/api/v1/openapi.json", "/api/v1/live"]
    assert [path for path in paths if path not in GUIDE] == []


def test_every_setting_with_default_and_sentence():
    for name, field in PageSettings.model_fields.items():
        default = "none" if field.default is None else f"`{field.default}`"
        assert f"| `page.{name}` | {default} | {field.description} |" in GUIDE
