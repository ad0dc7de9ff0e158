"""Things that stand on the pavement: trees, street lamps and signal posts; where they stand and how they look."""

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from sightline.core.values import F32, U8
from sightline.simulate.canvas import Canvas
from sightline.simulate.corners import Arm
from sightline.simulate.projection import Pinhole
from sightline.simulate.weather import Weather
from sightline.simulate.world import AMBER, F64, GREEN, I8, RED, STOP_M, ZEBRA_M, Head, Layout

Kind = Literal["tree", "lamp", "signal"]
_NEAREST_M: Final = {"tree": 19.0, "lamp": 11.0, "signal": 7.0}  # nearer ones would stand in front of everything
_FAR_M: Final = 170.0
# Blobs of a tree's crown: place beside the trunk, height, radius, metres.
CROWN: Final = ((0, 0, 4.6, 1.7), (0.9, 0.7, 4.0, 1.2), (-0.8, -0.6, 4.2, 1.3), (0.2, -0.9, 5.3, 1.1))
LAMP_M: Final = 7.2  # height of a street lamp, and how far its arm reaches over the road
ARM_M: Final = 1.6
_HEAD_M: Final = (2.5, 3.4)  # from and to which height a signal's box reaches
_COLOURS: Final = {RED: (60, 60, 255), AMBER: (40, 190, 255), GREEN: (150, 235, 60)}
_DARK: Final = ((26, 26, 60), (22, 46, 56), (34, 52, 26))


@dataclass(frozen=True, slots=True, eq=False)
class Prop:
    """One thing: its foot (2,) in metres; aside: unit vector (2,) to where a lamp's arm or a signal's box faces."""

    kind: Kind
    foot: F64
    aside: F64
    seed: tuple[int, ...]


def props_of(layout: Layout, streets: list[int], arms: dict[int, tuple[Arm, ...]]) -> list[Prop]:
    """The props of some streets; the same for every camera."""
    props = []
    for k in streets:
        street = layout.streets[k]
        start, along, length = layout.axis(k)
        across = np.array([-along[1], along[0]])
        random = np.random.default_rng([layout.seed, 33, k])
        open_a, open_b = (len(arms[node]) == 1 for node in (street.a, street.b))
        clear = ZEBRA_M + STOP_M + 7.0  # so that drivers and cameras see the crossing
        first = -90.0 if open_a else float(layout.setback_m[k, 0]) + clear
        last = length + 90.0 if open_b else length - float(layout.setback_m[k, 1]) - clear
        for side in (1, -1):
            leafy = street.pavement_m >= 3.2 and random.random() < 0.65
            t, count = first + float(random.uniform(0, 8)), 0
            while t < last:
                lamp = count % 3 == (1 if side > 0 else 2)
                foot = start + t * along + side * (street.kerb_m + (0.45 if lamp else 0.8)) * across
                if lamp or leafy:
                    props.append(
                        Prop("lamp" if lamp else "tree", foot, -side * across, (layout.seed, 37, k, side + 1, count))
                    )
                t += float(random.uniform(8.5, 12.5))
                count += 1
    for number, head in enumerate(layout.heads):
        if head.street in streets:
            props.append(Prop("signal", np.array(head.place), -_unit(head.towards), (layout.seed, 38, number)))
    return props


def _unit(angle: float) -> F64:
    return np.array([np.cos(angle), np.sin(angle)])


def shadows_of(props: list[Prop], weather: Weather) -> list[F64]:
    """Polygons (k, 2) of ground in metres that props keep the sun from."""
    lean = weather.shadow
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    across = np.array([-lean[1], lean[0]]) / max(float(np.hypot(*lean)), 1e-6)
    found: list[F64] = []
    for prop in props:
        height, half = (3.6, 0.13) if prop.kind == "tree" else (LAMP_M, 0.06)
        if prop.kind == "signal":
            height, half = _HEAD_M[1], 0.06
        tip = prop.foot + height * lean
        found.append(
            np.stack([prop.foot - half * across, prop.foot + half * across, tip + half * across, tip - half * across])
        )
        if prop.kind == "tree":
            for dx, dy, z, r in CROWN:
                found.append(prop.foot + [dx, dy] + z * lean + r * circle)
    return found


def plant(canvas: Canvas, props: list[Prop]) -> None:
    """Paint the props that can be seen and are not hidden by houses, far ones first."""
    if not props:
        return
    pixels, away = canvas.pinhole.project(np.array([[*prop.foot, 0.0] for prop in props]))
    for k in np.argsort(-away, kind="stable").tolist():
        if _NEAREST_M[props[k].kind] < away[k] < _FAR_M:
            _put(canvas, props[k], pixels[k], float(away[k]))


def _put(canvas: Canvas, prop: Prop, foot: F64, depth: float) -> None:
    """Paint one prop whose foot is seen at a pixel (2,) from a depth."""
    pinhole, weather = canvas.pinhole, canvas.weather
    reach, scale = 2.8 if prop.kind == "tree" else 1.8, pinhole.focal / depth
    w, h = pinhole.size
    step = w // canvas.depths.shape[1]  # whole pixels of the final picture
    left = int(np.clip(foot[0] - reach * scale, 0, w)) // step * step
    right = int(np.clip(foot[0] + reach * scale + step, 0, w)) // step * step
    top = int(np.clip(foot[1] - 8.4 * scale, 0, h)) // step * step
    bottom = int(np.clip(foot[1] + 0.3 * scale + step, 0, h)) // step * step
    if right - left < step or bottom - top < step:
        return
    layer = np.zeros((bottom - top, right - left, 3), np.uint8)
    mask = np.zeros((bottom - top, right - left), np.uint8)
    paint = {"tree": _tree, "lamp": _lamp, "signal": _signal}[prop.kind]
    paint(layer, mask, pinhole, prop, np.array([left, top], np.float64))
    part = canvas.depths[top // step : bottom // step, left // step : right // step]
    wide = np.asarray(cv2.resize(part, mask.shape[::-1], interpolation=cv2.INTER_NEAREST))
    mask[wide < depth - 0.5] = 0  # behind a house
    share = float(weather.haze_at(np.array(depth)))
    lens = np.array(pinhole.camera.tint) * pinhole.camera.gain
    light = (weather.ambient + 0.7 * weather.sun * (1 - 0.6 * weather.night)) * np.array(weather.tint)
    tone = layer * (light * lens * (1 - share)) + np.array(weather.horizon) * lens * share
    cv2.copyTo(np.clip(tone, 0, 255).astype(np.uint8), mask, canvas.picture[top:bottom, left:right])
    canvas.covered[top:bottom, left:right] |= mask
    few = np.asarray(cv2.resize(mask, part.shape[::-1], interpolation=cv2.INTER_AREA)) > 127
    np.minimum(part, np.float32(depth), out=part, where=few)


def _ends(
    pinhole: Pinhole, prop: Prop, places: list[tuple[float, float]], corner: F64
) -> tuple[list[tuple[int, int]], float]:
    """Pixels of points (metres aside of the foot, height), and pixels per metre."""
    points = np.array([[*(prop.foot + aside * prop.aside), z] for aside, z in places])
    pixels, depth = pinhole.project(points)
    found = [(int(x), int(y)) for x, y in np.round(pixels - corner).tolist()]
    return found, float(pinhole.focal / depth[0])


def _tree(layer: U8, mask: U8, pinhole: Pinhole, prop: Prop, corner: F64) -> None:
    random = np.random.default_rng(list(prop.seed))
    size = random.uniform(0.85, 1.15)
    green = np.array([58, 122, 92]) * random.uniform([0.8, 0.88, 0.85], [1.1, 1.08, 1.15])
    x, y = prop.foot
    ends, depth = pinhole.project(np.array([[x, y, 0.0], [x, y, 3.8]]))
    scale = float(pinhole.focal / depth.mean())
    ends = ends - corner
    low, high = np.array([0.15 * scale, 0]), np.array([0.09 * scale, 0])
    trunk = np.round([ends[0] - low, ends[0] + low, ends[1] + high, ends[1] - high]).astype(np.int32)
    cv2.fillConvexPoly(layer, trunk, (58, 78, 96))
    cv2.fillConvexPoly(mask, trunk, 255)
    leaves = int(np.clip(14 * scale, 60, 420))
    turn, lift = random.uniform(0, 2 * np.pi, leaves), np.sort(random.uniform(-1, 1, leaves))
    out = 1.75 * size * np.sqrt(random.random(leaves)) * np.sqrt(1 - 0.55 * lift**2)
    places = np.stack([x + out * np.cos(turn), y + out * np.sin(turn), 4.7 + 1.55 * size * lift], axis=1)
    pixels, _ = pinhole.project(places)
    bright = 0.52 + 0.34 * (lift + 1) / 2 + random.uniform(-0.14, 0.16, leaves)
    radii = np.maximum(1, random.uniform(0.13, 0.32, leaves) * scale * np.sqrt(420 / leaves) ** 0.6).round()
    tones = (green * bright[:, None]).tolist()
    for centre, radius, tone in zip(
        np.round(pixels - corner).astype(int).tolist(), radii.astype(int).tolist(), tones, strict=True
    ):
        cv2.circle(layer, centre, radius, tone, -1, cv2.LINE_AA)
        cv2.circle(mask, centre, radius, 255, -1)


def _lamp(layer: U8, mask: U8, pinhole: Pinhole, prop: Prop, corner: F64) -> None:
    (foot, bend, tip), scale = _ends(pinhole, prop, [(0, 0), (0, LAMP_M - 0.2), (ARM_M, LAMP_M)], corner)
    for target, tone in ((layer, (92, 94, 92)), (mask, (255, 255, 255))):
        cv2.line(target, foot, bend, tone, max(1, round(0.14 * scale)))
        cv2.line(target, bend, tip, tone, max(1, round(0.09 * scale)))
    cv2.circle(layer, tip, max(2, round(0.16 * scale)), (190, 196, 196), -1)
    cv2.circle(mask, tip, max(2, round(0.16 * scale)), 255, -1)


def _signal(layer: U8, mask: U8, pinhole: Pinhole, prop: Prop, corner: F64) -> None:
    low, high = _HEAD_M
    (foot, neck, top), scale = _ends(pinhole, prop, [(0, 0), (0, low), (0, high)], corner)
    for target, pole, box in ((layer, (70, 72, 70), (34, 36, 34)), (mask, (255,) * 3, (255,) * 3)):
        cv2.line(target, foot, neck, pole, max(1, round(0.11 * scale)))
        half = max(1, round(0.17 * scale))
        cv2.rectangle(target, (neck[0] - half, neck[1]), (top[0] + half, top[1]), box, -1)


def light_up(picture: U8, layout: Layout, heads: tuple[int, ...], lights: I8, pinhole: Pinhole, depths: F32) -> None:
    """Paint the lamps of signal heads that face the camera and are not hidden.

    heads: indices; lights: i8 (len(layout.heads),) of RED, AMBER, GREEN.
    """
    for k in heads:
        head: Head = layout.heads[k]
        place = np.array(head.place)
        facing = -_unit(head.towards)
        towards = pinhole.place[:2] - place
        if facing @ towards < 0.25 * float(np.hypot(*towards)):
            continue
        spots = np.array([[*place, z] for z in (3.24, 2.95, 2.66, 0.0)])  # red above, green below, the foot
        pixels, depth = pinhole.project(spots)
        if not _NEAREST_M["signal"] < depth[3] < 90:
            continue
        scale = float(pinhole.focal / depth[0])
        h, w = depths.shape
        for lamp, (x, y) in enumerate(pixels[:3].tolist()):
            column, row = int(x), int(y)
            if not (0 <= column < w and 0 <= row < h) or depths[row, column] < depth[3] - 0.6:
                continue
            on = (RED, AMBER, GREEN)[lamp] == int(lights[k])
            if on or scale > 12:
                colour = _COLOURS[int(lights[k])] if on else _DARK[lamp]
                radius = max(0.11 * scale, 0.9 if on else 0.4)
                cv2.circle(picture, (round(x * 16), round(y * 16)), round(radius * 16), colour, -1, cv2.LINE_AA, 4)
