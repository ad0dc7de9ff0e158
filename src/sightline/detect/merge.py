"""One row per road user: riders joined with what they ride, duplicates within and across classes removed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.geometry import areas, covered, intersections, iou
from sightline.core.values import F32, Bool
from sightline.core.vocabulary import CODE, TWO_WHEELERS, VEHICLES
from sightline.detect.family import Found

_VEHICLES: Final = np.array([CODE[name] for name in VEHICLES])
_TWO_WHEELERS: Final = np.array([CODE[name] for name in TWO_WHEELERS])
_PEDESTRIAN: Final = CODE["pedestrian"]

_SAME_IOU: Final = 0.6  # two boxes of one kind, or of two kinds, over this are one object
_NESTED_SHARE: Final = 0.85  # of a vehicle's box inside another's ...
_NESTED_SIZE: Final = 0.35  # ... that is at most so much larger: its cab or its rear, not a car before a bus
_PART_SCORE: Final = 0.6  # a fainter box of a vehicle or two-wheeler inside a vehicle, by this factor, is part of it
_RIDER_SHARE: Final = 0.7  # of a person's box inside a two-wheeler's: its rider
_RIDER_HEIGHT: Final = 0.35  # ... and at least so high beside it
_RIDER_SCORE: Final = 0.5  # of the person's score that the two-wheeler (or vehicle around a driver) must reach
_DRIVER_SHARE: Final = 0.9  # of a person's box inside a vehicle's ...
_PART_FOOT: Final = 0.03  # ... as is a two-wheeler in it that ends higher by so much: what stands before it ends lower
_DRIVER_FOOT: Final = 0.25  # ... and ending so much of the vehicle's height above its bottom: someone in it
_WHEELER_IOU: Final = 0.4  # two boxes of two-wheelers over this, ...
_WHEELER_SHARE: Final = 0.55  # ... or the fainter one inside the other by this share, are one; riders abreast are not
_WHEELER_SCORE: Final = 0.3  # the fainter one still says how far the object reaches from this share of the score ...
_WHEELER_GROWS: Final = 0.3  # ... and this IoU on
_DRIVER_HEIGHT: Final = 0.2  # of the vehicle's height: a far pedestrian in a box as wide as the street is no driver
_JOIN_SHARE: Final = 0.5  # of a two-wheeler's box and the lower part of a person on it, of the smaller of them
_PILLION_SHARE: Final = 0.8  # the same of a second person on it
_JOIN_SCORE: Final = 0.15  # a fainter two-wheeler is no reason to call a person a rider


def settle(found: Found) -> Found:
    """The rows of one picture with one row per road user, best score first.

    A person on (or wheeling) a two-wheeler is joined with it into the box around both, of the two-wheeler's class, also
    where the model's boxes of two-wheelers are meant to include the rider but do not.
    """
    if len(found.scores) == 0:
        return found
    found = _join_riders(_join_wheelers(_ranked(found)))
    found = _ranked(found)
    kept = ~_repeated(found)
    return Found(found.boxes[kept], found.scores[kept], found.labels[kept])


def _ranked(found: Found) -> Found:
    order = np.argsort(-found.scores, kind="stable")
    return Found(found.boxes[order], found.scores[order], found.labels[order])


def _join_wheelers(found: Found) -> Found:
    """Boxes of one two-wheeler, with more or less of its rider, as one; rows come best first."""
    rows = np.flatnonzero(np.isin(found.labels, _TWO_WHEELERS))
    if len(rows) < 2:
        return found
    boxes, gone = found.boxes.copy(), np.zeros(len(found.scores), bool)
    overlap, inside = iou(boxes[rows], boxes[rows]), covered(boxes[rows], boxes[rows])
    for at, best in enumerate(rows):
        if gone[best]:
            continue
        for other, row in enumerate(rows[at + 1 :], at + 1):
            shared = max(overlap[at, other] / _WHEELER_IOU, inside[other, at] / _WHEELER_SHARE)
            if gone[row] or shared < 1:
                continue
            gone[row] = True
            if found.scores[row] >= _WHEELER_SCORE * found.scores[best] and overlap[at, other] >= _WHEELER_GROWS:
                boxes[best, :2] = np.minimum(boxes[best, :2], found.boxes[row, :2])
                boxes[best, 2:] = np.maximum(boxes[best, 2:], found.boxes[row, 2:])
    return Found(boxes[~gone], found.scores[~gone], found.labels[~gone])


def _join_riders(found: Found) -> Found:
    wheels = np.flatnonzero(np.isin(found.labels, _TWO_WHEELERS) & (found.scores >= _JOIN_SCORE))
    persons = np.flatnonzero(found.labels == _PEDESTRIAN)
    if not len(wheels) or not len(persons):
        return found
    share = _ridden(found.boxes[wheels], found.boxes[persons])
    around = covered(found.boxes[persons], found.boxes[wheels]).T > _RIDER_SHARE
    around &= _heights(found.boxes[persons])[None, :] > _RIDER_HEIGHT * _heights(found.boxes[wheels])[:, None]
    sure = found.scores[wheels][:, None] >= _RIDER_SCORE * found.scores[persons][None, :]
    share[around & sure] = 1.0
    boxes, scores, gone = found.boxes.copy(), found.scores.copy(), np.zeros(len(found.scores), bool)
    while share.max(initial=0.0) >= _JOIN_SHARE:
        w, p = np.unravel_index(int(share.argmax()), share.shape)
        wheel, person = wheels[w], persons[p]
        boxes[wheel, :2] = np.minimum(boxes[wheel, :2], boxes[person, :2])
        boxes[wheel, 2:] = np.maximum(boxes[wheel, 2:], boxes[person, 2:])
        scores[wheel] = max(scores[wheel], scores[person])
        gone[person] = True
        share[:, p] = 0
        share[w, share[w] < _PILLION_SHARE] = 0
    return Found(boxes[~gone], scores[~gone], found.labels[~gone])


def _ridden(wheels: F32, persons: F32) -> NDArray[np.floating]:
    """Share (w, p) that each two-wheeler has in common with the lower part of each person who may be on it, else 0."""
    height = persons[:, 3] - persons[:, 1]
    lower = persons.copy()
    lower[:, 1] += 0.4 * height
    smaller = np.minimum(areas(wheels)[:, None], areas(lower)[None, :])
    share = intersections(wheels, lower) / np.maximum(smaller, 1e-6)
    middle = ((persons[:, 0] + persons[:, 2]) / 2)[None, :]
    within = (middle >= wheels[:, None, 0]) & (middle <= wheels[:, None, 2])
    above = persons[None, :, 1] < wheels[:, None, 1]  # a rider's head is over the two-wheeler
    tall = wheels[:, None, 3] - wheels[:, None, 1]
    foot = persons[None, :, 3] - wheels[:, None, 3]  # feet end on the pedals, or on the ground beside the wheels
    size = height[None, :] / np.maximum(tall, 1e-6)
    fits = within & above & (foot < 0.2 * tall) & (foot > -0.7 * tall) & (size > 0.6) & (size < 3.0)
    return np.asarray(np.where(fits, share, 0.0))


def _heights(boxes: F32) -> F32:
    return np.asarray(boxes[:, 3] - boxes[:, 1], np.float32)


def _repeated(found: Found) -> Bool:
    """Which rows (n,) show an object again that another row shows better; rows come best first."""
    boxes, scores, labels = found.boxes, found.scores, found.labels
    vehicle, wheeler = np.isin(labels, _VEHICLES), np.isin(labels, _TWO_WHEELERS)
    person = labels == _PEDESTRIAN
    later = np.arange(len(scores))[:, None] > np.arange(len(scores))[None, :]
    inside = covered(boxes, boxes)
    overlap = iou(boxes, boxes)
    size = areas(boxes)
    closeness = size[:, None] / np.maximum(size[None, :], 1e-6)
    same = later & (overlap > _SAME_IOU)
    # A person's box over a two-wheeler's is its rider, whichever scores better, unless the two-wheeler is faint.
    sure = scores[None, :] >= _RIDER_SCORE * scores[:, None]
    tall = _heights(boxes)[:, None] / np.maximum(_heights(boxes), 1e-6)[None, :]
    around = (inside > _RIDER_SHARE) & (tall > _RIDER_HEIGHT)
    rides = person[:, None] & wheeler[None, :] & sure & (around | (overlap > _SAME_IOU))
    same &= ~(wheeler[:, None] & person[None, :] & sure.T)
    part = vehicle[:, None] & vehicle[None, :] & later & (inside > _NESTED_SHARE) & (closeness > _NESTED_SIZE)
    whole = vehicle[:, None] & vehicle[None, :] & later & (inside.T > _NESTED_SHARE) & (closeness < 1 / _NESTED_SIZE)
    raised = (boxes[None, :, 3] - boxes[:, None, 3]) / np.maximum(_heights(boxes), 1e-6)[None, :]
    within = vehicle[None, :] & (inside > _NESTED_SHARE)
    faint = within & (vehicle | wheeler)[:, None] & (scores[:, None] < _PART_SCORE * scores[None, :])
    load = within & wheeler[:, None] & later & (raised > _PART_FOOT)
    drives = person[:, None] & vehicle[None, :] & sure & (inside > _DRIVER_SHARE)
    drives &= (raised > _DRIVER_FOOT) & (tall > _DRIVER_HEIGHT)
    repeats = same | rides | part | whole | faint | load | drives
    dropped = np.zeros(len(scores), bool)
    # Persons last: they may be dropped for a two-wheeler or vehicle that scores less. A dropped row drops no other.
    for row in np.argsort(person, kind="stable"):
        dropped[row] = bool((repeats[row] & ~dropped).any())
    return dropped
