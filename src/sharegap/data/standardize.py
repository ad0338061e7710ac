"""Standardize inputs by the mean and standard deviation of the training part."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike
from torch import Tensor

BLOCK = 2**20
"""Numbers that are converted at a time: few next to the data, many for one call of numpy."""


@dataclass(frozen=True)
class Standardizer:
    """Mean, standard deviation and range of each channel or feature.

    Args:
        mean: shaped to broadcast over samples, as all others.
        std: 0 for a constant channel.
        low: the smallest value.
        high: the largest value.
    """

    mean: np.ndarray
    std: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, rows: np.ndarray, axis: int) -> "Standardizer":
        """Measure each channel or feature of some samples.

        Args:
            x: (samples, ...) numbers.
            rows: indices of the samples to measure, at least one.
            axis: the axis of the channels or features, which is kept; may be negative.
        """
        axis %= x.ndim
        axes = (*range(axis), *range(axis + 1, x.ndim))
        minima, maxima = [], []
        for _, block in blocks(x, rows):
            minima.append(block.min(axes, keepdims=True))
            maxima.append(block.max(axes, keepdims=True))
        low, high = np.min(minima, 0).astype(np.float64), np.max(maxima, 0).astype(np.float64)
        count = len(rows) * x[0].size // x.shape[axis]
        moments = _integer_moments if x.dtype == np.uint8 else _float_moments
        mean, std = moments(x, rows, axes, count)
        return cls(mean, std, low, high)

    @property
    def constant(self) -> np.ndarray:
        """Which channels do not vary."""
        # The mean of equal numbers may round to another one, so their deviation need not be 0.
        return (self.low == self.high) | (self.std == 0)

    @property
    def facts(self) -> dict[str, list[Any]]:
        """Mean and standard deviation, 0 where constant, as plain data that can be written as JSON."""
        return {"mean": self.mean.tolist(), "std": np.where(self.constant, 0, self.std).tolist()}

    def apply(self, x: np.ndarray, rows: np.ndarray, dtype: DTypeLike = np.float64) -> Tensor:
        """Standardize some samples; constant channels become 0.

        Args:
            x: (samples, ...) numbers, with the channels of the fitted ones.
            rows: indices of the samples to standardize.
            dtype: precision of the computation.

        Returns:
            (rows, ...) in single precision.
        """
        mean, std = self.mean.astype(dtype), np.where(self.constant, 1, self.std).astype(dtype)
        standardized = np.empty((len(rows), *x.shape[1:]), dtype=np.float32)
        for start, block in blocks(x, rows):
            # In place: a block takes one copy.
            values = block.astype(dtype)
            with np.errstate(over="ignore"):  # whoever reads other samples than the fitted ones looks for infinities
                values -= mean
                values /= std
                if self.constant.any():
                    values *= ~self.constant
                standardized[start : start + len(block)] = values
        return torch.from_numpy(standardized)


def standardize(x: np.ndarray, x_test: np.ndarray) -> tuple[Tensor, Tensor]:
    """Standardize images (samples, ..., channels, height, width) in each channel by those of the training part `x`."""
    # Images in bytes take single precision, half the memory: their published figures were computed so.
    dtype = np.float32 if x.dtype == np.uint8 else np.float64
    rows = np.arange(len(x))
    standardizer = Standardizer.fit(x, rows, axis=-3)
    return standardizer.apply(x, rows, dtype), standardizer.apply(x_test, np.arange(len(x_test)), dtype)


def blocks(x: np.ndarray, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the samples `rows` of `x` some at a time, each block after the position of its first sample."""
    size = max(1, BLOCK // max(1, x[0].size))
    for start in range(0, len(rows), size):
        yield start, x[rows[start : start + size]]


def _integer_moments(
    x: np.ndarray, rows: np.ndarray, axes: tuple[int, ...], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation from sums of integers, which are the same on every machine."""
    total = np.zeros(1, dtype=np.int64)
    squares = np.zeros(1, dtype=np.int64)
    for _, block in blocks(x, rows):
        total = total + block.sum(axes, dtype=np.int64, keepdims=True)
        # 255² just fits in 16 bits; the sums need 64.
        squares = squares + np.square(block, dtype=np.uint16).sum(axes, dtype=np.int64, keepdims=True)
    mean = total / count
    return mean, np.sqrt(squares / count - mean**2)


def _float_moments(x: np.ndarray, rows: np.ndarray, axes: tuple[int, ...], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation in two passes: subtracting large squares would cancel a small deviation."""
    mean, variance = np.zeros(1), np.zeros(1)
    for _, block in blocks(x, rows):
        mean = mean + block.astype(np.float64).sum(axes, keepdims=True) / count
    for _, block in blocks(x, rows):
        # In place: a block takes one copy.
        values = block.astype(np.float64)
        values -= mean
        variance = variance + np.square(values, out=values).sum(axes, keepdims=True) / count
    return mean, np.sqrt(variance)
