"""What Sightline adds to the detector: tracking, describing, counting and bookkeeping per analysed frame."""

import tempfile
from pathlib import Path
from typing import Any

from sightline.bench.program import watch

# Everything behind the detector, the writing of tracks included; "other" is what none of the named stages accounts for.
BEYOND = ("gate", "track", "describe", "count", "other", "deliver")


def overhead(clips: list[Path]) -> dict[str, Any]:
    """Per clip: ms per analysed frame by stage, and what lies beyond the detector as a share of the detector.

    Once with one inference thread, so that core time is compared with core time, and once with one per core, as the
    program runs: there the detector's frames overlap on all cores while what follows waits on one.
    """
    one_core = {clip.name: _measured(clip, threads=1) for clip in clips}
    all_cores = {clip.name: _measured(clip, threads=0) for clip in clips}
    return {
        "one_core": one_core,
        "all_cores": all_cores,
        "worst_share_one_core": max(row["beyond_detector_share"] for row in one_core.values()),
        "worst_share_all_cores": max(row["beyond_detector_share"] for row in all_cores.values()),
        "must_reach_share": 0.15,
    }


def _measured(clip: Path, *, threads: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as out:
        summary = watch([str(clip)], Path(out), threads=threads)
    (camera,) = summary["cameras"].values()
    ms = camera["ms"]
    beyond = sum(ms[stage] for stage in BEYOND)
    return {
        "frames": camera["frames_analysed"],
        "ms": {stage: round(ms[stage], 3) for stage in ("decode", "convert", "detect", *BEYOND) if stage in ms},
        "beyond_detector_ms": round(beyond, 3),
        "beyond_detector_share": round(beyond / ms["detect"], 4),
    }
