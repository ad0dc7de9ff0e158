"""What the registry says about one model and each of its files."""

from dataclasses import dataclass
from typing import Literal

Task = Literal["detect", "vehicle attributes", "person attributes", "faces", "plates"]
Family = Literal["pvb", "nanodet", "yolox", "yunet", "plates", "attributes"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model. size: bytes; published: ``algorithm:hex`` as its maker states it; url: official address."""

    name: str
    size: int | None = None
    sha256: str | None = None
    published: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One model: the first of its files is the one a runtime opens.

    input_hw: height and width of the picture it takes, f32 NCHW BGR; mean and scale: x -> (x - mean) * scale per
    channel B, G, R; fit: the whole picture stretched to the input, or letterboxed (top-left, padded with grey 114);
    output: how to read the answer; any_size: takes pictures of any multiples of 32 px, also where its file says one
    size (a net of convolutions alone; never the number of pictures); cost: time of one pass relative to
    person-vehicle-bike-detection-2003 = 1.0 (one thread of a 2.5 GHz Xeon with VNNI).
    """

    name: str
    task: Task
    family: Family
    files: tuple[ModelFile, ...]
    licence: str
    input_hw: tuple[int, int]
    output: str
    cost: float
    fit: Literal["stretch", "letterbox"] = "stretch"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    any_size: bool = False

    @property
    def size(self) -> int | None:
        """Bytes of all files together; None where one is not known before it is fetched."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def origin(self) -> Literal["official", "pinned at first use", "import only"]:
        """Where its files come from: checked against a published sum, fetched unseen, or only by ``models import``."""
        if any(file.url is None for file in self.files):
            return "import only"
        return "official" if all(file.sha256 for file in self.files) else "pinned at first use"
