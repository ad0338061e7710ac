"""Whether a test part is in the units of the training part."""

from torch import Tensor

from sharegap.errors import UserError

MAX_RATIO = 10
"""How many times larger or smaller than in the training part a usual deviation may be."""
MIN_SAMPLES = 10
"""Of fewer, the usual spread is not known."""


def check_units(x: Tensor, x_test: Tensor, source: str, what: str) -> None:
    """Raise a UserError if most test samples lie far outside the training part, or all close together.

    Args:
        x: standardized inputs or targets of the training part, NaN where they are missing.
        x_test: those of the test part, by the same mean and deviation.
        source: the file, for the message.
        what: "inputs" or "targets".
    """
    condition = f"the {what} of the test part of {source} must have the units of the training part"
    usual = _usual_size(x)
    if _usual_size(x_test) > MAX_RATIO * usual:
        raise UserError(f"{condition}, got far larger numbers")
    if len(x_test) >= MIN_SAMPLES and MAX_RATIO * _usual_size(x_test - x_test.nanmean(0)) < usual:
        raise UserError(f"{condition}, got a far smaller spread")


def _usual_size(x: Tensor) -> float:
    """The median over samples of the root mean square of their numbers: a few odd samples do not move it."""
    return float(x.flatten(1).square().nanmean(1).sqrt().nanmedian())
