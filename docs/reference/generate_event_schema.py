"""Renews ``event-schema.json``; refuses a changed layout under a version that is already kept."""

import json
from pathlib import Path

from sightline.formats.event_schema import schema_file

PATH = Path(__file__).with_name("event-schema.json")


def main() -> None:
    """Write the file beside this one."""
    before = json.loads(PATH.read_text("utf-8")) if PATH.exists() else None
    PATH.write_text(json.dumps(schema_file(before), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
