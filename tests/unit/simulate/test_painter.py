"""The painter: pictures that show what the truth says."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from sightline.core.vocabulary import CLASSES, CODE
from sightline.simulate.corners import arms_of, kerb_curve, walls_of
from sightline.simulate.figures import KINDS_BY_CODE, pick
from sightline.simulate.layout import make_layout
from sightline.simulate.order import far_to_near, sprites_of
from sightline.simulate.painter import COUNTED_PX, COUNTED_SHARE, Painter
from sightline.simulate.weather import WEATHERS
from sightline.simulate.world import AMBER, GREEN, RED, Camera, Layout, Movers

SIZES = {
    "car": (4.3, 1.76, 1.46), "van": (5.1, 1.96, 2.16), "truck": (8.2, 2.5, 3.3), "bus": (11.2, 2.5, 3.05),
    "motorcycle": (2.1, 0.8, 1.7), "bicycle": (1.75, 0.6, 1.75), "scooter": (1.2, 0.6, 1.8),
    "pedestrian": (0.5, 0.55, 1.75),
}  # fmt: skip
SIZE = (320, 180)
Where = tuple[str, float, float, float]  # class, metres ahead and left of the camera's foot, heading


@cache
def layout() -> Layout:
    return make_layout(1, 1)


@cache
def camera() -> Camera:
    """In the middle of a street, looking along it away from the junction's corner."""
    one = layout()
    start, along, length = one.axis(0)
    if np.hypot(*(start - one.nodes.mean(axis=0))) > length / 2:
        start, along = start + length * along, -along
    place = start + 25.0 * along
    return Camera("c", (float(place[0]), float(place[1]), 7.0), float(np.arctan2(along[1], along[0])), 0.38, 1.1, SIZE)


@cache
def painter(weather: str = "clear") -> Painter:
    return Painter(layout(), camera(), WEATHERS[weather], 1)


def movers(*some: Where, parked: tuple[int, ...] = (), speed: float = 1.0, look: int = 11) -> Movers:
    one = camera()
    turn = np.array([[np.cos(one.yaw), np.sin(one.yaw)], [-np.sin(one.yaw), np.cos(one.yaw)]])
    n = len(some)
    places = np.array([(ahead, left) for _, ahead, left, _ in some], np.float64).reshape(-1, 2) @ turn
    return Movers(
        np.arange(1, n + 1), np.array([CODE[label] for label, *_ in some], np.int16),
        places + one.place[:2], np.array([angle for *_, angle in some], np.float64) + one.yaw, np.full(n, speed),
        np.linspace(0, 3, n), np.arange(n) * 7 + look, np.array([SIZES[label] for label, *_ in some]).reshape(-1, 3),
        np.isin(np.arange(n), parked), np.zeros(n, np.bool_),
    )  # fmt: skip


def lights(state: int = RED) -> np.ndarray:
    return np.full(len(layout().heads), state, np.int8)


@pytest.mark.parametrize("label", SIZES)
def test_every_class_is_drawn_where_the_truth_says(label: str) -> None:
    still, nobody = painter().paint(movers(), lights(), 1)
    assert len(nobody) == 0
    picture, seen = painter().paint(movers((label, 14.0, 0.5, 0.6)), lights(), 1)
    assert seen.ids.tolist() == [1]
    assert seen.labels.tolist() == [CODE[label]]
    assert seen.counted.all()
    assert seen.visibility[0] > 0.97
    changed = np.abs(picture.astype(int) - still).max(axis=2) > 12
    left, top, right, bottom = seen.boxes_px[0].round().astype(int).tolist()
    assert changed[top : bottom + 1, left : right + 1].mean() > 0.2
    above = changed[: max(0, top - 2)]
    assert above.sum() == 0, "nothing is drawn over the box"
    np.testing.assert_allclose(seen.feet_px[0], [(left + right) / 2, bottom], atol=1.0)
    # The box is as high as the body's height says, seen from above.
    height = painter().pinhole.scale(np.array(14.0)) * SIZES[label][2]
    assert 0.6 * height < bottom - top < 2.4 * height


def test_same_input_same_pixels() -> None:
    crowd = movers(*[(label, 10.0 + 2 * k, (k % 3 - 1) * 2.0, 0.4 * k) for k, label in enumerate(SIZES)], parked=(1,))
    one, other = (
        painter().paint(crowd, lights(), 5),
        Painter(layout(), camera(), WEATHERS["clear"], 1).paint(crowd, lights(), 5),
    )
    np.testing.assert_array_equal(one[0], other[0])
    for column in ("ids", "labels", "boxes_px", "feet_px", "visibility", "counted"):
        np.testing.assert_array_equal(getattr(one[1], column), getattr(other[1], column))
        np.testing.assert_array_equal(getattr(one[1], column), getattr(painter().seen(crowd), column))
    assert not np.array_equal(one[0], painter().paint(crowd, lights(), 6)[0]), "noise differs"
    assert set(one[1].ids.tolist()) <= set(crowd.ids.tolist())


def test_who_stands_behind_is_hidden() -> None:
    apart = painter().seen(movers(("bus", 15.0, -9.0, np.pi / 2), ("pedestrian", 20.0, 1.0, 0.0)))
    assert apart.visibility[1] > 0.95
    behind = painter().seen(movers(("bus", 15.0, 0.0, np.pi / 2), ("pedestrian", 18.0, 0.0, 0.0)))
    hidden = dict(zip(behind.ids.tolist(), behind.visibility.tolist(), strict=True))
    assert hidden[1] > 0.95
    assert hidden.get(2, 0.0) < 0.6
    before = painter().seen(movers(("bus", 15.0, 0.0, np.pi / 2), ("pedestrian", 12.0, 0.0, 0.0)))
    assert before.visibility[1] > 0.97
    assert before.visibility[0] < 0.99


@pytest.mark.parametrize("parked", [(), (0,)])
def test_long_ones_hide_what_is_beside_them(parked: tuple[int, ...]) -> None:
    """A bus along the view: who is beyond its side is hidden though nearer than its middle."""
    far_side = movers(("bus", 16.0, 0.0, 0.02), ("pedestrian", 14.0, 1.75, 0.0), parked=parked)
    near_side = movers(("bus", 16.0, 1.9, 0.02), ("pedestrian", 18.0, 0.1, 0.0), parked=parked)
    masks = painter().instances(near_side)
    assert (masks == 2).sum() > 20, "who walks along the near side is seen before the bus"
    seen = painter().seen(near_side)
    assert seen.visibility[seen.ids == 2] > 0.95
    assert painter().seen(far_side).visibility[0] > 0.8


def test_houses_hide() -> None:
    """Whoever is inside a block cannot be seen."""
    aside = layout().streets[0].facade_m + 6.0
    for left in (aside, -aside):
        seen = painter().seen(movers(("bus", 30.0, left, 0.0), ("car", 25.0, left + np.sign(left) * 4, 1.0)))
        assert len(seen) == 0


def test_parked_ones_are_not_asked_for() -> None:
    crowd = movers(("car", 12.0, 1.0, 0.0), ("bicycle", 10.0, -2.0, 1.0), ("car", 20.0, -1.0, 0.0), parked=(0, 1))
    seen = painter().seen(crowd)
    assert seen.ids.tolist() == [1, 2, 3]
    assert seen.counted.tolist() == [False, False, True]
    driven = painter().seen(replace(crowd, parked=np.zeros(3, np.bool_)))
    ridden = driven.boxes_px[1, 3] - driven.boxes_px[1, 1]
    assert seen.boxes_px[1, 3] - seen.boxes_px[1, 1] < 0.75 * ridden, "nobody sits on it"
    behind = painter().seen(movers(("van", 12.0, 0.0, 1.57), ("pedestrian", 15.0, 0.0, 0.0), parked=(0,)))
    assert behind.visibility[behind.ids == 2].sum() < 0.6, "parked ones hide, too"


def test_what_is_counted() -> None:
    crowd = movers(*[("pedestrian", 6.0 + 4.0 * k, 0.3 * (k % 2), 0.0) for k in range(20)])
    seen = painter().seen(crowd)
    tall = seen.boxes_px[:, 3] - seen.boxes_px[:, 1]
    assert (tall >= 8.0).all()
    np.testing.assert_array_equal(seen.counted, (tall >= COUNTED_PX) & (seen.visibility >= COUNTED_SHARE))
    assert seen.counted.any()
    assert not seen.counted.all()
    assert (np.diff(seen.ids) > 0).all()


def test_cut_at_the_border() -> None:
    w, h = SIZE
    edge = np.arctan(np.tan(camera().field / 2))
    seen = painter().seen(movers(("car", 12.0, 12.0 * np.tan(edge) * 0.95, np.pi / 2)))
    assert 0.2 < seen.visibility[0] < 0.9
    assert seen.boxes_px[0, 0] == 0
    assert seen.feet_px[0, 0] < seen.boxes_px[0, [0, 2]].mean()
    assert (seen.boxes_px <= [w, h, w, h]).all()


def test_instances_agree_with_the_boxes() -> None:
    crowd = movers(*[(label, 9.0 + 3 * k, (k % 3 - 1) * 2.2, 0.5 * k) for k, label in enumerate(SIZES)], parked=(2,))
    mask, seen = painter().instances(crowd), painter().seen(crowd)
    assert mask.dtype == np.int32
    assert mask.shape == SIZE[::-1]
    for id_, box in zip(seen.ids.tolist(), seen.boxes_px, strict=True):
        rows, columns = np.nonzero(mask == id_)
        assert len(rows)
        assert box[0] - 1.5 <= columns.min() <= columns.max() <= box[2] + 1.5
        assert box[1] - 1.5 <= rows.min() <= rows.max() <= box[3] + 1.5


def test_looks_are_for_life() -> None:
    """The same look has the same colours everywhere, and looks differ."""

    def coat(look: int, ahead: float) -> np.ndarray:
        crowd = movers(("van", ahead, 0.0, 0.3), look=look)
        picture, seen = painter("overcast").paint(crowd, lights(), 1)
        left, top, right, bottom = seen.boxes_px[0].astype(int).tolist()
        w, h = right - left, bottom - top
        roof = picture[top + h // 8 : top + h // 3, left + w // 3 : right - w // 3]
        return np.median(roof.reshape(-1, 3), axis=0)

    near = {look: coat(look, 10.0) for look in range(6)}
    for look, colour in near.items():
        assert np.abs(coat(look, 14.0) - colour).max() < 26
    assert max(np.abs(near[0] - other).max() for other in near.values()) > 40


def test_a_camera_may_see_it_lighter() -> None:
    crowd = movers(("car", 12.0, 0.0, 0.3))
    light = Painter(layout(), replace(camera(), gain=1.2, tint=(0.95, 1.0, 1.05)), WEATHERS["overcast"], 1)
    plain, bright = (one.paint(crowd, lights(), 1)[0].mean(axis=(0, 1)) for one in (painter("overcast"), light))
    assert (bright > 1.05 * plain).all()
    assert bright[2] / plain[2] > bright[0] / plain[0]


@pytest.mark.parametrize("weather", WEATHERS)
def test_weather(weather: str) -> None:
    crowd = movers(("car", 13.0, -1.7, 0.0), ("car", 16.0, 1.7, np.pi), ("pedestrian", 10.0, 4.0, 0.0))
    picture, seen = painter(weather).paint(crowd, lights(), 1)
    clear = painter().paint(crowd, lights(), 1)
    assert picture.shape == (*SIZE[::-1], 3)
    assert seen.ids.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(seen.boxes_px, clear[1].boxes_px)
    if weather == "night":
        assert picture.mean() < 0.6 * clear[0].mean()
        left, top, right, bottom = seen.boxes_px[1].astype(int).tolist()
        assert picture[top:bottom, left:right].min(axis=2).max() > 210, "its headlights shine"
    if weather == "rain":
        assert picture.mean() < 0.9 * clear[0].mean()
        assert not np.array_equal(picture, painter(weather).paint(crowd, lights(), 2)[0])


def test_brake_lights() -> None:
    crowd = movers(("car", 14.0, 0.0, 0.0))
    dark, red = (painter().paint(replace(crowd, brakes=np.array([on])), lights(), 1)[0] for on in (False, True))
    left, top, right, bottom = painter().seen(crowd).boxes_px[0].astype(int).tolist()
    glow = [(one[top:bottom, left:right, 2].astype(int) - one[top:bottom, left:right, 0]).max() for one in (dark, red)]
    assert glow[1] > glow[0] + 40


def test_walkers_walk() -> None:
    crowd = movers(("pedestrian", 9.0, 0.0, 1.5))
    pictures = [painter().paint(replace(crowd, gone_m=np.array([gone])), lights(), 1)[0] for gone in (0.0, 0.35)]
    assert (np.abs(pictures[0].astype(int) - pictures[1]).max(axis=2) > 20).sum() > 15
    stands = [
        painter().paint(replace(crowd, gone_m=np.array([g]), speeds=np.zeros(1)), lights(), 1)[0] for g in (0.0, 0.35)
    ]
    np.testing.assert_array_equal(*stands)


def test_signals_show_their_light() -> None:
    """A head towards the camera glows red, amber, green."""
    one = layout()
    assert one.heads, "the only junction has signals"
    head = one.heads[0]
    place = np.array(head.place) - 12.0 * np.array([np.cos(head.towards), np.sin(head.towards)])
    eye = Camera("c", (float(place[0]), float(place[1]), 5.0), head.towards, 0.15, 0.9, SIZE)
    watching = Painter(one, eye, WEATHERS["night"], 1)
    x, y = watching.pinhole.project(np.array([[*head.place, 2.95]]))[0][0].round().astype(int).tolist()
    means = {}
    for state in (RED, AMBER, GREEN):
        picture = watching.paint(movers(), lights(state), 1)[0]
        means[state] = picture[y - 9 : y + 10, x - 5 : x + 6].reshape(-1, 3).max(axis=0).astype(int)
    assert means[RED][2] > 180 > means[RED][1]
    assert means[GREEN][1] > 180 > means[GREEN][2]
    assert means[AMBER][2] > 180
    assert means[AMBER][1] > means[RED][1]


def test_order_of_drawing_does_not_hang_on_the_order_of_rows() -> None:
    crowd = movers(*[("car", 10.0 + 5 * k, (k % 2) * 2.4 - 1.2, 0.3 * k) for k in range(5)], ("bus", 20.0, 3.5, 0.1))
    turned = crowd.keep(np.array([5, 3, 1, 0, 2, 4]))
    np.testing.assert_array_equal(painter().paint(crowd, lights(), 1)[0], painter().paint(turned, lights(), 1)[0])
    wide = np.full((12, 20), np.inf, np.float32)
    direct = painter().scenery.direct
    sprites = sprites_of(crowd, painter().pinhole, WEATHERS["clear"], direct, wide)
    again = far_to_near(list(reversed(sprites)), crowd, painter().pinhole)
    assert [one.row for one in again] == [one.row for one in sprites]


def test_looks_are_picked_evenly() -> None:
    looks = np.arange(20_000)
    for purpose, choices in ((0, 5), (31, 14)):
        shares = np.bincount(pick(looks, purpose, choices), minlength=choices) / len(looks) * choices
        assert 0.93 < shares.min() <= shares.max() < 1.07
    both = np.stack([pick(looks, 1, 5), pick(looks, 2, 5)])
    assert abs(np.corrcoef(both)[0, 1]) < 0.03
    assert set(KINDS_BY_CODE) <= set(CLASSES)


@pytest.mark.parametrize("seed", range(4))
def test_blocks_close(seed: int) -> None:
    """Walls meet at the corners of blocks and never reach over a carriageway; kerbs join the streets."""
    one = make_layout(seed, 4)
    streets = list(range(len(one.streets)))
    arms = arms_of(one, streets)
    ends: dict[int, list[np.ndarray]] = {}
    for wall in walls_of(one, streets, arms):
        for corner, point in zip(wall.corners, (wall.start, wall.end), strict=True):
            if corner >= 0:
                ends.setdefault(corner, []).append(point)
        for k in streets:
            start, along, length = one.axis(k)
            for share in np.linspace(0.02, 0.98, 25).tolist():
                point = wall.start + share * (wall.end - wall.start) - start
                if 0 < point @ along < length:
                    assert abs(along[0] * point[1] - along[1] * point[0]) > one.streets[k].kerb_m
    for points in ends.values():
        assert len(points) == 2
        np.testing.assert_allclose(points[0], points[1], atol=1e-6)
    for node, around in arms.items():
        for k, arm in enumerate(around if len(around) > 1 else ()):
            curve = kerb_curve(one.nodes[node], arm, around[(k + 1) % len(around)])
            np.testing.assert_allclose(curve[0], arm.at(one.nodes[node], arm.setback, arm.kerb))


def test_scenery_shows_a_street() -> None:
    """Asphalt before the camera, houses at its sides, their depths in order."""
    scenery = painter().scenery
    w, h = SIZE
    middle = scenery.picture[h - 20 :, w // 2 - 10 : w // 2 + 10].reshape(-1, 3).mean(axis=0)
    assert np.ptp(middle) < 12, "grey"
    assert np.isinf(scenery.depths[h - 5, w // 2])
    assert np.isfinite(scenery.depths[h // 4, :5]).any()
    assert np.isfinite(scenery.depths[h // 4, -5:]).any()
    assert (scenery.shaded.astype(int) > scenery.picture.astype(int) + 2).mean() < 0.01, "but for smoothed edges"
    assert cv2.Laplacian(scenery.picture, cv2.CV_64F).std() > 5, "not empty"
