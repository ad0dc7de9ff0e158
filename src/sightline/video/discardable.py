"""Which packets carry pictures that no other picture needs, read from their NAL unit headers."""

from typing import Final

_H264_SLICES: Final = range(1, 6)  # ITU-T H.264 table 7-1: coded slices
_HEVC_SLICES: Final = range(0, 32)  # ITU-T H.265 table 7-1: VCL NAL units
_HEVC_LAST_PLAIN: Final = 14  # below it even types are sub-layer non-reference pictures


def is_discardable(data: bytes, codec: str, extradata: bytes | None) -> bool:
    """Whether decoding may leave the packet out; False for codecs other than h264 and hevc.

    Containers seldom say so themselves. extradata: of the decoder; says whether units carry lengths or start codes.
    """
    header = _first_slice(data, codec, extradata)
    if header is None:
        return False
    if codec == "h264":
        return header >> 5 & 3 == 0  # nal_ref_idc
    unit_type = header >> 1 & 63
    return unit_type <= _HEVC_LAST_PLAIN and unit_type % 2 == 0


def _first_slice(data: bytes, codec: str, extradata: bytes | None) -> int | None:
    """The first header byte of the first coded slice."""
    if codec not in ("h264", "hevc"):
        return None
    at = 0
    length_size = _length_size(codec, extradata)
    while True:
        if length_size:
            start = at + length_size
            at = start + int.from_bytes(data[at:start], "big")
        else:
            start = data.find(b"\0\0\1", at) + 3
            if start < 3:
                return None
            at = start
        if start >= len(data):
            return None
        header = data[start]
        if (header & 31 in _H264_SLICES) if codec == "h264" else (header >> 1 & 63 in _HEVC_SLICES):
            return header


def _length_size(codec: str, extradata: bytes | None) -> int:
    """Bytes of a unit's length (ISO/IEC 14496-15); 0 = start codes (Annex B)."""
    at = 4 if codec == "h264" else 21
    if extradata is None or len(extradata) <= at or extradata[0] != 1:
        return 0
    return (extradata[at] & 3) + 1
