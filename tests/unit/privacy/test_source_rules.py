"""The rules on the program's own source: kept by it, and each breach is found."""

from pathlib import Path

import pytest

import sightline
from sightline.privacy.source_rules import source_breaches

PACKAGE = Path(sightline.__file__).parent


def test_the_program_keeps_them():
    assert source_breaches(PACKAGE) == []


@pytest.mark.parametrize(
    ("word", "where", "source"),
    [
        ("raw pictures in the API", "api/live.py", "from sightline.core.frame import Frame"),
        ("raw pictures by module", "api/live.py", "import sightline.core.frame"),
        ("raw pictures through core", "cli/watch.py", "from sightline.core import frame"),
        ("a Redacted outside privacy", "pipeline/studio.py", "Redacted('gate', 1, 0, pixels)"),
        ("a Redacted by module", "video/encode.py", "values.Redacted('gate', 1, 0, pixels)"),
        ("the flag in the reader", "video/reader.py", "Frame(c, 1, 0, p, synthetic=True)"),
        ("the flag by position", "video/reader.py", "Frame(c, 1, 0, p, 'bgr', True)"),
        ("the flag by a variable", "video/reader.py", "Frame(c, 1, 0, p, synthetic=drawn)"),
        ("the flag by replace", "pipeline/order.py", "replace(frame, synthetic=True)"),
    ],
)
def test_a_breach_is_found(word, where, source, tmp_path):
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert len(source_breaches(tmp_path)) == 1, word


@pytest.mark.parametrize(
    ("word", "where", "source"),
    [
        ("the stage itself", "privacy/redact.py", "Redacted('gate', 1, 0, pixels)"),
        ("the simulator", "simulate/source.py", "Frame(c, 1, 0, p, synthetic=True)"),
        ("the flag passed on", "video/resize.py", "Frame(c, 1, 0, p, synthetic=frame.synthetic)"),
        (
            "a plain frame",
            "video/reader.py",
            "from sightline.core.frame import Frame\nFrame(c, 1, 0, p, synthetic=False)",
        ),
    ],
)
def test_what_is_allowed_passes(word, where, source, tmp_path):
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert source_breaches(tmp_path) == [], word
