"""What the net learns from: its input planes as the running detector would make them, with boxes, kinds and care."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from clips import Shot
from cutouts import Photo
from numpy.typing import NDArray

from sightline.core.frame import Frame
from sightline.detect.background import Background

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """planes: u8 (8, h / 2, w / 2); boxes: f32 (n, 4) px of the net's picture; kinds i64 (n,); care bool (n,); source:
    what it was made from; weight: what empty places of it count (0 where road users are not all labelled)."""

    planes: U8
    boxes: F32
    kinds: NDArray[np.int64]
    care: NDArray[np.bool_]
    source: str
    weight: float = 1.0


def of_clip(
    shots: Sequence[Shot], fps: float, every: int, source: str, random: np.random.Generator
) -> Iterator[Sample]:
    """Every so many pictures of a clip, after the running background model saw the ones before.

    What the detector would claim is the truth with some of it missed, moved a little, and some claimed wrongly.
    """
    height, width = shots[0].bgr.shape[:2]
    background = Background((width, height))
    first = int(random.integers(every))
    layout = "i420" if random.random() < 0.7 else "bgr"
    for index, shot in enumerate(shots):
        pixels = cv2.cvtColor(shot.bgr, cv2.COLOR_BGR2YUV_I420) if layout == "i420" else shot.bgr
        planes = background.see(Frame("c", index + 1, round(index / fps * 1e9), pixels, layout))
        if index % every == first:
            scale = np.array([background.net_size[0] / width, background.net_size[1] / height] * 2, np.float32)
            yield Sample(planes[0].copy(), shot.boxes * scale, shot.kinds, shot.care, source)
        background.learn(_claims(shot.boxes, (width, height), random))


def _claims(boxes: F32, size: tuple[int, int], random: np.random.Generator) -> F32:
    kept = boxes[random.random(len(boxes)) < 0.85]
    sides = np.tile(kept[:, 2:] - kept[:, :2], 2)
    moved = kept + sides * random.normal(0, 0.06, kept.shape)
    wrong = random.poisson(0.4)
    middle = random.random((wrong, 2)) * size
    half = random.uniform(6, 50, (wrong, 2))
    return np.concatenate([moved, np.concatenate([middle - half, middle + half], axis=1)]).astype(np.float32)


def of_photo(photo: Photo, source: str, random: np.random.Generator) -> Sample | None:
    """A photo as a camera's first picture: its own background; None where nobody is in it at a camera's sizes."""
    height, width = photo.bgr.shape[:2]
    tall = photo.boxes[:, 3] - photo.boxes[:, 1]
    if not len(tall):
        return None
    most = 0.5 * 360 / max(float(tall.max()), 1.0)
    ratio = float(random.uniform(0.35, 1.0)) * most * 1.3
    ratio = min(ratio, 640 / width, 640 / height, 1.0)
    size = (max(64, round(width * ratio / 2) * 2), max(64, round(height * ratio / 2) * 2))
    bgr = cv2.resize(photo.bgr, size, interpolation=cv2.INTER_AREA)
    background = Background(size)
    planes = background.see(Frame("c", 1, 0, bgr))
    boxes = photo.boxes * np.array([size[0] / width, size[1] / height] * 2, np.float32)
    care = photo.care & (boxes[:, 3] - boxes[:, 1] >= 12)
    return Sample(planes[0].copy(), boxes, photo.kinds, care, source, 1.0 if photo.people else 0.0)


def load(folder: Path, part: str) -> list[Sample]:
    """All samples built of a part, in order of their files."""
    samples: list[Sample] = []
    for path in sorted(folder.glob(f"{part}-*.pickle")):
        with path.open("rb") as file:
            samples += pickle.load(file)  # our own file
    return samples
