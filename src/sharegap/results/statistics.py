"""Inference over seeds: intervals, p-values and their adjustment, as functions of arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from scipy import stats

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
RESAMPLED_FLIPS = 9999
"""Sign flips of a permutation test with more than 13 pairs. Up to 13 pairs it is exact, with all 2^pairs flips."""

Values = Sequence[float] | np.ndarray | pl.Series


def mean_interval(values: Values) -> tuple[float, float, float]:
    """Return the mean and the bounds of its 95% interval: mean ± t(0.975, n − 1) · s / √n.

    Student's t interval (Student 1908) is exact for normal values, and close for the mean accuracies here. A percentile
    bootstrap is too narrow with a handful of seeds.

    Args:
        values: one per independent seed, (n,). A missing value counts as NaN.

    Returns:
        Mean, lower and upper bound, in the unit of `values`. All are NaN where a value is not finite or n = 0; the
        bounds are NaN where n = 1.

    Example:
        >>> [round(bound, 3) for bound in mean_interval([1.0, 2.0, 3.0])]
        [2.0, -0.484, 4.484]
    """
    values = np.asarray(values, dtype=float)
    if not len(values) or not np.isfinite(values).all():
        return math.nan, math.nan, math.nan
    mean = float(values.mean())
    if len(values) < 2:
        return mean, math.nan, math.nan
    # SciPy's own standard error takes milliseconds, and a large suite has tens of thousands of intervals.
    half_width = t_quantile(len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return mean, mean - half_width, mean + half_width


@cache
def t_quantile(freedom: int) -> float:
    """Return the quantile of Student's t by which a 95% interval is wider than its standard error.

    Example:
        >>> round(t_quantile(9), 3)
        2.262
    """
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))


def interval_columns(name: str, values: Values) -> dict[str, float]:
    """Return the mean of `values` and its interval as the columns `name`, `name_low` and `name_high`."""
    mean, low, high = mean_interval(values)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def permutation_p_values(differences: np.ndarray) -> np.ndarray:
    """Return the two-sided p-values of the means of paired differences, by flipping their signs.

    p = share of the sign flips whose mean is at least as extreme. This is Fisher's randomization test for pairs
    (Fisher 1935, section 21). Its only assumption: without an effect, a difference is as likely to have the other sign.

    Args:
        differences: one per pair of runs on the same seed, (..., seeds).

    Returns:
        (...). NaN where a difference is not finite or there are fewer than two.

    Example:
        >>> permutation_p_values(np.array([0.01, 0.02, 0.03, 0.01, 0.02])).item()  # 2 of the 32 sign flips
        0.0625
    """
    differences = np.asarray(differences, dtype=float)
    finite = np.isfinite(differences).all(-1)
    if differences.shape[-1] < 2 or not finite.any():
        return np.full(finite.shape, math.nan)
    test = stats.permutation_test(
        # Zeros stand in for a comparison that is not finite. Its p-value becomes NaN below.
        (np.where(finite[..., None], differences, 0.0),),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        axis=-1,
        n_resamples=RESAMPLED_FLIPS,
        # The same flips for every comparison and in every rendering: a p-value depends on the differences alone.
        rng=np.random.default_rng(0),
    )
    return np.where(finite, test.pvalue, math.nan)


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return p-values adjusted for their number by Holm's step-down (Holm 1979).

    The k-th smallest of m is multiplied by m − k + 1, made no less than the one before and at most 1. Rejecting at 5%
    then has at most a 5% chance of any false rejection.

    Args:
        p_values: one per test of the family, (tests,). A NaN stays NaN and still counts: a diverged method was
            compared too, and an unfinished one will be.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)  # NaN last
    steps = np.arange(len(p_values), 0, -1) * np.nan_to_num(p_values[order], nan=1.0)
    # The running maximum keeps the order: a larger p-value is not adjusted below a smaller one.
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return np.where(np.isnan(p_values), math.nan, adjusted)


@dataclass(frozen=True)
class PairedTest:
    """Result of one paired comparison: mean difference, its 95% interval, and p-values.

    The p-values are None where the seeds are too few for any test of the family to be significant.
    """

    mean: float
    low: float
    high: float
    pairs: int
    p_value: float | None
    p_adjusted: float | None

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0

    @property
    def p_is_smallest(self) -> bool | None:
        """Whether so many pairs cannot have a smaller p-value; None without one."""
        if self.p_value is None:
            return None
        return self.p_value <= min_p_value(self.pairs) * (1 + 1e-9)


def paired_tests(family: Sequence[np.ndarray], planned: int) -> list[PairedTest]:
    """Return the interval and p-values of each comparison of a family, adjusted for the planned number of them.

    Args:
        family: the paired differences of each finished comparison, (pairs,) each.
        planned: how many comparisons there will be. Adjusting for the finished ones alone would make p-values smaller
            the sooner one looks.
    """
    p_values: list[float] | list[None] = [None] * len(family)
    adjusted: list[float] | list[None] = [None] * len(family)
    most_pairs = max(len(differences) for differences in family)
    if most_pairs >= min_seeds_for_significance(planned):
        computed = _family_p_values(family)
        unfinished = np.full(planned - len(family), math.nan)
        p_values, adjusted = computed.tolist(), holm(np.concatenate([computed, unfinished])).tolist()[: len(family)]
    tests = []
    for differences, p_value, p_adjusted in zip(family, p_values, adjusted, strict=True):
        tests.append(PairedTest(*mean_interval(differences), len(differences), p_value, p_adjusted))
    return tests


def min_p_value(pairs: int) -> float:
    """Return the smallest p-value that a permutation test of so many pairs can have.

    Example:
        >>> min_p_value(8)
        0.0078125
    """
    # SciPy counts the sample itself as one of the random flips.
    return 2 / min(2**pairs, RESAMPLED_FLIPS + 1)


def min_seeds_for_significance(tests: int) -> int:
    """Return the smallest number of seeds with which one of `tests` comparisons can be significant.

    The smallest p-value of n sign flips is 2 / 2^n, and Holm multiplies it by `tests`: n ≥ log2(2 · tests / 5%).

    Example:
        >>> min_seeds_for_significance(5)
        8
    """
    # 40 · tests is never a power of 2, so rounding cannot move the ceiling.
    return math.ceil(math.log2(2 * tests / SIGNIFICANCE))


def _family_p_values(family: Sequence[np.ndarray]) -> np.ndarray:
    """Return the unadjusted p-values, (comparisons,)."""
    p_values = np.full(len(family), math.nan)
    indices_by_pairs: dict[int, list[int]] = {}
    for index, differences in enumerate(family):
        indices_by_pairs.setdefault(len(differences), []).append(index)
    # Comparisons with equally many pairs share one call: the sign flips are the expensive part.
    for indices in indices_by_pairs.values():
        p_values[indices] = permutation_p_values(np.stack([family[index] for index in indices]))
    return p_values
