"""Which codecs this machine's FFmpeg can decode."""

import av
from av.codec.codec import UnknownCodecError


def decodable(names: tuple[str, ...]) -> list[str]:
    """Those of the names (FFmpeg's words: h264, hevc, mjpeg ...) that there is a decoder for, in their order."""
    return [name for name in names if _has(name)]


def _has(name: str) -> bool:
    try:
        return av.Codec(name, "r").is_decoder
    except UnknownCodecError:
        return False
