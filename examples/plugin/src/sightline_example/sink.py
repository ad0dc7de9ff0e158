"""A sink that appends events to a file, one JSON object per line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class LinesFile:
    """Called with its options from the site's file; then ``deliver`` and ``close`` from one thread, never at once.

    Events come as they may leave, see ``docs/reference/event-schema.json``. What ``deliver`` raises is tried again with
    the same events, so a line may come twice: its ``id`` is the same.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        unknown = set(options) - {"path"}
        if unknown or not isinstance(options.get("path"), str):
            raise ValueError(f"expected the option path, got {', '.join(sorted(options)) or 'none'}")
        self._file = Path(options["path"]).open("a", encoding="utf-8", newline="\n")  # noqa: SIM115 - close() closes it

    def deliver(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Append them; may block."""
        self._file.write("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))
        self._file.flush()

    def close(self) -> None:
        """The end."""
        self._file.close()
