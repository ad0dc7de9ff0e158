"""The words of RTSP 1.0 (RFC 2326) that the push door speaks: requests, answers, keys, session descriptions."""

import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

HEAD_BYTES: Final = 8192  # of a request; encoders write a few hundred
BODY_BYTES: Final = 16_384  # of a session description
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    503: "Service Unavailable",
}
_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^,\s]*))')
_KEPT_OF_MEDIA = re.compile(r"(?:m=|b=|a=(?:rtpmap|fmtp|framerate|framesize|x-dimensions):)")
_LINE_BYTES: Final = 4096


class BadRequest(Exception):
    """A request that cannot be answered other than by an error and the end of the connection."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One RTSP request."""

    method: str
    url: str
    fields: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def path(self) -> str:
        """The path of its address without the first slash."""
        try:
            return unquote(urlsplit(self.url).path).strip("/")
        except ValueError:
            return ""


def taken(buffer: bytearray) -> Request | None:
    """The request at the start of the buffer, cut from it; None while it is not whole. BadRequest for one too large."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > HEAD_BYTES:
            raise BadRequest(413)
        return None
    if end > HEAD_BYTES:
        raise BadRequest(413)
    lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("RTSP/1"):
        raise BadRequest(400)
    pairs = (line.partition(":") for line in lines[1:])
    fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = fields.get("content-length", "0")
    if not length.isdigit() or len(length) > 7:
        raise BadRequest(400)
    if int(length) > BODY_BYTES:
        raise BadRequest(413)
    whole = end + 4 + int(length)
    if len(buffer) < whole:
        return None
    body = bytes(buffer[end + 4 : whole])
    del buffer[:whole]
    return Request(words[0], words[1], fields, body)


def answer(request: Request | None, status: int, fields: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """The bytes of an answer."""
    sequence = request.fields.get("cseq", "0") if request is not None else "0"
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {sequence if sequence.isdigit() else 0}"]
    lines += [f"{name}: {value}" for name, value in (fields or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def knows(request: Request, key: str, realm: str, nonce: str) -> bool:
    """Whether the request proves that its sender knows the key: digest (RFC 2617, MD5 without qop) or basic."""
    scheme, _, rest = request.fields.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            password = b64decode(rest, validate=True).partition(b":")[2]
        except ValueError:
            return False
        return hmac.compare_digest(password, key.encode())
    if scheme.lower() != "digest":
        return False
    said = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
    if said.get("nonce") != nonce or said.get("realm") != realm or "response" not in said:
        return False
    first = _md5(f"{said.get('username', '')}:{realm}:{key}")
    second = _md5(f"{request.method}:{said.get('uri', '')}")
    return hmac.compare_digest(_md5(f"{first}:{nonce}:{second}").encode(), said["response"].encode())


def challenge(realm: str, nonce: str) -> str:
    """What a 401 asks for; digest, because basic would send the key in clear."""
    return f'Digest realm="{realm}", nonce="{nonce}", algorithm=MD5'


@dataclass(frozen=True, slots=True)
class Session:
    """The pictures of a session description: the one video medium, its number and control word, and a clean copy."""

    track: int  # number among all media of the description
    control: str
    clean: bytes


def picture_session(body: bytes) -> Session | None:
    """The first video medium of a session description (RFC 8866); None without one.

    The copy holds only lines that decoding needs: no addresses, no sound, our own control word.
    """
    media: list[list[str]] = []
    for line in body.decode("utf-8", "replace").splitlines()[:400]:
        if line.startswith("m="):
            media.append([line])
        elif media:
            media[-1].append(line)
    for number, lines in enumerate(media):
        if lines[0].startswith("m=video "):
            control = next((line[10:] for line in lines if line.startswith("a=control:")), "")
            kept = [line for line in lines if _KEPT_OF_MEDIA.match(line) and len(line) <= _LINE_BYTES]
            head = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "c=IN IP4 0.0.0.0", "t=0 0"]
            return Session(number, control, "\r\n".join([*head, *kept, "a=control:video", ""]).encode())
    return None


def interleaved(transport: str) -> tuple[int, int] | None:
    """The two channels of a TCP transport (RFC 2326, 12.39); None for any other."""
    for option in transport.split(","):
        if "rtp/avp/tcp" not in option.lower():
            continue
        found = re.search(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?", option)
        first = int(found.group(1)) if found else 0
        second = int(found.group(2)) if found and found.group(2) else first + 1
        if first < 256 and second < 256:
            return first, second
    return None


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
