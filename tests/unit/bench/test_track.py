"""What the tracker costs: the drawn street, the figures, and the library as a process that is played."""

import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from sightline.bench import library_speed, track
from sightline.core.errors import SightlineError, SourceUnavailable

PYTHON = Path(sys.executable)
PLAYED = """
import json, sys
import numpy as np
columns = np.load(sys.argv[1])
assert columns["first"][-1] == len(columns["boxes"]) == len(columns["scores"])
print(json.dumps({"us_per_frame": {name: 1000.0 for name in sys.argv[4:]}, "versions": {"trackers": "0"}}))
"""


@pytest.mark.parametrize(
    ("cameras", "objects"), [pytest.param(1, 5, id="one camera"), pytest.param(3, 10, id="three"), (2, 0)]
)
def test_street_gives_each_camera_a_sample_per_round(cameras: int, objects: int) -> None:
    rounds = track.street(cameras, objects, seed=1, rounds=4)
    assert [len(samples) for samples in rounds] == [cameras] * 4
    assert [samples[0].time_ns for samples in rounds] == [0, 200_000_000, 400_000_000, 600_000_000]
    many = [len(sample.detections) for samples in rounds for sample in samples]
    assert max(many) <= objects + objects // 5
    assert (np.array(many) > 0).all() == (objects > 0)


def test_street_is_the_same_for_a_seed() -> None:
    one, two = (track.street(1, 5, seed=3, rounds=2)[1][0].detections for _ in range(2))
    assert np.array_equal(one.boxes_px, two.boxes_px)


def test_cost_is_of_the_timed_rounds() -> None:
    assert track.cost_us(track.street(2, 3, 0)) > 0


def test_memory_counts_tracks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track, "_MANY", 8)
    kept = track.memory()
    assert kept["cameras"] == 8
    assert kept["tracks"] >= 8 * 5
    assert kept["bytes_per_track"] > 100


def test_values_with_the_library_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "played.py"
    script.write_text(textwrap.dedent(PLAYED))
    monkeypatch.setattr(track, "SCRIPT", script)
    monkeypatch.setattr(track, "memory", dict)
    monkeypatch.setattr(track, "cost_us", lambda rounds: 50.0 * len(rounds[0]))
    monkeypatch.setattr(track, "CAMERAS", (1, 2))
    monkeypatch.setattr(track, "TURNS", 1)
    alone = track.track(None)
    assert alone["library"] is None
    assert alone["us_per_camera_frame"] == {
        c: dict.fromkeys(("5", "10", "20"), us) for c, us in (("1", 50.0), ("2", 100.0))
    }
    beside = track.track(PYTHON)["library"]
    assert beside["us_per_camera_frame"] == {"ByteTrack": 1000.0, "SORT": 1000.0}
    assert beside["times_ours_by_cameras"]["SORT"] == {"1": 20.0, "2": 10.0}


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        pytest.param('print(\'{"absent": "trackers"}\')', SourceUnavailable, "package trackers", id="no package"),
        pytest.param("raise SystemExit('broke')", SightlineError, "ended with 1: broke", id="fails"),
    ],
)
def test_a_library_that_does_not_answer_is_an_error(
    script: str, error: type[Exception], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "played.py"
    path.write_text(script)
    monkeypatch.setattr(track, "SCRIPT", path)
    with pytest.raises(error, match=words):
        track.library_us(PYTHON, track.street(1, 3, 0, rounds=2))


def test_no_interpreter_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="expected an interpreter"):
        track.library_us(tmp_path / "python", [])


def test_the_script_says_which_package_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_speed, "NEEDED", ("no_such_package",))
    assert library_speed.main("none", 0, 5.0, ["SORT"]) == {"absent": "no_such_package"}


def test_the_script_times_every_frame_after_the_warm_ones() -> None:
    class Counts:
        seen = 0

        def update(self, given: int) -> None:
            self.seen += given

    tracker = Counts()
    assert library_speed.cost_us(tracker, [1, 1, 1, 1], warm=2) >= 0
    assert tracker.seen == 4
