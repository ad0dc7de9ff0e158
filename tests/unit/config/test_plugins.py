"""Plug-ins: loaded by name; a broken one is refused with its name and harms nothing."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from sightline.config.plugins import GROUPS, load_plugins
from sightline.pipeline.supervisor import attempt

GOOD = "def make(options):\n    return options\nNOT_CALLABLE = 3\n"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plug_good.py").write_text(GOOD)
    (tmp_path / "plug_raises.py").write_text("raise RuntimeError('no licence')\n")
    (tmp_path / "plug_syntax.py").write_text("def (:\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("plug_good", "plug_raises", "plug_syntax"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group="sightline.sinks")


def test_a_broken_one_harms_nothing(packages: None) -> None:
    found = [
        entry("good", "plug_good:make"),
        entry("mqtt", "plug_good:make"),
        entry("raises", "plug_raises:make"),
        entry("syntax", "plug_syntax:make"),
        entry("absent", "plug_nowhere:make"),
        entry("renamed", "plug_good:gone"),
        entry("number", "plug_good:NOT_CALLABLE"),
        entry("twice", "plug_good:make"),
        entry("twice", "plug_good:other"),
    ]
    plugins = load_plugins("sightline.sinks", {"mqtt", "webhook"}, attempt, found)
    assert list(plugins.loaded) == ["good"]
    assert plugins.loaded["good"]({"a": 1}) == {"a": 1}
    reasons = {one.name: one.reason for one in plugins.refused}
    assert set(reasons) == {"mqtt", "raises", "syntax", "absent", "renamed", "number", "twice"}
    assert "not built in" in reasons["mqtt"]
    assert "no licence" in reasons["raises"]
    assert "SyntaxError" in reasons["syntax"]
    assert "ModuleNotFoundError" in reasons["absent"]
    assert "a callable, got int" in reasons["number"]


def test_a_flood_is_bounded(packages: None) -> None:
    found = [entry(f"n{number:03}", "plug_good:make") for number in range(150)]
    plugins = load_plugins("sightline.sinks", (), attempt, found)
    assert len(plugins.loaded) == 100
    assert len(plugins.refused) == 50


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_can_be_looked_up(group: str) -> None:
    assert load_plugins(group, (), attempt).refused == ()  # type: ignore[arg-type]
