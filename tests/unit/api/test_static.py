"""The page's files: complete, self-contained, with licences."""

import re

import pytest

from sightline.api.app import STATIC

OWN = sorted(p for p in STATIC.rglob("*") if p.suffix in (".js", ".css", ".html", ".svg") and "vendor" not in p.parts)
NAMESPACE = "http://www.w3.org/2000/svg"


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_no_outside_address(path):
    text = path.read_text().replace(NAMESPACE, "")
    assert not re.search(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text), path


@pytest.mark.parametrize("path", [p for p in OWN if p.suffix == ".js"], ids=lambda path: path.name)
def test_imports_exist(path):
    for target in re.findall(r'from "([^"]+)"', path.read_text()):
        assert (path.parent / target).is_file(), target
    assert len(path.read_text().splitlines()) <= 400


def test_addresses_of_the_page_exist(app, ask):
    html = ask(app, "GET", "/").text
    found = re.findall(r'(?:href|src)="(/static/[^"#]+)', html)
    assert len(found) > 5
    for address in found:
        assert ask(app, "GET", address).status_code == 200, address


def test_page_holds_no_inline_code():
    html = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", html), (
        "the content policy would refuse it"
    )


# Library -> words of its licence, and the file whose head says its version.
VENDORED = {
    "uplot": ("MIT", "uPlot.esm.js"),
    "maplibre-gl": ("Redistributions in binary form must reproduce the above copyright", "maplibre-gl-csp.js"),
}


def test_vendored_libraries_have_version_and_licence():
    table = (STATIC / "vendor" / "README.md").read_text()
    folders = [p for p in (STATIC / "vendor").iterdir() if p.is_dir()]
    assert sorted(folder.name.rpartition("-")[0] for folder in folders) == sorted(VENDORED)
    for folder in folders:
        name, _, version = folder.name.rpartition("-")
        words, script = VENDORED[name]
        assert f"`{folder.name}`" in table
        assert words in (folder / "LICENSE").read_text()
        assert f"v{version}" in (folder / script).read_text()[:400]


def test_what_is_loaded_when_the_map_opens_exists(app, ask):
    text = (STATIC / "js" / "plan.js").read_text()
    (folder,) = re.findall(r'LIBRARY = "\.\./(vendor/[^"]+)"', text)
    files = re.findall(r"\$\{LIBRARY\}([\w.-]+)", text)
    assert len(files) == 3
    for name in files:
        assert ask(app, "GET", f"/static/{folder}{name}").status_code == 200, name
