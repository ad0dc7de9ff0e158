"""The table of security points names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


def test_every_row_names_a_test_that_is_there():
    page = (ROOT / "docs" / "reference" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in page.partition("## Not met")[0].splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(tests/[\w/.]+)::(\w+)`", row) for row in rows]
    assert len(rows) > 40
    assert [row for row, found in zip(rows, named, strict=True) if len(found) != 1] == []
    missing = [
        f"{path}::{name}"
        for ((path, name),) in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []
