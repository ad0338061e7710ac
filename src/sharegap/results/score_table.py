"""A table of finished scores, whatever made them, as a suite: its plan, its facts and its runs.

A row is one training. The columns have the names that they have in `runs.csv`, so that is such a table, too.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from sharegap.errors import MAX_LISTED, UserError, unknown_name
from sharegap.results.schema import PLAN, MethodFacts, SuiteFacts
from sharegap.results.score_checks import COLUMNS, LOSSES, ROW, SCORES, SETTING, check_values, check_whole
from sharegap.results.selection import DIRECTION

MEASURED = {
    **{name: tuple(name.split("_")) for name in (*SCORES, *LOSSES)},
    "n_test": ("test", "samples"),
}
"""The columns that become measurements, with split and metric."""
FEWEST_SETTINGS = 2
"""With fewer there is nothing to select."""
PLANNED = (ROW, "phase", "trial")
"""What is no part of a run's identity: the same run may tune and be measured."""
FROM_OUTSIDE: MethodFacts = {
    "tunes": ["strength", "second_strength"],
    "path": None,
    "path_position": None,
    "control": None,
    "shares": None,
    "combines": None,
}
"""What is known of a method of a table."""


class ScoreSuite(NamedTuple):
    """A suite made of a table.

    Args:
        plan: in the columns of PLAN.
        facts: of the suite.
        runs: rows in the columns of RUNS, each once.
    """

    plan: pl.DataFrame
    facts: SuiteFacts
    runs: list[dict[str, Any]]


def suite_of_scores(
    table: pl.DataFrame, name: str, *, source: str, baseline: str, defaults: Mapping[str, str]
) -> ScoreSuite:
    """Make a suite of a table of finished scores.

    Where a method has several strengths in a study, the one with the best mean validation score is measured, and a tie
    goes to the smallest. A column `phase` says instead which rows tuned and which measured. Without validation scores
    nothing is selected: each strength is a method.

    Args:
        table: a row per training, with columns of COLUMNS; others are left out.
        name: of the suite.
        source: the name of the table's file, for messages.
        baseline: name of the method that all others are compared with.
        defaults: `score_name` and `higher_is_better`, as text, where the table has no such column.

    Raises:
        UserError: for a value, a row or a pair of study and seed that is wrong or missing; it names the place.

    Example:
        >>> table = pl.DataFrame({"study": "a", "method": ["none", "l2"], "seed": 0, "test_score": [0.5, 0.6]})
        >>> defaults = {"score_name": "accuracy", "higher_is_better": "true"}
        >>> suite = suite_of_scores(table, "mine", source="mine.csv", baseline="none", defaults=defaults)
        >>> suite.plan["method"].to_list()
        ['none', 'l2']
    """
    unused = [column for column in table.columns if column not in {*COLUMNS, "suite", "run"}]
    rows = check_values(table, source, defaults)
    is_selected = rows["phase"].null_count() == len(rows)
    notes = [f"Scores from {source}: {len(rows):,} rows. Nothing was trained here."]
    has_strengths = rows.select(pl.struct(SETTING).n_unique().over("study", "method").max()).item() > 1
    if is_selected and has_strengths and rows["validation_score"].is_null().all():
        rows = rows.with_columns(method=pl.concat_str("method", _setting_text(), separator="", ignore_nulls=True))
        notes.append("No validation scores: nothing was selected, and each strength is a method of its own.")
    check_whole(rows, source)
    rows = rows.with_columns(run=pl.Series(_identify(row) for row in rows.drop(*PLANNED).rows()))
    if baseline not in rows["method"]:
        raise UserError(f"baseline: {unknown_name(f'method in {source}', baseline, rows['method'].unique())}")
    if rows["train_score"].is_null().all():
        notes.append("No train scores: there is no gap.")
    if unused:
        more = f" and {len(unused) - MAX_LISTED} more" if len(unused) > MAX_LISTED else ""
        notes.append(f"Columns that are not used: {', '.join(unused[:MAX_LISTED])}{more}.")
    planned = _select(rows) if is_selected else rows.with_columns(trial=pl.coalesce("trial", _trials()))
    plan = planned.with_columns(pl.lit(name).alias("suite"), at_edge=_is_at_edge()).select(*PLAN)
    return ScoreSuite(plan.cast(PLAN), _facts(planned, name, baseline, notes), _runs(rows))  # type: ignore[arg-type]


def _select(rows: pl.DataFrame) -> pl.DataFrame:
    """Return all rows of methods with several settings as tuning, and those of the best setting as measured."""
    rows = rows.with_columns(trial=_trials())
    is_tuned = pl.col("trial").n_unique().over("study", "method") >= FEWEST_SETTINGS
    # A failed training counts as worst. Settings with equal means are in their order, the smallest first.
    score = pl.when("diverged").then(-float("inf")).otherwise(DIRECTION * pl.col("validation_score"))
    means = rows.group_by("study", "method", "trial", maintain_order=True).agg(score.mean().alias("mean")).sort("trial")
    best = means.group_by("study", "method").agg(
        pl.col("trial").sort_by("mean", descending=True, maintain_order=True).first()
    )
    tune = rows.filter(is_tuned).with_columns(phase=pl.lit("tune"))
    measure = rows.join(best, on=["study", "method", "trial"], how="semi", maintain_order="left")
    return pl.concat([tune, measure.with_columns(phase=pl.lit("measure"))])


def _trials() -> pl.Expr:
    """The index of a row's setting among those of its method, the smallest numbers first."""
    return pl.struct(SETTING).rank("dense").over("study", "method").cast(pl.Int64) - 1


def _is_at_edge() -> pl.Expr:
    """Whether a measured strength is the smallest or largest of several that were tried."""
    tried = pl.col("strength").filter(phase="tune")
    ends = pl.min_horizontal(
        (pl.col("strength") - tried.min().over("study", "method")).abs(),
        (pl.col("strength") - tried.max().over("study", "method")).abs(),
    )
    is_chosen = (pl.col("phase") == "measure") & (tried.n_unique().over("study", "method") >= FEWEST_SETTINGS)
    return (is_chosen & (ends == 0)).fill_null(False)


def _setting_text() -> pl.Expr:
    """What follows the name of a method whose settings are methods, e.g. ` 0.1` or ` trial 3`."""
    texts = []
    for name in SETTING:
        prefix = " " if name == "strength" else f" {name} "
        texts.append(prefix + pl.col(name).map_elements("{:g}".format, pl.String))
    return pl.concat_str(texts, ignore_nulls=True)


def _identify(row: tuple[Any, ...]) -> str:
    """The identity of a run: two of equal values are one."""
    return hashlib.sha256(json.dumps(row).encode()).hexdigest()[:16]


def _facts(planned: pl.DataFrame, name: str, baseline: str, notes: list[str]) -> SuiteFacts:
    tuned = planned.filter(phase="tune")
    return {
        "name": name,
        "baseline": baseline,
        "trials": tuned["trial"].n_unique(),
        "tuning_seeds": tuned["seed"].n_unique(),
        "methods": dict.fromkeys(planned["method"].unique(maintain_order=True), FROM_OUTSIDE),
        "published": {},
        "deviations": {},
        "anchors": {},
        "negative_controls": [],
        "notes": notes,
    }


def _runs(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows as they are stored; a row that tuned and measured is one run."""
    return [_run(row) for row in rows.unique("run", keep="first", maintain_order=True).to_dicts()]


def _run(row: Mapping[str, Any]) -> dict[str, Any]:
    config = {
        "dataset": {"name": row["dataset"], "n_train": row["n_train"]},
        "model": {"name": row["model"]},
        "optimizer": {"lr": row["learning_rate"]},
        "training": {"target_loss": None},
        **{name: row[name] for name in ("strength", "second_strength", "seed")},
    }
    measurements = []
    for column, (split, metric) in MEASURED.items():
        if row[column] is not None:
            measurement = {"snapshot": "final", "split": split, "metric": metric}
            measurements.append(measurement | {"value": float(row[column])})
    stored = {name: row[name] for name in ("run", "score_name", "higher_is_better", "diverged")}
    stored |= {"unique_parameters": row["unique_parameters"], "train_seconds": row["train_seconds"]}
    return stored | {
        "config": json.dumps(config),
        "scored_at": "final",
        "measurements": measurements,
        "curve": [],
    }
