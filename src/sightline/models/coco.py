"""The columns of the 80 COCO classes that Sightline reads, and what they are in its own vocabulary."""

from typing import Final

# Column of the 80 classes in their usual order (Lin et al. 2014, arXiv 1405.0312) -> class of core.vocabulary.
STREET: Final = {0: "pedestrian", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
