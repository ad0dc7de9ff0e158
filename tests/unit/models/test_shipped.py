"""The network in the package: any size, any number in flight, the same answer."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import ModelUnavailable
from sightline.detect.motion import WEIGHTS
from sightline.models import shipped
from sightline.models.shipped import ShippedNet


def _pictures(sizes: list[tuple[int, int]]) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.integers(0, 256, (1, 8, h, w)).astype(np.uint8) for h, w in sizes]


def test_each_picture_has_its_answer_in_order_whatever_flies_beside_it() -> None:
    pictures = _pictures([(16, 24), (24, 16), (16, 24), (16, 24), (24, 16)])
    one, many = ShippedNet(WEIGHTS / "motion.xml", threads=1), ShippedNet(WEIGHTS / "motion.xml", threads=2)
    alone = [one.run_many([picture])[0] for picture in pictures]
    assert [answer.shape for answer in alone] == [(13, p.shape[2] // 2, p.shape[3] // 2) for p in pictures]
    for left, right in zip(alone, many.run_many(pictures), strict=True):
        assert np.array_equal(left, right)


def test_sizes_that_were_not_used_for_long_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "MOST_SIZES", 2)
    one, two, three = _pictures([(16, 24), (24, 16), (16, 16)])
    net = ShippedNet(WEIGHTS / "motion.xml", threads=3)
    first = net.run_many([one])[0]
    together = net.run_many([one, two, three, one, two])
    assert len(net._requests) == 2
    net.run_many([one])
    net.run_many([three])
    assert [shape[2:] for shape in net._requests] == [(16, 24), (16, 16)], "the size used last stays longest"
    second, third = net.run_many([two, three])
    for left, right in zip(together, (first, second, third, first, second), strict=True):
        assert np.array_equal(left, right)


def test_no_pictures_no_answers() -> None:
    assert ShippedNet(WEIGHTS / "motion.xml", threads=1).run_many([]) == []


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.xml").write_text("<net")
    with pytest.raises(ModelUnavailable, match=r"net\.xml"):
        ShippedNet(tmp_path / "net.xml")


def test_the_package_stays_small() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 1_000_000
