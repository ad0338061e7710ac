"""One row per method: means and intervals over the measured seeds, and over the tuning seeds of each strength."""

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from sharegap.results.decomposition import DECOMPOSITION, decompose
from sharegap.results.matched import MATCHED
from sharegap.results.paired import compare_with_baseline
from sharegap.results.schema import SNAPSHOTS
from sharegap.results.selection import selected_runs, where_finite
from sharegap.results.statistics import interval_columns, mean_interval
from sharegap.results.wide import STANDARD_METRICS, column_name

LABELS = (
    *("suite", "study", "study_complete", "dataset", "model", "n_train", "n_test", "score_name", "higher_is_better"),
    *("method", "strength", "second_strength", "at_edge", "learning_rate", "scored_at"),
)
FIGURES = (
    *("test_score", "gap_score", "gap_loss", "train_score", "validation_score", "test_loss"),
    *("relative_copy_distance", "cka"),
)
SNAPSHOT_FIGURES = ("test_score", "gap_score", "gap_loss")
LATE_GAIN = ("curve_step", "curve_validation_score", "higher_is_better")
"""What the gain at the end of a run is computed from."""
EXTRA_LABELS = ("suite", "study", "method", "strength", "figure", "split")


def leaderboard(scored_runs: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """Return one row per study and measured method; the best test score of a study first.

    Args:
        scored_runs: as `join_runs` returns them.
        baseline: the method that the others are compared with.

    Returns:
        LABELS, `seeds`, FIGURES, `late_gain` and SNAPSHOT_FIGURES at each snapshot as mean, `_low` and `_high` over
        seeds, MATCHED over those that reach the target, `loss_matched_share` and `score_matched_share`, which are
        their part of all, the targets `target_loss` and `target_score`, COMPARISON
        and DECOMPOSITION against the baseline, `unique_parameters`, `trials` (the settings tried in tuning), and over
        all runs, tuning included, `train_seconds_per_run`, `runs` and `diverged`.
    """
    measured = selected_runs(scored_runs)
    comparisons = compare_with_baseline(measured, baseline)
    decompositions = decompose(measured, baseline)
    all_runs = dict(iter(scored_runs.group_by("study", "method")))
    rows = []
    for (study, method), runs in measured.group_by("study", "method", maintain_order=True):
        comparison = comparisons[str(study), str(method)]
        comparison |= decompositions.get((str(study), str(method)), dict.fromkeys(DECOMPOSITION))
        rows.append(_labels(runs) | _figures(runs) | comparison | _cost(runs, all_runs[study, method]))
    order = {study: index for index, study in enumerate(scored_runs["study"].unique(maintain_order=True))}

    def rank(row: dict[str, Any]) -> tuple[int, bool, float]:
        score = row["test_score"]
        # NaN compares as neither smaller nor larger: without a key of its own it would disturb the sort.
        return order[row["study"]], math.isnan(score), -score if row["higher_is_better"] else score

    rows.sort(key=rank)
    return pl.DataFrame(rows, infer_schema_length=None)


def by_strength(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """Return one row per study, method and strength, strengths ascending, with means and intervals over seeds.

    They are over the tuning seeds. All other numbers, the learning rate included, are those that were tried first, so
    that strengths differ in nothing else. A method that was not tuned has one row, over its measured seeds. Columns:
    LABELS, `seeds` and the figures as in `leaderboard`.
    """
    is_tuning = pl.col("phase") == "tune"
    runs = scored_runs.filter(is_tuning | ~is_tuning.any().over("study", "method")).sort("trial", maintain_order=True)
    for setting in ("learning_rate", "second_strength"):
        runs = runs.filter(pl.col(setting).eq_missing(pl.col(setting).first().over("study", "method")))
    rows = []
    for _, method_runs in runs.group_by("study", "method", maintain_order=True):
        for _, group in method_runs.sort("strength").group_by("strength", maintain_order=True):
            rows.append(_labels(group) | _figures(group))
    return pl.DataFrame(rows, infer_schema_length=None)


def extra_metrics_table(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """Return the task's own test metrics, of the measured runs at the scored snapshot.

    One row per study, method and metric: EXTRA_LABELS (`figure` is the metric) and `mean`, `low` and `high` over
    seeds. Without rows where a task has no metric but its score and loss.
    """
    measurements = (
        selected_runs(scored_runs)
        .explode("measurements")
        .unnest("measurements")
        .rename({"metric": "figure"})
        .filter(
            pl.col("split") == "test",
            pl.col("snapshot") == pl.col("scored_at"),
            ~pl.col("figure").is_in(STANDARD_METRICS),
        )
        .with_columns(value=where_finite("test_loss", "value"))
    )
    groups = measurements.group_by(EXTRA_LABELS, maintain_order=True)
    rows = []
    for labels, group in groups:
        rows.append((*labels, *mean_interval(group["value"])))
    schema = {label: measurements.schema[label] for label in EXTRA_LABELS}
    schema |= dict.fromkeys(("mean", "low", "high"), pl.Float64())
    return pl.DataFrame(rows, schema, orient="row")


def late_gain(run: Mapping[str, Any]) -> float:
    """Return how much better the validation score became over the last quarter of a run; NaN where it has no curve.

    Args:
        run: `curve_step` and `curve_validation_score`, lists of one length, and `higher_is_better`.

    Example:
        >>> curve = {"curve_step": [0, 75, 100], "curve_validation_score": [0.0, 0.5, 0.75]}
        >>> late_gain(curve | {"higher_is_better": True})
        0.25
    """
    steps, scores = run["curve_step"], run["curve_validation_score"]
    if not steps or None in (scores or [None]):
        return math.nan
    earlier = [score for step, score in zip(steps, scores, strict=True) if step <= 0.75 * steps[-1]]
    gain = scores[-1] - earlier[-1] if earlier else math.nan
    return gain if run["higher_is_better"] else -gain


def _labels(runs: pl.DataFrame) -> dict[str, Any]:
    return {name: runs[name][0] for name in LABELS} | {"seeds": runs.height}


def _figures(runs: pl.DataFrame) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in FIGURES:
        figures |= interval_columns(name, runs[name])
    figures |= interval_columns("late_gain", [late_gain(run) for run in runs.select(LATE_GAIN).to_dicts()])
    for snapshot in SNAPSHOTS:
        for figure in SNAPSHOT_FIGURES:
            name = column_name(snapshot, figure)
            figures |= interval_columns(name, runs[name])
    for name in MATCHED:
        # The runs that reach the target may be those of the easier seeds: the share says how many there are.
        figures |= interval_columns(name, runs[name].filter(runs[name].is_finite()))
    for criterion in ("loss", "score"):
        reached = runs[f"{criterion}_matched_test_score"].is_finite()
        figures |= {f"{criterion}_matched_share": reached.mean(), f"target_{criterion}": runs[f"target_{criterion}"][0]}
    return figures


def _cost(runs: pl.DataFrame, all_runs: pl.DataFrame) -> dict[str, Any]:
    """Return the size of the measured `runs`, and what `all_runs` of the method cost."""
    return {
        "unique_parameters": runs["unique_parameters"][0],
        "trials": all_runs.filter(phase="tune")["trial"].n_unique(),
        "train_seconds_per_run": all_runs["train_seconds"].mean(),
        "runs": all_runs["run"].n_unique(),
        "diverged": all_runs.filter("diverged")["run"].n_unique(),
    }
