"""Samples made of several images."""

import numpy as np

CANVAS, SHIFT, IMAGE = 36, 6, 28
"""MultiMNIST's sizes (Sener & Koltun 2018): a canvas of 36, the second image moved by 6, for images of 28."""


def blocks(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """A number from 0 to `count` − 1 for each image, every class spread over all of them."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    block = np.empty(len(labels), dtype=int)
    block[order] = np.arange(len(labels)) % count
    return block


def overlay(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Each image of `left` with one of `right` on one canvas, both (samples, size, size): (samples, size, size).

    MultiMNIST's recipe in proportion: `right` is moved down and to the right, the brighter pixel wins where they
    overlap, and the canvas is sampled down to the images' size by the nearest pixel.
    """
    size = left.shape[1]
    canvas_size, shift = round(CANVAS / IMAGE * size), round(SHIFT / IMAGE * size)
    canvas = np.zeros((len(left), canvas_size, canvas_size), left.dtype)
    canvas[:, :size, :size] = left
    moved = canvas[:, shift : shift + size, shift : shift + size]
    np.maximum(moved, right, out=moved)
    nearest = (2 * np.arange(size) + 1) * canvas_size // (2 * size)  # to the middle of each pixel, as Pillow does
    return canvas[:, nearest][:, :, nearest]


def all_pairs(count: int) -> np.ndarray:
    """Every pair of `count` images, (pairs, 2)."""
    return np.stack(np.triu_indices(count, k=1), 1)


def balanced(candidates: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` of the pairs `candidates` (pairs, 2) of images with these `labels`, half of them of one class."""
    same = labels[candidates[:, 0]] == labels[candidates[:, 1]]
    halves = [rng.choice(np.flatnonzero(same == wanted), count // 2, replace=False) for wanted in (True, False)]
    # Which of the two comes first must tell nothing.
    return rng.permuted(candidates[np.concatenate(halves)], axis=1)
