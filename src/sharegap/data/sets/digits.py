"""The 1,797 handwritten 8×8 digits of the UCI repository that scikit-learn ships (Alpaydin & Kaynak 1998), and
what is made of them: their reconstruction, pairs of them, and two of them on one canvas."""

from functools import cache

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sharegap.data.dataset import Dataset
from sharegap.data.sets.combine import all_pairs, balanced, blocks, overlay

TEST, SIZE = 500, 8
BLOCKS = 12
"""Parts of the images; what is combined of several images takes them from one part, and a split keeps parts whole."""


@cache
def _images() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training and test images (samples, 8, 8) from 0 to 16 and labels; a fixed stratified 500 are the test part."""
    images, labels = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(images, labels, test_size=TEST, random_state=0, stratify=labels)
    return x.reshape(-1, SIZE, SIZE), y, x_test.reshape(-1, SIZE, SIZE), y_test


def _standardized(x: np.ndarray, x_test: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    mean, std = x.mean(), x.std()
    part, test = (torch.as_tensor((each - mean) / std).float().unsqueeze(-3) for each in (x, x_test))
    return part, test


def digits() -> Dataset:
    """Images (samples, 1, 8, 8), standardized over the training part, and their classes."""
    x, y, x_test, y_test = _images()
    inputs, inputs_test = _standardized(x, x_test)
    return Dataset(inputs, torch.as_tensor(y), inputs_test, torch.as_tensor(y_test), classes=10, strata=y)


def digits_reconstruction() -> Dataset:
    """Each image, and as its target its own 64 pixels."""
    images = digits()
    targets, targets_test = images.x.flatten(1), images.x_test.flatten(1)
    return Dataset(images.x, targets, images.x_test, targets_test, classes=0, strata=images.strata)


def two_digits(partners: int = 3) -> Dataset:
    """Two images overlaid, and the class of each: MultiMNIST (Sener & Koltun 2018) at this size.

    Every image is the left one of `partners` samples; (samples, 1, 8, 8) and targets (samples, 2).
    """
    x, y, x_test, y_test = _images()
    rng = np.random.default_rng(0)
    groups = blocks(y, BLOCKS, rng)
    left = np.tile(np.arange(len(y)), partners)
    right = np.array([rng.choice(np.flatnonzero(groups == groups[i])) for i in left])
    right_test = rng.integers(len(y_test), size=len(y_test))
    inputs, inputs_test = _standardized(overlay(x[left], x[right]), overlay(x_test, x_test[right_test]))
    return Dataset(
        inputs,
        torch.as_tensor(np.stack([y[left], y[right]], 1)),
        inputs_test,
        torch.as_tensor(np.stack([y_test, y_test[right_test]], 1)),
        classes=10,
        tasks=("left", "right"),
        strata=y[left],
        groups=groups[left],
    )


def digit_pairs(held_out: tuple[int, ...] = (7, 8, 9), per_block: int = 300, test: int = 1000) -> Dataset:
    """Pairs of images (samples, 2, 1, 8, 8), 1 where both show the same digit, else 0; half are the same.

    The digits `held_out` are in no training and no validation pair, and in every test pair.
    """
    x, y, x_test, y_test = _images()
    rng = np.random.default_rng(0)
    known = ~np.isin(y, held_out)
    x, y = x[known], y[known]
    groups = blocks(y, BLOCKS, rng)
    candidates, candidates_test = all_pairs(len(y)), all_pairs(len(y_test))
    within = [candidates[(groups[candidates] == block).all(1)] for block in range(BLOCKS)]
    pair = np.concatenate([balanced(of_block, y, per_block, rng) for of_block in within])
    new = np.isin(y_test[candidates_test], held_out).any(1)
    pair_test = balanced(candidates_test[new], y_test, test, rng)
    inputs, inputs_test = _standardized(x[pair], x_test[pair_test])
    same, same_test = (labels[:, 0] == labels[:, 1] for labels in (y[pair], y_test[pair_test]))
    return Dataset(
        inputs,
        torch.as_tensor(same).long(),
        inputs_test,
        torch.as_tensor(same_test).long(),
        classes=2,
        strata=same.astype(int),
        groups=groups[pair[:, 0]],
    )
