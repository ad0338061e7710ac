"""One row per method: means and intervals over seeds. Whatever is chosen was chosen on validation data."""

import math
from typing import Any

import polars as pl

from sharegap.results.paired import compare_with_baseline
from sharegap.results.schema import SNAPSHOTS
from sharegap.results.selection import best_trial, selected_runs, where_finite
from sharegap.results.statistics import interval_columns, mean_interval
from sharegap.results.wide import STANDARD_METRICS, column_name

LABELS = (
    *("suite", "study", "study_complete", "dataset", "model", "n_train", "n_test", "score_name", "higher_is_better"),
    *("method", "strength", "learning_rate", "scored_at"),
)
FIGURES = (
    *("test_score", "gap_score", "gap_loss", "train_score", "validation_score", "test_loss"),
    *("relative_copy_distance", "cka"),
)
SNAPSHOT_FIGURES = ("test_score", "gap_score", "gap_loss")
EXTRA_LABELS = ("suite", "study", "method", "strength", "figure", "split")


def leaderboard(scored_runs: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """Return one row per study and method, of the runs of its best trial; the best test score of a study first.

    Args:
        scored_runs: as `join_runs` returns them.
        baseline: the method that the others are compared with.

    Returns:
        LABELS, `seeds`, FIGURES and SNAPSHOT_FIGURES at each snapshot as mean, `_low` and `_high` over seeds,
        `loss_matched_train_loss` and `loss_matched_share` (of the runs that reached `target_loss`), the comparison
        with the baseline (COMPARISON in `paired`), `unique_parameters`, and over all trials `train_seconds_per_run`,
        `runs`, `learning_rates` and `diverged`.
    """
    best = selected_runs(scored_runs)
    comparisons = compare_with_baseline(best, baseline)
    trials = dict(iter(scored_runs.group_by("study", "method")))
    rows = []
    for (study, method), runs in best.group_by("study", "method", maintain_order=True):
        comparison = comparisons[str(study), str(method)]
        rows.append(_labels(runs) | _figures(runs) | comparison | _cost(runs, trials[study, method]))
    order = {study: index for index, study in enumerate(scored_runs["study"].unique(maintain_order=True))}

    def rank(row: dict[str, Any]) -> tuple[int, bool, float]:
        score = row["test_score"]
        # NaN compares as neither smaller nor larger: without a key of its own it would disturb the sort.
        return order[row["study"]], math.isnan(score), -score if row["higher_is_better"] else score

    rows.sort(key=rank)
    return pl.DataFrame(rows, infer_schema_length=None)


def by_strength(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """Return one row per study, method and strength, strengths ascending, with means and intervals over seeds.

    Each strength is shown at the learning rate that is best for it on validation data. Columns: LABELS, `seeds` and
    the figures as in `leaderboard`.
    """
    runs = best_trial(scored_runs, ["study", "method", "strength"]).sort("trial", maintain_order=True)
    groups = runs.group_by("study", "method", "trial", maintain_order=True)
    rows = []
    for _, group in groups:
        rows.append(_labels(group) | _figures(group))
    return pl.DataFrame(rows, infer_schema_length=None)


def extra_metrics_table(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """Return the task's own test metrics, of the best trials at the scored snapshot.

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


def _labels(runs: pl.DataFrame) -> dict[str, Any]:
    return {name: runs[name][0] for name in LABELS} | {"seeds": runs.height}


def _figures(runs: pl.DataFrame) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in FIGURES:
        figures |= interval_columns(name, runs[name])
    matched = runs.filter(pl.col("loss_matched_step").is_not_null())
    for snapshot in SNAPSHOTS:
        # The runs that matched may be those of the easier seeds: `loss_matched_share` says how many there are.
        group = matched if snapshot == "loss_matched" else runs
        for figure in SNAPSHOT_FIGURES:
            name = column_name(snapshot, figure)
            figures |= interval_columns(name, group[name])
    name, share = column_name("loss_matched", "train", "loss"), matched.height / runs.height
    figures |= {name: matched[name].mean(), "loss_matched_share": share}
    return figures | {"target_loss": runs["target_loss"][0]}


def _cost(runs: pl.DataFrame, trials: pl.DataFrame) -> dict[str, Any]:
    """Return the size of the selected `runs`, and what all `trials` cost."""
    return {
        "unique_parameters": runs["unique_parameters"][0],
        "train_seconds_per_run": trials["train_seconds"].mean(),
        "runs": trials.height,
        "learning_rates": trials["learning_rate"].n_unique(),
        "diverged": int(trials["diverged"].sum()),
    }
