"""Inference over random splits of one data set, about other data of its kind."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from sharegap.results.power import detectable_difference
from sharegap.results.statistics import t_quantile


@dataclass(frozen=True)
class ResampledTest:
    """Whether a difference over random splits would be there in other data, too.

    Args:
        mean: of the differences.
        low: lower bound of its 95% interval.
        high: upper bound.
        p_value: two-sided; NaN where a difference is not finite, or there are fewer than two.
        spread: standard deviation of the differences between splits.
    """

    mean: float
    low: float
    high: float
    p_value: float
    spread: float


def resampled_test(differences: Sequence[float] | np.ndarray, ratio: float, resolution: float = 0.0) -> ResampledTest:
    """Test the mean difference of two methods on the validation samples of random splits.

    Splits share samples, so a plain t test takes their differences for more evidence than they are. The variance of
    the mean is therefore s² (1 / splits + ratio) instead of s² / splits: the corrected resampled t test (Nadeau, Bengio
    2003).

    Args:
        differences: one per split, (splits,).
        ratio: validation samples of a split per training sample, > 0.
        resolution: what one validation sample counts, >= 0: scores of few samples coincide, so a smaller spread is
            taken for this.

    Example:
        >>> test = resampled_test([0.05, 0.04, 0.06, 0.05, 0.05], ratio=0.25)
        >>> round(test.mean, 3), round(test.low, 3), round(test.high, 3)
        (0.05, 0.037, 0.063)
    """
    values = np.asarray(differences, dtype=float)
    if len(values) < 2 or not np.isfinite(values).all():
        mean = float(values.mean()) if len(values) else math.nan
        return ResampledTest(mean, math.nan, math.nan, math.nan, math.nan)
    mean, spread, freedom = float(values.mean()), max(float(values.std(ddof=1)), resolution), len(values) - 1
    error = spread * math.sqrt(1 / len(values) + ratio)
    half_width = t_quantile(freedom) * error
    # Without any spread, either there is no difference at all, or the same in every split.
    p_value = 2 * float(special.stdtr(freedom, -abs(mean) / error)) if error else float(mean == 0)
    return ResampledTest(mean, mean - half_width, mean + half_width, p_value, spread)


def detectable_gain(spread: float, splits: int, ratio: float, planned: int) -> float:
    """Return the difference that `resampled_test` shows with 80% power, at the level 5% / `planned`.

    Args:
        spread: standard deviation of the differences between splits, >= 0.
        splits: how many there are, an integer >= 2.
        ratio: validation samples of a split per training sample, > 0.
        planned: number of comparisons, an integer >= 1.

    Example:
        >>> round(detectable_gain(0.01, splits=10, ratio=0.25, planned=5), 4)
        0.0249
    """
    return detectable_difference(spread * math.sqrt(1 + splits * ratio), splits, planned)
