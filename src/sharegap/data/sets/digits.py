"""The 1,797 handwritten 8×8 digits of the UCI repository that scikit-learn ships (Alpaydin & Kaynak 1998).

Also their reconstruction, pairs of them, and two of them on one canvas.
"""

from dataclasses import replace
from functools import cache

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sharegap.data.dataset import Dataset
from sharegap.data.sets.combine import all_pairs, assign_blocks, balanced_pairs
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


TRAINING, VALIDATION, NEW = (0, 1, 2, 3, 4), (5, 6), (7, 8, 9)
"""Digits of the training pairs, in every validation pair, and in every test pair: a new digit is new to all choices."""


def digit_pairs(new_digits: bool = True, train: int = 3000, validation: int = 600, test: int = 1000) -> Dataset:
    """Pair images (samples, 2, 1, 8, 8) of the same digit (1) or of two digits (0), half of them each.

    Training pairs show the digits 0 to 4. Every validation pair has a 5 or a 6, and every test pair a 7, 8 or 9, so a
    strength is chosen by what it does for digits that are new. No image is on two sides.

    Args:
        new_digits: False for test pairs of the training digits. Their score, on images that are new, tells how much of
            the gap is generalization; the rest of the gap is the shift to other digits.
        train: training pairs.
        validation: validation pairs.
        test: test pairs.
    """
    x, y, x_test, y_test = _load_images()
    # Fixed, not a run's seed: pairs are part of the data.
    rng = np.random.default_rng(0)
    # A quarter of the images is for validation alone; those of its digits are of no use elsewhere.
    is_validation = (assign_blocks(y, 4, rng) == 0) | np.isin(y, VALIDATION)
    training_pairs = _draw_pairs(~is_validation, y, digits=TRAINING, one_of=TRAINING, count=train, rng=rng)
    known = TRAINING + VALIDATION
    validation_pairs = _draw_pairs(is_validation, y, digits=known, one_of=VALIDATION, count=validation, rng=rng)
    every_image = np.full(len(y_test), True)
    digits_test, one_of = (tuple(range(CLASSES)), NEW) if new_digits else (TRAINING, TRAINING)
    pairs_test = _draw_pairs(every_image, y_test, digits=digits_test, one_of=one_of, count=test, rng=rng)
    pairs = np.concatenate([training_pairs, validation_pairs])
    dataset = image_dataset(
        x[pairs][:, :, np.newaxis],
        y[pairs[:, 0]] == y[pairs[:, 1]],
        x_test[pairs_test][:, :, np.newaxis],
        y_test[pairs_test[:, 0]] == y_test[pairs_test[:, 1]],
        classes=2,
    )
    return replace(dataset, validation=np.arange(len(pairs)) >= len(training_pairs))


def _draw_pairs(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    digits: tuple[int, ...],
    one_of: tuple[int, ...],
    count: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw balanced pairs of marked images of some digits, each with at least one of `one_of`: indices (count, 2)."""
    members = np.flatnonzero(images & np.isin(labels, digits))
    candidates = members[all_pairs(len(members))]
    return balanced_pairs(candidates[np.isin(labels[candidates], one_of).any(1)], labels, count, rng)
