"""Writes events.md from the classes of events and their words; run it after changing one."""

import re
import textwrap
from pathlib import Path

from sightline.formats.event_words import WORDS, Member

_WIDTH = 116
_HEAD = """
Every event is one JSON object of schema `sightline.event/1`: `schema`, `topic`, `UtcTime` (ISO 8601 in UTC; for files
a duration from the start, `PT12.48S`), `Source` (`VideoSource` is the camera, `Rule` the rule or line) and `Data`.
Readers skip members that they do not know; members marked *if known* are left out where they are not. Later versions
of the same schema may add members and topics; what is here stays.
"""
_TOPICS = """
Topics of `LineDetector`, `FieldDetector`, `LoiteringDetector`, `CountAggregation` and `VideoSource` are ONVIF's
(`ImageFrozen` apart); the others are ours in its manner. States come as two events, `began` and `ended`, of the same
rule and track. Written by `generate_events.py` in this folder.
"""
HERE = Path(__file__).resolve().parent
MEANT = {
    "text": "text",
    "id": "text, the number of the track in its camera",
    "label": "Sightline's class; ONVIF's stands beside it as `{}`",
    "count": "whole number, 0 or more",
    "counts": "object, class -> number; the sum stands beside it as `Count`",
    "inside": "true: entered, false: left",
}
UNITS = {
    "Likelihood": "0 to 1, see [rules](../guides/rules.md)",
    "Duration": "seconds",
    "Seconds": "seconds",
    "Length": "metres",
    "Distance": "metres",
    "Speed": "m/s",
    "SpeedError": "m/s, one standard error",
    "SpeedLimit": "m/s",
    "Density": "persons per square metre",
}


def page() -> str:
    """One section per class."""
    lines = [
        "# Events",
        "",
        *textwrap.wrap(_HEAD.strip(), _WIDTH),
        "",
        *textwrap.wrap(_TOPICS.strip(), _WIDTH),
    ]
    for kind, words in WORDS.items():
        said = " ".join((kind.__doc__ or "").split())
        said = re.split(r"(?<=[.;]) (?:[a-z_0-9]+, )*[a-z_0-9]+: ", said)[0].rstrip(".; ") + "."
        lines += ["", f"## {kind.__name__}", "", *textwrap.wrap(said, _WIDTH), ""]
        lines += [f"Topic `{topic}`." for topic in dict.fromkeys(words.topics.values())]
        lines += ["", "| member | value |", "|---|---|"]
        lines += [f"| `{member.name}` | {_value(member)} |" for member in words.members]
    return "\n".join(lines) + "\n"


def _value(member: Member) -> str:
    if member.coding == "choice":
        said = ", ".join(f"`{word}`" for word in member.allowed)
    elif member.coding == "number":
        said = UNITS[member.name]
    else:
        said = MEANT[member.coding].format(re.sub("Label$", "Class", member.name))
    return f"{said}; if known" if member.optional else said


if __name__ == "__main__":
    (HERE / "events.md").write_text(page(), encoding="utf-8")
