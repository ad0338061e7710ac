"""Methods compared across the studies of a suite.

Seeds replicate a run within a study, studies replicate a comparison across the suite. The two are never pooled: every
figure is taken in each study over its seeds first, then over studies. Each study is an array of test errors
(methods, seeds), the methods in one order and the baseline first; NaN where a run diverged.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from sharegap.results.improvement import Studies, improvement_intervals, unless_single_seed
from sharegap.results.paired import verdict
from sharegap.results.rank_test import rank_methods
from sharegap.results.statistics import CONFIDENCE
from sharegap.results.study_errors import Errors

RESAMPLES = 2000
FIGURE_COLUMNS = (
    *("mean_rank", "mean_rank_low", "mean_rank_high"),
    *("error_reduction", "error_reduction_low", "error_reduction_high"),
    *("probability_of_improvement", "probability_of_improvement_low", "probability_of_improvement_high"),
)
COUNTS = ("wins", "ties", "losses")
COUNT_OF_VERDICT = {1: "wins", 0: "ties", -1: "losses"}
AGGREGATE: dict[str, pl.DataType] = {
    "suite": pl.String(),
    "rank": pl.Int64(),
    "method": pl.String(),
    "studies": pl.Int64(),
    **dict.fromkeys(FIGURE_COLUMNS, pl.Float64()),
    **dict.fromkeys(COUNTS, pl.Int64()),
}


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


def error_reduction_intervals(studies: Studies, resamples: int = RESAMPLES) -> np.ndarray:
    """Return the interquartile mean error reduction over studies with its 95% t interval, (3, methods).

    The standard error is that of a bootstrap that is stratified by study (Agarwal et al. 2021). It draws seeds, the
    same ones for all methods, because methods are paired by seed. It draws one seed fewer than there are, which
    corrects the spread with few seeds (Hesterberg 2015). Its percentiles would cover too little all the same, hence
    Student's t, with the degrees of freedom of a sum of such variances (Satterthwaite 1946). The bounds speak of
    training on these studies again, not of other studies. They are NaN where a study has one seed.
    """
    random = np.random.default_rng(0)  # one for all studies: each study draws seeds of its own
    value = interquartile_mean(np.array([error_reductions(study.mean(-1)) for study in studies]))
    draws = []
    for study in studies:
        seeds = study.shape[-1]
        weights = random.multinomial(max(seeds - 1, 1), [1 / seeds] * seeds, resamples) / max(seeds - 1, 1)
        draws.append(error_reductions(weights @ study.T))
    standard_error = interquartile_mean(np.array(draws)).std(0)
    variances = np.array([reductions.var(0) for reductions in draws])
    study_freedom = np.array([[max(study.shape[-1] - 1, 1)] for study in studies])
    squares = (variances**2 / study_freedom).sum(0)
    # Without any spread there are no degrees of freedom, and the interval has no width whatever they are.
    freedom = np.divide(variances.sum(0) ** 2, squares, out=np.ones(len(value)), where=squares > 0)
    half_width = stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * standard_error
    return np.stack([value, *unless_single_seed(studies, (value - half_width, value + half_width))])


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


def aggregate(study_errors: Errors, leaderboard: pl.DataFrame, *, is_finished: bool) -> pl.DataFrame:
    """Return one row per method of the leaderboard, the best mean rank first; no rows where nothing is comparable.

    Args:
        study_errors: as `errors` returns them.
        leaderboard: as `summary.leaderboard` returns it.
        is_finished: whether all runs of the suite are; until then no method has a shared rank.

    Returns:
        `suite`, `rank` (shared, as `rank_methods` returns it), `method`, `studies` (that have the method),
        FIGURE_COLUMNS, and COUNTS as `count_verdicts` returns them. The rank and FIGURE_COLUMNS are null of a method
        that some study lacks.
    """
    if not study_errors.comparable:
        return pl.DataFrame(schema=AGGREGATE)
    studies = study_errors.studies
    shared_ranks, *mean_ranks = rank_methods(studies)
    figures = np.concatenate([mean_ranks, error_reduction_intervals(studies), improvement_intervals(studies)])
    figures_by_method = dict(zip(study_errors.methods, figures.T.tolist(), strict=True))
    rank_by_method: dict[str, int] = {}
    if is_finished and np.isfinite(shared_ranks).all():
        rank_by_method = dict(zip(study_errors.methods, map(int, shared_ranks), strict=True))
    rows = []
    for (method,), group in leaderboard.group_by("method", maintain_order=True):
        row = {"suite": group["suite"][0], "rank": rank_by_method.get(str(method)), "method": method}
        row |= {"studies": group.height} | dict.fromkeys(FIGURE_COLUMNS)
        if method in figures_by_method:
            row |= dict(zip(FIGURE_COLUMNS, figures_by_method[str(method)], strict=True))
        if method == study_errors.methods[0]:  # of the baseline against itself there is only a rank
            row |= dict.fromkeys(FIGURE_COLUMNS[3:])
        rows.append(row | count_verdicts(group.to_dicts()))
    rows.sort(key=lambda row: math.inf if row["mean_rank"] is None else row["mean_rank"])
    return pl.DataFrame(rows, AGGREGATE)


def count_verdicts(rows: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Count the studies in which a method is significantly better than the baseline, not different, and worse.

    Args:
        rows: the method's, of the leaderboard. Counted are complete studies with a p-value.

    Returns:
        COUNTS, all None where no study counts.
    """
    counts = dict.fromkeys(COUNTS, 0)
    for row in rows:
        found = verdict(row) if row["study_complete"] else None
        if found is not None:
            counts[COUNT_OF_VERDICT[found]] += 1
    return dict(counts) if any(counts.values()) else dict.fromkeys(COUNTS)
