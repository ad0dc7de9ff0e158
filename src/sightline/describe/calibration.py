"""Numbers fitted on labelled crops, which turn what models and pixels say into probabilities.

All were fitted by maximum likelihood with a ridge on the crops that ``benchmarks/describe_quality.py`` names, and are
judged there by cross-validation; that program prints them again with ``--fit``.
"""

from typing import Final

import numpy as np

from sightline.core.values import F32
from sightline.core.vocabulary import ATTRIBUTES, COLOURS

# Output `color` of vehicle-attributes-recognition-barrier-0039, in its order.
MODEL_COLOURS: Final = ("white", "gray", "yellow", "red", "green", "blue", "black")

# What share of its answer a word the model does not know takes over from those it then says (an orange car is red or
# yellow to it). Coarse on purpose: pixels decide between the known word and the unknown one.
_BORROWED: Final = {
    "brown": {"black": 0.1, "red": 0.1},
    "orange": {"yellow": 0.3, "red": 0.3},
    "pink": {"red": 0.2},
    "purple": {"red": 0.1, "blue": 0.1},
    "beige": {"white": 0.1, "gray": 0.1},
}


def _spread() -> F32:
    table = np.zeros((len(MODEL_COLOURS), len(COLOURS)), np.float32)
    for row, word in enumerate(MODEL_COLOURS):
        table[row, COLOURS.index(word)] = 1.0
    for word, shares in _BORROWED.items():
        for known, share in shares.items():
            table[MODEL_COLOURS.index(known), COLOURS.index(word)] = share
    return table


SPREAD: Final[F32] = _spread()  # (7, 12)

# What else than its own word a red car's pixels are called: pink where the sun bleaches it, brown and purple in shade.
_RED_LOOKS: Final = {"pink": 0.5, "brown": 0.3, "orange": 0.3, "purple": 0.2}


def _shades() -> F32:
    table = np.eye(len(COLOURS), dtype=np.float32)
    for word, share in _RED_LOOKS.items():
        table[COLOURS.index(word), COLOURS.index("red")] = share
    return table


SHADES: Final[F32] = _shades()  # (12, 12)

# Vehicle colour: log p = slope_model * log(model + floor) + slope_pixels * log(shares + floor) + bias per word of
# COLOURS. The biases say that windows, tyres and shadow make parts of every vehicle black and gray, white seldom; those
# of the last five words lean on a prior of -1 to -1.5, because such paint is rare and rarer still in the labelled set.
VEHICLE_PRIOR: Final[F32] = np.array([0, 0, 0, 0, 0, 0, 0, -1.0, -1.0, -1.5, -1.5, -1.0], np.float32)
VEHICLE_MODEL_FLOOR: Final = 0.02
VEHICLE_PIXEL_FLOOR: Final = 0.03
VEHICLE_MODEL_SLOPE: Final = 0.50
VEHICLE_PIXEL_SLOPE: Final = 2.00
VEHICLE_BIAS: Final[F32] = np.array(
    [0.98, -0.50, 0.76, -0.36, -0.23, -0.05, -1.10, -1.26, -0.56, -1.34, -1.35, -0.99], np.float32
)

# Clothing colour: log p = slope * log(shares + floor) + bias.
CLOTHING_SLOPE: Final = 1.76
CLOTHING_FLOOR: Final = 0.05
CLOTHING_BIAS: Final[F32] = np.array(
    [0.82, 0.04, -0.27, 0.09, -0.08, 0.85, -0.02, -0.79, -0.12, -0.18, 0.11, -0.44], np.float32
)

# Person attributes: log-odds = slope * log-odds of model 0230 + offset, in the order of PERSON_FLAGS.
PERSON_FLAGS: Final = ("bag", "backpack", "hat", "sleeves", "coat")
PERSON_SLOPE: Final[F32] = np.array([0.31, 0.34, 0.56, 0.92, 0.19], np.float32)
PERSON_OFFSET: Final[F32] = np.array([-1.51, -1.86, 0.37, 2.73, -0.43], np.float32)

# Bars per value of attributes that need more than the setting's to be right about 85 times in 100; NEVER where the
# model cannot tell on the labelled crops at any bar (area under the ROC 0.54 to 0.63 for bag, backpack and coat; of 8
# hats it was 0.7 sure of, 5 were hats). Accuracies: benchmarks/results/describe.json.
NEVER: Final = 2.0  # no probability reaches it
OWN_BARS: Final[dict[str, F32]] = {
    "vehicle_colour": np.full(len(COLOURS), 0.7, np.float32),
    "sleeves": np.array([0.7, 0.7], np.float32),
    "hat": np.array([0.8, NEVER], np.float32),
    "bag": np.array([NEVER, NEVER], np.float32),
    "backpack": np.array([NEVER, NEVER], np.float32),
    "coat": np.array([NEVER, NEVER], np.float32),
}


def bars(name: str, least: float) -> F32:
    """The probability (v,) from which each value of an attribute is said: its own bar, at least ``least``."""
    values = np.full(len(ATTRIBUTES[name]), least, np.float32)
    return np.maximum(values, OWN_BARS[name]) if name in OWN_BARS else values


def normalised(scores: F32) -> F32:
    """Probabilities (..., v) of log scores (..., v)."""
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)


def vehicle_colour(model: F32, shares: F32) -> F32:
    """Probabilities (12,) of COLOURS from the model's softmax (7,) and the shares (12,) of the body's pixels."""
    return normalised(
        VEHICLE_MODEL_SLOPE * np.log(model @ SPREAD + VEHICLE_MODEL_FLOOR)
        + VEHICLE_PIXEL_SLOPE * np.log(shares @ SHADES + VEHICLE_PIXEL_FLOOR)
        + VEHICLE_BIAS
    )


def clothing_colour(shares: F32) -> F32:
    """Probabilities (12,) of COLOURS from the shares (12,) of a clothing patch's pixels."""
    return normalised(CLOTHING_SLOPE * np.log(shares + CLOTHING_FLOOR) + CLOTHING_BIAS)


def person_flags(sigmoids: F32) -> F32:
    """Probabilities (5,) of the second value of PERSON_FLAGS from the model's sigmoids (5,) of the same."""
    safe = np.clip(sigmoids, 2e-3, 1 - 2e-3)
    return np.asarray(1.0 / (1.0 + np.exp(-(PERSON_SLOPE * np.log(safe / (1 - safe)) + PERSON_OFFSET))), np.float32)
