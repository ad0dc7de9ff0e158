"""Puts the road users of all cameras that know where they hang on the ground, from their boxes alone."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from sightline.core.errors import BadData
from sightline.core.geometry import foot_points
from sightline.core.ground import Mount, ground_points_of
from sightline.formats.geojson import features_of
from sightline.pipeline.order import Analysed
from sightline.pipeline.ports import Places

_DIGITS: Final = 5  # of degrees: a metre, about as good as a foot on the ground is known
STALE_S: Final = 2.0  # after so long without an analysis nobody knows where they are: no dots rather than frozen ones


def places_of(newest: Iterable[tuple[Mount, Analysed]]) -> Places:
    """The dots of each camera's newest analysis: confirmed and not parked, with the foot of the box on the ground."""
    pairs = list(newest)
    if not pairs:
        return Places(0, np.zeros((0, 2)), np.zeros(0, np.int16))
    frames = [analysed for _, analysed in pairs]
    sizes = np.array([analysed.size_px for analysed in frames], np.float64)
    camera = np.repeat(np.arange(len(frames)), [len(analysed.tracks) for analysed in frames])
    ids = np.concatenate([analysed.tracks.ids for analysed in frames])
    chosen = (ids >= 0) & ~np.concatenate([analysed.parked for analysed in frames])
    camera = camera[chosen]
    boxes = np.concatenate([analysed.tracks.boxes_px for analysed in frames])[chosen]
    labels = np.concatenate([analysed.tracks.labels for analysed in frames])[chosen]
    shares = np.clip(foot_points(boxes) / sizes[camera], 0.0, 1.0)
    places = ground_points_of([mount for mount, _ in pairs], sizes[:, 0] / sizes[:, 1], camera, shares)
    seen = np.isfinite(places[:, 0])
    places, labels = np.round(places[seen], _DIGITS), labels[seen]
    # In the order of their places: that of cameras and tracks would tell from message to message who is who.
    order = np.lexsort((labels, places[:, 1], places[:, 0]))
    return Places(max(analysed.time_ns for analysed in frames), places[order], labels[order])


def checked_map(collection: Mapping[str, Any]) -> Mapping[str, Any]:
    """A copy of the base map; BadData where it is no GeoJSON FeatureCollection of features with a geometry."""
    features_of(collection, "map")
    try:
        copy: Mapping[str, Any] = json.loads(json.dumps(collection, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise BadData(f"map: expected values that JSON can hold, got one it cannot ({error})") from error
    return copy
