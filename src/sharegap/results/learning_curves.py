"""Sample efficiency: the factor of data that the baseline needs to reach a method's test error.

A learning curve is the mean test error over seeds at each training-set size of a series. `curve_shift` compares two.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from sharegap.results.aggregate import RESAMPLES
from sharegap.results.curve_shift import log_factors
from sharegap.results.statistics import CONFIDENCE, interval_columns
from sharegap.results.study_errors import errors

FEWEST_SIZES = 3
FEWEST_SEEDS = 6
"""With fewer even the range of all seeds covers less than 95%, 1 − 2 / 2^seeds, and so does a bootstrap."""
BOUNDS = {math.inf: "at least", -math.inf: "at most"}
FACTORS = ("factor", "factor_low", "factor_high")
SCHEMA: dict[str, pl.DataType] = {
    "suite": pl.String(),
    "series": pl.String(),
    "dataset": pl.String(),
    "model": pl.String(),
    "method": pl.String(),
    "n_train": pl.Int64(),
    "seeds": pl.Int64(),
    "test_error": pl.Float64(),
    "test_error_low": pl.Float64(),
    "test_error_high": pl.Float64(),
    "factor": pl.Float64(),
    "factor_bound": pl.String(),
    "factor_low": pl.Float64(),
    "factor_low_bound": pl.String(),
    "factor_high": pl.Float64(),
    "factor_high_bound": pl.String(),
}


@dataclass(frozen=True)
class LearningCurves:
    """Test errors of one series, of the methods that all sizes have, on the seeds that all of these share."""

    labels: dict[str, Any]
    """`suite`, `series`, `dataset` and `model`."""
    methods: list[str]
    """The baseline first."""
    sizes: np.ndarray
    """Training samples, ascending, (sizes,)."""
    errors: np.ndarray
    """(methods, sizes, seeds); NaN where a run diverged."""


def sample_efficiency(selected_runs: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """Return one row per series, method and size, in the columns of SCHEMA.

    `factor` with `n_train`: the baseline has the method's error at `factor` · `n_train` samples. Without `n_train`: the
    geometric mean of that factor over all errors that both curves have. A factor is a bound where `factor_bound` says
    so. It is null of the baseline itself. No rows where no series has FEWEST_SIZES sizes.

    Args:
        selected_runs: the measured runs.
        baseline: name of the method that the others are compared with.
    """
    rows = []
    for curves in learning_curves(selected_runs, baseline):
        rows += _rows(curves)
    return pl.DataFrame(rows, SCHEMA)


def learning_curves(selected_runs: pl.DataFrame, baseline: str) -> list[LearningCurves]:
    """Return the learning curves of each series with at least FEWEST_SIZES sizes and a method besides the baseline."""
    curves = []
    for _, runs in selected_runs.sort("n_train", "seed", maintain_order=True).group_by("series", maintain_order=True):
        methods = errors(runs, baseline).methods
        sizes = runs["n_train"].unique().sort().to_numpy()
        if len(sizes) < FEWEST_SIZES or len(methods) < 2:
            continue
        # Seeds are paired over sizes too: a seed's smaller training set is a subset of its larger one.
        is_complete = pl.len().over("seed") == len(methods) * len(sizes)
        complete_runs = runs.filter(pl.col("method").is_in(methods)).filter(is_complete)
        if complete_runs.is_empty():
            continue
        labels = {name: runs[name][0] for name in ("suite", "series", "dataset", "model")}
        study_errors = errors(complete_runs, baseline)
        curves.append(LearningCurves(labels, study_errors.methods, sizes, np.stack(study_errors.studies, axis=1)))
    return curves


def intervals(curves: LearningCurves, resamples: int = RESAMPLES) -> np.ndarray:
    """Return the logarithms of the factors with their 95% bounds, (3, methods, 1 + sizes): value, low, high.

    Bounds are percentiles of a bootstrap over seeds: one seed fewer than there are, and the same seeds for all methods
    and sizes, because these are paired. The percentiles are expanded as far as Student's t is wider than the normal
    distribution with so few seeds (Hesterberg 2015). NaN with fewer than FEWEST_SEEDS.
    """
    seeds = curves.errors.shape[-1]
    value = log_factors(curves.errors.mean(-1), curves.sizes)
    if seeds < FEWEST_SEEDS:
        missing = np.full_like(value, math.nan)
        return np.stack([value, missing, missing])
    # Always the same seed: the bounds depend on the errors alone.
    weights = np.random.default_rng(0).multinomial(seeds - 1, [1 / seeds] * seeds, resamples) / (seeds - 1)
    # One resample at a time: the monotone fit is not vectorized.
    draws = np.stack([log_factors(curves.errors @ shares, curves.sizes) for shares in weights])
    tail = stats.norm.cdf(-stats.t.ppf((1 + CONFIDENCE) / 2, seeds - 1))
    # No interpolation: between a factor and an infinite bound there is no value.
    low = np.quantile(draws, tail, axis=0, method="lower")
    return np.stack([value, low, np.quantile(draws, 1 - tail, axis=0, method="higher")])


def _rows(curves: LearningCurves) -> list[dict[str, Any]]:
    factors = intervals(curves)
    log_span = math.log(curves.sizes[-1] / curves.sizes[0])
    rows: list[dict[str, Any]] = []
    for index, (method, method_errors) in enumerate(zip(curves.methods, curves.errors, strict=True)):
        labels = curves.labels | {"method": method, "seeds": curves.errors.shape[-1]}
        is_baseline = index == 0
        overall = {} if is_baseline else _factor_columns(factors[:, index, 0], np.array([-log_span, log_span]))
        rows.append(labels | overall)
        for size_index, size in enumerate(curves.sizes.tolist()):
            row = labels | {"n_train": size} | interval_columns("test_error", method_errors[size_index])
            if not is_baseline:
                limits = np.log(curves.sizes[[0, -1]] / size)
                row |= _factor_columns(factors[:, index, 1 + size_index], limits)
            rows.append(row)
    return rows


def _factor_columns(log_factors: np.ndarray, limits: np.ndarray) -> dict[str, Any]:
    """Return a factor and its interval; an infinite one is a bound, which is the nearer of the log `limits`."""
    columns: dict[str, Any] = {}
    lowest, highest = limits.tolist()
    for name, log_factor in zip(FACTORS, log_factors.tolist(), strict=True):
        columns[name] = math.exp(min(max(log_factor, lowest), highest))
        columns[f"{name}_bound"] = BOUNDS.get(log_factor)
    return columns
