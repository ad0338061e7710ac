"""How samples are made of several images."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sharegap.data.sets.combine import all_pairs, assign_blocks, balanced_pairs, overlay


def multi_mnist(left, right, canvas_size, shift):
    """The recipe of MultiMNIST, pixel by pixel (github.com/isl-org/MultiObjectiveOptimization)."""
    size = len(left)
    canvas = np.zeros((canvas_size, canvas_size))
    canvas[:size, :size] = left
    for row in range(size):
        for column in range(size):
            at = row + shift, column + shift
            inside = max(at) < size  # where the two overlap
            canvas[at] = max(canvas[at], right[row, column]) if inside else right[row, column]
    # As Pillow's nearest neighbours, which the published program takes.
    return F.interpolate(torch.as_tensor(canvas)[None, None], size=(size, size), mode="nearest-exact")[0, 0].numpy()


# The published sizes, and in proportion: 8 · 36/28 is 10.3, 8 · 6/28 is 1.7.
@pytest.mark.parametrize(("size", "canvas_size", "shift"), [(28, 36, 6), (8, 10, 2)])
def test_overlay_is_multi_mnists_recipe(size, canvas_size, shift):
    rng = np.random.default_rng(0)
    left, right = (rng.integers(0, 256, (5, size, size)).astype(float) for _ in range(2))
    expected = np.stack([multi_mnist(*pair, canvas_size, shift) for pair in zip(left, right, strict=True)])
    assert np.array_equal(overlay(left, right), expected)


def test_overlay_changes_no_input():
    rng = np.random.default_rng(0)
    left, right = (rng.random((2, 8, 8)) for _ in range(2))
    before = left.copy(), right.copy()
    overlay(left, right)
    assert np.array_equal(left, before[0])
    assert np.array_equal(right, before[1])


def test_blocks_are_even_in_every_class():
    labels = np.random.default_rng(1).integers(0, 10, size=1297)
    block = assign_blocks(labels, 12, np.random.default_rng(0))
    assert np.ptp(np.bincount(block, minlength=12)) <= 1
    for label in range(10):
        assert np.ptp(np.bincount(block[labels == label], minlength=12)) <= 1
    assert not np.array_equal(block, assign_blocks(labels, 12, np.random.default_rng(1)))


def test_all_pairs_has_no_repeats():
    pairs = all_pairs(6)
    assert len({frozenset(pair) for pair in pairs.tolist()}) == len(pairs) == 15


def test_balanced_pairs_are_half_of_one_class():
    """They are drawn without repeats, and the order of the two images is random."""
    labels = np.arange(60) % 4
    drawn = balanced_pairs(all_pairs(60), labels, 200, np.random.default_rng(0))
    same = labels[drawn[:, 0]] == labels[drawn[:, 1]]
    assert drawn.shape == (200, 2)
    assert same.sum() == 100
    assert len({frozenset(pair) for pair in drawn.tolist()}) == 200
    assert 60 < (drawn[:, 0] < drawn[:, 1]).sum() < 140
