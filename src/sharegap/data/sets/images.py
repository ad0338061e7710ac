"""Data sets of images, from pixels and labels."""

import numpy as np
import torch

from sharegap.data.dataset import Dataset
from sharegap.data.sets.combine import overlay
from sharegap.data.standardize import standardize


def image_dataset(
    x: np.ndarray,
    y: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
    *,
    classes: int,
    tasks: tuple[str, ...] = (),
    groups: np.ndarray | None = None,
) -> Dataset:
    """Make a data set of images and their classes.

    Args:
        x: pixels (samples, ..., channels, height, width), which become standardized inputs.
        y: class indices (samples,) or (samples, tasks); splits keep those of the first task in proportion.
        x_test: pixels of the test part.
        y_test: class indices of the test part.
        classes: number of classes.
        tasks: names of the targets, if there are several.
        groups: (samples,) numbers of groups that splits keep whole.
    """
    inputs, inputs_test = standardize(x, x_test)
    labels, labels_test = y.astype(np.int64), y_test.astype(np.int64)
    return Dataset(
        inputs,
        torch.from_numpy(labels),
        inputs_test,
        torch.from_numpy(labels_test),
        classes=classes,
        tasks=tasks,
        strata=labels if labels.ndim == 1 else labels[:, 0],
        groups=groups,
    )


def overlaid_dataset(
    images: tuple[np.ndarray, np.ndarray],
    pairs: np.ndarray,
    images_test: tuple[np.ndarray, np.ndarray],
    pairs_test: np.ndarray,
    *,
    classes: int,
    groups: np.ndarray,
) -> Dataset:
    """Make a data set of two images on one canvas, and the class of each (Sener & Koltun 2018).

    Args:
        images: training images (images, size, size) and labels (images,).
        pairs: (samples, 2) indices of the left and the right image.
        images_test: test images and labels.
        pairs_test: indices of the test images.
        classes: number of classes of one image.
        groups: (samples,) numbers of groups that splits keep whole.
    """
    x, y = _overlay_pairs(*images, pairs)
    x_test, y_test = _overlay_pairs(*images_test, pairs_test)
    return image_dataset(x, y, x_test, y_test, classes=classes, tasks=("left", "right"), groups=groups)


def _overlay_pairs(images: np.ndarray, labels: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Canvases (samples, 1, size, size) and labels (samples, 2)."""
    canvases = overlay(images[pairs[:, 0]], images[pairs[:, 1]])
    return canvases[:, np.newaxis], labels[pairs]
