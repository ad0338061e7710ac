"""The runs behind every figure."""

import polars as pl
from polars import selectors as cs

from sharegap.leaderboard.column import finite_or_null
from sharegap.leaderboard.report import Report

FIRST_COLUMNS = (
    *("suite", "study", "method", "strength", "second_strength", "learning_rate", "phase", "trial", "seed", "run"),
    *("scored_at", "train_score", "validation_score", "test_score", "train_loss", "validation_loss", "test_loss"),
)


def run_table(report: Report) -> pl.DataFrame:
    """Return the table of `runs.csv`: one row per finished run, with every value that is one number.

    Those whose `phase` is "measure" are behind the leaderboard. Columns that begin with `final_` and `best_val_` are at
    these weights, and `<snapshot>_step` is the training step of the snapshot.
    """
    scalars = cs.exclude(cs.nested(), cs.starts_with("published"), *FIRST_COLUMNS)
    return finite_or_null(report.runs.select(*FIRST_COLUMNS, scalars))
