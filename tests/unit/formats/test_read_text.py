"""Reading text and JSON: what is fine, and one sentence for each way in which it fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.core.errors import BadData
from sightline.formats.read_text import read_json, read_text


@pytest.mark.parametrize(
    ("word", "data", "text"),
    [
        ("plain", b"a\nb\n", "a\nb\n"),
        ("byte order mark", b"\xef\xbb\xbfa\n", "a\n"),
        ("windows lines", b"a\r\nb\r\n", "a\nb\n"),
        ("beyond ASCII", "Straße".encode(), "Straße"),
        ("empty", b"", ""),
    ],
)
def test_reads(tmp_path: Path, word: str, data: bytes, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert read_text(path, "words") == text, word


@pytest.mark.parametrize("read", [read_text, read_json])
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, read: Callable[[Path, str], object]) -> None:
    with pytest.raises(BadData, match=r"none\.txt: expected a table, got no such file"):
        read(tmp_path / "none.txt", "a table")
    with pytest.raises(BadData, match="expected a table, got a folder"):
        read(tmp_path, "a table")
    (tmp_path / "a.txt").write_bytes(b"fine \xff")
    with pytest.raises(BadData, match=r"a\.txt: expected text, got bytes that are not UTF-8 at 5"):
        read(tmp_path / "a.txt", "a table")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(BadData, match="expected a readable file, got Too many levels"):
        read(tmp_path / "loop", "a table")


@pytest.mark.parametrize(
    ("word", "text", "sentence"),
    [
        ("cut off", '{\n"a": [1,\n', "line 3: expected a list as JSON, got Expecting value"),
        ("empty", "", "line 1: expected a list as JSON, got Expecting value"),
        ("a number of 5,000 digits", "1" * 5000, ": expected a list as JSON, got more than can be read"),
        ("100,000 brackets", "[" * 100_000, ": expected a list as JSON, got more than can be read"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, word: str, text: str, sentence: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(BadData, match=sentence):
        read_json(tmp_path / "a.json", "a list")


def test_json_comes_back(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": [1, null]}')
    assert read_json(tmp_path / "a.json", "an object") == {"a": [1, None]}
