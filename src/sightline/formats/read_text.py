"""Reading a whole text file, or the JSON in it, with one sentence for each way in which that can fail."""

import json
from pathlib import Path
from typing import Any

from sightline.core.errors import BadData


def read_text(path: Path, wanted: str) -> str:
    """The text of a UTF-8 file, without a byte order mark; line ends become ``\\n``.

    wanted: what the file should be, with its article, for the sentence. BadData where it is missing, a folder, not
    readable or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadData(f"{path}: expected {wanted}, got no such file") from error
    except IsADirectoryError as error:
        raise BadData(f"{path}: expected {wanted}, got a folder") from error
    except UnicodeDecodeError as error:
        raise BadData(f"{path}: expected text, got bytes that are not UTF-8 at {error.start}") from error
    except OSError as error:
        raise BadData(f"{path}: expected a readable file, got {error.strerror or type(error).__name__}") from error


def read_json(path: Path, wanted: str) -> Any:
    """The value in a JSON file; BadData as ``read_text``, and with the line where it is no JSON."""
    text = read_text(path, wanted)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadData(f"{path} line {error.lineno}: expected {wanted} as JSON, got {error.msg}") from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits; brackets in brackets in brackets
        raise BadData(f"{path}: expected {wanted} as JSON, got more than can be read") from error
