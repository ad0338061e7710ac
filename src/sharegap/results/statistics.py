"""Intervals over seeds. Each function takes one value per seed."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


def mean_interval(values: Sequence[float] | np.ndarray) -> tuple[float, float, float]:
    """Mean and Student's t interval (mean, low, high) over independent seeds.

    NaN where a value is not finite; NaN bounds where fewer than two leave no spread to see. The t interval is
    exact for normal values, and near enough for the mean accuracies here; a percentile bootstrap is too narrow at
    a handful of seeds.
    """
    values = np.asarray(values, dtype=float)
    if not len(values) or not np.isfinite(values).all():
        return math.nan, math.nan, math.nan
    mean = float(values.mean())
    if len(values) < 2:
        return mean, math.nan, math.nan
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values))
    return mean, mean - half, mean + half
