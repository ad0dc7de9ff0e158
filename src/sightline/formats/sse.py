"""Server-Sent Events as bytes (WHATWG HTML, section 9.2)."""

import re
from typing import Final

CONTENT_TYPE: Final = "text/event-stream; charset=utf-8"
HEARTBEAT: Final = b": alive\n\n"  # a comment: keeps proxies from closing a quiet line, and clients skip it
_LINE_END: Final = re.compile("\r\n|\r|\n")


def frame(data: str, *, event: str = "", event_id: str = "") -> bytes:
    """One message. data: any text, each of its lines becomes one; event, event_id: without line ends and NUL.

    ValueError for an event or id that would break out of its line.
    """
    lines = []
    for name, value in (("event", event), ("id", event_id)):
        if any(letter in value for letter in "\r\n\0"):
            raise ValueError(f"{name}: expected text on one line, got {value[:40]!r}")
        if value:
            lines.append(f"{name}: {value}")
    lines += [f"data: {line}" for line in _LINE_END.split(data)]
    return ("\n".join(lines) + "\n\n").encode("utf-8")


def retry_frame(milliseconds: int) -> bytes:
    """How long a client waits before it connects anew."""
    return f"retry: {milliseconds}\n\n".encode("ascii")
