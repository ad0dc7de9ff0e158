"""Altering beyond recall: detail that is gone, what stays, whole pictures and masks."""

import cv2
import numpy as np
import pytest

from sightline.privacy.obscure import fill_masks, obscure, pixelated
from sightline.privacy.regions import Regions


def face(box, cell):
    return Regions.of("face", np.array([box], np.float32), np.array([cell], np.float32))


def noise(width=200, height=120, seed=3):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def detail_left(before, after):
    was, now = (cv2.Laplacian(np.ascontiguousarray(part[..., 0]), cv2.CV_32F) for part in (before, after))
    return abs(float((was * now).sum() / (was * was).sum()))


def test_what_is_outside_stays_as_it_was():
    picture = noise()
    altered = obscure(picture, face((50, 30, 90, 70), 10), 1.0)
    outside = np.ones(picture.shape[:2], bool)
    outside[30:70, 50:90] = False
    assert np.array_equal(altered[outside], picture[outside])
    assert picture is not altered


def test_fine_detail_is_gone():
    picture = noise()
    altered = obscure(picture, face((50, 30, 90, 70), 10), 1.0)
    assert detail_left(picture[30:70, 50:90], altered[30:70, 50:90]) < 0.01
    assert altered[30:70, 50:90].std() < 0.2 * picture[30:70, 50:90].std()


def test_pictures_with_equal_cell_means_cannot_be_told_apart():
    # Two texts with the same means per cell: if the outcome is the same, nothing finer than a cell can be won back.
    cell = np.kron(np.array([[0, 255], [255, 0]], np.uint8), np.ones((5, 5), np.uint8))
    first = np.repeat(np.tile(cell, (4, 4))[..., None], 3, axis=2)
    second = 255 - first
    one, other = (obscure(picture, face((0, 0, 40, 40), 10), 1.0) for picture in (first, second))
    assert np.abs(one.astype(int) - other.astype(int)).max() <= 2


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.0])
def test_regions_are_widened_to_whole_pixels_at_any_scale(scale):
    picture = noise(round(200 * scale), round(120 * scale))
    altered = obscure(picture, face((50.4, 30.4, 89.6, 69.6), 20), scale)
    left, top, right, bottom = (int(50.4 * scale), int(30.4 * scale), int(89.6 * scale + 1), int(69.6 * scale + 1))
    changed = (altered != picture).any(axis=2)
    assert changed[top:bottom, left:right].mean() > 0.95


def test_where_regions_overlap_the_coarser_cells_are_shown():
    picture = noise()
    coarse, fine = face((20, 20, 100, 100), 40), face((30, 30, 60, 60), 6)
    alone = obscure(picture, coarse, 1.0)
    for order in ([coarse, fine], [fine, coarse]):
        assert np.array_equal(obscure(picture, Regions.join(order), 1.0), alone)


def test_tiny_cells_are_raised_to_the_least():
    picture = noise()
    assert detail_left(picture[30:70, 50:90], obscure(picture, face((50, 30, 90, 70), 0.1), 1.0)[30:70, 50:90]) < 0.02


def test_nothing_to_alter_leaves_the_picture():
    picture = noise()
    assert np.array_equal(obscure(picture, Regions.empty(), 1.0), picture)


@pytest.mark.parametrize(
    ("word", "width", "height", "blocks"),
    [("wide", 192, 108, 24), ("high", 108, 192, 24), ("odd", 101, 33, 8), ("one pixel", 1, 1, 24)],
)
def test_a_pixelated_picture_has_so_many_blocks_along_its_longer_side(word, width, height, blocks):
    coarse = pixelated(noise(width, height), blocks)
    assert coarse.shape == (height, width, 3), word
    longer = coarse[0] if width >= height else coarse[:, 0]
    changes = int((np.diff(longer.astype(int), axis=0) != 0).any(axis=1).sum())
    assert changes < blocks, word


def test_masks_are_filled_flat():
    picture = noise()
    before = picture.copy()
    fill_masks(picture, [[(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)]])
    assert len(np.unique(picture[35:85, 55:145].reshape(-1, 3), axis=0)) == 1
    assert np.array_equal(picture[:25], before[:25])
