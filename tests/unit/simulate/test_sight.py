"""What cameras see of movers, without pictures, on a crossroads one can check by hand."""

from dataclasses import replace

import numpy as np
import pytest

from sightline.core.vocabulary import CODE
from sightline.simulate.groundplan import NO_STREET, ground_plan
from sightline.simulate.layout import make_layout
from sightline.simulate.mounting import place_cameras
from sightline.simulate.sight import INSETS, Sight, Sightings
from sightline.simulate.world import Camera, Layout, Movers, Street

NODES = np.array([[0.0, 0.0], [120.0, 0.0], [0.0, 120.0], [-120.0, 0.0], [0.0, -120.0]])
CROSSROADS = Layout(
    seed=0,
    origin=(-30.0, 45.0),
    nodes=NODES,
    streets=tuple(Street(f"street {k}", 0, k, 1, False, False, 3.0, 13.9) for k in (1, 2, 3, 4)),
    setback_m=np.array([[9.0, 0.0]] * 4),
    signals=np.array([True, False, False, False, False]),
    heads=(),
)
# Looks east along the street from 30 m west of the crossroads.
CAMERA = Camera("cam-01", (-30.0, 0.0, 8.0), 0.0, float(np.radians(20)), float(np.radians(60)))
CAR = (4.3, 1.76, 1.46)


def movers(*places: tuple[float, float], label: str = "car", size: tuple[float, float, float] = CAR) -> Movers:
    n = len(places)
    return Movers(
        np.arange(1, n + 1), np.full(n, CODE[label], np.int16), np.array(places, float).reshape(-1, 2), np.zeros(n),
        np.full(n, 3.0), np.zeros(n), np.arange(n), np.tile(size, (n, 1)), np.zeros(n, np.bool_), np.zeros(n, np.bool_),
    )  # fmt: skip


def see(who: Movers, *cameras: Camera) -> Sightings:
    return Sight(CROSSROADS, cameras or (CAMERA,)).see(who)


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        ((-5.0, 2.0), True),
        ((60.0, -2.0), True),
        ((-45.0, 0.0), False),
        ((0.0, 40.0), False),
        ((0.0, 6.0), True),
        ((300.0, 0.0), False),
    ],
    ids=["in front", "far off", "behind the camera", "behind a house", "round the corner, not yet", "out of the grid"],
)
def test_who_is_seen(place: tuple[float, float], seen: bool) -> None:
    assert (see(movers(place)).ids.tolist() == [1]) == seen


def test_a_box_is_where_pinholes_put_it() -> None:
    found = see(movers((0.0, 0.0)))
    axis = np.array([np.cos(np.radians(20)), -np.sin(np.radians(20))])  # of view, in x and z
    down = np.array([-np.sin(np.radians(20)), -np.cos(np.radians(20))])
    points = np.array([[x, z] for x in (-2.15, 2.15) for z in (0.0, 1.46)]) - [-30.0, 8.0]
    depth = points @ axis
    y = 180 + CAMERA.focal_px * (points @ down) / depth
    x = 320 + CAMERA.focal_px * 0.88 / depth.min()
    side, above, below = INSETS["car"]
    width, height = 2 * x - 640, y.max() - y.min()
    box = [640 - x + side * width, y.min() + above * height, x - side * width, y.max() - below * height]
    assert found.boxes_px[0].tolist() == pytest.approx(box, abs=1e-3)
    assert found.feet_px[0].tolist() == pytest.approx([320, box[3]], abs=1e-3)
    assert found.visibility[0] == 1


def test_who_counts() -> None:
    near, far = see(movers((0.0, 0.0))), see(movers((75.0, 0.0)))
    assert near.counted.tolist() == [True]
    assert 8 <= far.boxes_px[0, 3] - far.boxes_px[0, 1] < 16
    assert far.counted.tolist() == [False]
    assert len(see(movers((119.0, 0.0), size=(1.0, 1.0, 0.7)))) == 0  # less than 8 px
    parked = movers((0.0, 0.0))
    found = see(replace(parked, parked=np.array([True])))
    assert found.counted.tolist() == [False]
    assert found.parked.tolist() == [True]


def test_the_nearer_hides_the_farther() -> None:
    both = movers((-8.0, 0.0), (0.0, 0.0))
    truck = replace(both, sizes=np.array([(8.2, 2.5, 3.3), CAR]))
    found = see(truck)
    assert found.visibility[found.ids == 1].tolist() == [1]
    assert found.visibility[found.ids == 2].sum() < 0.25
    assert not found.counted[found.ids == 2].any()


def test_the_picture_cuts_what_is_half_in_it() -> None:
    found = see(movers((-15.0, 0.0), size=(11.2, 2.5, 3.05)))
    assert found.boxes_px[0, 3] == 360
    assert found.feet_px[0, 1] > 360
    assert 0 < found.visibility[0] < 1


def test_parked_ones_stay_as_they_are_while_rows_change() -> None:
    sight = Sight(CROSSROADS, [CAMERA])
    who = replace(movers((0.0, 2.0), (10.0, -2.0), (20.0, 2.0)), parked=np.array([False, True, False]))
    first = sight.see(who)
    second = sight.see(who.keep(np.array([1, 2])))
    assert first.ids.tolist() == [1, 3, 2]
    assert second.ids.tolist() == [3, 2]
    assert np.array_equal(first.boxes_px[first.parked], second.boxes_px[second.parked])
    assert second.rows.tolist() == [1, 0]


def test_no_pair_is_lost_to_the_grid() -> None:
    """The pairs of all cameras at once are those that each camera alone finds, and the same twice."""
    layout = make_layout(3, 6)
    cameras = place_cameras(layout, 3, 8)
    rng = np.random.default_rng(3)
    street = rng.integers(0, len(layout.streets), 200)
    ends = np.array([[layout.nodes[layout.streets[k].a], layout.nodes[layout.streets[k].b]] for k in street])
    places = ends[:, 0] + (ends[:, 1] - ends[:, 0]) * rng.random((200, 1)) + rng.uniform(-3, 3, (200, 2))
    who = movers(*map(tuple, places))
    together = Sight(layout, cameras).see(who)
    alone = [Sight(layout, [camera]).see(who) for camera in cameras]
    assert together.ids.tolist() == [number for found in alone for number in found.ids.tolist()]
    assert np.array_equal(together.visibility, np.concatenate([found.visibility for found in alone]))
    assert (together.boxes_px >= 0).all()
    assert (together.boxes_px <= np.array([640, 360, 640, 360])).all()
    assert len(np.unique(together.cameras)) / len(cameras) > 0.3


def test_the_plan_knows_streets_and_houses() -> None:
    plan = ground_plan(CROSSROADS)
    places = np.array([[50.0, 0.0], [0.0, -50.0], [0.0, 0.0], [30.0, 30.0], [900.0, 0.0]])
    assert plan.is_open(places).tolist() == [True, True, True, False, False]
    assert plan.street_at(places).tolist() == [0, 3, NO_STREET, NO_STREET, NO_STREET]
