"""From stored runs to the measured ones of each method, whose setting was chosen on validation data before."""

import json
import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from sharegap.results.matched import add_matched
from sharegap.results.schema import SNAPSHOTS, SPLITS, SuiteFacts, tuned_paths
from sharegap.results.wide import TEST_SAMPLES, column_name, widen

DIRECTION = pl.when("higher_is_better").then(1.0).otherwise(-1.0)
"""Sign that makes a higher score better."""
SETTINGS: dict[str, pl.DataType] = {
    "dataset": pl.String(),
    "model": pl.String(),
    "n_train": pl.Int64(),
    "strength": pl.Float64(),
    "second_strength": pl.Float64(),
    "learning_rate": pl.Float64(),
    "target_loss": pl.Float64(),
}
"""What is read from the runs' configs."""
LABELS = (
    *("suite", "series", "study", "dataset", "model", "n_train", "n_test", "method"),
    *("strength", "second_strength", "learning_rate", "phase", "trial", "seed", "at_edge", "run"),
)
"""The first columns of the joined runs."""


def join_runs(plan: pl.DataFrame, suite: SuiteFacts, runs: pl.DataFrame) -> pl.DataFrame:
    """Return the finished runs of a plan, one row each, in wide columns.

    Figures without a snapshot in their name come from the snapshot at which the method is scored. A diverged run's
    scores are NaN where its loss is not finite.

    Args:
        plan: in the columns of PLAN.
        suite: the suite's facts; `tunes` says where a method's strength, or its two, stand in the config.
        runs: stored runs, in the columns of RUNS.

    Returns:
        LABELS, the measurements as `widen` names them, and for each split `{split}_score` and `{split}_loss`. Further
        `gap_score` (train − test, or test − train where lower is better), `gap_loss` (test − train), both gaps at each
        snapshot (e.g. `best_val_gap_loss`), `relative_copy_distance`, `cka`, and MATCHED at the study's `target_loss`
        and `target_score`. Of each study: `n_test` (null of runs that do not say), `planned_methods`, and
        `study_complete`: whether every method is measured, and every planned run of it finished.
    """
    wide = widen(runs.join(plan, on="run", how="semi"))
    joined = plan.join(wide, on="run", how="inner", maintain_order="left")
    joined = joined.hstack(_settings(joined, suite)).drop("config")
    joined = joined.join(_study_facts(plan, runs), on="study", how="left", maintain_order="left")
    # Of a study's runs, some may be of a version that did not store it.
    joined = joined.with_columns(n_test=pl.col(TEST_SAMPLES).max().over("study")).drop(TEST_SAMPLES)
    return add_matched(_with_gaps(_at_scored_snapshot(joined))).select(*LABELS, pl.exclude(LABELS))


def score_runs(runs: pl.DataFrame) -> pl.DataFrame:
    """Return stored `runs` in wide columns, with their figures at the snapshot at which each is scored.

    The columns are those of `join_runs` without LABELS, but with `n_test`; `config` stays.
    """
    return _with_gaps(_at_scored_snapshot(widen(runs))).rename({TEST_SAMPLES: "n_test"})


def validation_scores(runs: pl.DataFrame) -> dict[str, float]:
    """Return by stored run its validation score, higher is better; NaN where it diverged or has none."""
    scored = score_runs(runs).with_columns(score=DIRECTION * pl.col("validation_score"))
    return {run: math.nan if score is None else score for run, score in scored.select("run", "score").iter_rows()}


def selected_runs(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """Return the measured runs of each method: fresh seeds, at the setting that was best in tuning.

    Args:
        scored_runs: as `join_runs` returns them.
    """
    return scored_runs.filter(phase="measure")


def where_finite(loss: str, figure: str) -> pl.Expr:
    """Return a figure, NaN where the `loss` of the same outputs is not finite, or neither is known."""
    # The argmax of NaN outputs is a class like any other: a diverged network's score means nothing.
    is_sound = pl.col(loss).is_finite().fill_null(pl.col(figure).is_not_null())
    return pl.when(is_sound).then(figure).otherwise(math.nan)


def _study_facts(plan: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return what is planned of each study, and whether all of it is finished."""
    measured = pl.col("method").filter(phase="measure").n_unique()
    is_finished = pl.col("run").is_in(runs["run"].implode())
    return plan.group_by("study").agg(
        planned_methods=pl.col("method").unique(maintain_order=True),
        study_complete=is_finished.all() & (measured == pl.col("method").n_unique()),
    )


def settings_of(config: Mapping[str, Any], tunes: str | list[str] | None) -> dict[str, Any]:
    """Return SETTINGS of a run.

    Args:
        config: as stored.
        tunes: where the method's strength, or its two, stand in the config.
    """
    strength, second_strength = _tuned_numbers(config, tunes)
    return {
        "dataset": config["dataset"]["name"],
        "model": config["model"]["name"],
        "n_train": config["dataset"]["n_train"],
        "strength": strength,
        "second_strength": second_strength,
        "learning_rate": config["optimizer"]["lr"],
        "target_loss": config["training"]["target_loss"],
    }


def _settings(joined: pl.DataFrame, suite: SuiteFacts) -> pl.DataFrame:
    """Return SETTINGS of each row of `joined`, from its config."""
    rows = []
    for method, text in joined.select("method", "config").iter_rows():
        rows.append(settings_of(json.loads(text), suite["methods"][method]["tunes"]))
    return pl.DataFrame(rows, schema=SETTINGS)


def _tuned_numbers(config: Mapping[str, Any], tunes: str | list[str] | None) -> list[float | None]:
    """Return the values of a method's tuned numbers, None for the missing ones of two."""
    return [*(_value_at(config, path) for path in tuned_paths(tunes)), None, None][:2]


def _value_at(config: Mapping[str, Any], path: str) -> float | None:
    value: Any = config
    for name in path.split("."):
        value = value[name]
    return None if value is None else float(value)


def _at_scored_snapshot(runs: pl.DataFrame) -> pl.DataFrame:
    """Add each figure at the snapshot that the run is scored at."""
    is_best_val = pl.col("scored_at") == "best_val"
    figures = []
    for split in SPLITS:
        figures += [column_name(split, "score"), column_name(split, "loss")]
    for figure in (*figures, "relative_copy_distance", "cka"):
        best_val, final = column_name("best_val", figure), column_name("final", figure)
        runs = runs.with_columns(pl.when(is_best_val).then(best_val).otherwise(final).alias(figure))
    # Only now is there the loss of the scored weights.
    for split in SPLITS:
        score = column_name(split, "score")
        runs = runs.with_columns(where_finite(column_name(split, "loss"), score).alias(score))
    return runs


def _with_gaps(runs: pl.DataFrame) -> pl.DataFrame:
    """Add both gaps at the scored weights and at each snapshot."""
    runs = runs.with_columns(_gaps())
    for snapshot in SNAPSHOTS:
        runs = runs.with_columns(_gaps(snapshot))
    return runs


def _gaps(*snapshot: str) -> list[pl.Expr]:
    """Return `gap_score` and `gap_loss` at a snapshot; without one, at the scored weights."""
    train_score = pl.col(column_name(*snapshot, "train", "score"))
    test_score = pl.col(column_name(*snapshot, "test", "score"))
    train_loss = pl.col(column_name(*snapshot, "train", "loss"))
    test_loss = pl.col(column_name(*snapshot, "test", "loss"))
    return [
        (DIRECTION * (train_score - test_score)).alias(column_name(*snapshot, "gap_score")),
        (test_loss - train_loss).alias(column_name(*snapshot, "gap_loss")),
    ]
