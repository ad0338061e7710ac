"""Whether a test part is in the units of the training part."""

from torch import Tensor

from sharegap.errors import UserError

MAX_RATIO = 10
"""How many times larger or smaller than in the training part a usual deviation may be."""
MIN_SAMPLES = 10
"""Of fewer, the usual spread is not known."""


def check_units(x: Tensor, x_test: Tensor, source: str) -> None:
    """Raise a UserError if most test samples lie far outside the training part, or all close together.

    Args:
        x: standardized inputs of the training part.
        x_test: those of the test part, by the same mean and deviation.
        source: the file, for the message.
    """
    usual = _usual_size(x)
    if _usual_size(x_test) > MAX_RATIO * usual:
        raise UserError(f"the test part of {source} must have the units of the training part, got far larger numbers")
    if len(x_test) >= MIN_SAMPLES and MAX_RATIO * _usual_size(x_test - x_test.mean(0)) < usual:
        raise UserError(f"the test part of {source} must have the units of the training part, got a far smaller spread")


def _usual_size(x: Tensor) -> float:
    """The median over samples of the root mean square of their numbers: a few odd samples do not move it."""
    return float(x.flatten(1).square().mean(1).sqrt().median())
