"""From a figure back to the runs behind it."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from sharegap.leaderboard import cells
from sharegap.leaderboard.columns import finite_or_null
from sharegap.leaderboard.studies import Study
from sharegap.leaderboard.tables import Tables

TRIAL = ("study", "method", "trial")
FIRST = (
    *("suite", "study", "method", "strength", "learning_rate", "trial", "seed", "run", "chosen", "scored_at"),
    *("train_score", "validation_score", "test_score", "train_loss", "validation_loss", "test_loss"),
)
"""The first columns of runs.csv: what a run is of, and its figures at the scored weights."""


def run_figures(tables: Tables) -> pl.DataFrame:
    """What runs.csv holds: one row per finished run, with every figure that is one number.

    `chosen` are the runs behind the leaderboard. Figures that begin with `final_`, `best_` and `matched_` are those at
    these weights, `_step` is when these were taken.
    """
    chosen = tables.chosen.select(TRIAL).unique().with_columns(chosen=pl.lit(True))
    runs = tables.runs.join(chosen, on=TRIAL, how="left", maintain_order="left")
    runs = runs.with_columns(pl.col("chosen").fill_null(False))
    scalar = [name for name, kind in runs.schema.items() if not kind.is_nested() and not name.startswith("published")]
    return finite_or_null(runs.select(*FIRST, pl.col(scalar).exclude(FIRST)))


def traces(study: Study) -> Iterator[dict[str, Any]]:
    """Per method, strength and learning rate the runs behind its figures."""
    chosen = set(study.chosen.select("method", "trial").iter_rows())
    for (method, trial), group in study.runs.group_by("method", "trial", maintain_order=True):
        yield {
            "method": method,
            "strength": cells.strength(group["strength"][0]),
            "learning_rate": cells.strength(group["learning_rate"][0]),
            "chosen": (method, trial) in chosen,
            "runs": [
                {"seed": row["seed"], "run": row["run"], "score": score, "diverged": row["diverged"]}
                for row in group.sort("seed").to_dicts()
                for score in [cells.finite(row["test_score"])]
            ],
        }
