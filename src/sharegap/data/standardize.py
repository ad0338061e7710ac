"""Images and labels as they are read, made a data set."""

import numpy as np
import torch

from sharegap.data.dataset import Dataset

AT_ONCE = 1000


def standardized(x: np.ndarray, x_test: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (samples, ..., channels, height, width) in uint8 as float32, of mean 0 and deviation 1 in each channel.

    Mean and deviation are those of the training part `x`.
    """
    mean, std = (each.astype(np.float32)[:, np.newaxis, np.newaxis] for each in _moments(x))
    parts = []
    for part in (x, x_test):
        values = np.subtract(part, mean, dtype=np.float32)
        values /= std
        parts.append(torch.from_numpy(values))
    return parts[0], parts[1]


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel, from sums of whole numbers: the same on every machine."""
    axes = tuple(axis for axis in range(x.ndim) if axis != x.ndim - 3)
    total = np.zeros(x.shape[-3], dtype=np.int64)
    squares = total.copy()
    for start in range(0, len(x), AT_ONCE):
        some = x[start : start + AT_ONCE]
        total += some.sum(axes, dtype=np.int64)
        squares += np.square(some, dtype=np.uint16).sum(axes, dtype=np.int64)
    count = x.size // x.shape[-3]
    mean = total / count
    return mean, np.sqrt(squares / count - mean**2)


def classification(
    x: np.ndarray,
    y: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
    classes: int,
    groups: np.ndarray | None = None,
) -> Dataset:
    """Images (samples, ..., channels, height, width) in uint8, standardized, and their classes (samples,)."""
    inputs, inputs_test = standardized(x, x_test)
    labels, labels_test = (torch.from_numpy(each.astype(np.int64)) for each in (y, y_test))
    return Dataset(inputs, labels, inputs_test, labels_test, classes, strata=labels.numpy(), groups=groups)
