"""MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), alone and two images on one canvas."""

from pathlib import Path

import numpy as np

from sharegap.data.cache import cached_arrays
from sharegap.data.dataset import Dataset
from sharegap.data.formats.guard import check, reading
from sharegap.data.formats.idx import read_idx
from sharegap.data.sets.combine import assign_blocks
from sharegap.data.sets.images import image_dataset, overlaid_dataset

SIZE, CLASSES = 28, 10
ARRAYS = ("x", "y", "x_test", "y_test")
FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
BLOCKS = 60
"""Blocks of training images: a sample takes both images from one block, and a split keeps blocks whole."""


def mnist() -> Dataset:
    """Load 60,000 handwritten digits (1, 28, 28) and 10,000 to test."""
    return _single("mnist")


def fashion_mnist() -> Dataset:
    """Load 60,000 images (1, 28, 28) of ten kinds of clothing and 10,000 to test."""
    return _single("fashion-mnist")


def two_mnist() -> Dataset:
    """Overlay two digits (1, 28, 28), with the class of each as targets (2,): MultiMNIST (Sener & Koltun 2018).

    Every image is the left one of one sample; the right one is drawn from the same block.
    """
    return _overlaid("mnist")


def two_fashion_mnist() -> Dataset:
    """Overlay two images of clothing, as `two_mnist` does."""
    return _overlaid("fashion-mnist")


def load_images(folder: str) -> list[np.ndarray]:
    """Load training images (60000, 28, 28) and labels (60000,), test images (10000, 28, 28) and labels, in uint8."""
    return cached_arrays(folder, ARRAYS, [f"{folder}/{file}" for file in FILES], _parse)


def _parse(images: Path, labels: Path, images_test: Path, labels_test: Path) -> list[np.ndarray]:
    """Read the four files of one data set."""
    return [*_parse_part(images, labels), *_parse_part(images_test, labels_test)]


def _parse_part(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read images and their labels."""
    x, y = read_idx(images, SIZE, SIZE), read_idx(labels)
    with reading(labels):
        check(len(x) == len(y), f"it has {len(y)} labels for {len(x)} images")
        check(bool(y.max() < CLASSES), f"it has the label {y.max()}, which is no class")
    return x, y


def _single(folder: str) -> Dataset:
    """The data set of single images."""
    x, y, x_test, y_test = load_images(folder)
    return image_dataset(x[:, np.newaxis], y, x_test[:, np.newaxis], y_test, classes=CLASSES)


def _overlaid(folder: str) -> Dataset:
    """The data set of two images on one canvas."""
    x, y, x_test, y_test = load_images(folder)
    # Fixed, not a run's seed: the combinations are part of the data.
    rng = np.random.default_rng(0)
    blocks = assign_blocks(y, min(BLOCKS, len(y)), rng)
    right = np.empty(len(y), dtype=int)
    for block in range(blocks.max() + 1):
        members = np.flatnonzero(blocks == block)
        right[members] = rng.choice(members, len(members))
    right_test = rng.integers(len(y_test), size=len(y_test))
    return overlaid_dataset(
        (x, y),
        np.stack([np.arange(len(y)), right], 1),
        (x_test, y_test),
        np.stack([np.arange(len(y_test)), right_test], 1),
        classes=CLASSES,
        groups=blocks,
    )
