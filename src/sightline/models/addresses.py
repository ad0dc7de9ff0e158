"""Where the makers of the models keep them, and the pair of files that is one network of the Open Model Zoo."""

from typing import Final

from sightline.models.model import ModelFile

ZOO_2021: Final = "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2021.4/models_bin/3"
ZOO_2022_3: Final = "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2022.3/models_bin/1"
ZOO_2022_1: Final = "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2022.1/models_bin/3"
ZOO_2020: Final = "https://download.01.org/opencv/2020/openvinotoolkit/2020.4/open_model_zoo/models_bin/3"
OPENCV_ZOO: Final = "https://github.com/opencv/opencv_zoo/raw/main/models"
MEGVII: Final = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"


def zoo_files(zoo: str, name: str, precision: str, *sums: tuple[int, str, str]) -> tuple[ModelFile, ...]:
    """The .xml and .bin of one network of the Open Model Zoo; sums: size, sha256 and published checksum of each."""
    return tuple(
        ModelFile(f"{name}.{kind}", size, sha256, published, f"{zoo}/{name}/{precision}/{name}.{kind}")
        for kind, (size, sha256, published) in zip(("xml", "bin"), sums, strict=True)
    )
