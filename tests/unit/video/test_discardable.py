"""Pictures that no other needs, from NAL unit headers."""

import pytest

from sightline.video.discardable import is_discardable

START = b"\0\0\0\1"
AVCC = b"\1\x64\0\x1f\xff\xe1"  # four-byte lengths
HVCC = bytes([1]) + bytes(20) + b"\xff"


def sized(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@pytest.mark.parametrize(
    ("data", "codec", "extradata", "expected", "word"),
    [
        (START + b"\x41abc", "h264", None, False, "a P slice that others refer to"),
        (START + b"\x01abc", "h264", None, True, "a slice with nal_ref_idc 0"),
        (START + b"\x06sei" + START + b"\x01abc", "h264", None, True, "after a message"),
        (START + b"\x67sps" + START + b"\x65idr", "h264", None, False, "a key frame"),
        (sized(b"\x06sei", b"\x01abc"), "h264", AVCC, True, "with lengths"),
        (sized(b"\x06sei", b"\x61abc"), "h264", AVCC, False, "with lengths, referred to"),
        (START + b"\x00\x01abc", "hevc", None, True, "TRAIL_N"),
        (START + b"\x02\x01abc", "hevc", None, False, "TRAIL_R"),
        (sized(b"\x4e\x01sei", b"\x10\x01abc"), "hevc", HVCC, True, "RASL_N with lengths"),
        (START + b"\x26\x01abc", "hevc", None, False, "IDR_W_RADL"),
        (b"\xff\xd8\xff", "mjpeg", None, False, "another codec"),
        (b"", "h264", None, False, "nothing"),
        (START, "h264", None, False, "a bare start code"),
        (b"\xff\xff\xff\xff\x06", "h264", AVCC, False, "a length beyond the end"),
        (bytes(64), "h264", AVCC, False, "zeros"),
    ],
)
def test_packets(data: bytes, codec: str, extradata: bytes | None, expected: bool, word: str) -> None:
    assert is_discardable(data, codec, extradata) is expected, word
