"""What Sightline adds to the detector: tracking, describing, counting and bookkeeping per analysed frame."""

import tempfile
from pathlib import Path
from typing import Any

from sightline.bench.program import watch

# Everything behind the detector, the writing of tracks included; "other" is what none of the named stages accounts for.
BEYOND = ("gate", "track", "describe", "count", "other", "deliver")


def overhead(clips: list[Path]) -> dict[str, Any]:
    """Per clip: ms per analysed frame by stage, and what lies beyond the detector as a share of the detector."""
    values: dict[str, Any] = {}
    for clip in clips:
        with tempfile.TemporaryDirectory() as out:
            summary = watch([str(clip)], Path(out))
        (camera,) = summary["cameras"].values()
        ms = camera["ms"]
        beyond = sum(ms[stage] for stage in BEYOND)
        values[clip.name] = {
            "frames": camera["frames_analysed"],
            "ms": {stage: round(ms[stage], 3) for stage in ("decode", "convert", "detect", *BEYOND) if stage in ms},
            "beyond_detector_ms": round(beyond, 3),
            "beyond_detector_share": round(beyond / ms["detect"], 4),
        }
    worst = max(row["beyond_detector_share"] for row in values.values())
    return {"clips": values, "worst_share": worst, "must_reach_share": 0.15}
