"""The horizontal shift between two learning curves: the factor of data that makes up for a method.

Both curves are treated alike:

1. The logarithm of the error is made monotone by least squares, since more data do not harm: a rise is noise.
2. Between sizes the curve is a straight line in log size and log error, as power laws are (Hestness et al. 2017).

Nothing is extrapolated. Where the baseline never gets as good, or is better from its smallest size on, the factor is
infinite: it is a bound.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression


def log_factors(means: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the logarithms of the factors, over all sizes together and then at each size.

    Args:
        means: mean errors, (methods, sizes), the baseline first.
        sizes: training samples, ascending, (sizes,).

    Returns:
        (methods, 1 + sizes). +inf where the baseline never gets as good, −inf where it is better from its smallest
        size on. NaN of the baseline itself, of a method at a size where its error is not above 0, and of all
        methods where one of the baseline's errors is not.
    """
    # `where` takes the logarithm of every mean, and drops those that are undefined only then.
    with np.errstate(divide="ignore", invalid="ignore"):
        log_errors = np.where(means > 0, np.log(means), math.nan)
    factors = np.full((len(means), 1 + len(sizes)), math.nan)
    if not np.isfinite(log_errors[0]).all():
        return factors
    log_sizes = np.log(sizes)
    baseline = Curve(_monotone(log_errors[0]), log_sizes)
    for index, method_errors in enumerate(log_errors[1:], start=1):
        finite = np.isfinite(method_errors)
        if finite.any():
            method = Curve(_monotone(method_errors[finite]), log_sizes[finite])
            factors[index, 0] = _mean_shift(baseline, method)
            factors[index, 1:][finite] = _shifts(baseline, method)
    return factors


@dataclass(frozen=True)
class Curve:
    """A monotone learning curve in logarithms."""

    log_errors: np.ndarray
    """Not rising, (sizes,)."""
    log_sizes: np.ndarray
    """Ascending, (sizes,)."""


def _monotone(log_errors: np.ndarray) -> np.ndarray:
    """Return the least-squares fit that does not rise."""
    if (np.diff(log_errors) <= 0).all():
        return log_errors
    return np.asarray(isotonic_regression(log_errors, increasing=False).x)


def _inverse(curve: Curve, log_errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and largest log size at which the curve has each error; beyond its range, its ends."""
    # np.interp needs ascending x. On a flat stretch it returns the last x, hence one call from each side.
    smallest = np.interp(log_errors, curve.log_errors[::-1], curve.log_sizes[::-1])
    return smallest, np.interp(-log_errors, -curve.log_errors, curve.log_sizes)


def _shifts(baseline: Curve, method: Curve) -> np.ndarray:
    """Return the log factor at each of the method's sizes, (sizes,)."""
    # On a flat stretch of the baseline's curve the nearest size counts, so that equal curves have factor 1.
    shifts = method.log_sizes.clip(*_inverse(baseline, method.log_errors)) - method.log_sizes
    shifts = np.where(method.log_errors > baseline.log_errors[0], -math.inf, shifts)
    return np.where(method.log_errors < baseline.log_errors[-1], math.inf, shifts)


def _mean_shift(baseline: Curve, method: Curve) -> float:
    """Return the mean log factor over the log errors that both curves have.

    The average difference in log rate at equal quality (Bjøntegaard 2001), with straight lines instead of his cubics.
    """
    low = max(baseline.log_errors[-1], method.log_errors[-1])
    high = min(baseline.log_errors[0], method.log_errors[0])
    if low > high:  # no error that both have
        return math.inf if method.log_errors[0] < baseline.log_errors[-1] else -math.inf
    # Sorted and unique: the pieces between them are straight in both curves.
    levels = np.unique(np.concatenate([baseline.log_errors, method.log_errors]).clip(low, high))
    smallest, largest = np.subtract(_inverse(baseline, levels), _inverse(method, levels))
    if len(levels) == 1:
        return float(smallest[0] + largest[0]) / 2
    # Trapezoids. A flat stretch makes the inverse jump at a level: each piece takes the limit from its own side.
    return float(((smallest[:-1] + largest[1:]) / 2) @ np.diff(levels) / (high - low))
