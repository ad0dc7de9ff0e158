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


def test_vendored_libraries_have_version_and_licence():
    table = (STATIC / "vendor" / "README.md").read_text()
    for folder in (p for p in (STATIC / "vendor").iterdir() if p.is_dir()):
        assert f"`{folder.name}`" in table
        assert "MIT" in (folder / "LICENSE").read_text()
        version = folder.name.rpartition("-")[2]
        assert f"v{version}" in (folder / "uPlot.esm.js").read_text()[:400]
