"""The registry of models as data: names, tasks, files with official address and checksums, licence, input and output.

Addresses and sha384/sha256 checksums marked "published" are those of the makers' own lists (Open Model Zoo's model.yml
files, opencv_zoo's LFS pointers); the plain sha256 is ours, taken of the file whose results the benchmarks show. A file
without an address has no official download (or only another export of the same weights): it can only be imported.
A file without any checksum is pinned when it is first fetched. The detectors have a file of their own, ``detectors``.
"""

import difflib
from typing import Final

from sightline.core.errors import ModelUnavailable
from sightline.models.addresses import OPENCV_ZOO, ZOO_2020, ZOO_2021, zoo_files
from sightline.models.detectors import DETECTORS
from sightline.models.model import Model, ModelFile

_OTHERS: Final = (
    Model(
        "vehicle-attributes-recognition-barrier-0039",
        "vehicle attributes",
        "attributes",
        zoo_files(
            ZOO_2021,
            "vehicle-attributes-recognition-barrier-0039",
            "FP32",
            (
                39_740,
                "3ed1d4cc6fc1becf763a39c95154917a7b81eda2d77f7bcd6ee56b0e7409e6ad",
                "sha384:fa1e30c9d9d351f80fd85585fbb1f81a34fd1935a884c149fcc0c305811bdacdcdab4f581b5531d7bacc57fec7cd367b",
            ),
            (
                2_504_028,
                "fc556ae02cecb5c19d7bed84f8b4b289144dde11509d2ad12f38eee3cdba43d9",
                "sha384:ba8839771af476bb32aadcff6defb07169016f148e5c8b12dd3cd15a4d9b6c79ee26ef40b7c1c5f84b8fe8a169e53020",
            ),
        ),
        "Apache-2.0",
        (72, 72),
        "color: softmax white gray yellow red green blue black; type: softmax car bus truck van",
        0.037,
    ),
    Model(
        "person-attributes-recognition-crossroad-0230",
        "person attributes",
        "attributes",
        zoo_files(
            ZOO_2021,
            "person-attributes-recognition-crossroad-0230",
            "FP32",
            (
                190_069,
                "871ebc205557431b7d78dacfa12a8ea88718fb83caf20dbc0eb612e814a3e4d5",
                "sha384:d76a47b0266b2db8e8c094314b89e19396d42bbdca75552fc5798555b4abc33c5e129a5b3a9e5684f18ad4b8fedc4e00",
            ),
            (
                2_939_240,
                "717aa86c9eeca18ed49931494c50967559042338203ea69362b73276b51f8a97",
                "sha384:7aba696e9770272269e7f43dc3642975e0359abec20ec8e48baca6a588a8974e361a233f35fb8a4a7ac208afc1ed6c66",
            ),
        ),
        "Apache-2.0",
        (160, 80),
        "453: eight sigmoids; 456 and 459: a point (x, y in 0..1) on the upper and on the lower clothing",
        0.077,
    ),
    Model(
        "vehicle-license-plate-detection-barrier-0106",
        "plates",
        "plates",
        zoo_files(
            ZOO_2020,
            "vehicle-license-plate-detection-barrier-0106",
            "FP16-INT8",
            (
                561_238,
                "6a1d96ebeb05c503401812eb449d767000569985feff8dbd1aa9ec1dce56ecbf",
                "sha256:6a1d96ebeb05c503401812eb449d767000569985feff8dbd1aa9ec1dce56ecbf",
            ),
            (
                693_916,
                "2cbd3cda25a48d8670557bbf2e339e1caecde64e5086afbf7db6e151e30b8976",
                "sha256:2cbd3cda25a48d8670557bbf2e339e1caecde64e5086afbf7db6e151e30b8976",
            ),
        ),
        "Apache-2.0",
        (300, 300),
        "[1,1,200,7] image (-1 ends), label, score, x1, y1, x2, y2 in 0..1; 1 vehicle, 2 plate",
        0.1,
    ),
    Model(
        "yunet",
        "faces",
        "yunet",
        (
            ModelFile(
                "face_detection_yunet_2023mar.onnx",
                232_589,
                "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
                "sha256:8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
                OPENCV_ZOO + "/face_detection_yunet/face_detection_yunet_2023mar.onnx",
            ),
        ),
        "MIT",
        (640, 640),
        "cls, obj, bbox, kps at strides 8, 16, 32; score sqrt(cls * obj)",
        0.46,
        any_size=True,
    ),
    Model(
        "yunet-dynamic",
        "faces",
        "yunet",
        (
            ModelFile(
                "yunet_n_dynamic.onnx",
                322_906,
                "104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12",
            ),
        ),
        "Apache-2.0",
        (640, 640),
        "cls, obj, bbox, kps at strides 8, 16, 32; score sqrt(cls * obj)",
        0.46,
        any_size=True,
    ),
)

MODELS: Final[dict[str, Model]] = {model.name: model for model in (*DETECTORS, *_OTHERS)}


def find_model(name: str, models: dict[str, Model] = MODELS) -> Model:
    """The model of that name; ModelUnavailable names the nearest known ones."""
    if name not in models:
        near = difflib.get_close_matches(name, models, n=3, cutoff=0.4) or sorted(models)
        raise ModelUnavailable(
            f"model {name!r}: expected a name of the registry ({', '.join(near)} ...), got an unknown one"
        )
    return models[name]
