"""Inputs: their shape and numbers checked, standardized by the training part."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sharegap.errors import UserError

LARGEST = float(np.finfo(np.float32).max)
AT_ONCE = 2**20
"""Numbers that are converted at once: few beside the data, many beside a call."""
SAMPLES = {
    1: "{0:,} numbers each",
    2: "{0} channel{s} of length {1}",
    3: "{0} channel{s} of {1}×{2}",
}


def describe_sample(shape: tuple[int, ...]) -> str:
    """The shape of one sample in words; UserError where it is none that is known."""
    if len(shape) not in SAMPLES or not all(shape):
        raise UserError(
            f"the samples of x have the shape {shape}: it must be (features,), (channels, length) or "
            "(channels, height, width), and in pairs a 2 before that; grey images have 1 channel"
        )
    return SAMPLES[len(shape)].format(*shape, s="" if shape[0] == 1 else "s")


def check_numbers(x: np.ndarray, name: str) -> None:
    """Raises UserError where `x` (samples, ...) is no array of finite numbers that fit in single precision."""
    if x.dtype.kind not in "biuf":
        raise UserError(f"{name} is of the type {x.dtype}: inputs must be numbers")
    if x.dtype.kind != "f":
        return
    for first, block in _blocks(x, np.arange(len(x))):
        with np.errstate(invalid="ignore"):
            fine = (np.abs(block) <= LARGEST).reshape(len(block), -1).all(1)
        if not fine.all():
            raise UserError(
                f"{name} has NaN, infinity or a number beyond {LARGEST:.1e} in sample {first + int(fine.argmin())} "
                "(from 0): leave such samples out, or fill in what is missing"
            )


@dataclass(frozen=True)
class Scale:
    """The mean, standard deviation and ends of each feature or channel, shaped to broadcast over samples."""

    mean: np.ndarray
    std: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, rows: np.ndarray, keep: int) -> "Scale":
        """Of the samples `rows` of `x`, over all axes but `keep`."""
        axes = tuple(axis for axis in range(x.ndim) if axis != keep)
        ends = [(b.min(axes, keepdims=True), b.max(axes, keepdims=True)) for _, b in _blocks(x, rows)]
        low, high = np.min([each for each, _ in ends], 0), np.max([each for _, each in ends], 0)
        count = len(rows) * x[0].size // x.shape[keep]
        # Twice over the data: the square of a mean taken from that of squares leaves nothing of small deviations.
        mean, variance = np.zeros_like(low), np.zeros_like(low)
        for _, block in _blocks(x, rows):
            mean += block.sum(axes, keepdims=True) / count
        for _, block in _blocks(x, rows):
            variance += np.square(block - mean).sum(axes, keepdims=True) / count
        return cls(mean, np.sqrt(variance), low, high)

    @property
    def constant(self) -> np.ndarray:
        return (self.low == self.high) | (self.std == 0)

    def apply(self, x: np.ndarray, rows: np.ndarray) -> Tensor:
        """The samples `rows` of `x`, standardized; features that are constant in the training part are 0."""
        out = np.empty((len(rows), *x.shape[1:]), dtype=np.float32)
        inverse = np.where(self.constant, 0, 1 / np.where(self.constant, 1, self.std))
        for first, block in _blocks(x, rows):
            out[first : first + len(block)] = (block - self.mean) * inverse
        return torch.from_numpy(out)


def _blocks(x: np.ndarray, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The samples `rows` of `x` in double precision, some at a time, each with the place of its first."""
    at_once = max(1, AT_ONCE // max(1, x[0].size))
    for first in range(0, len(rows), at_once):
        yield first, x[rows[first : first + at_once]].astype(np.float64)
