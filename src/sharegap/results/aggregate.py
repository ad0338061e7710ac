"""Methods compared across a suite's studies.

Seeds replicate a run within a study, studies replicate a comparison across the suite; the two are never pooled: every
figure is first taken in each study over its seeds, then over studies. Each study is an array of errors
(methods, seeds), the methods in the same order and `none` first; NaN where a run diverged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from sharegap.results.paired import BASELINE
from sharegap.results.statistics import CONFIDENCE, SIGNIFICANCE, mean_interval

FEWEST_STUDIES = 5
"""Fewer say nothing about other studies: no interval of a mean rank, no critical difference."""
RESAMPLES = 2000
OPTIMUM = {"perplexity": 1.0}
"""The best value of a score of which less is better, where it is not 0."""
FIGURES = ("mean_rank", "error_reduction", "probability_of_improvement")
COUNTS = ("wins", "ties", "losses")
Studies = Sequence[np.ndarray]


@dataclass(frozen=True)
class Errors:
    """The errors of the `methods` that all studies have, on the seeds that these share, by study."""

    methods: list[str]
    by_study: dict[str, np.ndarray]

    @property
    def studies(self) -> list[np.ndarray]:
        return list(self.by_study.values())

    @property
    def comparable(self) -> bool:
        """Whether there is anything to compare: two studies, and a method beside none."""
        return len(self.by_study) > 1 and len(self.methods) > 1


def errors(selected_runs: pl.DataFrame) -> Errors:
    """The test errors of the runs at the `selected_runs` strengths; without methods where a study lacks none."""
    runs = dict(iter(selected_runs.group_by("study", maintain_order=True)))
    present = [set(own["method"]) for own in runs.values()]
    shared = [
        method for method in selected_runs["method"].unique(maintain_order=True) if all(method in s for s in present)
    ]
    if BASELINE not in shared:
        return Errors([], {})
    methods = [BASELINE, *(method for method in shared if method != BASELINE)]
    tables = {str(study): _errors(own, methods) for (study,), own in runs.items()}
    return Errors(methods, {study: table for study, table in tables.items() if table.size})


def error_of(scores: np.ndarray, score_name: str, higher_is_better: bool) -> np.ndarray:
    """How far `scores` are from their optimum.

    1 − score where more is better (accuracy, R²), perplexity − 1, and else the score itself where less is better.
    """
    return 1 - scores if higher_is_better else scores - OPTIMUM.get(score_name, 0.0)


def ranks(studies: Studies) -> np.ndarray:
    """Each method's rank by mean error (studies, methods): 1 the least, ties their mean, a diverged method last."""
    means = np.array([study.mean(-1) for study in studies])
    return stats.rankdata(np.where(np.isfinite(means), means, math.inf), axis=-1)


def mean_rank_intervals(studies: Studies) -> np.ndarray:
    """Mean rank, low and high (3, methods) over studies: Student's t, within the ranks that there are.

    The studies are the replication (Demšar 2006); fewer than FEWEST_STUDIES have no bounds. Somewhat too narrow near
    the first and the last rank, and yet wider than a bootstrap over studies, which covers less (docs/statistics.md).
    """
    of_methods = ranks(studies).T
    found = np.array([mean_interval(own) for own in of_methods]).T.clip(1, len(of_methods))
    if len(studies) < FEWEST_STUDIES:
        found[1:] = math.nan
    return found


def error_reductions(means: np.ndarray) -> np.ndarray:
    """By what part of none's error each method's is less, from mean errors (..., methods), `none` first."""
    none = means[..., :1]
    return 1 - means / np.where(none > 0, none, math.nan)


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Mean over the first axis without its least and greatest quarter, rounded down (Agarwal et al. 2021)."""
    trimmed = np.asarray(stats.trim_mean(values, 0.25, axis=0))
    return np.where(np.isfinite(values).all(0), trimmed, math.nan)


def improvements(study: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The probability that a run has less error than a run of none (resamples, methods): Mann and Whitney's U.

    Over all pairs of seeds, a tie counts half, a diverged run has the most error; `weights` (resamples, seeds) are
    the seeds' shares. Source: Mann and Whitney 1947, Agarwal et al. 2021.
    """
    own = np.where(np.isfinite(study), study, math.inf)
    better = own[:, :, None] < own[0]
    pairs = better + 0.5 * (own[:, :, None] == own[0])
    return np.asarray(((weights @ pairs) * weights).sum(-1).T)


def bootstrap_intervals(studies: Studies, resamples: int = RESAMPLES) -> tuple[np.ndarray, np.ndarray]:
    """Error reduction and probability of improvement over none, each as value, low and high (3, methods).

    The reduction is the interquartile mean over studies, the probability the mean over studies. Bounds are
    percentiles of a bootstrap that draws seeds within each study, the same for all methods since they are paired
    (stratified: Agarwal et al. 2021), one fewer than there are, which makes the spread right at few seeds (Hesterberg
    2015). They speak of these studies trained again, not of other studies. NaN bounds with a study of one seed.
    """
    random = np.random.default_rng(0)
    reductions, probabilities = [], []
    for study in studies:
        seeds = study.shape[-1]
        once = np.full((1, seeds), 1 / seeds)
        again = random.multinomial(seeds - 1, once[0], resamples) / max(seeds - 1, 1)
        weights = np.concatenate([once, again if seeds > 1 else np.full_like(again, math.nan)])
        reductions.append(error_reductions(weights @ study.T))
        probabilities.append(improvements(study, weights))
    return _value_and_bounds(interquartile_mean(np.array(reductions))), _value_and_bounds(np.mean(probabilities, 0))


def performance_profile(studies: Studies, thresholds: np.ndarray) -> np.ndarray:
    """The share of runs whose error reduction exceeds each of `thresholds`: (methods, thresholds), mean over studies.

    A run's reduction is against none's mean error in its study. Source: run-score distributions, Agarwal et al. 2021.
    """
    shares = []
    for study in studies:
        none = study[0].mean()
        reductions = 1 - study / (none if none > 0 else math.nan)
        shares.append((reductions[:, :, None] > thresholds).mean(1))
    return np.asarray(np.mean(shares, 0))


def across(found: Errors, leaderboard: pl.DataFrame) -> pl.DataFrame:
    """One row per method of the `leaderboard`, the best mean rank first; without rows where nothing is comparable.

    `suite`, `method`, `studies` (in which the method is), FIGURES with `_low` and `_high`, and COUNTS: the studies in
    which the method is significantly better than none, not different and worse, of those that have p-values. FIGURES
    are null of a method that some study lacks.
    """
    names = [f"{figure}{end}" for figure in FIGURES for end in ("", "_low", "_high")]
    schema = {"suite": pl.String(), "method": pl.String(), "studies": pl.Int64()}
    schema |= dict.fromkeys(names, pl.Float64()) | dict.fromkeys(COUNTS, pl.Int64())
    if not found.comparable:
        return pl.DataFrame(schema=schema)
    table = np.concatenate([mean_rank_intervals(found.studies), *bootstrap_intervals(found.studies)])
    figures = dict(zip(found.methods, table.T.tolist(), strict=True))
    rows = []
    for (method,), own in leaderboard.group_by("method", maintain_order=True):
        row = dict(zip(names, figures.get(str(method), [None] * len(names)), strict=True))
        if method == BASELINE:  # against itself there is only a rank
            row |= dict.fromkeys(names[3:])
        rows.append({"suite": own["suite"][0], "method": method, "studies": own.height} | row | _counts(own.to_dicts()))
    rows.sort(key=lambda row: math.inf if row["mean_rank"] is None else row["mean_rank"])
    return pl.DataFrame(rows, schema)


def _errors(runs: pl.DataFrame, methods: list[str]) -> np.ndarray:
    table = runs.filter(pl.col("method").is_in(methods)).pivot("method", index="seed", values="test_score")
    scores = table.drop_nulls(methods).select(methods).to_numpy().T
    return error_of(scores, runs["score_name"][0], runs["higher_is_better"][0])


def _value_and_bounds(resampled: np.ndarray) -> np.ndarray:
    """The first, and the percentiles of the rest: (3, methods) of (1 + resamples, methods)."""
    ends = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    return np.stack([resampled[0], *np.quantile(resampled[1:], ends, axis=0)])


def _counts(rows: list[dict[str, Any]]) -> dict[str, int | None]:
    """Wins, ties and losses of a method against none, from its rows of the leaderboard."""
    outcomes = [
        0 if row["p_adjusted"] > SIGNIFICANCE else 1 if (row["delta_test_score"] > 0) == row["higher_is_better"] else -1
        for row in rows
        if row["p_adjusted"] is not None and not math.isnan(row["p_adjusted"])
    ]
    if not outcomes:
        return dict.fromkeys(COUNTS)
    return dict(zip(COUNTS, map(outcomes.count, (1, 0, -1)), strict=True))
