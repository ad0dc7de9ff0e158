"""What a surveyor would write down of a district: the calibration of every camera, and the map."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from sightline.core.events import Line
from sightline.formats.geojson import Feature, feature, layout_features
from sightline.simulate.outlook import Outlooks
from sightline.simulate.truths import ground_points
from sightline.simulate.world import F64, Camera, Layout

_CONE_M: Final = 45.0  # as far as a camera's cone is drawn: where people are still 16 px high in most
_CONE_RAYS: Final = 15


def calibration(camera: Camera) -> dict[str, Any]:
    """Projection of one camera, numbers as nested lists.

    A point X in metres (east, north, up) is seen at K (R X + t), divided by its third number: pixels from the
    picture's upper left corner. homography: the same for the ground, from (x, y, 1) to pixels; ground: its inverse.
    """
    c, s, cp, sp = np.cos(camera.yaw), np.sin(camera.yaw), np.cos(camera.pitch), np.sin(camera.pitch)
    turn = np.array([[s, -c, 0.0], [-c * sp, -s * sp, -cp], [c * cp, s * cp, -sp]])
    focal = camera.focal_px
    inner = np.array([[focal, 0.0, camera.size[0] / 2], [0.0, focal, camera.size[1] / 2], [0.0, 0.0, 1.0]])
    shift = -turn @ np.array(camera.place)
    homography = inner @ np.column_stack([turn[:, :2], shift])
    return {
        "name": camera.name,
        "size": list(camera.size),
        "place": list(camera.place),
        "yaw_deg": float(np.degrees(camera.yaw)),
        "pitch_deg": float(np.degrees(camera.pitch)),
        "field_deg": float(np.degrees(camera.field)),
        "K": inner.tolist(),
        "R": turn.tolist(),
        "t": shift.tolist(),
        "homography": (homography / homography[2, 2]).tolist(),
        "ground": np.linalg.inv(homography).tolist(),
    }


def city_map(
    layout: Layout, cameras: Sequence[Camera], lines: Sequence[Sequence[Line]], view: Outlooks
) -> list[Feature]:
    """Streets, junctions, crossings, cameras, their view cones (cut by houses) and counting lines as GeoJSON features;
    each says what it is in its property ``kind``.
    """
    features = layout_features(layout)
    for number, (camera, own) in enumerate(zip(cameras, lines, strict=True)):
        place = np.array([camera.place[:2]])
        properties = {"kind": "camera", "name": camera.name, "height_m": round(camera.place[2], 2)}
        properties |= {"yaw_deg": round(float(np.degrees(camera.yaw)), 2)}
        features.append(feature("Point", layout.lonlat(place), properties))
        cone = layout.lonlat(np.concatenate([place, _cone(camera, view, number)]))
        features.append(feature("Polygon", cone, {"kind": "view", "name": camera.name}))
        for line in own:
            ends = ground_points(camera, np.array([line.start, line.end]) * camera.size)
            properties = {"kind": "line", "camera": camera.name, "name": line.name}
            features.append(feature("LineString", layout.lonlat(ends), properties))
    return features


def _cone(camera: Camera, view: Outlooks, number: int) -> F64:
    """The far edge (n, 2) of what a camera sees, metres, from its left to its right."""
    angles = np.linspace(camera.field / 2, -camera.field / 2, _CONE_RAYS)
    ways = np.stack([np.cos(camera.yaw + angles), np.sin(camera.yaw + angles)], axis=1)
    walls = view.walls_along(number, angles)
    return np.asarray(np.array(camera.place[:2]) + ways * np.minimum(walls, _CONE_M)[:, None])
