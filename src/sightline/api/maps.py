"""The map as GeoJSON: the base map, and of each camera with a place its point, the ground it sees and its lines."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from sightline.core.events import Line
from sightline.core.ground import F64, Mount, ground_points, view_cone
from sightline.pipeline.ports import Ports

_USUAL_ASPECT: Final = 16 / 9  # until the camera's first picture tells
_DIGITS: Final = 7  # of a degree: 1 cm
_OWN: Final = ("camera", "view", "line")  # kinds that are added here


def map_features(ports: Ports) -> list[dict[str, Any]]:
    """All features: the base map's own first, then those of the cameras in the order they were named.

    What the base map says of cameras and lines is left out, since people may have changed it; of a view (which may be
    cut by houses) the base map knows more than the camera's mount.
    """
    base = ports.plan_map()
    given: list[dict[str, Any]] = list(base["features"]) if base is not None else []
    features = [one for one in given if _kind(one) not in _OWN]
    views = {_camera(one): one["geometry"] for one in given if _kind(one) == "view"}
    mounts = ports.mounts()
    for status in ports.cameras():
        mount = mounts.get(status.name)
        if mount is None:
            continue
        aspect = status.width / status.height if status.width > 0 and status.height > 0 else _USUAL_ASPECT
        view = views.get(status.name) or _view(mount, aspect)
        features += _of_camera(status.name, mount, view)
        features += _of_lines(status.name, mount, aspect, ports.lines(status.name))
    return features


def _kind(feature: dict[str, Any]) -> object:
    return (feature.get("properties") or {}).get("kind")


def _camera(feature: dict[str, Any]) -> object:
    return feature["properties"].get("camera", feature["properties"].get("name"))


def _view(mount: Mount, aspect: float) -> dict[str, Any] | None:
    corners = view_cone(mount, aspect)
    ring = np.concatenate([corners, corners[:1]])
    return {"type": "Polygon", "coordinates": [_plain(ring)]} if len(corners) else None


def _of_camera(name: str, mount: Mount, view: dict[str, Any] | None) -> list[dict[str, Any]]:
    place = {"type": "Point", "coordinates": [round(mount.lon, _DIGITS), round(mount.lat, _DIGITS)]}
    features = [_feature(place, kind="camera", camera=name, bearing_deg=mount.bearing_deg % 360.0)]
    return features if view is None else [*features, _feature(view, kind="view", camera=name)]


def _of_lines(name: str, mount: Mount, aspect: float, lines: Sequence[Line]) -> list[dict[str, Any]]:
    features = []
    for line in lines:
        ends = ground_points(mount, aspect, np.array([line.start, line.end]))
        if np.isfinite(ends).all():  # a line drawn over the sky is nowhere on the ground
            shape = {"type": "LineString", "coordinates": _plain(ends)}
            features.append(_feature(shape, kind="line", camera=name, line=line.name))
    return features


def _plain(points: F64) -> list[list[float]]:
    plain: list[list[float]] = points.round(_DIGITS).tolist()
    return plain


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
