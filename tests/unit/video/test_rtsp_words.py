"""RTSP requests, keys and session descriptions, whole, in pieces and hostile."""

import hashlib
from base64 import b64encode

import pytest

from sightline.video.rtsp_words import BadRequest, Request, interleaved, knows, picture_session, taken

ANNOUNCE = b"ANNOUNCE rtsp://h:8554/gate%201/ RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n"


def test_a_request_in_pieces() -> None:
    buffer = bytearray()
    for byte in ANNOUNCE[:-1]:
        buffer.append(byte)
        assert taken(buffer) is None
    buffer += ANNOUNCE[-1:] + b"$next"
    request = taken(buffer)
    assert request is not None
    assert (request.method, request.path, request.fields["cseq"], request.body) == ("ANNOUNCE", "gate 1", "2", b"v=0\n")
    assert buffer == b"$next"


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"GET / HTTP/1.1\r\n\r\n", 400), (b"x" * 9000, 413), (b"x" * 9000 + b"\r\n\r\n", 413),
     (b"A b RTSP/1.0\r\nContent-Length: 99999\r\n\r\n", 413), (b"A b RTSP/1.0\r\nContent-Length: 0x5\r\n\r\n", 400)],
)  # fmt: skip
def test_hostile_requests(data: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as caught:
        taken(bytearray(data))
    assert caught.value.status == status


def digest(key: str, *, nonce: str = "n", method: str = "ANNOUNCE", realm: str = "sightline") -> str:
    one = hashlib.md5(f"any:{realm}:{key}".encode()).hexdigest()
    two = hashlib.md5(f"{method}:rtsp://h/gate".encode()).hexdigest()
    proof = hashlib.md5(f"{one}:{nonce}:{two}".encode()).hexdigest()
    return f'Digest username="any", realm="{realm}", nonce="{nonce}", uri="rtsp://h/gate", response="{proof}"'


KEYS = {
    "digest": (digest("k"), True),
    "basic": ("Basic " + b64encode(b"any:k").decode(), True),
    "wrong key": (digest("x"), False),
    "another nonce": (digest("k", nonce="old"), False),
    "another method": (digest("k", method="RECORD"), False),
    "another realm": (digest("k", realm="x"), False),
    "wrong basic": ("Basic " + b64encode(b"any:x").decode(), False),
    "basic that is none": ("Basic %%%", False),
    "nothing": ("", False),
    "an empty digest": ("Digest ", False),
}


@pytest.mark.parametrize("word", KEYS)
def test_keys(word: str) -> None:
    header, right = KEYS[word]
    assert knows(Request("ANNOUNCE", "rtsp://h/gate", {"authorization": header}, b""), "k", "sightline", "n") is right


def test_only_the_pictures_of_a_session_are_kept() -> None:
    body = (
        b"v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\ns=x\r\nc=IN IP4 169.254.169.254\r\na=control:rtsp://evil/\r\n"
        b"m=audio 0 RTP/AVP 97\r\na=control:streamid=0\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 224.1.1.1\r\n"
        b"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:streamid=1\r\na=source-filter: incl\r\n"
    )
    session = picture_session(body)
    assert session is not None
    assert (session.track, session.control) == (1, "streamid=1")
    assert b"H264/90000" in session.clean
    assert b"packetization-mode" in session.clean
    for word in (b"evil", b"169.254", b"224.1", b"audio", b"source-filter", b"10.0.0.5"):
        assert word not in session.clean
    assert picture_session(b"v=0\r\nm=audio 0 RTP/AVP 0\r\n") is None


@pytest.mark.parametrize(
    ("transport", "channels"),
    [("RTP/AVP/TCP;unicast;interleaved=2-3", (2, 3)), ("RTP/AVP/TCP;unicast", (0, 1)),
     ("RTP/AVP;unicast;client_port=1-2,RTP/AVP/TCP;interleaved=4", (4, 5)), ("RTP/AVP;unicast;client_port=1-2", None),
     ("RTP/AVP/TCP;interleaved=255-256", None)],
)  # fmt: skip
def test_transports(transport: str, channels: tuple[int, int] | None) -> None:
    assert interleaved(transport) == channels
