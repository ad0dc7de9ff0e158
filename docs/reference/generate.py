"""Writes settings.md and commands.md from the program itself; run it after changing a setting or an option."""

from pathlib import Path
from typing import Any

import typer.main

from sightline.cli.app import app
from sightline.config import Settings

HERE = Path(__file__).resolve().parent


def settings() -> str:
    """One table per section."""
    lines = [
        "# Settings",
        "",
        "Every setting can be given in the environment; what a command's option says wins over it.",
        "",
        "A value out of bounds is refused at start with key, value and what is allowed (exit 2).",
    ]
    for section, field in Settings.model_fields.items():
        model = type(field.default)
        lines += [
            "",
            f"## {section}",
            "",
            str(model.__doc__),
            "",
            "| variable | default | allowed | what it does |",
            "|---|---|---|---|",
        ]
        for name, setting in model.model_fields.items():
            key = f"SIGHTLINE_{section.upper()}__{name.upper()}"
            lines.append(f"| `{key}` | `{setting.default}` | {_bounds(setting)} | {setting.description} |")
    return "\n".join(lines) + "\n"


def _bounds(setting: Any) -> str:
    words = {
        "Ge": "from {ge}",
        "Gt": "over {gt}",
        "Le": "to {le}",
        "Lt": "under {lt}",
        "MinLen": "{min_length} characters or more",
    }
    shown = [
        words[type(bound).__name__].format(
            **{key: getattr(bound, key) for key in ("ge", "gt", "le", "lt", "min_length") if hasattr(bound, key)}
        )
        for bound in setting.metadata
        if type(bound).__name__ in words
    ]
    return " ".join(shown) or "-"


def commands() -> str:
    """One section per command."""
    lines = [
        "# Commands",
        "",
        "Human text and progress bars go to stderr; `--json` prints exactly one JSON object on stdout. Exit codes: 0 ok,",
        "2 bad usage or configuration, 3 source or model not available, 1 fault. `sightline -v COMMAND` logs more.",
    ]

    def walk(command: Any, path: list[str]) -> None:
        for name, child in getattr(command, "commands", {}).items():
            walk(child, [*path, name])
        if getattr(command, "commands", None):
            return
        takes = [param for param in command.params if param.param_type_name == "argument"]
        words = ["sightline", *path, *(param.metavar or param.name.upper() for param in takes)]
        lines.extend(
            [
                "",
                f"## sightline {' '.join(path)}",
                "",
                f"`{' '.join(words)}`",
                "",
                str(command.help),
                "",
            ]
        )
        options = [param for param in command.params if param.param_type_name == "option" and param.name != "help"]
        if options:
            lines.extend(["| option | what it does |", "|---|---|"])
            lines.extend(f"| `{max(param.opts, key=len)}` | {param.help} |" for param in options)

    walk(typer.main.get_command(app), [])
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "settings.md").write_text(settings(), encoding="utf-8")
    (HERE / "commands.md").write_text(commands(), encoding="utf-8")
