"""The redactor: what is altered, and that the whole picture is pixelated when it cannot be."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from sightline.config import PrivacySettings
from sightline.core.errors import BadConfig, ModelUnavailable
from sightline.core.frame import Frame
from sightline.core.values import Tracks
from sightline.models.library import Library
from sightline.privacy import Redactor, make_redactor, missing_models

SETTINGS = PrivacySettings()
PERSON = ("pedestrian", (100, 40, 150, 200))
CAR = ("car", (160, 80, 300, 190))


def changed(made, frame):
    return (made.pixels != frame.pixels).any(axis=2)


def share_changed(made, frame, box):
    left, top, right, bottom = box
    return changed(made, frame)[top:bottom, left:right].mean()


def test_a_found_face_far_from_any_track_is_altered(answers, noisy):
    frame = noisy()
    made = Redactor(answers((20, 20, 40, 44)), answers(), SETTINGS)(frame, Tracks.empty())
    assert not made.pixelated
    assert share_changed(made, frame, (20, 20, 40, 44)) > 0.98
    assert share_changed(made, frame, (100, 100, 300, 200)) == 0


def test_heads_are_altered_although_no_face_was_found(answers, noisy, objects):
    frame = noisy()
    made = Redactor(answers(), answers(), SETTINGS)(frame, objects(PERSON))
    assert share_changed(made, frame, (110, 40, 140, 66)) > 0.98
    assert share_changed(made, frame, (100, 120, 150, 200)) == 0


def test_the_plate_band_is_altered_although_no_plate_was_found(answers, noisy, objects):
    frame = noisy()
    made = Redactor(answers(), answers(), SETTINGS)(frame, objects(CAR))
    assert share_changed(made, frame, (160, 130, 300, 190)) > 0.98
    assert share_changed(made, frame, (160, 80, 300, 105)) == 0


@pytest.mark.parametrize(("score", "ids", "blurred"), [(0.1, [-1], False), (0.3, [-1], True), (0.1, [7], True)])
def test_a_doubtful_detection_without_a_track_is_left(score, ids, blurred, answers, noisy, objects):
    frame, rows = noisy(), objects(CAR, ids=ids)
    rows.scores[:] = score
    made = Redactor(answers(), answers(), SETTINGS)(frame, rows)
    assert bool(changed(made, frame).any()) is blurred


def test_a_vehicle_too_small_to_read_is_left(answers, noisy, objects):
    frame, plates = noisy(), answers()
    made = Redactor(answers(), plates, SETTINGS)(frame, objects(("car", (100, 100, 130, 120))))
    assert not changed(made, frame).any()
    assert len(plates.calls[0]) == 0


def test_a_plate_outside_the_band_is_altered_where_it_was_found(answers, noisy, objects):
    frame = noisy()
    made = Redactor(answers(), answers((200, 84, 230, 94)), SETTINGS)(frame, objects(CAR))
    assert share_changed(made, frame, (200, 84, 230, 94)) > 0.98


def test_what_is_altered_grows_with_the_age_of_the_analysis(answers, noisy, objects):
    areas = []
    for age in (0.0, 0.2, 0.4):
        frame = noisy()
        made = Redactor(answers(), answers(), SETTINGS)(frame, objects(CAR, PERSON), age_s=age)
        areas.append(changed(made, frame).mean())
    assert areas[0] < areas[1] < areas[2]


def test_what_was_found_in_one_picture_is_altered_in_the_next_at_its_moved_place(answers, noisy, objects):
    faces = answers((215, 85, 231, 105))
    redactor = Redactor(faces, answers(), SETTINGS)
    redactor(noisy(seconds=1.0), objects(CAR))
    faces.rows = []
    moved, frame = objects(("car", (180, 84, 320, 194))), noisy(seconds=1.08)
    made = redactor(frame, moved, age_s=0.08)
    assert share_changed(made, frame, (235, 89, 251, 109)) > 0.98
    redactor.forget("gate")
    frame = noisy(seconds=1.16)
    assert share_changed(redactor(frame, moved), frame, (235, 89, 251, 109)) < 0.5


def test_each_thread_has_its_own_memory_of_a_camera(answers, noisy, objects):
    faces = answers((20, 20, 40, 44))
    redactor = Redactor(faces, answers(), SETTINGS)
    redactor(noisy(seconds=1.0), Tracks.empty())
    other = threading.Thread(target=redactor, args=(noisy(seconds=900.0), Tracks.empty()))
    other.start()
    other.join(10)
    faces.rows = []
    frame = noisy(seconds=1.08)
    assert share_changed(redactor(frame, Tracks.empty()), frame, (20, 20, 40, 44)) > 0.98


@pytest.mark.parametrize(
    ("word", "given", "says"),
    [
        ("never analysed", {"analysed": False}, "no analysis"),
        ("analysis too old", {"age_s": 9.0}, "9.0 s old"),
        ("age is not a number", {"age_s": float("nan")}, "s old"),
    ],
)
def test_without_an_analysis_the_whole_picture_is_pixelated(word, given, says, answers, noisy):
    frame = noisy()
    made = Redactor(answers(), answers(), SETTINGS)(frame, Tracks.empty(), **given)
    assert made.pixelated, word
    assert says in made.reason
    assert "\n" not in made.reason
    assert len(np.unique(made.pixels.reshape(-1, 3), axis=0)) <= 24 * 24


@pytest.mark.parametrize(
    "error",
    [RuntimeError("inference"), ValueError("shape"), ModelUnavailable("gone"), cv2.error("resize"), KeyError("cls_8"),
     MemoryError(), ZeroDivisionError()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
@pytest.mark.parametrize("which", ["faces", "plates"])
def test_a_failing_stage_pixelates_the_whole_picture(which, error, answers, failing, noisy):
    finders = {"faces": answers(), "plates": answers()} | {which: failing(error)}
    made = Redactor(finders["faces"], finders["plates"], SETTINGS)(noisy(), Tracks.empty())
    assert made.pixelated
    assert type(error).__name__ in made.reason


def test_without_models_the_whole_picture_is_pixelated(noisy, tmp_path):
    redactor = make_redactor(Library(tmp_path), SETTINGS)
    made = redactor(noisy(), Tracks.empty())
    assert not redactor.ready
    assert made.pixelated
    assert made.reason == redactor.reason != ""


def test_a_spoilt_model_file_is_as_good_as_none(tmp_path):
    library = Library(tmp_path)
    file = Path(library.folder) / "yunet" / "face_detection_yunet_2023mar.onnx"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"not a network")
    redactor = make_redactor(library, SETTINGS)
    assert not redactor.ready
    assert "yunet" in redactor.reason


def test_a_picture_drawn_by_the_simulator_passes(noisy):
    frame = noisy(synthetic=True)
    made = Redactor(None, None, SETTINGS)(frame, Tracks.empty(), analysed=False)
    assert not made.pixelated
    assert np.array_equal(made.pixels, frame.pixels)
    assert not np.shares_memory(made.pixels, frame.pixels)


@pytest.mark.parametrize("given", [{}, {"analysed": False}, {"age_s": 99.0}])
@pytest.mark.parametrize("synthetic", [False, True])
def test_masks_are_filled_in_every_picture_of_their_camera(given, synthetic, answers, noisy):
    redactor = Redactor(answers(), answers(), SETTINGS)
    redactor.set_masks("gate", [[(0.5, 0.5), (1, 0.5), (1, 1), (0.5, 1)]])
    made = redactor(noisy(synthetic=synthetic), Tracks.empty(), **given)
    assert len(np.unique(made.pixels[125:, 165:].reshape(-1, 3), axis=0)) == 1
    redactor.set_masks("gate", [])
    assert len(np.unique(redactor(noisy(synthetic=True), Tracks.empty()).pixels[125:, 165:].reshape(-1, 3), axis=0)) > 9


def test_a_bad_mask_is_refused(answers):
    with pytest.raises(BadConfig):
        Redactor(answers(), answers(), SETTINGS).set_masks("gate", [[(0, 0), (9, 9)]])


@pytest.mark.parametrize(
    ("word", "width", "expected"),
    [("smaller", 160, (120, 160)), ("never enlarged", 999, (240, 320)), ("as it came", None, (240, 320))],
)
def test_the_size_asked_for(word, width, expected, answers, noisy, objects):
    frame = noisy()
    made = Redactor(answers(), answers(), SETTINGS)(frame, objects(PERSON), width=width)
    assert made.pixels.shape[:2] == expected, word


def test_a_smaller_picture_is_altered_at_the_same_places(answers, objects):
    marks = np.kron(np.random.default_rng(2).integers(0, 2, (120, 160), np.uint8) * 255, np.ones((2, 2), np.uint8))
    frame = Frame("gate", 1, 0, np.repeat(marks[..., None], 3, axis=2))
    made = Redactor(answers((20, 20, 60, 64)), answers(), SETTINGS)(frame, Tracks.empty(), width=160)
    assert made.pixels[10:32, 10:30].std() < 30
    assert made.pixels[60:110, 60:150].std() > 100


def test_the_decoders_own_planes_are_taken(answers, objects):
    pixels = np.random.default_rng(1).integers(0, 256, (240 * 3 // 2, 320), np.uint8)
    made = Redactor(answers((20, 20, 40, 44)), answers(), SETTINGS)(
        Frame("gate", 1, 0, pixels, "i420"), objects(PERSON)
    )
    whole = cv2.cvtColor(pixels, cv2.COLOR_YUV2BGR_I420)
    assert made.pixels.shape == (240, 320, 3)
    assert (made.pixels != whole).any(axis=2)[20:44, 20:40].mean() > 0.98
    assert np.array_equal(made.pixels[210:], whole[210:])


def test_the_frame_itself_is_never_altered(answers, noisy, objects):
    frame = noisy()
    before = frame.pixels.copy()
    redactor = Redactor(answers((20, 20, 40, 44)), answers(), SETTINGS)
    redactor.set_masks("gate", [[(0, 0), (1, 0), (1, 1)]])
    redactor(frame, objects(PERSON, CAR))
    assert np.array_equal(frame.pixels, before)


def test_boxes_that_are_not_numbers_or_far_outside_do_no_harm(answers, noisy, objects):
    rows = objects(
        CAR, ("car", (float("nan"), 0, 10, 10)), ("car", (-9e5, -9e5, -8e5, -8e5)), ("car", (50, 50, 50, 50))
    )
    made = Redactor(answers(), answers(), SETTINGS)(noisy(), rows)
    assert not made.pixelated


class Look:
    """A second or fresh look that sees the same rows each time."""

    def __init__(self, rows, every=1):
        self.rows, self.every, self.looks = rows, every, 0

    def __call__(self, frame, sent_px):
        self.looks += 1
        return self.rows


def test_what_only_the_second_look_sees_is_altered(answers, noisy, objects):
    frame = noisy()
    redactor = Redactor(answers(), answers(), SETTINGS, second=Look(objects(CAR, ids=[-1])))
    assert share_changed(redactor(frame, Tracks.empty()), frame, (160, 130, 300, 190)) > 0.98


def test_the_fresh_look_is_for_pictures_that_were_not_analysed(answers, noisy, objects):
    look = Look(objects(CAR, ids=[-1]))
    redactor = Redactor(answers(), answers(), SETTINGS, fresh=look)
    redactor(noisy(seconds=1.0), Tracks.empty())
    assert look.looks == 0
    frame = noisy(seconds=1.1)
    assert share_changed(redactor(frame, Tracks.empty(), age_s=0.1), frame, (160, 130, 300, 190)) > 0.98
    assert look.looks == 1


def test_what_a_dear_second_look_saw_is_altered_until_it_looks_again(answers, noisy, objects):
    look = Look(objects(CAR, ids=[-1]), every=3)
    redactor = Redactor(answers(), answers(), SETTINGS, second=look)
    covered = []
    for place in range(1, 7):
        frame = noisy(seconds=place / 10)
        covered.append(share_changed(redactor(frame, Tracks.empty()), frame, (160, 130, 300, 190)) > 0.98)
    assert look.looks == 2
    assert covered == [False, False, True, True, True, True]


def test_it_says_when_there_is_no_fresh_look(answers, objects):
    assert Redactor(answers(), answers(), SETTINGS).notes
    assert not Redactor(answers(), answers(), SETTINGS, fresh=Look(objects())).notes
    assert not Redactor(None, None, SETTINGS).notes


def test_what_is_missing_can_be_fetched_one_of_each_kind(tmp_path):
    names = missing_models(Library(tmp_path))
    assert names == [
        "yunet",
        "vehicle-license-plate-detection-barrier-0106",
        "yolox-tiny",
        "person-vehicle-bike-detection-2000",
    ]
