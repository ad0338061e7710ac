"""Check the shape and the numbers of users' inputs."""

import numpy as np

from sharegap.data.standardize import blocks
from sharegap.errors import UserError

MAX_FLOAT32 = float(np.finfo(np.float32).max)


def check_sample_shape(shape: tuple[int, ...]) -> None:
    """Raise a UserError unless one sample of `shape` is a vector, a sequence or an image."""
    if len(shape) not in (1, 2, 3) or not all(shape):
        raise UserError(
            "samples of x must be (features,), (channels, length) or (channels, height, width), and of pairs with a 2 "
            f"before that, got {shape}: grey images have 1 channel"
        )


def check_numbers(x: np.ndarray, name: str) -> None:
    """Raise a UserError unless `x` (samples, ...) holds finite numbers that fit in single precision."""
    if x.dtype.kind not in "biuf":
        raise UserError(f"{name} must hold numbers, got the type {x.dtype}")
    if x.dtype.kind != "f":
        _check_told_apart(x, name)
        return
    for start, block in blocks(x, np.arange(len(x))):
        with np.errstate(invalid="ignore"):
            values = block.astype(np.float64)
            is_valid = (np.abs(values, out=values) <= MAX_FLOAT32).reshape(len(block), -1).all(1)
        if not is_valid.all():
            raise UserError(
                f"{name} must be finite and at most {MAX_FLOAT32:.1e}, got another number in sample "
                f"{start + int(is_valid.argmin())} (from 0): remove such samples, or fill in what is missing"
            )


def _check_told_apart(x: np.ndarray, name: str) -> None:
    """Raise a UserError for different integers that are one number in double precision."""
    if x.dtype.itemsize < 8 or not x.size or max(-int(x.min()), int(x.max())) <= 2**53:
        return
    for feature in np.moveaxis(x, 1, 0):
        values = np.unique(feature)
        merged = len(np.unique(values.astype(np.float64)))
        if merged < len(values):
            raise UserError(
                f"{name} must hold numbers that double precision tells apart, got {len(values):,} different integers "
                f"that become {merged:,}: leave them out"
            )
