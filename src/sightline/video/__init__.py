"""A URL in, Frames out; the only door to PyAV."""

from sightline.video.address import camera_name, kind
from sightline.video.allowed import allowed_address
from sightline.video.choice import Chosen, OfferedStream, choose
from sightline.video.discovery import FoundCamera, discover
from sightline.video.encode import ClipWriter
from sightline.video.feeds import Feed, Site, feed_of
from sightline.video.gate import Patches
from sightline.video.health import HealthMeter
from sightline.video.onvif import OnvifCamera, profiles
from sightline.video.openers import OPENERS
from sightline.video.probe import ProbeReport, probe
from sightline.video.push import PushDoor
from sightline.video.reader import Reader, ReaderStats
from sightline.video.slot import FrameSlot
from sightline.video.source import Clocks, Source, SourceInfo, open_source

__all__ = [
    "OPENERS",
    "Chosen",
    "ClipWriter",
    "Clocks",
    "Feed",
    "FoundCamera",
    "FrameSlot",
    "HealthMeter",
    "OfferedStream",
    "OnvifCamera",
    "Patches",
    "ProbeReport",
    "PushDoor",
    "Reader",
    "ReaderStats",
    "Site",
    "Source",
    "SourceInfo",
    "allowed_address",
    "camera_name",
    "choose",
    "discover",
    "feed_of",
    "kind",
    "open_source",
    "probe",
    "profiles",
]
