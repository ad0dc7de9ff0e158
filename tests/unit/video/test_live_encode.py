"""Live encoding: one access unit per picture, key frames when asked."""

import av
import numpy as np
import pytest

from sightline.video.live_encode import LiveEncoder


def pictures(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    ground = random.integers(0, 255, (8, 12, 1), np.uint8).repeat(8, axis=0).repeat(8, axis=1).repeat(3, axis=2)
    return [np.roll(ground, 2 * turn, axis=1) for turn in range(count)]


def test_each_picture_comes_out_at_once_and_decodes() -> None:
    encoder = LiveEncoder((96, 64), 10, gop=5, crf=18)
    decoder = av.CodecContext.create("h264", "r")
    keys, seen = [], 0
    for turn, bgr in enumerate(pictures(12)):
        unit = encoder.encode(bgr, turn * 9000, key=turn == 7)
        keys.append(unit.key)
        for frame in decoder.decode(av.Packet(unit.data)):
            seen += 1
            assert np.abs(frame.to_ndarray(format="bgr24").astype(int) - pictures(12)[seen - 1]).mean() < 10
    seen += len(decoder.decode(None))
    assert seen == 12
    assert [turn for turn, key in enumerate(keys) if key] == [0, 5, 7]


@pytest.mark.parametrize(("size", "fps"), [((95, 64), 10), ((96, 8), 10), ((96, 64), 0), ((96, 64), 1000)])
def test_what_cannot_be_encoded_is_refused(size: tuple[int, int], fps: float) -> None:
    with pytest.raises(ValueError, match="expected even sides"):
        LiveEncoder(size, fps)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a picture of"):
        LiveEncoder((96, 64), 10).encode(np.zeros((64, 90, 3), np.uint8), 0)
