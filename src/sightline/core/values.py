"""The frozen column values that travel between the stages; each checks its own dtype and shape when built."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.vocabulary import ATTRIBUTES, CLASSES

F32 = NDArray[np.float32]
I16 = NDArray[np.int16]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

UNCONFIRMED: Final = -1


def _check(owner: str, name: str, column: np.ndarray, dtype: type[np.generic], shape: tuple[int | None, ...]) -> None:
    if not isinstance(column, np.ndarray) or column.dtype != dtype:
        got = getattr(column, "dtype", type(column).__name__)
        raise TypeError(f"{owner}.{name}: expected {np.dtype(dtype)}, got {got}")
    if column.shape == shape:  # nearly always: no need to look at each side
        return
    fits = column.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(column.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{owner}.{name}: expected shape {shape}, got {column.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What the detector saw in one frame.

    boxes_px: f32 (n, 4) left, top, right, bottom in pixels of the frame; scores: f32 (n,) 0..1 on the calibrated scale;
    labels: i16 (n,) codes of ``vocabulary.CLASSES``.
    """

    boxes_px: F32
    scores: F32
    labels: I16

    def __post_init__(self) -> None:
        n = len(self.scores)
        _check("Detections", "boxes_px", self.boxes_px, np.float32, (n, 4))
        _check("Detections", "scores", self.scores, np.float32, (n,))
        _check("Detections", "labels", self.labels, np.int16, (n,))
        if n and (self.labels.min() < 0 or self.labels.max() >= len(CLASSES)):
            raise ValueError(
                f"Detections.labels: expected 0..{len(CLASSES) - 1}, got {self.labels.min()}..{self.labels.max()}"
            )

    def __len__(self) -> int:
        return len(self.scores)

    def keep(self, mask: Bool) -> "Detections":
        """The rows where mask is true, in the same order."""
        return Detections(self.boxes_px[mask], self.scores[mask], self.labels[mask])

    @staticmethod
    def empty() -> "Detections":
        """No detections."""
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int16))


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """The objects of one camera at one instant.

    The first rows are the frame's detections in their own order; rows of objects that were not detected this time but
    are held (a stationary object whose patch did not change, or a place predicted between analysed frames) follow, with
    ``held`` true.

    boxes_px: as in Detections, of confirmed objects steadied; scores, labels: as there; ids: i64 (n,) unique per
    camera and never reused, -1 where not (yet) confirmed; ages_s: f32 (n,) seconds since the track's first detection;
    held: bool (n,).
    """

    boxes_px: F32
    scores: F32
    labels: I16
    ids: I64
    ages_s: F32
    held: Bool

    def __post_init__(self) -> None:
        n = len(self.ids)
        _check("Tracks", "boxes_px", self.boxes_px, np.float32, (n, 4))
        _check("Tracks", "scores", self.scores, np.float32, (n,))
        _check("Tracks", "labels", self.labels, np.int16, (n,))
        _check("Tracks", "ids", self.ids, np.int64, (n,))
        _check("Tracks", "ages_s", self.ages_s, np.float32, (n,))
        _check("Tracks", "held", self.held, np.bool_, (n,))

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, mask: Bool) -> "Tracks":
        """The rows where mask is true, in the same order."""
        return Tracks(
            self.boxes_px[mask],
            self.scores[mask],
            self.labels[mask],
            self.ids[mask],
            self.ages_s[mask],
            self.held[mask],
        )

    def confirmed(self) -> "Tracks":
        """Only the rows that carry an id."""
        return self.keep(self.ids != UNCONFIRMED)

    def with_labels(self, labels: I16) -> "Tracks":
        """The same rows under other (voted) labels."""
        return Tracks(self.boxes_px, self.scores, labels, self.ids, self.ages_s, self.held)

    def as_detected(self, detections: Detections) -> "Tracks":
        """The same rows with the boxes of the detections they came from, which must be those of the same frame."""
        boxes = np.concatenate([detections.boxes_px, self.boxes_px[len(detections) :]])
        return Tracks(boxes, self.scores, self.labels, self.ids, self.ages_s, self.held)

    @staticmethod
    def empty() -> "Tracks":
        """No tracks."""
        n0 = np.zeros(0, np.float32)
        return Tracks(
            np.zeros((0, 4), np.float32),
            n0,
            np.zeros(0, np.int16),
            np.zeros(0, np.int64),
            n0.copy(),
            np.zeros(0, np.bool_),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """What is known of each track beyond its class, voted over the crops seen so far.

    ids: i64 (n,) track ids; values: i16 (n, len(ATTRIBUTES)) codes into ``ATTRIBUTES[name]`` in that dict's order, -1 =
    unknown; probabilities: f32 (n, len(ATTRIBUTES)) of the value said (0 where unknown).
    """

    ids: I64
    values: I16
    probabilities: F32

    def __post_init__(self) -> None:
        n, k = len(self.ids), len(ATTRIBUTES)
        _check("Attributes", "ids", self.ids, np.int64, (n,))
        _check("Attributes", "values", self.values, np.int16, (n, k))
        _check("Attributes", "probabilities", self.probabilities, np.float32, (n, k))

    def __len__(self) -> int:
        return len(self.ids)

    def named(self, row: int) -> dict[str, tuple[str, float]]:
        """Attribute name -> (value, probability) of one row, known ones only."""
        known: dict[str, tuple[str, float]] = {}
        for column, (name, words) in enumerate(ATTRIBUTES.items()):
            code = int(self.values[row, column])
            if code >= 0:
                known[name] = (words[code], float(self.probabilities[row, column]))
        return known

    @staticmethod
    def empty() -> "Attributes":
        """No track described."""
        k = len(ATTRIBUTES)
        return Attributes(np.zeros(0, np.int64), np.zeros((0, k), np.int16), np.zeros((0, k), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Redacted:
    """A picture that may leave the worker: faces and plates are gone.

    pixels: u8 (h, w, 3) BGR; index and time_ns: those of the frame it was made from; pixelated: the whole picture was
    coarsened because it could not be redacted, and ``reason`` says why in one sentence (empty otherwise).
    Only the privacy stage builds one.
    """

    camera: str
    index: int
    time_ns: int
    pixels: U8
    pixelated: bool = False
    reason: str = field(default="")

    def __post_init__(self) -> None:
        _check("Redacted", "pixels", self.pixels, np.uint8, (None, None, 3))
