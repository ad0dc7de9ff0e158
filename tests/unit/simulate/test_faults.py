"""Faults of tracks: as many as asked for, and none where none are."""

import numpy as np
import pytest

from sightline.core.errors import BadConfig
from sightline.core.vocabulary import CODE
from sightline.simulate.descriptors import GROUPS, Descriptors, Spreads
from sightline.simulate.faults import Faults, FaultyTracks, faulty_tracks
from sightline.simulate.spool import ROW
from sightline.simulate.truths import Visits, visits

SIZE, FPS, LENGTH = (640, 360), 2.0, 20
NONE = Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def seen(count: int, together: bool = False) -> Visits:
    """Visits of movers 1..count, each in a place of its own and 20 samples long, or two by two in one place."""
    rows = np.zeros(count * LENGTH, ROW)
    mover = np.repeat(np.arange(count), LENGTH)
    step = np.tile(np.arange(LENGTH), count)
    begin = mover // 2 if together else mover
    rows["id"], rows["frame"], rows["label"], rows["counted"] = mover + 1, begin * 5 + step + 1, CODE["car"], True
    left = 20.0 * (mover % 28) if not together else 100.0 + 2 * step
    rows["box"] = np.stack([left, np.full_like(left, 100), left + 15, np.full_like(left, 120)], axis=1)
    return visits(rows[np.argsort(rows["frame"], kind="stable")], FPS)


def drawn(seed: int = 1, spreads: Spreads | None = None) -> Descriptors:
    return Descriptors(seed, spreads or Spreads(0, 0, 0), lambda ids: ids * 7)


def tracks(faults: Faults, count: int = 1000, *, together: bool = False, camera: int = 3) -> FaultyTracks:
    return faulty_tracks(seen(count, together), camera, SIZE, FPS, faults, drawn())


def test_without_faults_tracks_are_visits() -> None:
    found = tracks(NONE, 30)
    assert found.parts.movers.tolist() == list(range(1, 31))
    assert found.parts.tracks.tolist() == list(range(1, 31))
    assert len(found.ids) == 30 * LENGTH
    assert set(found.looks.labels.tolist()) == {CODE["car"]}
    first = found.ids == 1
    assert found.boxes_px[first].tolist() == [[0, 100, 15, 120]] * LENGTH
    assert (found.offset_s, found.drift_ppm) == (0, 0)


@pytest.mark.parametrize(
    ("faults", "share"),
    [
        (Faults(missed=0.3), lambda f: 1 - len(np.unique(f.parts.movers[f.parts.movers > 0])) / 1000),
        (Faults(split=0.3, missed=0), lambda f: (np.unique(f.parts.movers, return_counts=True)[1][1:] > 1).mean()),
        (Faults(false=0.3), lambda f: (f.parts.movers == 0).sum() / (f.parts.movers > 0).sum()),
        (Faults(wrong_class=0.3), lambda f: (f.looks.labels != CODE["car"]).mean()),
    ],
    ids=["missed", "split", "false", "wrong class"],
)
def test_shares_are_as_asked(faults: Faults, share: object) -> None:
    assert share(tracks(faults)) == pytest.approx(0.3, abs=0.05)  # type: ignore[operator]


def test_those_who_meet_exchange_identities() -> None:
    found = tracks(Faults(0, 0, 0.3, 0, 0, 0, 0, 0), 400, together=True)
    number, parts = np.unique(found.parts.tracks, return_counts=True)
    assert (parts > 1).mean() == pytest.approx(0.3, abs=0.05)
    assert len(number) == 400
    both = found.parts.movers[found.parts.tracks == number[parts > 1][0]]
    assert len(set(both.tolist())) == 2
    assert tracks(Faults(0, 0, 0.3, 0, 0, 0, 0, 0), 20).parts.tracks.tolist() == list(range(1, 21))  # nobody meets


def test_every_row_is_a_track_once_per_frame_in_the_picture() -> None:
    found = tracks(Faults(jitter=0.3, drift_ppm=9000, false=0.5))
    assert len(np.unique(np.stack([found.frames, found.ids]), axis=1)[0]) == len(found.ids)
    assert found.ids.min() == 1
    assert set(found.ids.tolist()) == set(found.looks.ids.tolist()) == set(found.parts.tracks.tolist())
    assert (np.diff(found.frames) >= 0).all()
    assert (found.boxes_px >= 0).all()
    assert (found.boxes_px <= [640, 360, 640, 360]).all()
    assert np.linalg.norm(found.looks.descriptors, axis=1) == pytest.approx(1, abs=1e-5)


def test_clocks_go_wrong_within_bounds_and_differ() -> None:
    clocks = [tracks(Faults(), 2, camera=camera) for camera in range(40)]
    assert max(abs(one.offset_s) for one in clocks) <= 2
    assert max(abs(one.drift_ppm) for one in clocks) <= 50
    assert len({one.offset_s for one in clocks}) == 40


def test_a_camera_alone_draws_what_it_draws_among_others() -> None:
    one, other = tracks(Faults(), 50), tracks(Faults(), 50)
    assert one.boxes_px.tobytes() == other.boxes_px.tobytes()
    assert one.looks.descriptors.tobytes() == other.looks.descriptors.tobytes()
    assert one.boxes_px.tobytes() != tracks(Faults(), 50, camera=4).boxes_px.tobytes()


def test_nobody_seen_gives_no_tracks() -> None:
    found = faulty_tracks(seen(0), 0, SIZE, FPS, Faults(), drawn())
    assert len(found.ids) == len(found.looks.ids) == len(found.parts.tracks) == 0


@pytest.mark.parametrize(
    ("key", "value"), [("missed", -0.1), ("split", 0.95), ("jitter", float("nan")), ("clock_s", 601), ("noise", -1)]
)
def test_bad_shares_are_refused(key: str, value: float) -> None:
    with pytest.raises(BadConfig, match=key.replace("_", "-")):
        Faults(**{key: value})


def test_there_are_sixty_groups_of_look_alikes() -> None:
    looks = drawn().true(np.arange(1, 5001)).round(6)
    groups, counts = np.unique(looks, axis=0, return_counts=True)
    assert len(groups) == GROUPS
    assert counts.max() < 2.5 * counts.min()


def test_own_deviation_and_noise_have_the_lengths_asked_for() -> None:
    ids = np.arange(1, 2001)
    rng = np.random.default_rng(1)
    plain, own = drawn().true(ids), drawn(1, Spreads(0.3, 0, 0)).true(ids)
    assert (plain * own).sum(axis=1).mean() == pytest.approx(1 / np.hypot(1, 0.3), abs=0.01)
    noisy = drawn(1, Spreads(0, 0, 0.5)).of(0, ids, ids, np.ones(2000), rng)
    assert (plain * noisy).sum(axis=1).mean() == pytest.approx(1 / np.hypot(1, 0.5), abs=0.01)
