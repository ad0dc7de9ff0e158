"""The tracker does not care for the order of rows or cameras, for batches, or for where time begins."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.config import TrackSettings
from sightline.core.values import UNCONFIRMED, Detections, Tracks
from sightline.core.vocabulary import CODE
from sightline.track import Sample, Tracker

CAMERAS = ("north", "south", "east")
NAMES = ("pedestrian", "vehicle", "rider", "unknown")


def scene(seed: int, frames: int, busy: int) -> list[list[Sample]]:
    """Per frame one sample per camera: objects that walk straight, turn about, are missed now and then; clutter."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(100, 1100, (len(CAMERAS), busy, 2))
    speed = rng.uniform(-60, 60, (len(CAMERAS), busy, 2))
    height = rng.uniform(20, 200, (len(CAMERAS), busy))
    labels = rng.integers(0, len(NAMES), (len(CAMERAS), busy))
    turn = rng.integers(0, frames + 1, (len(CAMERAS), busy, 1))
    rounds = []
    for k in range(frames):
        one = []
        for c, camera in enumerate(CAMERAS):
            seen = rng.random(busy) < 0.85
            foot = (start[c] + speed[c] * 0.2 * (turn[c] - abs(turn[c] - k)) + rng.normal(0, 2, (busy, 2)))[seen]
            tall = height[c][seen]
            clutter = rng.uniform(100, 1100, (2, 2))
            foot, tall = np.concatenate([foot, clutter]), np.append(tall, [40.0, 60.0])
            half = 0.2 * tall
            boxes = np.stack([foot[:, 0] - half, foot[:, 1] - tall, foot[:, 0] + half, foot[:, 1]], axis=1)
            codes = [CODE[NAMES[i]] for i in [*labels[c][seen], 0, 1]]
            scores = rng.uniform(0.2, 1.0, len(boxes))
            found = Detections(boxes.astype(np.float32), scores.astype(np.float32), np.array(codes, np.int16))
            one.append(Sample(camera, 10**9 + 200_000_000 * k, (1200, 1200), found))
        rounds.append(one)
    return rounds


def permuted(sample: Sample, order: np.ndarray) -> Sample:
    d = sample.detections
    moved = Detections(d.boxes_px[order], d.scores[order], d.labels[order])
    return Sample(sample.camera, sample.time_ns, sample.size_px, moved)


def same(a: Tracks, b: Tracks) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in Tracks.__slots__)


def alone(rounds: Sequence[Sequence[Sample]]) -> list[list[Tracks]]:
    """Every sample in its own call."""
    tracker = Tracker()
    return [[tracker.update([sample])[0] for sample in samples] for samples in rounds]


SCENES = st.builds(scene, st.integers(0, 10_000), st.integers(2, 12), st.integers(0, 12))


@settings(deadline=None, max_examples=25)
@given(SCENES, st.randoms(use_true_random=False))
def test_batches_and_order_of_cameras_do_not_matter(rounds: list[list[Sample]], random) -> None:  # type: ignore[no-untyped-def]
    expected = alone(rounds)
    tracker = Tracker()
    for samples, answers in zip(rounds, expected, strict=True):
        order = list(range(len(samples)))
        random.shuffle(order)
        cut = random.randint(0, len(order))
        for part in (order[:cut], order[cut:]):
            for i, tracks in zip(part, tracker.update([samples[i] for i in part]), strict=True):
                assert same(tracks, answers[i])


@settings(deadline=None, max_examples=25)
@given(SCENES, st.integers(0, 1000))
def test_order_of_rows_does_not_matter(rounds: list[list[Sample]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = alone(rounds)
    tracker = Tracker()
    for samples, answers in zip(rounds, expected, strict=True):
        orders = [rng.permutation(len(sample.detections)) for sample in samples]
        got = tracker.update([permuted(s, o) for s, o in zip(samples, orders, strict=True)])
        for tracks, order, answer in zip(got, orders, answers, strict=True):
            assert np.array_equal(tracks.ids, answer.ids[order])
            assert np.array_equal(tracks.labels, answer.labels[order])


@settings(deadline=None, max_examples=15)
@given(SCENES, st.integers(-(10**18), 10**18))
def test_where_time_begins_does_not_matter(rounds: list[list[Sample]], shift: int) -> None:
    moved = [[Sample(s.camera, s.time_ns + shift, s.size_px, s.detections) for s in samples] for samples in rounds]
    for a, b in zip(alone(rounds), alone(moved), strict=True):
        assert all(same(x, y) for x, y in zip(a, b, strict=True))


@settings(deadline=None, max_examples=25)
@given(SCENES, st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)))
def test_ids_are_never_given_twice(rounds: list[list[Sample]], forgets: set[int], moves: set[int]) -> None:
    tracker = Tracker()
    ended: dict[str, set[int]] = {camera: set() for camera in CAMERAS}
    living: dict[str, set[int]] = {camera: set() for camera in CAMERAS}
    for k, samples in enumerate(rounds):
        if k in moves:
            samples = [Sample(s.camera, s.time_ns, s.size_px, s.detections, moved=True) for s in samples]
        for sample, tracks in zip(samples, tracker.update(samples), strict=True):
            ids = tracks.ids[tracks.ids != UNCONFIRMED].tolist()
            assert len(set(ids)) == len(ids)
            assert not set(ids) & ended[sample.camera]
            if k in moves:
                ended[sample.camera] |= living[sample.camera]
                living[sample.camera] = set()
            living[sample.camera] |= set(ids)
        if k in forgets:
            for camera in CAMERAS:
                tracker.forget(camera)
                ended[camera] |= living[camera]
                living[camera] = set()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_memory_is_bounded(seed: int, most: int) -> None:
    tracker = Tracker(TrackSettings(max_objects=most))
    for samples in scene(seed, 10, 25):
        tracker.update(samples)
        for camera in CAMERAS:
            assert len(tracker.places(camera)) <= most
            assert len(tracker.confirmed_since(camera)) <= most
    for camera in CAMERAS:
        tracker.forget(camera)
        assert len(tracker.places(camera)) == 0
        assert tracker.confirmed_since(camera) == []


FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(FLOATS, FLOATS, FLOATS, FLOATS, FLOATS), max_size=6),
            st.integers(-(2**70), 2**70),
            st.booleans(),
        ),
        max_size=6,
    )
)
def test_any_numbers_give_an_answer(frames: list[tuple[list[tuple[float, ...]], int, bool]]) -> None:
    tracker = Tracker()
    for rows, time_ns, moved in frames:
        block = np.array(rows, np.float32).reshape(-1, 5)
        found = Detections(block[:, :4].copy(), block[:, 4].copy(), np.zeros(len(block), np.int16))
        tracks = tracker.update([Sample("a", time_ns, (640, 480), found, moved=moved)])[0]
        assert len(tracks) == len(block)
        assert np.isfinite(tracker.places("a")).all()
        assert np.isfinite(tracker.predict("a", time_ns + 10**9).boxes_px).all()


def test_a_crowd_is_cut_alike_alone_and_beside_quiet_cameras() -> None:
    """More boxes in one heap than a track may have rivals: what is cut must not depend on who is in the call."""
    rng = np.random.default_rng(6)
    rounds = []
    for k in range(4):
        foot = rng.normal(600, 1.0, (60, 2))
        boxes = np.concatenate([foot - np.array([20, 100]), foot + np.array([20, 0])], axis=1).astype(np.float32)
        heap = Detections(
            boxes, rng.uniform(0.8, 1.0, 60).astype(np.float32), np.full(60, CODE["pedestrian"], np.int16)
        )
        one = [Sample("north", 10**9 + 200_000_000 * k, (1200, 1200), heap)]
        rounds.append(one + [replace(s, camera=f"{s.camera} {i}") for i in range(9) for s in scene(i, 4, 6)[k]])
    together = Tracker()
    for samples, answers in zip(rounds, alone(rounds), strict=True):
        for tracks, answer in zip(together.update(samples), answers, strict=True):
            assert same(tracks, answer)
