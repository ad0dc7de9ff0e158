"""Kind, camera name and scheme of addresses."""

import pytest

from sightline.core.errors import SourceUnavailable
from sightline.video.address import camera_name, check_scheme, kind, scheme, shown


@pytest.mark.parametrize(
    ("url", "expected_scheme", "expected_kind", "name", "word"),
    [
        ("clips/street 1.mp4", "file", "file", "street-1", "path with a space"),
        ("file:///srv/a%20b.mkv", "file", "file", "a-b", "file URL"),
        ("C:\\clip.mp4", "file", "file", "C-clip", "drive letter is no scheme"),
        ("/dev/video2", "device", "live", "video2", "USB camera"),
        ("/dev/video2.mp4", "file", "file", "video2", "only looks like a device"),
        ("rtsp://cam.example/ch1/main", "rtsp", "live", "cam.example-ch1-main", "rtsp"),
        ("RTSP://u:p@10.0.0.7:554/1?token=abc", "rtsp", "live", "10.0.0.7-554-1", "credentials left out"),
        ("rtsp://u:p@ss@10.0.0.7/1", "rtsp", "live", "10.0.0.7-1", "password with @"),
        ("rtsp://u:p/q@10.0.0.7/1", "rtsp", "live", "10.0.0.7-1", "password with a slash"),
        ("rtmp://host/app/key", "rtmp", "live", "host-app-key", "rtmp"),
        ("http://host/clip.mp4?x=1", "http", "file", "host-clip.mp4", "progressive"),
        ("https://host/live.m3u8", "https", "live", "host-live.m3u8", "HLS"),
        ("http://host/mjpg/video.cgi", "http", "live", "host-mjpg-video.cgi", "MJPEG"),
        ("http://host", "http", "live", "host", "bare host"),
        ("...", "file", "file", "camera", "nothing usable"),
    ],
)
def test_addresses(url: str, expected_scheme: str, expected_kind: str, name: str, word: str) -> None:
    assert (scheme(url), kind(url), camera_name(url)) == (expected_scheme, expected_kind, name), word


@pytest.mark.parametrize(
    ("url", "trusted", "allowed", "word"),
    [
        ("/srv/a.mp4", True, True, "path"),
        ("/srv/a.mp4", False, False, "path from outside"),
        ("file:///etc/passwd", False, False, "file URL from outside"),
        ("/dev/video0", False, False, "device from outside"),
        ("rtsp://h/1", False, True, "rtsp from outside"),
        ("concat:/etc/passwd|x", False, False, "FFmpeg's concat from outside"),
        ("subfile,,start,0,end,9,,:/etc/passwd", False, False, "FFmpeg's subfile from outside"),
        ("srt://h:1", True, False, "not spoken"),
        ("gopher://h", False, False, "not spoken from outside"),
        ("rtsp://h/\0", True, False, "zero byte"),
    ],
)
def test_allowed_schemes(url: str, trusted: bool, allowed: bool, word: str) -> None:
    if allowed:
        assert check_scheme(url, trusted=trusted), word
    else:
        with pytest.raises(SourceUnavailable, match=r"expected .*, got "):
            check_scheme(url, trusted=trusted)


def test_shown_has_no_credentials() -> None:
    assert shown("rtsp://admin:s3cret@h/1?password=s3cret") == "rtsp://***@h/1?password=***"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://h/user=admin&password=SECRET&channel=1", "h-user-admin-password-channel-1"),
        ("rtsp://admin:p#ss@cam/one", "cam-one"),
        ("rtsp://admin:p ss@cam/one", "cam-one"),
        ("rtsp://admin:pa/ss@cam/one", "cam-one"),
    ],
)
def test_no_password_in_the_name(url: str, name: str) -> None:
    assert camera_name(url) == name
