"""Where a document holds the address, and documents that hold none."""

from pathlib import Path

import pytest

from sightline.config.sources import DocumentOptions
from sightline.core.errors import SourceUnavailable
from sightline.video.document import current_address
from sightline.video.web import Answer

PAGE = "https://city.test/cams/7"


class Shelf:
    """A web with one document."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get(self, url: str) -> Answer:
        return Answer(200, {}, self.text.encode(), url)


FOUND = {
    "JSON": ('{"a": {"b": [{"url": "rtsp://c/1?t=2"}]}}', {"pointer": "/a/b/0/url"}, "rtsp://c/1?t=2"),
    "JSON key with a slash": ('{"a/b": "rtsp://c/1"}', {"pointer": "/a~1b"}, "rtsp://c/1"),
    "first address of a page": ("<p>see https://x.test/a</p>", {}, "https://x.test/a"),
    "named by its end, escaped": (r'"u":"https:\/\/x.test\/l.m3u8?a=1\u0026b=2"', {"contains": ".m3u8"},
                                  "https://x.test/l.m3u8?a=1&b=2"),
    "relative": ("src='/live/l.m3u8?k=9'", {"contains": ".m3u8"}, "https://city.test/live/l.m3u8?k=9"),
    "the first of two": ("'a.m3u8' 'b.m3u8'", {"contains": ".m3u8"}, "https://city.test/cams/a.m3u8"),
}  # fmt: skip


@pytest.mark.parametrize("word", FOUND)
def test_found(word: str) -> None:
    text, options, address = FOUND[word]
    assert current_address(PAGE, DocumentOptions.model_validate(options), Shelf(text)) == address  # type: ignore[arg-type]


MISSING = {
    "nothing": ("", {}),
    "no JSON": ("<html>", {"pointer": "/url"}),
    "JSON without it": ('{"a": 1}', {"pointer": "/url"}),
    "a number": ('{"url": 5}', {"pointer": "/url"}),
    "nested beyond reason": ("[" * 100_000, {"pointer": "/url"}),
    "a path": ('{"url": "file:///etc/passwd"}', {"pointer": "/url"}),
    "another scheme": ('{"url": "gopher://x/1"}', {"pointer": "/url"}),
    "itself": (f'{{"url": "{PAGE}"}}', {"pointer": "/url"}),
}


@pytest.mark.parametrize("word", MISSING)
def test_not_found(word: str) -> None:
    text, options = MISSING[word]
    with pytest.raises(SourceUnavailable, match="expected"):
        current_address(PAGE, DocumentOptions.model_validate(options), Shelf(text))  # type: ignore[arg-type]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "now"
    path.write_text("# the recorder's word\n\n  rtsp://cam/2  \n")
    assert current_address(str(path), DocumentOptions(), None) == "rtsp://cam/2"
    with pytest.raises(SourceUnavailable, match="got no such file"):
        current_address(str(tmp_path / "none"), DocumentOptions(), None)
    path.write_bytes(b"x" * 1_000_001)
    with pytest.raises(SourceUnavailable, match="at most"):
        current_address(str(path), DocumentOptions(), None)
