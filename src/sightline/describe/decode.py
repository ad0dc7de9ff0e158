"""The outputs of the two attribute models as evidence; protected outputs end here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sightline.core.values import F32

# Places of PERSON_FLAGS (bag, backpack, hat, long sleeves, coat) in output 453 of person-attributes-recognition-
# crossroad-0230. The other three of the eight are never read: two are protected or close to it, one (long trousers) has
# no word in the vocabulary.
_FLAG_PLACES: Final = (1, 2, 3, 4, 7)


@dataclass(frozen=True, slots=True, eq=False)
class PersonReading:
    """flags: f32 (5,) raw sigmoids in the order of PERSON_FLAGS; upper, lower: points x, y in shares of the crop."""

    flags: F32
    upper: tuple[float, float]
    lower: tuple[float, float]


def read_vehicle(outputs: Mapping[str, np.ndarray[Any, Any]]) -> F32:
    """Softmax (7,) over MODEL_COLOURS of model 0039. Its type output is poor away from a barrier and is not read."""
    return np.asarray(outputs["color"], np.float32).reshape(-1)


def read_person(outputs: Mapping[str, np.ndarray[Any, Any]]) -> PersonReading:
    """What may be used of model 0230."""
    flags = np.asarray(outputs["453"], np.float32).reshape(-1)[list(_FLAG_PLACES)]
    return PersonReading(flags, _point(outputs["456"]), _point(outputs["459"]))


def _point(output: np.ndarray[Any, Any]) -> tuple[float, float]:
    x, y = np.clip(np.asarray(output, np.float32).reshape(-1), 0.0, 1.0)
    return float(x), float(y)
