"""H.264 pictures as RTP packets (RFC 3550, RFC 6184) and the sender reports that tie them to the camera's clock."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

CLOCK_HZ: Final = 90_000  # of RTP time stamps of video (RFC 6184, 8.1)
PAYLOAD_TYPE: Final = 96  # the first dynamic one (RFC 3551)
_LARGEST: Final = 1_400  # bytes of payload, so that a packet fits an Ethernet frame
_FRAGMENT: Final = 28  # FU-A (RFC 6184, 5.8)
_NTP_EPOCH_S: Final = 2_208_988_800  # 1900 to 1970


class Packetizer:
    """Numbers and stamps the packets of one stream. source: its synchronisation source identifier, 32 bits."""

    def __init__(self, source: int) -> None:
        self._source = source & 0xFFFFFFFF
        self._sequence = 0
        self._packets = 0
        self._octets = 0

    def packets(self, units: Sequence[bytes], ticks: int) -> Iterator[bytes]:
        """The RTP packets of one picture: its NAL units (without start codes), its time in ticks of CLOCK_HZ."""
        for number, unit in enumerate(units):
            last_unit = number == len(units) - 1
            if len(unit) <= _LARGEST:
                yield self._packet(unit, ticks, marker=last_unit)
                continue
            indicator = (unit[0] & 0xE0) | _FRAGMENT
            kind = unit[0] & 0x1F
            parts = [unit[at : at + _LARGEST] for at in range(1, len(unit), _LARGEST)]
            for turn, part in enumerate(parts):
                first, last = turn == 0, turn == len(parts) - 1
                head = bytes((indicator, kind | first << 7 | last << 6))
                yield self._packet(head + part, ticks, marker=last and last_unit)

    def report(self, time_ns: int, ticks: int) -> bytes:
        """A sender report (RFC 3550, 6.4.1): the stream's time in ticks is time_ns UTC on the camera's clock."""
        seconds, rest = divmod(time_ns, 1_000_000_000)
        return struct.pack(
            "!BBHIIIIII",
            0x80,
            200,
            6,
            self._source,
            (seconds + _NTP_EPOCH_S) & 0xFFFFFFFF,
            (rest << 32) // 1_000_000_000,
            ticks & 0xFFFFFFFF,
            self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )

    @property
    def next_sequence(self) -> int:
        """Sequence number of the next packet."""
        return self._sequence

    def _packet(self, payload: bytes, ticks: int, *, marker: bool) -> bytes:
        head = struct.pack("!BBHII", 0x80, PAYLOAD_TYPE | marker << 7, self._sequence, ticks & 0xFFFFFFFF, self._source)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._packets += 1
        self._octets += len(payload)
        return head + payload


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream with start codes (H.264 Annex B), without them."""
    units = []
    at = stream.find(b"\x00\x00\x01")
    while at >= 0:
        start = at + 3
        at = stream.find(b"\x00\x00\x01", start)
        unit = stream[start:] if at < 0 else stream[start:at]
        unit = unit.rstrip(b"\x00")  # a longer start code's zero, or trailing_zero_8bits; a unit never ends with one
        if unit:
            units.append(unit)
    return units
