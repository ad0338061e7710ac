"""The 1,797 handwritten 8×8 digits of the UCI repository that scikit-learn ships (Alpaydin & Kaynak 1998).

Also their reconstruction, pairs of them, and two of them on one canvas.
"""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sharegap.data.dataset import Dataset
from sharegap.data.sets.combine import all_pairs, assign_blocks, balanced_pairs, balanced_pairs_within
from sharegap.data.sets.images import image_dataset, overlaid_dataset

TEST, SIZE, CLASSES = 500, 8, 10
BLOCKS = 12
"""Blocks of images: a sample of two images takes both from one block, and a split keeps blocks whole."""


@cache
def _load_images() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training and test images (samples, 8, 8) from 0 to 16 and labels; a fixed stratified 500 are the test part."""
    images, labels = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(images, labels, test_size=TEST, random_state=0, stratify=labels)
    return x.reshape(-1, SIZE, SIZE), y, x_test.reshape(-1, SIZE, SIZE), y_test


def digits() -> Dataset:
    """Load the images (samples, 1, 8, 8) and their classes.

    Example:
        >>> digits().x.shape
        torch.Size([1297, 1, 8, 8])
    """
    x, y, x_test, y_test = _load_images()
    return image_dataset(x[:, np.newaxis], y, x_test[:, np.newaxis], y_test, classes=CLASSES)


def digits_reconstruction() -> Dataset:
    """Load the images, each with its own 64 pixels as its target."""
    images = digits()
    targets, targets_test = images.x.flatten(1), images.x_test.flatten(1)
    return Dataset(images.x, targets, images.x_test, targets_test, classes=0, strata=images.strata)


def two_digits(partners: int = 3) -> Dataset:
    """Overlay two images, with the class of each as targets: MultiMNIST (Sener & Koltun 2018) at this size.

    Args:
        partners: how many samples have the same left image.
    """
    x, y, x_test, y_test = _load_images()
    # Fixed, not a run's seed: the combinations are part of the data.
    rng = np.random.default_rng(0)
    blocks = assign_blocks(y, BLOCKS, rng)
    left = np.tile(np.arange(len(y)), partners)
    right = np.empty(len(left), dtype=int)
    for sample, block in enumerate(blocks[left]):
        right[sample] = rng.choice(np.flatnonzero(blocks == block))
    right_test = rng.integers(len(y_test), size=len(y_test))
    return overlaid_dataset(
        (x, y),
        np.stack([left, right], 1),
        (x_test, y_test),
        np.stack([np.arange(len(y_test)), right_test], 1),
        classes=CLASSES,
        groups=blocks[left],
    )


def digit_pairs(held_out: tuple[int, ...] = (7, 8, 9), per_block: int = 300, test: int = 1000) -> Dataset:
    """Pair images (samples, 2, 1, 8, 8) of the same digit (1) or of two digits (0), half of them each.

    Args:
        held_out: digits that are in every test pair and in no other pair.
        per_block: training pairs of each of 12 blocks of images.
        test: test pairs.
    """
    x, y, x_test, y_test = _load_images()
    # Fixed, not a run's seed: pairs are part of the data.
    rng = np.random.default_rng(0)
    is_training_digit = ~np.isin(y, held_out)
    x, y = x[is_training_digit], y[is_training_digit]
    blocks = assign_blocks(y, BLOCKS, rng)
    pairs, same = balanced_pairs_within(blocks, y, per_block, rng)
    candidates = all_pairs(len(y_test))
    has_new_digit = np.isin(y_test[candidates], held_out).any(1)
    pairs_test = balanced_pairs(candidates[has_new_digit], y_test, test, rng)
    same_test = y_test[pairs_test[:, 0]] == y_test[pairs_test[:, 1]]
    return image_dataset(
        x[pairs][:, :, np.newaxis],
        same,
        x_test[pairs_test][:, :, np.newaxis],
        same_test,
        classes=2,
        groups=blocks[pairs[:, 0]],
    )
