"""What becomes of the baseline's generalization gap, method by method.

    Δ test error = Δ train error + Δ gap

Δ is method − baseline, paired by seed, at the scored weights. It holds for every seed, because the gap is test error −
train error. So a method may have a smaller gap because it generalizes better, or because it fits its training data
worse, and only the first of them lowers the test error.
"""

import math
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from sharegap.results.selection import DIRECTION
from sharegap.results.statistics import CONFIDENCE, Values, interval_columns, mean_interval

DIFFERENCES = ("delta_test_error", "delta_train_error", "delta_gap")
CLOSED = ("gap_closed", "gap_closed_low", "gap_closed_high")
DECOMPOSITION = (*(f"{name}{end}" for name in DIFFERENCES for end in ("", "_low", "_high")), *CLOSED)


def decompose(selected_runs: pl.DataFrame, baseline: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return DECOMPOSITION by study and method, for each method that shares seeds with the baseline.

    DIFFERENCES are means of the paired differences of errors, method − baseline, with their 95% t intervals, in the
    score's unit; below 0 is a smaller error or gap. `gap_closed` is −Δ gap / gap of the baseline, the part of its gap
    that a method closes, as `ratio_interval` returns it: 1 is all of it, and below 0 the gap is wider.

    Args:
        selected_runs: the measured runs.
        baseline: name of the method to compare with.
    """
    runs = selected_runs.select("study", "method", "seed", "higher_is_better", "train_score", "test_score", "gap_score")
    of_baseline = runs.filter(method=baseline).drop("method", "higher_is_better")
    pairs = runs.filter(pl.col("method") != baseline).join(of_baseline, on=["study", "seed"], suffix="_baseline")
    # An error is a score with the other sign, but for a constant.
    pairs = pairs.with_columns(
        delta_test_error=DIRECTION * (pl.col("test_score_baseline") - pl.col("test_score")),
        delta_train_error=DIRECTION * (pl.col("train_score_baseline") - pl.col("train_score")),
        delta_gap=pl.col("gap_score") - pl.col("gap_score_baseline"),
    )
    decompositions = {}
    for (study, method), group in pairs.group_by("study", "method"):
        row: dict[str, Any] = {}
        for name in DIFFERENCES:
            row |= interval_columns(name, group[name])
        closed = ratio_interval(-group["delta_gap"], group["gap_score_baseline"])
        decompositions[str(study), str(method)] = row | dict(zip(CLOSED, closed, strict=True))
    return decompositions


def ratio_interval(numerators: Values, denominators: Values) -> tuple[float, float, float]:
    """Return the ratio of two paired means with its 95% interval, by Fieller's theorem (Fieller 1954).

    The bounds are the ratios r at which the mean of numerator − r · denominator just differs from 0 by Student's t.
    They allow for the denominator's own uncertainty.

    Args:
        numerators: one per seed, (n,).
        denominators: of the same seeds, (n,).

    Returns:
        Ratio, lower and upper bound. All are NaN where a value is not finite, or the mean denominator is not above 0
        by its own interval: then no ratio can be excluded. The bounds are NaN where n = 1.

    Example:
        >>> [round(bound, 3) for bound in ratio_interval([2.0, 2.6, 3.0], [4.0, 5.0, 6.0])]
        [0.507, 0.476, 0.542]
    """
    numerator, _, _ = mean_interval(numerators)
    denominator, low, _ = mean_interval(denominators)
    seeds = len(denominators)
    smallest = denominator if seeds == 1 else low
    if not (math.isfinite(numerator) and smallest > 0):
        return math.nan, math.nan, math.nan
    ratio = numerator / denominator
    if seeds == 1:
        return ratio, math.nan, math.nan
    # Both means within t standard errors: (n − r d)² = t² var(n − r d), a quadratic equation in r.
    covariance = np.cov(numerators, denominators) * stats.t.ppf((1 + CONFIDENCE) / 2, seeds - 1) ** 2 / seeds
    square = denominator**2 - covariance[1, 1]
    middle = float((numerator * denominator - covariance[0, 1]) / square)
    product = float((numerator**2 - covariance[0, 0]) / square)
    half_width = math.sqrt(max(middle**2 - product, 0.0))  # below 0 by rounding only
    return ratio, middle - half_width, middle + half_width
