"""How many samples a method is worth: by what factor `none` must be fed more to reach the same test error.

A learning curve is the mean error over seeds at each training-set size of a series. Both curves are made monotone, in
the logarithm of the error by least squares (more data do not harm, so that a rise is noise), and taken as straight
between sizes where size and error are logarithmic, as power laws are (Hestness et al. 2017). Nothing is extrapolated:
where `none` never gets as good, or is better from its smallest size on, the factor is known to be at least or at most
so much.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats
from scipy.optimize import isotonic_regression

from sharegap.results.aggregate import RESAMPLES, errors
from sharegap.results.paired import BASELINE
from sharegap.results.statistics import CONFIDENCE, mean_interval

FEWEST_SIZES = 3
FEWEST_SEEDS = 6
"""With fewer even the range of all seeds covers less than 95%, so that a bootstrap cannot: 1 − 2 / 2^seeds."""
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
    **{f"test_error{end}": pl.Float64() for end in ("", "_low", "_high")},
    **{name: kind for factor in FACTORS for name, kind in ((factor, pl.Float64()), (f"{factor}_bound", pl.String()))},
}

Curve = tuple[np.ndarray, np.ndarray]
"""Log errors, falling, and the log sizes that they are at."""


@dataclass(frozen=True)
class LearningCurves:
    """The test errors (methods, sizes, seeds) of one series, `none` first and the smallest size first.

    Of the methods that all sizes have, on the seeds that all of these share; NaN where a run diverged.
    """

    labels: dict[str, Any]  # suite, series, dataset, model
    methods: list[str]
    sizes: np.ndarray
    errors: np.ndarray


def sample_efficiency(selected_runs: pl.DataFrame) -> pl.DataFrame:
    """One row per series, method and size of the runs at the `selected_runs` strengths, in the columns of SCHEMA.

    The row of a method without `n_train` speaks of all sizes together. A factor is a bound where the column of its
    name and `_bound` says so, null where there is none, as for `none` itself. Without rows where no series has
    FEWEST_SIZES sizes.
    """
    rows = [row for curves in learning_curves(selected_runs) for row in _rows(curves)]
    return pl.DataFrame(rows, SCHEMA)


def learning_curves(selected_runs: pl.DataFrame) -> list[LearningCurves]:
    """The learning curves of each series with at least FEWEST_SIZES sizes and a method beside none."""
    found = []
    for _, runs in selected_runs.sort("n_train", "seed", maintain_order=True).group_by("series", maintain_order=True):
        methods = errors(runs).methods
        sizes = runs["n_train"].unique().sort().to_numpy()
        if len(sizes) < FEWEST_SIZES or len(methods) < 2:
            continue
        # Seeds are paired over sizes too: a seed's smaller training set lies in its larger one.
        whole = runs.filter(pl.col("method").is_in(methods)).filter(pl.len().over("seed") == len(methods) * len(sizes))
        if not whole.is_empty():
            labels = {name: runs[name][0] for name in ("suite", "series", "dataset", "model")}
            studies = errors(whole)
            found.append(LearningCurves(labels, studies.methods, sizes, np.stack(studies.studies, axis=1)))
    return found


def log_factors(means: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Log factors (methods, 1 + sizes) from mean errors (methods, sizes), `none` first: over all sizes, then at each.

    +inf where none never gets as good, -inf where it is better from its smallest size on. NaN of none itself, of a
    method at a size where its error has no logarithm, and of all methods where none's has none.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(means > 0, np.log(means), math.nan)
    found = np.full((len(means), 1 + len(sizes)), math.nan)
    if np.isfinite(logs[0]).all():
        of_none, places = _falling(logs[0]), np.log(sizes)
        for method, own in enumerate(logs[1:], start=1):
            known = np.isfinite(own)
            if known.any():
                fallen = _falling(own[known])
                curves = (of_none, places), (fallen, places[known])
                found[method, 0] = _mean_shift(*curves)
                found[method, 1:][known] = _shifts(*curves)
    return found


def intervals(curves: LearningCurves, resamples: int = RESAMPLES) -> np.ndarray:
    """Log factors as `log_factors` gives them, with low and high: (3, methods, 1 + sizes).

    Bounds are percentiles of a bootstrap that draws seeds, the same for all methods and sizes since they are paired,
    one fewer than there are; so far out as to make up for the few seeds that a spread is taken from, as Student's t
    does (expanded percentiles, Hesterberg 2015). NaN with fewer than FEWEST_SEEDS.
    """
    seeds = curves.errors.shape[-1]
    value = log_factors(curves.errors.mean(-1), curves.sizes)
    if seeds < FEWEST_SEEDS:
        return np.stack([value, *2 * [np.full_like(value, math.nan)]])
    weights = np.random.default_rng(0).multinomial(seeds - 1, [1 / seeds] * seeds, resamples) / (seeds - 1)
    draws = np.stack([log_factors(curves.errors @ drawn, curves.sizes) for drawn in weights])
    tail = stats.norm.cdf(-stats.t.ppf((1 + CONFIDENCE) / 2, seeds - 1))
    # A percentile is one of the draws: there is nothing between a factor and a bound.
    low = np.quantile(draws, tail, axis=0, method="lower")
    return np.stack([value, low, np.quantile(draws, 1 - tail, axis=0, method="higher")])


def _falling(logs: np.ndarray) -> np.ndarray:
    if (np.diff(logs) <= 0).all():
        return logs
    return np.asarray(isotonic_regression(logs, increasing=False).x)


def _inverted(curve: Curve, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and the largest log size at which the curve has each error; its ends for errors that it has not."""
    logs, places = curve
    return np.interp(levels, logs[::-1], places[::-1]), np.interp(-levels, -logs, places)


def _shifts(none: Curve, own: Curve) -> np.ndarray:
    """How much further right none's curve has the errors of its `own`; of a flat stretch of it the nearest size."""
    logs, places = own
    shifts = places.clip(*_inverted(none, logs)) - places
    return np.where(logs < none[0][-1], math.inf, np.where(logs > none[0][0], -math.inf, shifts))


def _mean_shift(none: Curve, own: Curve) -> float:
    """The mean over the log errors that both curves have of how much further right none's has them.

    The average difference in log rate at the same quality (Bjøntegaard 2001), with straight lines for his cubics.
    """
    low, high = max(none[0][-1], own[0][-1]), min(none[0][0], own[0][0])
    if low > high:  # no error that both have
        return math.inf if own[0][0] < none[0][-1] else -math.inf
    levels = np.unique(np.concatenate([none[0], own[0]]).clip(low, high))
    smallest, largest = np.subtract(_inverted(none, levels), _inverted(own, levels))
    if len(levels) == 1:
        return float(smallest[0] + largest[0]) / 2
    # Where a curve is flat its inverse jumps: each piece runs from the end that lies on its own side.
    return float(((smallest[:-1] + largest[1:]) / 2) @ np.diff(levels) / (high - low))


def _rows(curves: LearningCurves) -> list[dict[str, Any]]:
    found = intervals(curves)
    span = math.log(curves.sizes[-1] / curves.sizes[0])
    ends = [(-span, span), *(tuple(np.log(curves.sizes[[0, -1]] / size)) for size in curves.sizes)]
    rows = []
    for index, (method, of_method) in enumerate(zip(curves.methods, curves.errors, strict=True)):
        label = curves.labels | {"method": method, "seeds": curves.errors.shape[-1]}
        for place, size in enumerate([None, *curves.sizes.tolist()]):
            row = label | {"n_train": size}
            if size is not None:
                error = mean_interval(of_method[place - 1])
                row |= dict(zip(("test_error", "test_error_low", "test_error_high"), error, strict=True))
            if method != BASELINE:
                row |= _factors(found[:, index, place], ends[place])
            rows.append(row)
    return rows


def _factors(logs: np.ndarray, ends: tuple[float, float]) -> dict[str, Any]:
    """A factor and its interval in words of SCHEMA; beyond the `ends` they are bounds."""
    row: dict[str, Any] = {}
    for name, log in zip(FACTORS, logs.tolist(), strict=True):
        row |= {name: math.exp(min(max(log, ends[0]), ends[1])), f"{name}_bound": BOUNDS.get(log)}
    return row
