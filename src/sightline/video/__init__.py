"""A URL in, Frames out; the only door to PyAV."""

from sightline.video.address import camera_name, kind
from sightline.video.encode import ClipWriter
from sightline.video.gate import Patches
from sightline.video.openers import OPENERS
from sightline.video.probe import ProbeReport, probe
from sightline.video.reader import Reader, ReaderStats
from sightline.video.slot import FrameSlot
from sightline.video.source import Source, SourceInfo, open_source

__all__ = [
    "OPENERS",
    "ClipWriter",
    "FrameSlot",
    "Patches",
    "ProbeReport",
    "Reader",
    "ReaderStats",
    "Source",
    "SourceInfo",
    "camera_name",
    "kind",
    "open_source",
    "probe",
]
