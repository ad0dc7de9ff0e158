"""The families of detection models that can be read."""

from typing import Final

from sightline.detect import nanodet, pvb, yolox
from sightline.detect.family import Family

FAMILIES: Final[dict[str, Family]] = {
    "pvb": pvb.read,
    "nanodet": nanodet.read,
    "yolox": yolox.read,
}
