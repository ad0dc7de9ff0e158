"""Faces, plates and the second look: where the models' answers lie in the frame."""

from types import SimpleNamespace

import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.core.vocabulary import CLASSES
from sightline.privacy.faces import FaceFinder
from sightline.privacy.plates import PlateFinder
from sightline.privacy.second_look import SecondLook


def frame(width=320, height=240):
    return Frame("gate", 1, 0, np.zeros((height, width, 3), np.uint8))


class Session:
    """A session that notes the sizes it saw and answers what ``answer`` makes of them."""

    def __init__(self, name, family, input_hw, answer, **model):
        self.model = SimpleNamespace(
            name=name, family=family, input_hw=input_hw, cost=0.5, fit="stretch", mean=(0, 0, 0), scale=(1, 1, 1)
        )
        self.model.__dict__.update(model)
        self.input_hw = input_hw
        self.seen = []
        self._answer = answer

    def run(self, tensor):
        self.seen.append(tensor.shape[2:])
        return self._answer(len(self.seen), *tensor.shape[2:])

    def run_many(self, tensors):
        return [self.run(tensor) for tensor in tensors]


def yunet(place, size, score=0.9):
    """Answers of YuNet with one face of ``size`` px whose middle is at ``place`` px of its input."""

    def answer(_, height, width):
        answers = {}
        for stride in (8, 16, 32):
            cells = (height // stride) * (width // stride)
            answers |= {f"cls_{stride}": np.zeros((1, cells, 1), np.float32)}
            answers |= {f"obj_{stride}": np.zeros((1, cells, 1), np.float32)}
            answers |= {f"bbox_{stride}": np.zeros((1, cells, 4), np.float32)}
            answers |= {f"kps_{stride}": np.zeros((1, cells, 10), np.float32)}
        column, row = int(place[0] // 8), int(place[1] // 8)
        cell = row * (width // 8) + column
        answers["cls_8"][0, cell] = answers["obj_8"][0, cell] = score
        answers["bbox_8"][0, cell] = [place[0] / 8 - column, place[1] / 8 - row, *np.log([size / 8, size / 8])]
        return answers

    return answer


@pytest.mark.parametrize(
    ("sent", "zoom", "seen"), [(320, 1.0, (256, 320)), (160, 1.0, (128, 160)), (160, 2.0, (256, 320))]
)
def test_faces_are_sought_at_the_size_of_the_picture_sent(sent, zoom, seen):
    session = Session("yunet-dynamic", "yunet", (640, 640), yunet((40, 60), 20))
    found = FaceFinder(session, zoom=zoom, min_score=0.3)(frame(), sent)
    assert session.seen == [seen]
    per_px = 320 / (sent * zoom)
    assert found[0].tolist() == pytest.approx([30 * per_px, 50 * per_px, 50 * per_px, 70 * per_px, 0.9], rel=1e-3)


def test_the_fixed_model_looks_tile_by_tile():
    session = Session("yunet", "yunet", (640, 640), yunet((40, 60), 20))
    found = FaceFinder(session, zoom=1.3, min_score=0.3)(frame(1280, 720), 1280)
    assert session.seen == [(640, 640)] * 6
    assert sorted(found[:, 0].round().tolist()) == pytest.approx([30, 30, 350, 350, 670, 670])
    assert sorted(set(found[:, 1].round().tolist())) == pytest.approx([50, 130])


@pytest.mark.parametrize(("size", "score", "kept"), [(40, 0.4, 1), (40, 0.2, 0), (150, 0.4, 0), (150, 0.7, 1)])
def test_a_doubtful_face_counts_only_when_it_is_small(size, score, kept):
    session = Session("yunet-dynamic", "yunet", (640, 640), yunet((160, 120), size, score))
    assert len(FaceFinder(session, zoom=1.0, min_score=0.3)(frame(), 320)) == kept


def test_plates_lie_in_their_crops():
    rows = np.array([[0, 1, 0.99, 0, 0, 1, 1], [0, 2, 0.8, 0.25, 0.5, 0.75, 0.75], [0, 2, 0.3, 0, 0, 1, 1], [-1] * 7])
    session = Session("plates", "plates", (300, 300), lambda *_: {"out": rows[None, None].astype(np.float32)})
    found = PlateFinder(session, min_score=0.5)(frame(), np.array([[100, 40, 200, 120], [-20, 0, 80, 60]], np.float32))
    assert session.seen == [(300, 300)] * 2
    assert found[:, :4].tolist() == [[125, 80, 175, 100], [20, 30, 60, 45]]
    assert PlateFinder(session, min_score=0.5)(frame(), np.zeros((0, 4), np.float32)).shape == (0, 5)


def nanodet(box, column, score):
    def answer(*_):
        scores = np.zeros((1, 3, 80), np.float32)
        scores[0, 0, column] = score
        boxes = np.zeros((1, 3, 4), np.float32)
        boxes[0, 0] = box
        return {"boxes": boxes, "scores": scores}

    return answer


@pytest.mark.parametrize(
    ("word", "column", "score", "label"),
    [
        ("person", 0, 0.5, "pedestrian"),
        ("bus", 5, 0.5, "bus"),
        ("doubtful", 2, 0.1, None),
        ("a bench is nobody", 13, 0.9, None),
    ],
)
def test_the_second_look_sees_road_users(word, column, score, label):
    session = Session("nanodet-plus-m-1.5x", "nanodet", (416, 416), nanodet((104, 104, 208, 312), column, score))
    seen = SecondLook(session, min_score=0.15)(frame(640, 480), 640)
    assert [CLASSES[code] for code in seen.labels] == ([label] if label else []), word
    if label:
        assert seen.boxes_px[0].tolist() == pytest.approx([160, 120, 320, 360])
        assert seen.ids.tolist() == [-1]


@pytest.mark.parametrize(("number", "label"), [(0, "vehicle"), (1, "pedestrian"), (2, "rider")])
def test_the_fresh_look_reads_its_family(number, label):
    rows = np.full((1, 1, 200, 7), -1, np.float32)
    rows[0, 0, 0] = [0, number, 0.5, 0.25, 0.25, 0.5, 0.75]
    rows[0, 0, 1] = [0, number, 0.05, 0, 0, 1, 1]
    session = Session("person-vehicle-bike-detection-2000", "pvb", (256, 256), lambda *_: {"detection_out": rows})
    seen = SecondLook(session, min_score=0.1)(frame(640, 480), 640)
    assert [CLASSES[code] for code in seen.labels] == [label]
    assert seen.boxes_px[0].tolist() == pytest.approx([160, 120, 320, 360])


def test_a_large_picture_is_looked_at_in_parts_that_overlap():
    session = Session("nanodet-plus-m-1.5x", "nanodet", (416, 416), nanodet((0, 0, 416, 416), 2, 0.9))
    look = SecondLook(session, min_score=0.15)
    parts = look(frame(1920, 1080), 1920).boxes_px
    assert len(parts) == 3
    assert parts[:, 0].min() == 0
    assert parts[:, 2].max() == pytest.approx(1920)
    assert (parts[:-1, 2] - parts[1:, 0] > 150).all()
    assert len(look(frame(1920, 1080), 960)) == 1
    high = look(frame(1080, 1920), 1920).boxes_px
    assert high[0, 3] < 800 < 1100 < high[2, 1] + 100


@pytest.mark.parametrize(("cost", "every"), [(0.5, 1), (1.2, 1), (2.6, 3)])
def test_a_dear_model_looks_at_fewer_pictures(cost, every):
    session = Session("yolox-s", "yolox", (640, 640), lambda *_: {}, cost=cost)
    assert SecondLook(session, min_score=0.15).every == every
