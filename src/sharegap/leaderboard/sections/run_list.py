"""From a figure back to the runs behind it."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from sharegap.leaderboard import cells
from sharegap.leaderboard.columns import finite_or_null
from sharegap.leaderboard.report import Tables
from sharegap.leaderboard.studies import Study

TRIAL = ("study", "method", "trial")
FIRST = (
    *("suite", "study", "method", "strength", "learning_rate", "trial", "seed", "run", "is_selected", "scored_at"),
    *("train_score", "validation_score", "test_score", "train_loss", "validation_loss", "test_loss"),
)
"""The first columns of runs.csv: what a run is of, and its figures at the scored weights."""


def run_figures(tables: Tables) -> pl.DataFrame:
    """What runs.csv holds: one row per finished run, with every figure that is one number.

    `is_selected` are the runs behind the leaderboard. Figures that begin with `final_`, `best_val_` and
    `loss_matched_` are those at these weights, `_step` is when these were taken.
    """
    selected_runs = tables.selected_runs.select(TRIAL).unique().with_columns(is_selected=pl.lit(True))
    runs = tables.runs.join(selected_runs, on=TRIAL, how="left", maintain_order="left")
    runs = runs.with_columns(pl.col("is_selected").fill_null(False))
    scalar = [name for name, kind in runs.schema.items() if not kind.is_nested() and not name.startswith("published")]
    return finite_or_null(runs.select(*FIRST, pl.col(scalar).exclude(FIRST)))


def traces(study: Study) -> Iterator[dict[str, Any]]:
    """Per method, strength and learning rate the runs behind its figures."""
    selected_runs = set(study.selected_runs.select("method", "trial").iter_rows())
    for (method, trial), group in study.runs.group_by("method", "trial", maintain_order=True):
        yield {
            "method": method,
            "strength": cells.strength(group["strength"][0]),
            "learning_rate": cells.strength(group["learning_rate"][0]),
            "chosen": (method, trial) in selected_runs,
            "runs": [
                {"seed": row["seed"], "run": row["run"], "score": score, "diverged": row["diverged"]}
                for row in group.sort("seed").to_dicts()
                for score in [cells.finite(row["test_score"])]
            ],
        }
