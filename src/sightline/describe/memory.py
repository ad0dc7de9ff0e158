"""What is remembered of each track: evidence and votes, never a picture."""

from typing import Final

import numpy as np

from sightline.core.values import F32, I16
from sightline.core.vocabulary import ATTRIBUTES, CLASSES, COLOURS
from sightline.describe import classes
from sightline.describe.calibration import PERSON_FLAGS, bars
from sightline.describe.purse import Purse
from sightline.describe.vote import Looks, voted

PERSON_WIDTH: Final = 2 * len(COLOURS) + len(PERSON_FLAGS)
_NAMES: Final = tuple(ATTRIBUTES)
_COLOUR_PRIOR: Final[F32] = np.full(len(COLOURS), 1.0 / len(COLOURS), np.float32)
_FLAG_PRIOR: Final[F32] = np.array([0.5, 0.5], np.float32)
_FULL_WEIGHT: Final = 0.5  # a look of this quality counts fully; the calibration was made on such crops
MOST_TRACKS: Final = 4096  # per camera; the ones unseen longest go first, should nobody call forget


class TrackMemory:
    """One track's votes. Its arrays are made once and never grow.

    said: class code said, -1 = none yet; sharp: 0..1 of its last crop, what the next one is expected to be;
    values, probabilities: i16 and f32 (len(ATTRIBUTES),) as in Attributes.
    """

    __slots__ = (
        "heard",
        "looked_s",
        "looks",
        "named_area",
        "named_s",
        "names",
        "passes",
        "probabilities",
        "said",
        "seen",
        "sharp",
        "tries",
        "values",
    )

    def __init__(self, most: int) -> None:
        self.heard = np.zeros(len(CLASSES), np.float32)
        self.looks = Looks(most, PERSON_WIDTH)
        self.names = Looks(most, len(CLASSES))
        self.said = -1
        self.seen = 0
        self.tries = 0
        self.sharp = 1.0
        self.passes = 0
        self.looked_s = self.named_s = -1e9
        self.named_area = 0.0
        self.values: I16 = np.full(len(ATTRIBUTES), -1, np.int16)
        self.probabilities: F32 = np.zeros(len(ATTRIBUTES), np.float32)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays; constant."""
        arrays = self.heard.nbytes + self.values.nbytes + self.probabilities.nbytes
        return arrays + self.looks.nbytes + self.names.nbytes

    @property
    def kind(self) -> int:
        """The kind of the class said."""
        return int(classes.KIND[self.said])

    def hear(self, label: int, score: float, bar: float) -> None:
        """The detector saw the track under a label."""
        self.heard *= classes.HEARD_KEPT
        self.heard[label] += score
        if label != self.said:
            self.say(bar)

    def say(self, bar: float) -> None:
        """Vote the class again; looks made at another kind of object are forgotten."""
        before = self.said
        weights = np.minimum(self.names.qualities / _FULL_WEIGHT, 1.0)
        self.said = classes.voted_class(self.heard, (self.names.rows, weights), before, bar)
        if before >= 0 and (classes.KIND[before] == classes.VEHICLE) != (self.kind == classes.VEHICLE):
            self.looks = Looks(self.looks.most, PERSON_WIDTH)
            self.values[:] = -1
            self.probabilities[:] = 0.0
            self.tries = 0

    def vote(self, bar: float) -> None:
        """Vote the attributes again from the looks kept."""
        rows = self.looks.rows
        weights = np.asarray(np.minimum(self.looks.qualities / _FULL_WEIGHT, 1.0), np.float32)
        colours = len(COLOURS)
        if self.kind == classes.VEHICLE:
            self._put("vehicle_colour", voted(rows[:, :colours], weights, _COLOUR_PRIOR), bar)
            return
        self._put("upper_colour", voted(rows[:, :colours], weights, _COLOUR_PRIOR), bar)
        self._put("lower_colour", voted(rows[:, colours : 2 * colours], weights, _COLOUR_PRIOR), bar)
        for place, name in enumerate(PERSON_FLAGS):
            yes = rows[:, 2 * colours + place]
            self._put(name, voted(np.stack([1.0 - yes, yes], axis=1), weights, _FLAG_PRIOR), bar)

    def _put(self, name: str, probabilities: F32, bar: float) -> None:
        column, top = _NAMES.index(name), int(probabilities.argmax())
        known = bool(probabilities[top] >= bars(name, bar)[top])
        self.values[column] = top if known else -1
        self.probabilities[column] = probabilities[top] if known else 0.0


class CameraMemory:
    """The tracks and the purse of one camera."""

    __slots__ = ("_most", "frames", "purse", "tracks")

    def __init__(self, purse: Purse, most: int) -> None:
        self.purse = purse
        self.tracks: dict[int, TrackMemory] = {}
        self.frames = 0
        self._most = most

    def track(self, track_id: int) -> TrackMemory:
        """The memory of a track, made where there is none; marks it as seen in this frame."""
        memory = self.tracks.get(track_id)
        if memory is None:
            if len(self.tracks) >= MOST_TRACKS:
                del self.tracks[min(self.tracks, key=lambda key: self.tracks[key].seen)]
            memory = self.tracks[track_id] = TrackMemory(self._most)
        memory.seen = self.frames
        return memory

    @property
    def nbytes(self) -> int:
        """Bytes of all tracks' arrays."""
        return sum(memory.nbytes for memory in self.tracks.values())
