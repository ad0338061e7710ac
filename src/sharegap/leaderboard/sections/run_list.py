"""The runs behind every figure."""

from typing import Any

import polars as pl
from polars import selectors as cs

from sharegap.leaderboard.cells import MISSING, format_strength
from sharegap.leaderboard.column import STRENGTHS, finite_or_null
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


def list_trials(study: Report) -> list[dict[str, Any]]:
    """Return one row per method, phase and trial, with its runs."""
    trials = []
    runs = finite_or_null(study.runs, keep=STRENGTHS)
    for (method, phase, _), group in runs.group_by("method", "phase", "trial", maintain_order=True):
        strengths = group.select("strength", "second_strength").row(0)
        trials.append(
            {
                "method": method,
                "phase": phase,
                "strength": " and ".join(format_strength(value) for value in strengths if value is not None) or MISSING,
                "learning_rate": format_strength(group["learning_rate"][0]),
                "runs": group.sort("seed").select("seed", "run", "test_score", "diverged").to_dicts(),
            }
        )
    return trials
