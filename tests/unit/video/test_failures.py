"""FFmpeg's errors as sentences."""

import errno

import av
import pytest

from sightline.core.errors import SourceLost, SourceUnavailable
from sightline.video import failures

SECRET = "rtsp://viewer:s3cret@127.0.0.1/cam"


@pytest.mark.parametrize(
    ("error", "waited_s", "expected"),
    [
        (av.HTTPUnauthorizedError(1, "x", SECRET), 0.1, "user or password refused (401)"),
        (av.HTTPForbiddenError(1, "x", SECRET), 0.1, "access refused (403)"),
        (av.HTTPNotFoundError(1, "x", SECRET), 0.1, "nothing at this address (404)"),
        (av.ConnectionRefusedError(111, "x", SECRET), 0.1, "connection refused"),
        (av.InvalidDataError(1, "x", SECRET), 0.1, "data that is not a video"),
        (av.InvalidDataError(1, "x", SECRET), 5.0, "no answer within 5 s"),
        (av.TimeoutError(110, "x", SECRET), 5.0, "no answer within 5 s"),
        (av.ExitError(1, "x", SECRET), 5.2, "no answer within 5 s"),
        (av.OSError(errno.EIO, "x", SECRET), 0.1, "a broken connection"),
        (av.OSError(errno.EHOSTUNREACH, "No route to host", SECRET), 0.1, "no route to host"),
        (ValueError("rtsp://viewer:s3cret@h"), 0.1, "valueerror"),
    ],
)
def test_words(error: Exception, waited_s: float, expected: str) -> None:
    opened = failures.unavailable(SECRET, error, waited_s=waited_s, limit_s=5)
    assert isinstance(opened, SourceUnavailable)
    assert str(opened) == f"rtsp://***@127.0.0.1/cam: expected a video stream, got {expected}"
    read = failures.lost(SECRET, error, waited_s=waited_s, limit_s=5)
    assert isinstance(read, SourceLost)
    assert str(read) == f"rtsp://***@127.0.0.1/cam: expected the next picture, got {expected}"
