"""Writes settings.md, commands.md and site.md from the program itself; run it after changing what they show."""

from pathlib import Path
from typing import Any, get_args

import typer.main
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sightline.cli.app import app
from sightline.config import Settings
from sightline.config.site import SiteConfig

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
        "MinLen": "{min_length} or more",
        "MaxLen": "up to {max_length}",
    }
    shown = [
        words[type(bound).__name__].format(
            **{
                key: getattr(bound, key)
                for key in ("ge", "gt", "le", "lt", "min_length", "max_length")
                if hasattr(bound, key)
            }
        )
        for bound in setting.metadata
        if type(bound).__name__ in words
    ]
    return " ".join(shown) or "-"


def site() -> str:
    """One table per part of a site's file, each part once, the whole first."""
    lines = [
        "# A site's file",
        "",
        "What may stand in the file that `sightline run` follows. `sightline config check FILE` says every fault with its",
        "line; `sightline config schema` prints the same as a JSON Schema, with which editors check and complete.",
        "Points are shares (0..1) of the picture, x to the right, y down. Secrets are `${NAME}` of the environment or",
        "`file:PATH`, never the secret itself.",
    ]
    waiting: list[tuple[str, type[BaseModel]]] = [("site", SiteConfig)]
    done: set[type[BaseModel]] = set()
    while waiting:
        where, model = waiting.pop(0)
        if model in done:
            continue
        done.add(model)
        lines += ["", f"## {where}", "", str(model.__doc__).strip().split("\n")[0], ""]
        lines += ["| key | default | allowed | what it says |", "|---|---|---|---|"]
        for name, field in model.model_fields.items():
            key = field.alias or name
            inner = _models(field.annotation)
            rule = [one for one in inner if "type" in one.model_fields]
            for one in inner:
                tag = f" {_tag(one)}" if one in rule else ""
                waiting.append((f"{'' if where == 'site' else where + '.'}{key}{tag}".replace("cameras.", ""), one))
            lines.append(f"| `{key}` | {_default(field)} | {_bounds(field)} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]


def _tag(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["type"].annotation)[0])


def _default(field: Any) -> str:
    if field.is_required():
        return "needed"
    value = field.default
    if value is PydanticUndefined or isinstance(value, BaseModel) or value in ({}, (), None, ""):
        return "-"
    return f"`{value}`"


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
    (HERE / "site.md").write_text(site(), encoding="utf-8")
    (HERE / "commands.md").write_text(commands(), encoding="utf-8")
