"""Methods compared across the studies of a suite.

Seeds replicate a run within a study, studies replicate a comparison across the suite. The two are never pooled: every
figure is taken in each study over its seeds first, then over studies. Each study is an array of test errors
(methods, seeds), the methods in one order and the baseline first; NaN where a run diverged.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from sharegap.results.statistics import CONFIDENCE, SIGNIFICANCE, mean_interval
from sharegap.results.study_errors import Errors

FEWEST_STUDIES = 5
"""With fewer there is no interval of a mean rank and no critical difference."""
RESAMPLES = 2000
FIGURE_COLUMNS = (
    *("mean_rank", "mean_rank_low", "mean_rank_high"),
    *("error_reduction", "error_reduction_low", "error_reduction_high"),
    *("probability_of_improvement", "probability_of_improvement_low", "probability_of_improvement_high"),
)
COUNTS = ("wins", "ties", "losses")
AGGREGATE: dict[str, pl.DataType] = {
    "suite": pl.String(),
    "method": pl.String(),
    "studies": pl.Int64(),
    **dict.fromkeys(FIGURE_COLUMNS, pl.Float64()),
    **dict.fromkeys(COUNTS, pl.Int64()),
}
Studies = Sequence[np.ndarray]


def ranks(studies: Studies) -> np.ndarray:
    """Return each method's rank by mean error in each study, (studies, methods).

    Rank 1 is the smallest error, ties share their mean rank, diverged methods come last (Demšar 2006).

    Example:
        >>> ranks([np.array([[0.3, 0.3], [0.1, 0.2], [0.3, 0.3]])]).tolist()
        [[2.5, 1.0, 2.5]]
    """
    means = np.array([study.mean(-1) for study in studies])  # with a NaN in it `rankdata` ranks no method
    return stats.rankdata(np.where(np.isfinite(means), means, math.inf), axis=-1)


def mean_rank_intervals(studies: Studies) -> np.ndarray:
    """Return each method's mean rank over studies with its 95% t interval, (3, methods): mean, low, high.

    The studies are the replication (Demšar 2006). Bounds are NaN with fewer than FEWEST_STUDIES. The interval is a
    little too narrow near the first and last rank. A bootstrap over studies covers even less (docs/statistics.md).
    """
    method_ranks = ranks(studies).T
    intervals = np.array([mean_interval(study_ranks) for study_ranks in method_ranks]).T
    intervals = intervals.clip(1, len(method_ranks))  # there are no other ranks
    if len(studies) < FEWEST_STUDIES:
        intervals[1:] = math.nan
    return intervals


def error_reductions(means: np.ndarray) -> np.ndarray:
    """Return 1 − error / error of the baseline, a share.

    Args:
        means: mean errors, (..., methods), the baseline first.

    Returns:
        (..., methods). NaN where the baseline makes no error.

    Example:
        >>> error_reductions(np.array([0.5, 0.25, 0.75])).tolist()
        [0.0, 0.5, -0.5]
    """
    baseline = means[..., :1]
    return 1 - means / np.where(baseline > 0, baseline, math.nan)


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis without the smallest and largest quarter (Agarwal et al. 2021).

    A quarter is rounded down: of fewer than four values none is left out. NaN where a value is not finite.

    Example:
        >>> interquartile_mean(np.array([-9.0, 1.0, 3.0, 99.0])).item()
        2.0
    """
    trimmed = np.asarray(stats.trim_mean(values, 0.25, axis=0))
    return np.where(np.isfinite(values).all(0), trimmed, math.nan)  # an infinite value may be trimmed away


def improvements(study: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the probability that a run has a smaller error than a run of the baseline.

    P(X < Y) + P(X = Y) / 2 over all pairs of seeds, which is Mann and Whitney's U over the number of pairs (Mann and
    Whitney 1947, Agarwal et al. 2021). A diverged run has the largest error.

    Args:
        study: errors, (methods, seeds), the baseline first.
        weights: shares of the seeds in each resample, (resamples, seeds).

    Returns:
        (resamples, methods).
    """
    finite_errors = np.where(np.isfinite(study), study, math.inf)  # inf == inf: two diverged runs tie
    smaller = finite_errors[:, :, None] < finite_errors[0]
    pairs = smaller + 0.5 * (finite_errors[:, :, None] == finite_errors[0])
    return np.asarray(((weights @ pairs) * weights).sum(-1).T)  # both runs of a pair are from one resample


def bootstrap_intervals(studies: Studies, resamples: int = RESAMPLES) -> tuple[np.ndarray, np.ndarray]:
    """Return error reduction and probability of improvement over the baseline, each (3, methods): value, low, high.

    The reduction is the interquartile mean over studies, the probability the mean over studies. Bounds are 95%
    percentiles of a bootstrap that is stratified by study (Agarwal et al. 2021). It draws seeds, the same ones for all
    methods, because methods are paired by seed. It draws one seed fewer than there are, which corrects the spread
    with few seeds (Hesterberg 2015). The bounds speak of training on these studies again, not of other studies. They
    are NaN where a study has one seed.
    """
    random = np.random.default_rng(0)  # one for all studies: each study draws seeds of its own
    reductions, probabilities = [], []
    for study in studies:
        seeds = study.shape[-1]
        equal_shares = np.full((1, seeds), 1 / seeds)
        resampled = random.multinomial(seeds - 1, equal_shares[0], resamples) / max(seeds - 1, 1)
        if seeds == 1:
            resampled = np.full_like(resampled, math.nan)
        # The first row is the sample itself, the others are its resamples.
        weights = np.concatenate([equal_shares, resampled])
        reductions.append(error_reductions(weights @ study.T))
        probabilities.append(improvements(study, weights))
    return _value_and_bounds(interquartile_mean(np.array(reductions))), _value_and_bounds(np.mean(probabilities, 0))


def performance_profile(studies: Studies, thresholds: np.ndarray) -> np.ndarray:
    """Return the share of runs whose error reduction exceeds each threshold, (methods, thresholds), mean over studies.

    A run's reduction is relative to the baseline's mean error in its study. Source: run-score distributions, Agarwal
    et al. 2021.
    """
    shares = []
    for study in studies:
        baseline = study[0].mean()
        reductions = 1 - study / (baseline if baseline > 0 else math.nan)  # NaN exceeds no threshold
        shares.append((reductions[:, :, None] > thresholds).mean(1))
    return np.asarray(np.mean(shares, 0))


def aggregate(study_errors: Errors, leaderboard: pl.DataFrame) -> pl.DataFrame:
    """Return one row per method of the leaderboard, the best mean rank first; no rows where nothing is comparable.

    Args:
        study_errors: as `errors` returns them.
        leaderboard: as `summary.leaderboard` returns it.

    Returns:
        `suite`, `method`, `studies` (that have the method), FIGURE_COLUMNS, and COUNTS: the studies in
        which the method is significantly better than the baseline, not different, and worse. Counted are studies with
        p-values. FIGURE_COLUMNS are null of a method that some study lacks.
    """
    if not study_errors.comparable:
        return pl.DataFrame(schema=AGGREGATE)
    studies = study_errors.studies
    figures = np.concatenate([mean_rank_intervals(studies), *bootstrap_intervals(studies)])
    figures_by_method = dict(zip(study_errors.methods, figures.T.tolist(), strict=True))
    rows = []
    for (method,), group in leaderboard.group_by("method", maintain_order=True):
        row = {"suite": group["suite"][0], "method": method, "studies": group.height}
        row |= dict.fromkeys(FIGURE_COLUMNS)
        if method in figures_by_method:
            row |= dict(zip(FIGURE_COLUMNS, figures_by_method[str(method)], strict=True))
        if method == study_errors.methods[0]:  # of the baseline against itself there is only a rank
            row |= dict.fromkeys(FIGURE_COLUMNS[3:])
        rows.append(row | _counts(group.to_dicts()))
    rows.sort(key=lambda row: math.inf if row["mean_rank"] is None else row["mean_rank"])
    return pl.DataFrame(rows, AGGREGATE)


def _value_and_bounds(resampled: np.ndarray) -> np.ndarray:
    """Return the first row, and the 95% percentiles of the others: (3, methods) of (1 + resamples, methods)."""
    percentiles = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    return np.stack([resampled[0], *np.quantile(resampled[1:], percentiles, axis=0)])


def _counts(rows: list[dict[str, Any]]) -> dict[str, int | None]:
    """Return a method's wins, ties and losses against the baseline, from its rows of the leaderboard."""
    counts = dict.fromkeys(COUNTS, 0)
    for row in rows:
        if row["p_adjusted"] is None or math.isnan(row["p_adjusted"]):
            continue
        if row["p_adjusted"] > SIGNIFICANCE:
            counts["ties"] += 1
        elif (row["delta_test_score"] > 0) == row["higher_is_better"]:
            counts["wins"] += 1
        else:
            counts["losses"] += 1
    return dict(counts) if any(counts.values()) else dict.fromkeys(COUNTS)
