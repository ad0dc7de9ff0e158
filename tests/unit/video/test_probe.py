"""What probe tells of a drawn clip."""

import pytest

from sightline.core.errors import SourceUnavailable
from sightline.video import probe


@pytest.mark.parametrize(
    ("options", "b_frames", "discardable", "word"),
    [({"bf": "0"}, False, 0.0, "IPPP"), ({"bf": "2", "b_strategy": "0"}, True, 0.25, "with B-frames")],
)
def test_a_clip_is_described(make_clip, settings, options, b_frames: bool, discardable: float, word: str) -> None:
    clip = make_clip(frames=60, gop=10, fps=20, options={**options, "sc_threshold": "0", "b_pyramid": "none"})
    report = probe(str(clip), settings)
    assert (report.kind, report.codec, report.width, report.height) == ("file", "h264", 64, 48), word
    assert report.rate_nominal_fps == pytest.approx(20)
    assert report.rate_measured_fps == pytest.approx(20, rel=0.01)
    assert report.duration_s == pytest.approx(3, rel=0.02)
    assert report.key_frame_distance == 10
    assert report.key_frame_distance_s == pytest.approx(0.5, rel=0.01)
    assert report.b_frames is b_frames
    assert report.discardable_share >= discardable
    assert report.bit_rate_kbit_s == pytest.approx(clip.stat().st_size * 8e-3 / 3, rel=0.4)
    assert report.damaged_packets == 0
    assert report.drift_s is None
    assert report.decode_ms > 0
    assert report.key_decode_ms is not None
    assert report.key_decode_ms > 0
    assert report.streams_per_core == pytest.approx(1000 / (report.decode_ms * 20), rel=0.02)


def test_what_cannot_be_opened_is_said(tmp_path, settings) -> None:
    with pytest.raises(SourceUnavailable, match="expected a video file, got no such file"):
        probe(str(tmp_path / "none.mp4"), settings)
