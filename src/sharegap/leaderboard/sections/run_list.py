"""The runs behind every figure."""

from typing import Any

import polars as pl
from polars import selectors as cs

from sharegap.leaderboard.cells import format_strength
from sharegap.leaderboard.column import finite_or_null
from sharegap.leaderboard.report import Report

TRIAL = ("study", "method", "trial")
FIRST_COLUMNS = (
    *("suite", "study", "method", "strength", "learning_rate", "trial", "seed", "run", "is_selected", "scored_at"),
    *("train_score", "validation_score", "test_score", "train_loss", "validation_loss", "test_loss"),
)


def run_table(report: Report) -> pl.DataFrame:
    """Return the table of `runs.csv`: one row per finished run, with every value that is one number.

    `is_selected` marks the runs behind the leaderboard. Columns that begin with `final_`, `best_val_` and
    `loss_matched_` are at these weights; `<snapshot>_step` is the training step of the snapshot.
    """
    selected = report.selected_runs.select(TRIAL).unique().with_columns(is_selected=pl.lit(True))
    runs = report.runs.join(selected, on=TRIAL, how="left", maintain_order="left")
    runs = runs.with_columns(pl.col("is_selected").fill_null(False))
    scalars = cs.exclude(cs.nested(), cs.starts_with("published"), *FIRST_COLUMNS)
    return finite_or_null(runs.select(*FIRST_COLUMNS, scalars))


def list_trials(study: Report) -> list[dict[str, Any]]:
    """Return one row per method, strength and learning rate, with the runs behind its figures."""
    selected = set(study.selected_runs.select("method", "trial").iter_rows())
    trials = []
    runs = finite_or_null(study.runs, keep=("strength", "learning_rate"))
    for (method, trial), group in runs.group_by("method", "trial", maintain_order=True):
        trials.append(
            {
                "method": method,
                "strength": format_strength(group["strength"][0]),
                "learning_rate": format_strength(group["learning_rate"][0]),
                "is_selected": (method, trial) in selected,
                "runs": group.sort("seed").select("seed", "run", "test_score", "diverged").to_dicts(),
            }
        )
    return trials
