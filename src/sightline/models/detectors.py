"""The detectors of the registry, as data: ``registry`` says what the columns mean."""

from typing import Final

from sightline.models.addresses import MEGVII, OPENCV_ZOO, ZOO_2022_1, ZOO_2022_3, zoo_files
from sightline.models.model import Model, ModelFile

DETECTORS: Final = (
    Model(
        "person-vehicle-bike-detection-2003",
        "detect",
        "pvb",
        zoo_files(
            ZOO_2022_3,
            "person-vehicle-bike-detection-2003",
            "FP16-INT8",
            (
                1_624_853,
                "47c8bff6b743639b6d60cab292b64f6246b0f790eb4534d0392d09ada436a756",
                "sha384:1744a089f21564bd0dc99161c470626f60dd84de97713d87066d382afb1d3f40ba344f13fa160927198aef9453e8847b",
            ),
            (
                2_074_874,
                "0172364bf6770a45c61f0edfedd703746da021c6e8691056d376a0fac69439c0",
                "sha384:a087a7d06e398f78aac4280254515a884cf76ef4097adab2575653b9a9a44026d5803f5a0a922706ab784a1ea6289b87",
            ),
        ),
        "Apache-2.0",
        (480, 864),
        "boxes [n,5] x1, y1, x2, y2 in input pixels, score; labels [n] 0 vehicle, 1 person, 2 bike",
        1.0,
    ),
    Model(
        "person-vehicle-bike-detection-2003-fp16",
        "detect",
        "pvb",
        zoo_files(
            ZOO_2022_3,
            "person-vehicle-bike-detection-2003",
            "FP16",
            (
                1_228_409,
                "2dd003f80c754af3d84d6861896d45dce35af93ec78b0904cd3f644b0bbcae62",
                "sha384:37d55f436158138ae53915f75367bb29c658935f640ea5208bc3b6dfb45567b3f26a959d2666c799586508fdcaa227a8",
            ),
            (
                3_906_044,
                "b9f976542cb100f3968acadd3d031918abf1b6006110bf1e40ddbd3291656bd1",
                "sha384:61bbaaab3cc01e735e54686ad5747a50e5a685e0681e3c1240a54a89e77bfcc7aaf714610f5d34fca2d1dbdebe8b72a9",
            ),
        ),
        "Apache-2.0",
        (480, 864),
        "boxes [n,5] x1, y1, x2, y2 in input pixels, score; labels [n] 0 vehicle, 1 person, 2 bike",
        2.4,
    ),
    Model(
        "person-vehicle-bike-detection-2004",
        "detect",
        "pvb",
        zoo_files(
            ZOO_2022_3,
            "person-vehicle-bike-detection-2004",
            "FP16-INT8",
            (
                1_623_473,
                "df64979cd58874abf624bf2f79b80ee3b4e58177307e45940afed0b1f27ed553",
                "sha384:bd97ae9127d6c81cca8384cdf3dc74f433a0d4dd5bb7c9473cb3aa882fc23478be353ea418d1405019c5eddd67619300",
            ),
            (
                2_074_874,
                "446722d01d80cbccfd438e352823445876cec4c0516bb5ba1c14d98f93e213c8",
                "sha384:8425a88bd0d45243c723902afa565eee192e2b74a967112e948b56b5df0919958f901e65d196e01d2500fba5290ea293",
            ),
        ),
        "Apache-2.0",
        (256, 448),
        "boxes [n,5] x1, y1, x2, y2 in input pixels, score; labels [n] 0 vehicle, 1 person, 2 bike",
        0.31,
    ),
    Model(
        "person-vehicle-bike-detection-2002",
        "detect",
        "pvb",
        zoo_files(
            ZOO_2022_3,
            "person-vehicle-bike-detection-2002",
            "FP16-INT8",
            (
                490_606,
                "da80f240091dba0650bcba29bd5341f33eec7feede745f5a1e41c14529be80cf",
                "sha384:a645417a2e4c34ef4006216e69c2abd0c8781ef7146b17078245dc568f92974f5b4877e9068fab464693f32dd717deb1",
            ),
            (
                1_946_082,
                "6db49f761a26430464395f3fbd5ee07729b5bcc4ded00a803ac145f3650c82b9",
                "sha384:da22c1e268d65a73ce619d87caeccd103e0b63c0d95b6a214065d244c9690f7ae63f1b3e5a1fe64931c5f82f6316ccc4",
            ),
        ),
        "Apache-2.0",
        (512, 512),
        "[1,1,200,7] image (-1 ends), label, score, x1, y1, x2, y2 in 0..1; 0 vehicle, 1 person, 2 bike",
        0.46,
    ),
    Model(
        "person-vehicle-bike-detection-2001",
        "detect",
        "pvb",
        zoo_files(
            ZOO_2022_3,
            "person-vehicle-bike-detection-2001",
            "FP16-INT8",
            (
                459_257,
                "c82ef684a5f1b3a6ada68a3fd90916c097dfd930ecd786c9980bafea7a844d70",
                "sha384:1830467fb0a09d21ec63e8fc7e373ba44d246a8c280fc03fa98623f4483f182634f1730ff9e40bb6e69896570cd3453f",
            ),
            (
                1_978_582,
                "0f6d8eb7268beef0d7461dea9a14d745e389ffa519d53ac3bf37b63593bbaa43",
                "sha384:16580b8476d471798bcc3ff32baaaafb120397d43ea6f86d61a60d7b9e4a4b3dc2f83d845fb6d6128279ab0b9d184228",
            ),
        ),
        "Apache-2.0",
        (384, 384),
        "[1,1,200,7] image (-1 ends), label, score, x1, y1, x2, y2 in 0..1; 0 vehicle, 1 person, 2 bike",
        0.34,
    ),
    Model(
        "person-vehicle-bike-detection-2000",
        "detect",
        "pvb",
        zoo_files(
            ZOO_2022_3,
            "person-vehicle-bike-detection-2000",
            "FP16-INT8",
            (
                468_322,
                "ebc7d52ee0c2135a20b222dc911dfb4f6cb34f20c76ebdbab79cda8f8fcdc90c",
                "sha384:2f5a7523ea5f068cda39ff807510d87f2c3a139045842b4061453c856d59096224bcd3c9786a529e6facdaff7c01a7f9",
            ),
            (
                1_974_354,
                "b3870f0fa4b0d3f6e52cca89ff44f34088611a7f40093c0df78e8a693e045f73",
                "sha384:3034c7d3600e59e7af741859dbfe1034c1cc5c5f6bf1d0947e5da141785ee403041b753027279cf803064e1613115add",
            ),
        ),
        "Apache-2.0",
        (256, 256),
        "[1,1,200,7] image (-1 ends), label, score, x1, y1, x2, y2 in 0..1; 0 vehicle, 1 person, 2 bike",
        0.15,
    ),
    Model(
        "person-vehicle-bike-detection-crossroad-1016",
        "detect",
        "pvb",
        zoo_files(
            ZOO_2022_1,
            "person-vehicle-bike-detection-crossroad-1016",
            "FP16-INT8",
            (
                603_672,
                "58ce214c4341cd1a2195aa1633e41259c3908a489df33be5239d151a848c6008",
                "sha384:336f317f0e899aa82e3b667787c8a6c16d3f0bc84de8bb6d7bc455889040df3e1bb93cb7b9ed19eeab80fb4c58a1ffee",
            ),
            (
                3_139_338,
                "ae3d4bb31577b6a619ae3528ec60548b2b5b4f78be6207d3d4d0939bb65a6880",
                "sha384:809d5ad711798f4f93fac8e753cf61f76fd4723e95c816f2676a4db4101bdfc92644640df54538281412bf6b3f06d53b",
            ),
        ),
        "Apache-2.0",
        (512, 512),
        "[1,1,200,7] image (-1 ends), label, score, x1, y1, x2, y2 in 0..1; 1 vehicle, 2 person, 3 bike",
        0.57,
    ),
    Model(
        "yolox-s",
        "detect",
        "yolox",
        (
            ModelFile(
                "object_detection_yolox_2022nov.onnx",
                35_858_002,
                "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
                "sha256:c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
                url=OPENCV_ZOO + "/object_detection_yolox/object_detection_yolox_2022nov.onnx",
            ),
        ),
        "Apache-2.0",
        (640, 640),
        "[1,n,85] per cell of strides 8, 16, 32: xy, log wh, objectness, 80 COCO classes",
        3.8,
        fit="letterbox",
    ),
    Model(
        "yolox-nano",
        "detect",
        "yolox",
        (
            ModelFile(
                "yolox_nano.onnx",
                3_660_092,
                "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
            ),
        ),
        "Apache-2.0",
        (416, 416),
        "[1,n,85] per cell of strides 8, 16, 32: xy, log wh, objectness, 80 COCO classes",
        0.51,
        fit="letterbox",
    ),
    Model(
        "yolox-tiny",
        "detect",
        "yolox",
        (
            ModelFile(
                "yolox_tiny.onnx",
                url=MEGVII + "/yolox_tiny.onnx",
            ),
        ),
        "Apache-2.0",
        (416, 416),
        "[1,n,85] per cell of strides 8, 16, 32: xy, log wh, objectness, 80 COCO classes",
        0.95,
        fit="letterbox",
    ),
    Model(
        "yolox-m",
        "detect",
        "yolox",
        (
            ModelFile(
                "yolox_m.onnx",
                url=MEGVII + "/yolox_m.onnx",
            ),
        ),
        "Apache-2.0",
        (640, 640),
        "[1,n,85] per cell of strides 8, 16, 32: xy, log wh, objectness, 80 COCO classes",
        10.5,
        fit="letterbox",
    ),
    Model(
        "yolox-l",
        "detect",
        "yolox",
        (
            ModelFile(
                "yolox_l.onnx",
                url=MEGVII + "/yolox_l.onnx",
            ),
        ),
        "Apache-2.0",
        (640, 640),
        "[1,n,85] per cell of strides 8, 16, 32: xy, log wh, objectness, 80 COCO classes",
        22.0,
        fit="letterbox",
    ),
    Model(
        "nanodet-plus-m-1.5x",
        "detect",
        "nanodet",
        (
            ModelFile(
                "nanodet-plus-m-1.5x_416x416.onnx",
                9_947_455,
                "9cc36f76a1d1db92de28b357d90b29280506e693d157772f0667356f6edf274d",
            ),
        ),
        "Apache-2.0",
        (416, 416),
        "boxes [1,n,4] x1, y1, x2, y2 in input pixels; scores [1,n,80] of the COCO classes",
        1.2,
        mean=(103.53, 116.28, 123.675),
        scale=(0.017429, 0.017507, 0.017125),
    ),
)
