"""Whatever arrives at the push door, and whatever is claimed in a session description, is refused or bounded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.video.rtsp_words import BODY_BYTES, HEAD_BYTES, BadRequest, interleaved, picture_session, taken


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"ANNOUNCE rtsp://h/a RTSP/1.0\r\n", b"\r\n\r\n", b"$\0\0"]))
def test_any_bytes(data: bytes, start: bytes) -> None:
    buffer = bytearray(start + data)
    size = len(buffer)
    try:
        request = taken(buffer)
    except BadRequest:
        return
    if request is None:
        assert len(buffer) == size <= HEAD_BYTES + BODY_BYTES
    else:
        assert len(request.body) <= BODY_BYTES
        assert len(buffer) < size
        assert not request.path.startswith("/")


LINES = [
    "v=0", "m=video 0 RTP/AVP 96", "m=audio 0 RTP/AVP 0", "a=control:x", "c=IN IP4 1.2.3.4",
    "a=rtpmap:96 H264/90000", "a=fmtp:96 x", "i=evil", "a=source-filter:x",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=20))
def test_any_session(lines: list[str]) -> None:
    session = picture_session("\r\n".join(lines).encode())
    assert (session is None) == ("m=video 0 RTP/AVP 96" not in lines)
    if session is not None:
        assert session.clean.count(b"m=") == 1
        assert b"1.2.3.4" not in session.clean
        assert b"evil" not in session.clean


@settings(deadline=None)
@given(st.text(max_size=100))
def test_any_transport(text: str) -> None:
    found = interleaved(text)
    assert found is None or all(0 <= one < 256 for one in found)
