"""Whatever comes, describing costs no more than its budget, keeps a fixed number of bytes per track, and says only
words of the vocabulary."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.config import DescribeSettings
from sightline.core.frame import Frame
from sightline.core.values import Tracks
from sightline.core.vocabulary import ATTRIBUTES, CLASSES
from sightline.describe import Describer, describer
from sightline.describe.crops import AROUND
from sightline.models.library import Library

CAP_CROPS, CAP_PASSES, PASS, VEHICLE, PERSON = 1.0, 2.0, 1.2, 0.04, 0.08
ROW = st.tuples(
    st.integers(-1, 12),
    st.integers(0, len(CLASSES) - 1),
    st.floats(-50, 650),
    st.floats(-50, 350),
    st.floats(1, 300),
    st.floats(1, 300),
    st.floats(0, 1),
    st.booleans(),
)
FRAMES = st.lists(st.lists(ROW, max_size=6, unique_by=lambda row: row[0]), min_size=1, max_size=25)


class Charged:
    """A stand-in model that adds what each crop costs to a common bill."""

    def __init__(self, cost: float, input_hw: tuple[int, int], bill: list[float], seed: int) -> None:
        self.model = SimpleNamespace(cost=cost)
        self.input_hw = input_hw
        self._bill = bill
        self._random = np.random.default_rng(seed)

    def run_many(self, tensors):
        answers = []
        for _ in tensors:
            self._bill.append(AROUND * self.model.cost)
            colour = self._random.dirichlet(np.ones(7)).astype(np.float32)
            flags = self._random.random(8, np.float32)
            points = {name: self._random.random((1, 2, 1, 1), np.float32) for name in ("456", "459")}
            answers.append({"color": colour.reshape(1, 7, 1, 1), "453": flags.reshape(1, 8, 1, 1), **points})
        return answers


class ChargedNamer:
    """A stand-in namer: four boxes a pass, each pass on the bill."""

    cost = PASS
    grid = 2

    def __init__(self, bill: list[float], seed: int) -> None:
        self._bill = bill
        self._random = np.random.default_rng(seed)

    def __call__(self, frame: Frame, boxes: np.ndarray) -> np.ndarray:
        self._bill.extend([PASS] * -(-len(boxes) // 4))
        return self._random.dirichlet(np.ones(len(CLASSES)), len(boxes)).astype(np.float32)


def as_tracks(rows: list[tuple], age_s: float) -> Tracks:
    n = len(rows)
    boxes = [(x, y, x + w, y + h) for _, _, x, y, w, h, _, _ in rows]
    return Tracks(
        np.array(boxes, np.float32).reshape(n, 4),
        np.array([row[6] for row in rows], np.float32),
        np.array([row[1] for row in rows], np.int16),
        np.array([row[0] for row in rows], np.int64),
        np.full(n, age_s, np.float32),
        np.array([row[7] for row in rows], np.bool_),
    )


@settings(deadline=None, max_examples=60)
@given(frames=FRAMES, share=st.sampled_from([0.0, 0.01, 0.1, 1.0]), seed=st.integers(0, 99), i420=st.booleans())
def test_budget_memory_and_words(frames: list[list[tuple]], share: float, seed: int, i420: bool) -> None:
    bill: list[float] = []
    made = {
        describer.VEHICLE_MODEL: Charged(VEHICLE, (72, 72), bill, seed),
        describer.PERSON_MODEL: Charged(PERSON, (160, 80), bill, seed + 1),
    }
    real, describer.open_session = describer.open_session, lambda library, name, **options: made[name]
    try:
        under_test = Describer(Library(None), DescribeSettings(budget_share=share), ChargedNamer(bill, seed))
    finally:
        describer.open_session = real
    shape = (540, 640) if i420 else (360, 640, 3)
    pixels = np.random.default_rng(seed).integers(0, 255, shape, np.uint8)
    ids: set[int] = set()
    for number, rows in enumerate(frames):
        tracks = as_tracks(rows, number * 0.3)
        under_test.update(Frame("c", number + 1, number, pixels, "i420" if i420 else "bgr"), tracks)
        ids |= set(tracks.ids[(tracks.ids >= 0) & ~tracks.held].tolist())
        caps = CAP_CROPS + CAP_PASSES * PASS if share else 0.0
        assert sum(bill) <= share * (number + 1) + caps + 1e-6
        assert abs(sum(bill) - under_test.spent("c")) < 1e-6
        labels = under_test.labels("c", tracks)
        assert labels.shape == tracks.labels.shape
        assert ((labels >= 0) & (labels < len(CLASSES))).all()
    assert under_test.nbytes("c") == sum(under_test.memory("c", i).nbytes for i in ids)
    assert all(under_test.memory("c", i).nbytes < 2048 for i in ids)
    said = under_test.attributes("c", np.array(sorted(ids), np.int64))
    for column, words in enumerate(ATTRIBUTES.values()):
        assert (said.values[:, column] < len(words)).all()
    assert ((said.values == -1) == (said.probabilities == 0)).all()
    known = said.probabilities[said.values >= 0]
    assert ((known >= DescribeSettings().min_probability) & (known <= 1)).all()
