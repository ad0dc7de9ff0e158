"""The map's GeoJSON, its dots on the live line, and numbers beside the truth."""

import json

import numpy as np
import pytest

from sightline.api.dots import Dots
from sightline.api.messages import DOTS_PER_S, dots_text
from sightline.api.outbox import Outbox
from sightline.api.scores import scores_fields
from sightline.core.clock import ManualClock
from sightline.core.events import Line
from sightline.core.ground import Mount, ground_points
from sightline.core.vocabulary import CODE
from sightline.pipeline.ports import CameraScores, CountScore, Judged, Places

MOUNT = Mount(8.65, 49.87, 8.0, -30.0, 22.0, 60.0)
STREET = {
    "type": "Feature",
    "geometry": {"type": "LineString", "coordinates": [[8.65, 49.87], [8.651, 49.87]]},
    "properties": {"kind": "street", "width_m": 7.0, "lanes": 1},
}


def places(*dots):
    lonlat = np.array([[lon, lat] for lon, lat, _ in dots], np.float64).reshape(-1, 2)
    return Places(7, lonlat, np.array([code for _, _, code in dots], np.int16))


def test_no_map_is_an_empty_one(app, ask):
    assert ask(app, "GET", "/api/v1/map").json() == {"type": "FeatureCollection", "features": []}


def test_base_map_then_cameras_views_and_lines(app, ask, ports):
    ports.base = {"type": "FeatureCollection", "features": [STREET]}
    ports.hung = {"gate": MOUNT}
    ports.kept["gate"] = [Line("north", (0.1, 0.6), (0.9, 0.6)), Line("sky", (0.1, -0.0), (0.9, 0.9))]
    ports.hung["gate"] = Mount(8.65, 49.87, 8.0, -30.0, 10.0, 60.0)
    features = ask(app, "GET", "/api/v1/map").json()["features"]
    assert features[0] == STREET
    kinds = [(one["properties"]["kind"], one["geometry"]["type"]) for one in features[1:]]
    assert kinds == [("camera", "Point"), ("view", "Polygon"), ("line", "LineString")]
    camera, view, line = features[1:]
    assert camera["geometry"]["coordinates"] == [8.65, 49.87]
    assert camera["properties"] == {"kind": "camera", "camera": "gate", "bearing_deg": 330.0}
    (ring,) = view["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert len(ring) > 4
    ends = ground_points(ports.hung["gate"], 640 / 360, np.array([[0.1, 0.6], [0.9, 0.6]]))
    assert np.allclose(line["geometry"]["coordinates"], ends, rtol=0, atol=1e-7)
    assert line["properties"] == {"kind": "line", "camera": "gate", "line": "north"}, "one over the sky is left out"


def test_a_camera_that_sees_no_ground_is_still_on_the_map(app, ask, ports):
    ports.hung = {"gate": Mount(8.65, 49.87, 8.0, 0.0, -60.0, 60.0)}
    features = ask(app, "GET", "/api/v1/map").json()["features"]
    assert [one["properties"]["kind"] for one in features] == ["camera"]


def test_base_map_that_knows_the_cameras_too(app, ask, ports):
    """A district's own map can be given as it is: its views stay, its cameras and lines are ours."""

    def feature(kind, shape, coordinates, **more):
        return {
            "type": "Feature",
            "geometry": {"type": shape, "coordinates": coordinates},
            "properties": {"kind": kind, **more},
        }

    ring = [[[8.65, 49.87], [8.651, 49.87], [8.65, 49.871], [8.65, 49.87]]]
    ports.base = {
        "type": "FeatureCollection",
        "features": [
            feature("camera", "Point", [1, 2], name="gate"),
            feature("view", "Polygon", ring, name="gate"),
            feature("view", "Polygon", ring, camera="nobody"),
            feature("line", "LineString", [[1, 2], [3, 4]], camera="gate", name="old"),
            STREET,
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": None},
        ],
    }
    ports.hung = {"gate": MOUNT}
    ports.kept["gate"] = []
    features = ask(app, "GET", "/api/v1/map").json()["features"]
    assert [(one["properties"] or {}).get("kind") for one in features] == ["street", None, "camera", "view"]
    assert features[3] == feature("view", "Polygon", ring, camera="gate")


def test_place_is_in_the_state(app, ask, ports, make):
    ports.states["gate"] = make.status("gate", lon=8.65, lat=49.87, bearing_deg=330.0)
    gate, other = ask(app, "GET", "/api/v1/cameras").json()["cameras"]
    assert (gate["lon"], gate["lat"], gate["bearing_deg"]) == (8.65, 49.87, 330.0)
    assert other["lon"] is None


def test_dots_are_places_and_classes_and_nothing_else():
    message = json.loads(dots_text(places((8.65123456789, 49.87, CODE["car"]), (8.6, 49.8, CODE["pedestrian"]))))
    assert message == {"type": "dots", "time_ns": 7, "dots": [[8.651235, 49.87, 0], [8.6, 49.8, 7]]}


def test_dots_are_made_once_for_all_pages(ports):
    clock = ManualClock()
    dots = Dots(ports, clock)
    first = dots.newest()
    assert all(dots.newest() is first for _ in range(10))
    assert ports.asked_for_places == 1
    assert dots.text(first) is dots.text(first)
    ports.dots = places((8.65, 49.87, 0))
    clock.advance(1 / DOTS_PER_S)
    assert len(dots.newest()) == 1
    assert ports.asked_for_places == 2


def test_of_dots_and_scores_only_the_newest_waits():
    box = Outbox(lambda: None, events=5)
    for number in range(50):
        box.add(places((8.0 + number / 100, 49.0, 0)))
        box.add(Judged("gate"))
        assert len(box) <= 2
    taken = [box.take(), box.take(), box.take()]
    assert [type(one).__name__ for one in taken] == ["Judged", "Places", "NoneType"]
    assert taken[1].lonlat[0, 0] == pytest.approx(8.49)
    assert box.take_dropped() == {}, "replacing what is old is no loss"
    box.add(Judged("gate"))
    box.close()
    assert box.take() is None


COUNTS = (CountScore("north", "forward", 12, 10), CountScore("north", "backward", 7, 10))


def test_scores_of_cameras_and_of_all():
    scores = {
        "gate": CameraScores(60.0, 70.0, COUNTS, "the last minute"),
        "yard": CameraScores(70.0, None),
        "new": CameraScores(None, float("nan"), (CountScore("a", "forward", 3, 0),)),
    }
    body = scores_fields(scores)
    gate = body["cameras"]["gate"]
    assert (gate["counted"], gate["truth"], gate["count_error"], gate["line_error"]) == (19, 20, -5.0, 25.0)
    assert gate["counts"][1] == {"line": "north", "direction": "backward", "counted": 7, "truth": 10}
    assert gate["note"] == "the last minute"
    new = body["cameras"]["new"]
    assert (new["hota"], new["idf1"], new["count_error"], new["counted"]) == (None, None, None, 3)
    network = body["network"]
    assert (network["hota"], network["idf1"]) == (65.0, 70.0), "the mean of those that are known"
    assert (network["counted"], network["truth"], network["count_error"], network["line_error"]) == (22, 20, 10.0, 40.0)


def test_scores_over_http(app, ask, ports):
    assert ask(app, "GET", "/api/v1/scores").json() == {"cameras": {}, "network": None}
    ports.judged = {"gate": CameraScores(60.0, 70.0, COUNTS)}
    body = ask(app, "GET", "/api/v1/scores").json()
    assert body == scores_fields(ports.judged)
