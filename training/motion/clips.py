"""Short clips with their truth to learn from: painted streets, into which cut-outs of real road users are pasted."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import av
import cv2
import numpy as np
from cutouts import Cutout
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
PEDESTRIAN = 7
_PEOPLE = 0.55  # share of people among those pasted


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture u8 (h, w, 3) BGR with its road users: boxes f32 (n, 4) px, kinds i64 (n,), care bool (n,) (false: too
    small or too hidden to say), alike in order."""

    bgr: U8
    boxes: F32
    kinds: NDArray[np.int64]
    care: NDArray[np.bool_]


@dataclass(slots=True)
class Pasted:
    """A cut-out on its way through a clip: foot point and height in px of the first picture, px/s, heights by 1/s."""

    cutout: Cutout
    foot: NDArray[np.float64]
    height: float
    velocity: NDArray[np.float64]
    growth: float
    stop_s: tuple[float, float]
    gain: float


def encoded(shots: list[Shot], fps: float, crf: int) -> Iterator[Shot]:
    """The same clip as H.264 shows it."""
    height, width = shots[0].bgr.shape[:2]
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts") as out:
        stream = out.add_stream("libx264", rate=round(fps), options={"preset": "superfast", "crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = 50
        stream.codec_context.max_b_frames = 0
        stream.codec_context.thread_count = 1
        for shot in shots:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shot.bgr, "bgr24")))
        out.mux(stream.encode())
    file.seek(0)
    with av.open(file) as back:
        for shot, frame in zip(shots, back.decode(video=0), strict=True):
            yield replace(shot, bgr=frame.to_ndarray(format="bgr24"))


def with_cutouts(
    shots: list[Shot], fps: float, cutouts: list[Cutout], random: np.random.Generator, many: int
) -> list[Shot]:
    """The clip with real road users pasted in, each on a straight way, some of whom stand for a while."""
    height, width = shots[0].bgr.shape[:2]
    length_s = len(shots) / fps
    people = [cut for cut in cutouts if cut.kind == PEDESTRIAN]
    others = [cut for cut in cutouts if cut.kind != PEDESTRIAN]
    drawn = [people if random.random() < _PEOPLE else others for _ in range(many)]
    pasted = [_on_its_way(_recoloured(some[int(random.integers(len(some)))], random), (width, height), length_s, random)
              for some in drawn]  # fmt: skip
    shade = float(random.uniform(0.0, 0.55))
    return [_paste(shot, pasted, index / fps, shade) for index, shot in enumerate(shots)]


def _recoloured(cutout: Cutout, random: np.random.Generator) -> Cutout:
    """Other colours above and below the waist, mirrored now and then, a little wider or narrower: few are cut out."""
    bgr, alpha = cutout.bgr, cutout.alpha
    if random.random() < 0.5:
        bgr, alpha = bgr[:, ::-1], alpha[:, ::-1]
    wide = max(4, round(bgr.shape[1] * random.uniform(0.8, 1.2)))
    bgr, alpha = (cv2.resize(np.ascontiguousarray(part), (wide, bgr.shape[0])) for part in (bgr, alpha))
    if cutout.kind == PEDESTRIAN and random.random() < 0.8:
        waist = round(bgr.shape[0] * random.uniform(0.45, 0.6))
        head = round(bgr.shape[0] * 0.15)
        for part in (np.s_[head:waist], np.s_[waist:]):
            tint = np.exp(random.normal(0, 0.35, 3)) * np.exp(random.normal(-0.1, 0.5))
            bgr[part] = np.clip(bgr[part] * tint, 0, 255).astype(np.uint8)
    return Cutout(bgr, alpha, cutout.kind)


def _on_its_way(cutout: Cutout, size: tuple[int, int], length_s: float, random: np.random.Generator) -> Pasted:
    width, height = size
    tall = float(np.exp(random.uniform(np.log(14), np.log(0.42 * height))))
    if cutout.kind < 4:  # vehicles are larger at the same place
        tall = float(np.exp(random.uniform(np.log(14), np.log(0.5 * height))))
    speed = random.uniform(0.3, 1.0) if cutout.kind == 7 else random.uniform(0.4, 4.0)
    angle = random.choice([0.0, np.pi]) + random.normal(0, 0.35)
    velocity = speed * tall * np.array([np.cos(angle), 0.5 * np.sin(angle)])
    middle_s = random.uniform(0, length_s)
    foot = np.array([random.uniform(0, width), random.uniform(min(0.25 * height + tall, height), height)])
    stop = (float(middle_s), float(middle_s + random.uniform(1, 8))) if random.random() < 0.4 else (1e9, 1e9)
    if random.random() < 0.25:  # stands from the start, and goes off
        stop = (-1.0, float(random.uniform(1, length_s)))
    return Pasted(
        cutout,
        foot - velocity * middle_s,
        tall,
        velocity,
        float(random.normal(0, 0.03)),
        stop,
        float(np.exp(random.normal(0, 0.2))),
    )


def _gone_s(time_s: float, stop_s: tuple[float, float]) -> float:
    """How long it has been on its way, stops left out."""
    return time_s - min(max(time_s - stop_s[0], 0.0), stop_s[1] - stop_s[0])


def _paste(shot: Shot, pasted: list[Pasted], time_s: float, shade: float) -> Shot:
    height, width = shot.bgr.shape[:2]
    image = shot.bgr.copy()
    owner = np.full((height, width), -1, np.int16)
    placed: list[tuple[F32, float]] = []
    kinds = []
    spots = []
    for one in pasted:
        gone = _gone_s(time_s, one.stop_s)
        tall = one.height * float(np.exp(one.growth * gone))
        spots.append((one, one.foot + one.velocity * gone, tall))
    spots.sort(key=lambda item: float(item[1][1]))
    for one, foot, tall in spots:
        rows, columns = one.cutout.alpha.shape
        ratio = tall / rows
        wide = max(2, round(columns * ratio))
        high = max(2, round(tall))
        left, top = round(float(foot[0]) - wide / 2), round(float(foot[1]) - high)
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + wide, width), min(top + high, height)
        if x1 - x0 < 2 or y1 - y0 < 2:
            continue
        how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        alpha = cv2.resize(one.cutout.alpha, (wide, high), interpolation=how).astype(np.float32) / 255
        look = cv2.resize(one.cutout.bgr, (wide, high), interpolation=how).astype(np.float32) * one.gain
        whole = float((alpha > 0.5).sum())
        part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        _shadow(image, (left, top, wide, high), shade)
        cover = alpha[part][..., None]
        spot = image[y0:y1, x0:x1]
        spot[:] = np.clip(spot * (1 - cover) + look[part] * cover, 0, 255).astype(np.uint8)
        owner[y0:y1, x0:x1][alpha[part] > 0.5] = len(placed)
        placed.append((np.array([x0, y0, x1, y1], np.float32), whole))
        kinds.append(one.cutout.kind)
    seen = [float((owner == k).sum()) / max(whole, 1.0) for k, (_, whole) in enumerate(placed)]
    boxes = np.array([box for box, _ in placed], np.float32).reshape(-1, 4)
    care = np.array(seen, np.float32) >= 0.25
    care &= boxes[:, 3] - boxes[:, 1] >= 12
    hidden = np.array([_covered(owner, box) for box in shot.boxes], np.float32)
    return Shot(
        image,
        np.concatenate([shot.boxes, boxes]),
        np.concatenate([shot.kinds, np.array(kinds, np.int64)]),
        np.concatenate([shot.care & (hidden < 0.7), care]),
    )


def _covered(owner: NDArray[np.int16], box: F32) -> float:
    left, top, right, bottom = np.round(box).astype(int)
    part = owner[max(top, 0) : bottom, max(left, 0) : right]
    return float((part >= 0).mean()) if part.size else 1.0


def _shadow(image: U8, place: tuple[int, int, int, int], shade: float) -> None:
    """A soft dark ellipse under the feet."""
    left, top, wide, high = place
    if shade < 0.05:
        return
    x0, x1 = max(left - wide // 4, 0), min(left + wide + wide // 4, image.shape[1])
    y0, y1 = max(top + high - max(high // 6, 2), 0), min(top + high + max(high // 8, 2), image.shape[0])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    x = np.linspace(-1, 1, x1 - x0, dtype=np.float32)
    y = np.linspace(-1, 1, y1 - y0, dtype=np.float32)
    dark = 1 - shade * np.clip(1.3 * (1 - x[None] ** 2 - y[:, None] ** 2), 0, 1)
    image[y0:y1, x0:x1] = (image[y0:y1, x0:x1] * dark[..., None]).astype(np.uint8)
