"""Builds the samples to learn from and those to be judged on into a folder: `python build.py SHARED FOLDER`."""

import argparse
import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from clips import Shot, encoded, with_cutouts
from cutouts import Cutout, Photo, cut_out, photos
from painted import cameras_of
from samples import Sample, of_clip, of_photo

SIZES = ((640, 360), (640, 360), (640, 360), (640, 480), (480, 360), (480, 270), (768, 432))

FIRST_SEED = {"train": 1000, "val": 9000}


def clips_of(seed: int, cutouts: list[Cutout], backs: list[Photo]) -> Iterator[Sample]:
    """The samples of one district's cameras; into some clips real road users are pasted, and some go before a photo."""
    random = np.random.default_rng([seed, 31])
    size = SIZES[int(random.integers(len(SIZES)))]
    fps = float(random.choice([5, 8, 10, 10, 10, 10, 15, 25]))
    for _, shots in cameras_of(seed, size, fps, int(random.integers(50, 100))):
        source = "painted"
        chance = random.random()
        if chance < 0.2:
            photo = backs[int(random.integers(len(backs)))]
            bgr, boxes = fitted(photo, size, random)
            shots = [Shot(noisy(bgr, random), boxes, photo.kinds, photo.care) for _ in shots]
        if chance < 0.4:
            source = "photo" if chance < 0.2 else "pasted"
            shots = with_cutouts(shots, fps, cutouts, random, int(random.integers(4, 22)))
        if random.random() < 0.85:
            shots = list(encoded(shots, fps, int(random.integers(20, 34))))
        yield from of_clip(shots, fps, int(random.integers(3, 6)), source, random)


def before_photos(seed: int, cutouts: list[Cutout], backs: list[Photo]) -> Iterator[Sample]:
    """The samples of six clips of cut-outs that move before a photo: real looks, mostly people."""
    random = np.random.default_rng([seed, 34])
    for _ in range(6):
        size = SIZES[int(random.integers(len(SIZES)))]
        fps = float(random.choice([5, 7, 10, 15]))
        photo = backs[int(random.integers(len(backs)))]
        bgr, boxes = fitted(photo, size, random)
        still = [Shot(noisy(bgr, random), boxes, photo.kinds, photo.care) for _ in range(40)]
        shots = with_cutouts(still, fps, cutouts, random, int(random.integers(4, 18)))
        if random.random() < 0.85:
            shots = list(encoded(shots, fps, int(random.integers(20, 32))))
        yield from of_clip(shots, fps, 3, "photo", random)


def fitted(photo: Photo, size: tuple[int, int], random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A part of a photo at a camera's size, and its boxes there."""
    height, width = photo.bgr.shape[:2]
    ratio = max(size[0] / width, size[1] / height)
    bgr = cv2.resize(photo.bgr, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    x = int(random.integers(max(1, bgr.shape[1] - size[0] + 1)))
    y = int(random.integers(max(1, bgr.shape[0] - size[1] + 1)))
    boxes = photo.boxes * ratio - np.array([x, y, x, y], np.float32)
    boxes = np.clip(boxes, 0, [*size, *size]).astype(np.float32)
    return np.ascontiguousarray(bgr[y : y + size[1], x : x + size[0]]), boxes


def noisy(bgr: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """With sensor noise."""
    noise = random.normal(0, 2.0, bgr.shape[:2])[..., None]
    return np.clip(bgr + noise, 0, 255).astype(np.uint8)


def shard(path: Path, samples: Iterable[Sample]) -> None:
    """Write samples whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        pickle.dump(list(samples), file, protocol=5)
    part.rename(path)


def material(shared: Path, folder: Path, part: str) -> tuple[list[Photo], list[Cutout]]:
    """The labelled photos of a part and what could be cut out of them; cutting takes a minute, so it is kept."""
    rows = list(photos(shared, part))
    kept = folder / f"cutouts-{part}.cut"
    if not kept.exists():
        with kept.open("wb") as file:
            pickle.dump([cut for photo in rows for cut in cut_out(photo)], file, protocol=5)
    with kept.open("rb") as file:
        return rows, pickle.load(file)  # our own file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--part", choices=["train", "val"], default="train", help="val: held out, other seeds and photos"
    )
    parser.add_argument("--real", type=int, default=20, help="shards of six clips before photos")
    parser.add_argument("--first", type=int, default=0, help="district to begin with; those built are passed over")
    parser.add_argument("--districts", type=int, default=45, help="of six cameras each")
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    seed = FIRST_SEED[told.part]
    rows, cutouts = material(told.shared, told.folder, told.part)
    print(f"{told.part}: {len(rows)} photos, {len(cutouts)} cut-outs", flush=True)
    random = np.random.default_rng([seed, 32])
    path = told.folder / f"{told.part}-photos.pickle"
    if not path.exists():
        twice = rows + rows if told.part == "train" else rows
        shard(path, [sample for photo in twice if (sample := of_photo(photo, "still", random)) is not None])
    backs = [photo for photo in rows if photo.people]
    for number in range(told.real):
        path = told.folder / f"{told.part}-real-{number:03d}.pickle"
        if not path.exists():
            shard(path, before_photos(seed + number, cutouts, backs))
            print(f"{path.name} built", flush=True)
    for number in range(told.first, told.first + told.districts):
        path = told.folder / f"{told.part}-{number:03d}.pickle"
        if not path.exists():
            shard(path, clips_of(seed + number, cutouts, backs))
            print(f"{path.name} built", flush=True)


if __name__ == "__main__":
    main()
