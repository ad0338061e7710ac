"""MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), and two of their images on one canvas."""

from pathlib import Path

import numpy as np
import torch

from sharegap.data.dataset import Dataset
from sharegap.data.download import parsed
from sharegap.data.formats.guard import damaged, require
from sharegap.data.formats.idx import read_idx
from sharegap.data.sets.combine import blocks, overlay
from sharegap.data.standardize import classification, standardized

SIZE, CLASSES = 28, 10
BLOCKS = 60
"""Parts of the training images; both images of a sample are of one part, and a split keeps parts whole."""


def _images(folder: str) -> list[np.ndarray]:
    """Training images (60000, 28, 28) and labels (60000,), test images (10000, 28, 28) and labels, all in uint8."""
    sources = [
        f"{folder}/{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
    ]
    return parsed(folder, ("x", "y", "x_test", "y_test"), sources, _read)


def _read(images: Path, labels: Path, images_test: Path, labels_test: Path) -> list[np.ndarray]:
    arrays = []
    for of_images, of_labels in ((images, labels), (images_test, labels_test)):
        x, y = read_idx(of_images, SIZE, SIZE), read_idx(of_labels)
        with damaged(of_labels):
            require(len(x) == len(y), f"it has {len(y)} labels for {len(x)} images")
            require(bool(y.max() < CLASSES), f"it has the label {y.max()}, which is no class")
        arrays += [x, y]
    return arrays


def _one(folder: str) -> Dataset:
    x, y, x_test, y_test = _images(folder)
    return classification(x[:, np.newaxis], y, x_test[:, np.newaxis], y_test, CLASSES)


def mnist() -> Dataset:
    """60,000 handwritten digits (1, 28, 28) and 10,000 to test."""
    return _one("mnist")


def fashion_mnist() -> Dataset:
    """60,000 pieces of clothing (1, 28, 28) of ten kinds and 10,000 to test."""
    return _one("fashion-mnist")


def _two(folder: str) -> Dataset:
    x, y, x_test, y_test = _images(folder)
    rng = np.random.default_rng(0)
    groups = blocks(y, min(BLOCKS, len(y)), rng)
    right = np.empty(len(y), dtype=int)
    for block in range(groups.max() + 1):
        members = np.flatnonzero(groups == block)
        right[members] = rng.choice(members, len(members))
    right_test = rng.integers(len(y_test), size=len(y_test))
    both, both_test = overlay(x, x[right]), overlay(x_test, x_test[right_test])
    inputs, inputs_test = standardized(both[:, np.newaxis], both_test[:, np.newaxis])
    targets, targets_test = (
        torch.from_numpy(np.stack([labels, labels[of_right]], 1).astype(np.int64))
        for labels, of_right in ((y, right), (y_test, right_test))
    )
    names = ("left", "right")
    strata = y.astype(np.int64)
    return Dataset(inputs, targets, inputs_test, targets_test, CLASSES, names, strata=strata, groups=groups)


def two_mnist() -> Dataset:
    """Two digits overlaid (1, 28, 28), and the class of each (2,): MultiMNIST (Sener & Koltun 2018).

    Every image is the left one of one sample; the right one is drawn from the same part of the data.
    """
    return _two("mnist")


def two_fashion_mnist() -> Dataset:
    """Two pieces of clothing overlaid, as `two_mnist`."""
    return _two("fashion-mnist")
