"""FFmpeg's errors as sentences for people: what was expected, what came, never a credential."""

import errno
import socket
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import av

from sightline.core.errors import SourceLost, SourceUnavailable
from sightline.video.address import local_path, scheme, shown

# First match wins; FFmpeg gives RTSP's status codes the same classes as HTTP's.
_PHRASES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (av.HTTPUnauthorizedError, "user or password refused (401)"),
    (av.HTTPForbiddenError, "access refused (403)"),
    (av.HTTPNotFoundError, "nothing at this address (404)"),
    (av.HTTPClientError, "a refusal by the server (4xx)"),
    (av.HTTPServerError, "a fault of the server (5xx)"),
    (av.ConnectionRefusedError, "connection refused"),
    (av.ConnectionResetError, "connection reset"),
    (av.ConnectionAbortedError, "connection aborted"),
    (av.BrokenPipeError, "connection closed by the other side"),
    (av.FileNotFoundError, "no such file"),
    (av.IsADirectoryError, "a directory"),
    (av.PermissionError, "permission denied"),
    (av.ProtocolNotFoundError, "a protocol that this build of FFmpeg does not speak"),
    (av.DecoderNotFoundError, "a codec that this build of FFmpeg cannot decode"),
    (av.PatchWelcomeError, "a variant of the format that FFmpeg cannot decode"),
    (av.MemoryError, "a picture too large for the limit or the memory"),
    (av.EOFError, "the end of the stream"),
    (av.InvalidDataError, "data that is not a video"),
)


def _unknown_host(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
        if host is None:
            return False
        socket.getaddrinfo(host, None)
    except (OSError, ValueError):  # ValueError: an address urlsplit cannot read
        return True
    return False


def got(url: str, error: BaseException, *, waited_s: float, limit_s: float) -> str:
    """What came instead of a video, in a few words. waited_s: time since the call; limit_s: its time limit."""
    network = scheme(url) not in ("file", "device")
    timed = isinstance(error, (av.TimeoutError, av.ExitError, TimeoutError))
    # FFmpeg's RTSP reports a silent peer as invalid data after the time limit.
    if timed or (network and isinstance(error, av.InvalidDataError) and waited_s >= 0.9 * limit_s):
        return f"no answer within {waited_s:.0f} s" if waited_s >= 0.5 else "no answer in time"
    if network and isinstance(error, OSError) and error.errno == errno.EIO:
        return "a host name that nobody knows" if _unknown_host(url) else "a broken connection"
    for kind, phrase in _PHRASES:
        if isinstance(error, kind):
            return phrase
    words = getattr(error, "strerror", None) or type(error).__name__
    return str(words).lower()


def unavailable(url: str, error: BaseException, *, waited_s: float, limit_s: float) -> SourceUnavailable:
    """The error of a source that did not open."""
    return SourceUnavailable(
        f"{shown(url)}: expected a video stream, got {got(url, error, waited_s=waited_s, limit_s=limit_s)}"
    )


def lost(url: str, error: BaseException, *, waited_s: float, limit_s: float) -> SourceLost:
    """The error of a source that worked and stopped."""
    return SourceLost(
        f"{shown(url)}: expected the next picture, got {got(url, error, waited_s=waited_s, limit_s=limit_s)}"
    )


def check_file(url: str) -> Path:
    """The path of a local file that may hold a video; SourceUnavailable says what else is there."""
    path = local_path(url)
    try:
        if path.is_dir():
            raise SourceUnavailable(f"{path}: expected a video file, got a directory")
        if path.exists() and not (path.is_file() or path.is_fifo() or path.is_char_device()):
            raise SourceUnavailable(f"{path}: expected a video file, got a special file")
        if not path.exists():
            raise SourceUnavailable(f"{path}: expected a video file, got no such file")
        if path.is_file() and path.stat().st_size == 0:
            raise SourceUnavailable(f"{path}: expected a video file, got an empty file")
    except OSError as error:
        reason = (error.strerror or "an unreadable path").lower()
        raise SourceUnavailable(f"{path}: expected a video file, got {reason}") from error
    return path


def not_a_video(path: Path) -> str:
    """What a file is that FFmpeg did not take as a video, as far as its first bytes tell."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        return (error.strerror or "an unreadable file").lower()
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return "a web page"
    if head[4:8] == b"ftyp":
        return "an MP4 file whose index (moov) is missing or broken, as when a recording was cut off"
    return "data that is not a video"
