"""Combine several images into one sample."""

import numpy as np

CANVAS, SHIFT, IMAGE = 36, 6, 28
"""MultiMNIST's sizes (Sener & Koltun 2018): a canvas of 36, the second image shifted by 6, for images of 28."""


def assign_blocks(labels: np.ndarray, num_blocks: int, rng: np.random.Generator) -> np.ndarray:
    """Divide images at random into blocks with equal shares of every class.

    Args:
        labels: (images,) the class of each image.
        num_blocks: number of blocks, >= 1.
        rng: the source of chance.

    Returns:
        (images,) the block of each image, from 0 to `num_blocks` − 1.
    """
    order = rng.permutation(len(labels))
    # Sorted by class and dealt out in turn, each class is spread over all blocks.
    order = order[np.argsort(labels[order], kind="stable")]
    block = np.empty(len(labels), dtype=int)
    block[order] = np.arange(len(labels)) % num_blocks
    return block


def overlay(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Overlay each image of `left` with one of `right`, all (samples, size, size).

    MultiMNIST's recipe in proportion: `right` is shifted down and to the right, the brighter pixel wins where they
    overlap, and the canvas is sampled down to the images' size by the nearest pixel.
    """
    size = left.shape[1]
    canvas_size, shift = round(CANVAS / IMAGE * size), round(SHIFT / IMAGE * size)
    canvas = np.zeros((len(left), canvas_size, canvas_size), left.dtype)
    canvas[:, :size, :size] = left
    shifted = canvas[:, shift : shift + size, shift : shift + size]
    np.maximum(shifted, right, out=shifted)
    # The canvas pixel at the middle of each output pixel, as Pillow samples.
    nearest = (2 * np.arange(size) + 1) * canvas_size // (2 * size)
    return canvas[:, nearest][:, :, nearest]


def all_pairs(count: int) -> np.ndarray:
    """List every pair of `count` images, (pairs, 2)."""
    return np.stack(np.triu_indices(count, k=1), 1)


def balanced_pairs(candidates: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw pairs without replacement, half of them of one class.

    Args:
        candidates: (pairs, 2) indices of images.
        labels: (images,) the class of each image.
        count: number of pairs to draw, even.
        rng: the source of chance.

    Returns:
        (count, 2) indices of images, the pairs of one class first.
    """
    is_same = labels[candidates[:, 0]] == labels[candidates[:, 1]]
    same = rng.choice(np.flatnonzero(is_same), count // 2, replace=False)
    different = rng.choice(np.flatnonzero(~is_same), count // 2, replace=False)
    # The order of the two images must reveal nothing.
    return rng.permuted(candidates[np.concatenate([same, different])], axis=1)


def balanced_pairs_within(
    groups: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` balanced pairs of images of each group.

    Args:
        groups: (images,) the group of each image.
        labels: (images,) the class of each image.
        count: pairs of each group.
        rng: the source of chance.

    Returns:
        The pairs (samples, 2) and whether both images are of one class (samples,).
    """
    drawn = []
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        drawn.append(balanced_pairs(members[all_pairs(len(members))], labels, count, rng))
    pairs = np.concatenate(drawn)
    return pairs, labels[pairs[:, 0]] == labels[pairs[:, 1]]
