"""Draws boxes, labels and trails on a redacted picture for the annotated clip; the page draws its own."""

from collections import deque

import cv2
import numpy as np

from sightline.core.geometry import foot_points
from sightline.core.values import U8, Attributes, Redacted, Tracks
from sightline.core.vocabulary import CLASSES

# Colours of the classes in BGR, from the palette of Okabe and Ito (2008), which colour-blind people can tell apart.
COLOUR_OF = {
    "car": (233, 180, 86),
    "van": (233, 180, 86),
    "vehicle": (233, 180, 86),
    "truck": (0, 94, 213),
    "bus": (0, 159, 230),
    "motorcycle": (167, 121, 204),
    "bicycle": (115, 158, 0),
    "scooter": (167, 121, 204),
    "rider": (115, 158, 0),
    "pedestrian": (66, 228, 240),
    "unknown": (200, 200, 200),
}
TRAIL_POINTS = 40
SHOWN_ATTRIBUTES = {"vehicle_colour": "", "upper_colour": " top"}  # attribute -> what follows its value


class Annotator:
    """Draws one camera's clip; keeps the trails of the tracks it saw lately."""

    def __init__(self) -> None:
        self._trails: dict[int, deque[tuple[int, int]]] = {}

    def draw(self, picture: Redacted, scale: float, tracks: Tracks, attributes: Attributes) -> U8:
        """A copy of the picture with the confirmed tracks drawn; scale: picture pixels per pixel of the boxes."""
        canvas = picture.pixels.copy()
        shown = tracks.confirmed()
        boxes = np.rint(shown.boxes_px * scale).astype(int)
        feet = np.rint(foot_points(shown.boxes_px) * scale).astype(int)
        rows = {track: row for row, track in enumerate(attributes.ids.tolist())}
        seen = dict.fromkeys(shown.ids.tolist())
        self._trails = {track: trail for track, trail in self._trails.items() if track in seen}
        unit = max(1, round(max(canvas.shape[:2]) / 640))
        for row, track in enumerate(shown.ids.tolist()):
            name = CLASSES[int(shown.labels[row])]
            trail = self._trails.setdefault(track, deque(maxlen=TRAIL_POINTS))
            trail.append((int(feet[row, 0]), int(feet[row, 1])))
            colour = COLOUR_OF[name]
            cv2.polylines(canvas, [np.array(trail, np.int32)], False, colour, unit, cv2.LINE_AA)
            left, top, right, bottom = boxes[row].tolist()
            cv2.rectangle(canvas, (left, top), (right, bottom), colour, unit)
            known = attributes.named(rows[track]) if track in rows else {}
            words = [name, *(f"{known[key][0]}{said}" for key, said in SHOWN_ATTRIBUTES.items() if key in known)]
            _chip(canvas, (left, top), f"{track} {' '.join(words)}", colour, unit)
        return canvas


def _chip(canvas: U8, corner: tuple[int, int], text: str, colour: tuple[int, int, int], unit: int) -> None:
    size = 0.4 * unit
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, unit)
    left = int(np.clip(corner[0], 0, max(0, canvas.shape[1] - width - 4)))
    bottom = max(height + base + 4, corner[1])
    cv2.rectangle(canvas, (left, bottom - height - base - 4), (left + width + 4, bottom), colour, cv2.FILLED)
    cv2.putText(
        canvas, text, (left + 2, bottom - base - 1), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), unit, cv2.LINE_AA
    )
