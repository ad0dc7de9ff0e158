"""The docs say everything there is: settings, commands, metrics, events; and README's commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from sightline.cli.app import app
from sightline.config import Settings
from sightline.core.events import LineCrossed, SourceChanged
from sightline.formats.events_jsonl import event_json

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def commands() -> dict[str, list[str]]:
    """Command path -> its options, as typer has them."""
    found: dict[str, list[str]] = {}

    def walk(command: object, path: list[str]) -> None:
        children = getattr(command, "commands", None)
        if children:
            for name, child in children.items():
                walk(child, [*path, name])
        else:
            options = [opt for param in command.params for opt in param.opts if opt.startswith("--")]  # type: ignore[attr-defined]
            found[" ".join(path)] = [opt for opt in options if opt != "--help"]

    walk(typer.main.get_command(app), [])
    return found


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    missing = []
    for command, options in commands().items():
        section = re.search(rf"^## sightline {re.escape(command)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        if section is None:
            missing.append(command)
        else:
            missing += [f"{command} {option}" for option in options if f"`{option}" not in section.group(1)]
    assert missing == []


def test_every_setting_is_documented_with_its_default() -> None:
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    missing = []
    for section, field in Settings.model_fields.items():
        for name, setting in type(field.default).model_fields.items():
            row = re.search(rf"^\| `SIGHTLINE_{section.upper()}__{name.upper()}` \|(.*)$", text, re.MULTILINE)
            if (
                row is None
                or str(setting.description) not in row.group(1)
                or f"`{setting.default}`" not in row.group(1)
            ):
                missing.append(f"{section}.{name}")
    assert missing == [], "run: python docs/reference/generate.py"


@pytest.mark.parametrize(
    "event",
    [LineCrossed("c", 0, "l", "forward", 1, "car", 0.9), SourceChanged("c", 0, "lost", "silent")],
    ids=lambda event: type(event).__name__,
)
def test_every_event_is_documented(event: LineCrossed | SourceChanged) -> None:
    text = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    assert event_json(event)["topic"] in text


def test_numbers_name_result_files_that_exist() -> None:
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]
    named = {
        name for page in pages for name in re.findall(r"benchmarks/results/[\w.-]+\.json", page.read_text("utf-8"))
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            broken += (
                [f"{page.name} -> {target}"] if "://" not in target and not (page.parent / target).exists() else []
            )
    assert broken == []


def test_readme_commands_exist() -> None:
    known = commands()
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    used = re.findall(r"^\s*(?:\.venv/bin/)?sightline ((?:models |privacy |config )?[a-z]+)", text, re.MULTILINE)
    assert used
    assert [command for command in used if command not in known] == []
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^\s*make ([a-z]+)", text, re.MULTILINE)) <= targets


def test_docs_build() -> None:
    zensical = Path(sys.executable).with_name("zensical")
    done = subprocess.run([zensical, "build", "--strict"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
