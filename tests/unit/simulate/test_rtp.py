"""RTP packets of H.264 pictures: what RFC 3550 and RFC 6184 ask for."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.simulate.rtp import PAYLOAD_TYPE, Packetizer, nal_units


def put_together(packets: list[bytes]) -> list[bytes]:
    """The NAL units of packets, as a receiver reads them."""
    units: list[bytes] = []
    for packet in packets:
        payload = packet[12:]
        if payload[0] & 0x1F != 28:
            units.append(payload)
        elif payload[1] & 0x80:
            units.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)) + payload[2:])
        else:
            units[-1] += payload[2:]
    return units


@given(st.lists(st.binary(min_size=1, max_size=6000), min_size=1, max_size=5), st.integers(0, 2**40))
def test_a_receiver_gets_the_same_units_back(bodies: list[bytes], ticks: int) -> None:
    units = [b"\x65" + body for body in bodies]
    packets = list(Packetizer(7).packets(units, ticks))
    assert put_together(packets) == units
    assert all(len(packet) <= 1414 for packet in packets)
    heads = [struct.unpack("!BBHII", packet[:12]) for packet in packets]
    assert [head[2] for head in heads] == list(range(len(packets)))
    assert {head[3] for head in heads} == {ticks & 0xFFFFFFFF}
    assert [head[1] >> 7 for head in heads] == [0] * (len(packets) - 1) + [1], "the marker ends the picture"
    assert {head[1] & 0x7F for head in heads} == {PAYLOAD_TYPE}


def test_numbers_go_on_from_picture_to_picture_and_wrap() -> None:
    packetizer = Packetizer(7)
    numbers = [
        struct.unpack("!H", packet[2:4])[0]
        for turn in range(3)
        for packet in packetizer.packets([b"\x41" * 1400 * 22_000], turn)
    ]
    assert numbers == [n & 0xFFFF for n in range(len(numbers))]
    assert len(numbers) > 0x10000


def test_a_sender_report_says_what_was_sent_until_when() -> None:
    packetizer = Packetizer(0x51670000)
    sent = list(packetizer.packets([b"\x65" + b"x" * 99], 90_000))
    kind, length, source, seconds, fraction, ticks, packets, octets = struct.unpack(
        "!xBHIIIIII", packetizer.report(1_500_000_000, 90_000)
    )
    assert (kind, length, source, ticks) == (200, 6, 0x51670000, 90_000)
    assert (packets, octets) == (len(sent), 100)
    assert seconds == 2_208_988_801
    assert fraction == 2**31


@pytest.mark.parametrize(
    ("stream", "units"),
    [
        (b"\x00\x00\x00\x01\x67a\x00\x00\x01\x68b", [b"\x67a", b"\x68b"]),
        (b"\x00\x00\x01\x65ab", [b"\x65ab"]),
        (b"", []),
        (b"no start code", []),
    ],
)
def test_units_between_start_codes(stream: bytes, units: list[bytes]) -> None:
    assert nal_units(stream) == units
