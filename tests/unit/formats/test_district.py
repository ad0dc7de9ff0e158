"""District folders: what is written comes back, and what is broken is refused with file and line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sightline.core.errors import BadConfig, BadData
from sightline.core.events import Line
from sightline.core.vocabulary import CODE
from sightline.formats.columns_csv import Column, read_columns, write_columns
from sightline.formats.columns_npz import columns_bytes, read_npz, write_npz
from sightline.formats.district import (
    MANIFEST,
    CameraEntry,
    Manifest,
    TrackLooks,
    begin,
    make_room,
    read_cameras,
    read_district,
    write_cameras,
    write_looks,
    write_manifest,
)
from sightline.formats.district_tables import CROSSINGS, TABLES
from sightline.formats.geojson import feature, read_geojson, write_geojson
from sightline.formats.mot import read_mot
from sightline.formats.mot_truth import result_bytes, truth_bytes
from sightline.formats.trajectories import Samples, read_parts, write_part

CAMERA = CameraEntry(
    "cam-01", (640, 360), 5.0, 1_900_000_000_000_000_000, (1.0, 2.0, 7.5), (Line("a", (0, 0), (1, 1)),)
)
MANIFEST_OF_TEN = Manifest("truth", 1, 2.0, 5.0, 10, CAMERA.start_ns, (CAMERA,), {"hour": 8.0})
GOOD = "1,7,10.00,20.00,30.00,40.00,1,100,0.50\n"


def district(folder: Path, truth: str = GOOD) -> Path:
    (folder / "truth").mkdir(parents=True)
    (folder / "truth" / "cam-01.txt").write_bytes(truth.encode())
    write_manifest(folder, MANIFEST_OF_TEN)
    return folder


def test_a_manifest_comes_back(tmp_path: Path) -> None:
    found = read_district(district(tmp_path / "d"))
    assert found.manifest == MANIFEST_OF_TEN
    assert found.names == ("cam-01",)


@pytest.mark.parametrize(
    "text",
    [GOOD, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, "\n" + GOOD, ""],
    ids=["plain", "crlf", "byte order mark", "blank line", "nobody there"],
)
def test_truth_comes_back(tmp_path: Path, text: str) -> None:
    rows = read_district(district(tmp_path / "d", text)).truth("cam-01")
    assert rows.boxes_px.tolist() == ([[10, 20, 40, 60]] if text else [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + GOOD, "line 2: expected an id once per frame"),
        (GOOD + "2,7,nan,20,30,40,1,100,1\n", "line 2: expected a finite number as left"),
        (GOOD + "2,7,10,20,30,40,1\n", "line 2: expected 9 columns as above, got 7"),
        ("1,7,10,20,30,40,1\n", "expected a class of 100 to 110"),
        ("1,7,10,20,30,40,1,-1,-1,-1\n", "expected a class of 100 to 110"),
        (GOOD.replace(",100,", ",1,"), "frame 1 id 7: expected a class of 100 to 110"),
        (GOOD.replace(",1,100", ",0.5,100"), "expected a confidence of 0 or 1, got 0.5"),
        (GOOD.replace("0.50", "1.50"), "expected a visibility of 0..1, got 1.5"),
        (GOOD.replace("1,7", "11,7"), "frame 11 id 7: expected frames up to 10"),
        (GOOD.replace("30.00", "700"), "expected boxes within the 640x360 picture, got 710"),
        (GOOD.replace("10.00", "ten"), "line 1: expected a number as left, got 'ten'"),
    ],
    ids=["doubled id", "NaN", "a short row", "7 columns", "10 columns", "MOT class", "half counted", "visibility",
         "late frame", "another size", "text"],
)  # fmt: skip
def test_broken_truth_is_refused(tmp_path: Path, text: str, words: str) -> None:
    found = read_district(district(tmp_path / "d", text))
    with pytest.raises(BadData, match=r"cam-01\.txt") as caught:
        found.truth("cam-01")
    assert words in str(caught.value)


def _no_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def _no_truth(folder: Path) -> None:
    (folder / "truth" / "cam-01.txt").unlink()


def _edit(**changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        members = json.loads((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(json.dumps(members | changes))

    return edit


def _cut(folder: Path) -> None:
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text[: len(text) // 2])


ENTRY = {"name": "c", "size": [640, 360], "fps": 5, "start": "PT0S"}


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_no_manifest, "district.json: expected the file that is written last, got a folder half written"),
        (_no_truth, "truth/cam-01.txt: expected a file of camera cam-01, got none"),
        (_cut, "district.json line"),
        (_edit(schema="other/1"), "expected schema sightline.district/1, got 'other/1'"),
        (_edit(kind="film"), "expected a kind of truth, video or tracks, got 'film'"),
        (_edit(frames=1.5), "expected a whole number of 0 or more as frames"),
        (_edit(fps=-1), "expected a number of 0 or more as fps, got -1"),
        (_edit(start="noon"), "expected an instant as start, got 'noon'"),
        (_edit(cameras={}), "expected a list as cameras, got dict"),
        (_edit(cameras=[ENTRY | {"name": "../x"}]), "camera 1: expected a name that can name a file, got '../x'"),
        (_edit(cameras=[ENTRY, ENTRY]), "expected every camera once, got 'c' again"),
        (_edit(cameras=[{"name": "c"}]), "camera 1: expected name, size, fps, start and lines"),
        (_edit(cameras=[ENTRY | {"fps": 0}]), "camera 1: expected a size, rate and place"),
        (_edit(baselines=[1]), "expected an object as baselines, got list"),
    ],
    ids=["half written", "no truth", "cut off", "schema", "kind", "frames", "fps", "start", "cameras", "bad name",
         "twice", "few members", "no rate", "baselines"],
)  # fmt: skip
def test_a_broken_folder_is_refused(tmp_path: Path, harm: Callable[[Path], None], words: str) -> None:
    folder = district(tmp_path / "d")
    harm(folder)
    with pytest.raises(BadData) as caught:
        read_district(folder)
    assert words in str(caught.value)


def test_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="expected a district folder, got nothing"):
        read_district(tmp_path / "nowhere")


def test_room_is_made_only_where_a_district_was(tmp_path: Path) -> None:
    make_room(tmp_path / "new", force=False)
    old = tmp_path / "old"
    begin(old)
    district(old / "inner")  # as deep as a district goes
    (old / "inner").rename(old / "truth")
    with pytest.raises(BadConfig, match="an empty folder, or --force"):
        make_room(old, force=False)
    (old / "letters.txt").write_text("dear")
    with pytest.raises(BadConfig, match=r"nothing but a district in it \(there is letters\.txt\)"):
        make_room(old, force=True)
    (old / "letters.txt").unlink()
    make_room(old, force=True)
    assert list(old.iterdir()) == []
    mine = tmp_path / "mine"
    (mine / "truth").mkdir(parents=True)
    with pytest.raises(BadConfig, match="a district made earlier"):
        make_room(mine, force=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfig, match="a folder, or a name that is free"):
        make_room(tmp_path / "file", force=True)


def test_cameras_come_back_without_place(tmp_path: Path) -> None:
    blind = CameraEntry("cam-02", (64, 48), 2.0, 1_900_000_000_500_000_000)
    write_cameras(tmp_path / "cameras.json", (CAMERA, blind))
    assert read_cameras(tmp_path / "cameras.json") == (CAMERA, blind)


def test_tracks_come_back_and_must_agree(tmp_path: Path) -> None:
    entry = CameraEntry("c", (640, 360), 2.0, 10**18)
    (tmp_path / "tracks").mkdir()
    rows = np.array([1, 2]), np.array([3, 3]), np.array([[1.0, 2, 3, 4], [2, 3, 4, 5]]), np.array([0.5, 0.75])
    (tmp_path / "tracks" / "c.txt").write_bytes(result_bytes(*rows))
    looks = TrackLooks(np.array([3]), np.array([CODE["bus"]], np.int16), np.eye(1, 32, dtype=np.float32))
    write_looks(tmp_path / "tracks" / "c.npz", looks)
    write_manifest(tmp_path, Manifest("tracks", 1, 1.0, 2.0, 2, 10**18, (entry,)))
    table, said = read_district(tmp_path).tracks("c")
    assert table.ids.tolist() == [3, 3]
    assert said.labels.tolist() == [CODE["bus"]]
    write_looks(tmp_path / "tracks" / "c.npz", TrackLooks(np.array([4]), looks.labels, looks.descriptors))
    with pytest.raises(BadData, match=r"expected the tracks of c\.txt, got track 3 in only one of the two"):
        read_district(tmp_path).tracks("c")
    write_looks(tmp_path / "tracks" / "c.npz", TrackLooks(np.array([3]), looks.labels, looks.descriptors * 2))
    with pytest.raises(BadData, match=r"row 0: expected a descriptor of length 1, got 2\.000"):
        read_district(tmp_path).tracks("c")


def test_a_table_comes_back(tmp_path: Path) -> None:
    table = {
        "time_s": np.array([0.5, 1.25]), "camera": np.array(["a", 'b, "c"']), "line": np.array(["x", "y"]),
        "direction": np.array(["forward", "backward"]), "class": np.array([0, 7], np.int16), "id": np.array([1, 9]),
    }  # fmt: skip
    write_columns(tmp_path / "t.csv", CROSSINGS, table)
    found = read_columns(tmp_path / "t.csv", CROSSINGS)
    assert {name: column.tolist() for name, column in found.items()} == {n: c.tolist() for n, c in table.items()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("n,x\n", "line 1: expected the header n,x,who"),
        ("n,x,who\n1,2\n", "line 2: expected 3 cells, got 2"),
        ("n,x,who\n1,2,car\n\n1.5,2,car\n", "line 4: expected a whole number as n, got '1.5'"),
        ("n,x,who\n1,nan,car\n", "line 2: expected x of 0 or more, got nan"),
        ("n,x,who\n1,-1,car\n", "line 2: expected x of 0 or more, got -1"),
        ("n,x,who\n1_0,2,car\n", "line 2: expected a whole number as n, got '1_0'"),
        ("n,x,who\n1,2,tram\n", "line 2: expected a class as who, got 'tram'"),
        ('n,x,who\n1,2,"car\n', "line 2: expected a row of CSV"),
    ],
    ids=["header", "short", "fraction", "NaN", "negative", "underscore", "class", "quote"],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    columns = (Column("n", "whole"), Column("x", "number", least=0), Column("who", "class"))
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(BadData) as caught:
        read_columns(tmp_path / "t.csv", columns)
    assert words in str(caught.value)


def test_every_table_of_a_district_has_names_once() -> None:
    assert all(len({column.name for column in columns}) == len(columns) for columns in TABLES.values())


def test_columns_give_the_same_bytes_and_come_back(tmp_path: Path) -> None:
    columns = {"a": np.arange(5), "b": np.ones((5, 2), np.float32)}
    assert columns_bytes(columns) == columns_bytes(columns)
    write_npz(tmp_path / "c.npz", columns)
    found = read_npz(tmp_path / "c.npz", {"a": ("int64", ()), "b": ("float32", (2,))})
    assert np.array_equal(found["b"], columns["b"])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a": np.arange(3)}, "expected a column b, got a"),
        ({"a": np.arange(3), "b": np.ones((2, 2), np.float32)}, "expected b as float32 3 x 2"),
        ({"a": np.arange(3), "b": np.ones((3, 2))}, "got float64"),
        ({"a": np.arange(1), "b": np.full((1, 2), np.nan, np.float32)}, "row 0: expected a finite b"),
        (None, "expected columns \\(.npz\\), got a broken file"),
        (b"PK\x03\x04 and no more", "got a broken file"),
    ],
    ids=["missing", "length", "type", "NaN", "empty file", "cut off"],
)
def test_broken_columns_are_refused(tmp_path: Path, columns: dict[str, np.ndarray] | bytes | None, words: str) -> None:
    path = tmp_path / "c.npz"
    if isinstance(columns, dict):
        write_npz(path, columns)
    else:
        path.write_bytes(columns or b"")
    with pytest.raises(BadData, match=words):
        read_npz(path, {"a": ("int64", ()), "b": ("float32", (2,))})


def samples(times: list[float]) -> Samples:
    n = len(times)
    return Samples(
        np.arange(n), np.zeros(n, np.int16), np.array(times), np.full((n, 2), -3.25), np.full(n, 9.0), np.full(n, 1.5)
    )


def test_trajectories_come_back_in_parts(tmp_path: Path) -> None:
    write_part(tmp_path, 0, samples([0.0, 0.2]))
    write_part(tmp_path, 1, samples([0.4]))
    parts = list(read_parts(tmp_path))
    assert [part.times_s.tolist() for part in parts] == [[0.0, 0.2], [0.4]]
    assert parts[0].places.tolist() == [[-3.25, -3.25]] * 2
    assert parts[0].headings[0] == pytest.approx(9.0 - 2 * np.pi, abs=1e-3)


@pytest.mark.parametrize(
    ("numbers", "times", "words"),
    [
        ([], [], "expected parts 00000.npz and following, got none"),
        ([0, 2], [[0.0], [1.0]], "expected part 00001.npz, got 00002.npz"),
        ([0, 1], [[5.0], [1.0]], "00001.npz row 0: expected times that rise, got 1000 ms"),
    ],
    ids=["none", "a gap", "back in time"],
)
def test_broken_trajectories_are_refused(
    tmp_path: Path, numbers: list[int], times: list[list[float]], words: str
) -> None:
    for number, time in zip(numbers, times, strict=True):
        write_part(tmp_path, number, samples(time))
    with pytest.raises(BadData, match=words):
        list(read_parts(tmp_path))


@given(
    arrays(np.int64, 5, elements=st.integers(0, 10**12)),
    arrays(np.float64, (5, 4), elements=st.floats(0, 1e6)),
    arrays(np.float64, 5, elements=st.floats(0, 1)),
)
def test_truth_is_written_as_python_would(ids: np.ndarray, boxes: np.ndarray, visibility: np.ndarray) -> None:
    boxes = np.sort(np.rint(boxes.reshape(5, 2, 2) * 100) / 100, axis=1).reshape(5, 4)
    frames, counted = np.arange(1, 6), np.array([True, False] * 2 + [True])
    text = truth_bytes(frames, ids, boxes, counted, np.full(5, 7), visibility).decode()
    for k, line in enumerate(text.splitlines()):
        cells = line.split(",")
        assert cells[:2] == [str(frames[k]), str(ids[k])]
        sizes = boxes[k, 2:] - boxes[k, :2]
        numbers = np.array([*boxes[k, :2], *sizes, visibility[k]])
        assert np.abs(np.array([float(cell) for cell in (*cells[2:6], cells[8])]) - numbers).max() <= 0.005 + 1e-6
        assert cells[6:8] == [str(int(counted[k])), "107"]
        assert all(cell == f"{float(cell):.2f}" for cell in (*cells[2:6], cells[8]))


def test_no_rows_are_no_text(tmp_path: Path) -> None:
    none = np.zeros(0, np.int64)
    assert truth_bytes(none, none, np.zeros((0, 4)), none > 0, none, none.astype(float)) == b""
    (tmp_path / "t.txt").write_bytes(b"")
    assert len(read_mot(tmp_path / "t.txt")) == 0


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_rows_that_are_no_truth_are_not_written(bad: float) -> None:
    one = np.ones(1, np.int64)
    with pytest.raises(ValueError, match="expected"):
        truth_bytes(one, one, np.full((1, 4), bad), one > 0, one, np.ones(1))


BARE = '{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[1,2]},"properties":null}]}'


def test_a_map_comes_back(tmp_path: Path) -> None:
    square = np.array([[0.0, 0], [0, 1], [1, 1], [1, 0]])
    write_geojson(tmp_path / "m.geojson", [feature("Polygon", square, {"kind": "x"}), feature("Point", square[:1], {})])
    area, point = read_geojson(tmp_path / "m.geojson")
    ring = area["geometry"]["coordinates"][0]
    assert ring == [[1, 0], [1, 1], [0, 1], [0, 0], [1, 0]]  # counter-clockwise and closed
    assert point["geometry"]["coordinates"] == [0, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\n", "line 2: expected GeoJSON as JSON"),
        ("[]", "expected a GeoJSON FeatureCollection, got list"),
        ('{"type":"Feature"}', "expected a GeoJSON FeatureCollection, got type 'Feature'"),
        ('{"type":"FeatureCollection"}', "expected a list as features, got NoneType"),
        ('{"type":"FeatureCollection","features":[3]}', "feature 1: expected a feature with a geometry, got none"),
        (BARE.replace("null", "7"), "feature 1: expected an object as properties, got 7"),
    ],
    ids=["cut off", "a list", "one feature", "no features", "a number", "properties"],
)
def test_a_broken_map_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "m.geojson").write_text(text)
    with pytest.raises(BadData, match=words):
        read_geojson(tmp_path / "m.geojson")


def test_properties_may_be_null_as_the_standard_says(tmp_path: Path) -> None:
    (tmp_path / "m.geojson").write_text(BARE)
    assert read_geojson(tmp_path / "m.geojson")[0]["properties"] is None


def test_a_line_needs_two_places() -> None:
    with pytest.raises(ValueError, match="expected at least 2 places"):
        feature("LineString", np.array([[0.0, 0]]), {})
