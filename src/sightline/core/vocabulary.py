"""The one vocabulary of classes and attributes that every part of Sightline uses.

Labels travel as i16 codes, the position of a name in ``CLASSES``. Attribute values travel as i16 codes, the position of
a value in ``ATTRIBUTES[name]``; -1 means "unknown", which is a value like any other.
"""

from typing import Final

CLASSES: Final = (
    "car",
    "van",
    "truck",
    "bus",
    "motorcycle",
    "bicycle",
    "scooter",
    "pedestrian",
    "vehicle",  # four wheels or more, finer class not known
    "rider",  # two-wheeler with its rider, kind of two-wheeler not known
    "unknown",  # something moves; only the motion detector says this
)
CODE: Final = {name: code for code, name in enumerate(CLASSES)}

VEHICLES: Final = ("car", "van", "truck", "bus", "vehicle")
TWO_WHEELERS: Final = ("motorcycle", "bicycle", "scooter", "rider")
PERSONS: Final = ("pedestrian", "rider", "bicycle", "scooter", "motorcycle")  # a person can be seen in the box

# Which finer classes a coarse one may turn into when evidence comes.
FINER: Final = {
    "vehicle": ("car", "van", "truck", "bus"),
    "rider": ("motorcycle", "bicycle", "scooter"),
    "unknown": CLASSES[:-1],
}

# Typical height in metres of an object of each class, for the scale px per metre of a box.
# Person, car and bus: Sightline's FACTS; the others are typical vehicle heights.
HEIGHT_M: Final = {
    "car": 1.5,
    "van": 2.0,
    "truck": 3.2,
    "bus": 3.1,
    "motorcycle": 1.7,
    "bicycle": 1.7,
    "scooter": 1.7,
    "pedestrian": 1.7,
    "vehicle": 1.6,
    "rider": 1.7,
    "unknown": 1.7,
}

# Words of ONVIF Profile M where it has one.
COLOURS: Final = (
    "white",
    "gray",
    "yellow",
    "red",
    "green",
    "blue",
    "black",
    "brown",
    "orange",
    "pink",
    "purple",
    "beige",
)
ATTRIBUTES: Final = {
    "vehicle_colour": COLOURS,
    "upper_colour": COLOURS,
    "lower_colour": COLOURS,
    "bag": ("no", "yes"),
    "backpack": ("no", "yes"),
    "hat": ("no", "yes"),
    "sleeves": ("short", "long"),
    "coat": ("no", "yes"),
}


def code_of(name: str) -> int:
    """The i16 label code of a class name; KeyError names the allowed ones."""
    if name not in CODE:
        raise KeyError(f"unknown class {name!r}, expected one of {', '.join(CLASSES)}")
    return CODE[name]
