"""Messages for people: one sentence, an exit code, and never a credential."""

import pytest

from sightline.core.errors import (
    BadConfig,
    BadData,
    ModelUnavailable,
    SightlineError,
    SourceLost,
    SourceUnavailable,
    without_credentials,
)


@pytest.mark.parametrize(
    ("word", "text", "shown"),
    [
        ("user and password", "rtsp://admin:secret@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("user alone", "rtsp://admin@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("at sign in the password", "rtsp://admin:s@cr@t@cam:554/1", "rtsp://***@cam:554/1"),
        ("colon in the password", "rtsp://a:b:c@cam/1", "rtsp://***@cam/1"),
        ("capitals", "RTSP://A:B@cam/1", "RTSP://***@cam/1"),
        ("scheme with a plus", "rtsp+tcp://a:b@cam", "rtsp+tcp://***@cam"),
        ("in a sentence", "cannot open rtsp://a:b@cam/1: refused", "cannot open rtsp://***@cam/1: refused"),
        ("two of them", "http://a:b@x/ and http://c:d@y/", "http://***@x/ and http://***@y/"),
        ("IPv6", "http://a:b@[::1]:80/", "http://***@[::1]:80/"),
        ("token in the query", "http://cam/v?token=abc&x=1", "http://cam/v?token=***&x=1"),
        ("second in the query", "http://cam/v?x=1&password=abc", "http://cam/v?x=1&password=***"),
        ("key with more words", "http://cam/v?api_key=abc", "http://cam/v?api_key=***"),
        ("capital key", "http://cam/v?AuthToken=abc", "http://cam/v?AuthToken=***"),
        ("signature", "http://cam/v?X-Amz-Signature=abc&y", "http://cam/v?X-Amz-Signature=***&y"),
        ("quoted", "got 'http://cam/v?pwd=abc'", "got 'http://cam/v?pwd=***'"),
        ("nothing secret", "http://cam/v?width=640", "http://cam/v?width=640"),
        ("slash in the password", "rtsp://admin:pa/ss@cam/1", "rtsp://***@cam/1"),
        ("hash in the password", "rtsp://admin:p#ss@cam/1", "rtsp://***@cam/1"),
        ("question mark in the password", "rtsp://admin:p?ss@cam/1", "rtsp://***@cam/1"),
        ("quote in the password", "rtsp://admin:p@'9@cam/1", "rtsp://***@cam/1"),
        ("space in the password", "rtsp://admin:p ss@cam/1: silent", "rtsp://***@cam/1: silent"),
        (
            "password in the path",
            "rtsp://cam/user=a_password=SECRET_channel=1",
            "rtsp://cam/user=a_password=***_channel=1",
        ),
        ("password among &", "rtsp://cam/user=a&password=SECRET&channel=1", "rtsp://cam/user=a&password=***&channel=1"),
        ("mail in a path", "http://cam/a@b", "http://cam/a@b"),
        ("plain text", "expected a file, got none", "expected a file, got none"),
        ("empty", "", ""),
    ],
)
def test_without_credentials(word: str, text: str, shown: str) -> None:
    assert without_credentials(text) == shown, word
    assert without_credentials(shown) == shown, "twice is once"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SightlineError("x"), 1),
        (BadConfig("fps", 0, "1 to 120"), 2),
        (BadData("x"), 2),
        (SourceUnavailable("x"), 3),
        (SourceLost("x"), 3),
        (ModelUnavailable("x"), 3),
    ],
)
def test_exit_codes(error: SightlineError, code: int) -> None:
    assert error.exit_code == code


def test_messages() -> None:
    assert str(BadConfig("fps", 0, "1 to 120")) == "fps: expected 1 to 120, got 0"
    assert BadConfig("fps", 0, "1 to 120").key == "fps"
    assert "secret" not in str(SourceLost("rtsp://a:secret@cam: silent for 8 s"))
    assert "secret" not in str(BadConfig("source", "rtsp://a:secret@cam", "a URL"))
