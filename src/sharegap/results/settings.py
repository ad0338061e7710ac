"""What runs say without a suite: one row per setting, means and intervals over its seeds."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from sharegap.results.selection import DIRECTION, score_runs
from sharegap.results.statistics import interval_columns

Options = dict[str, Any]
"""The options of a run by the names that a user types, e.g. `sharing.strength`. A chosen file shows as its name."""

FIGURES = ("validation_score", "test_score", "gap_score")


@dataclass(frozen=True)
class Settings:
    """The settings of some runs, and what came out.

    Args:
        varying: the options in which the settings differ, the seed apart.
        rows: one per setting, in the order of these options: `options`, `score_name`, `higher_is_better`, `seeds`,
            `diverged` (runs), FIGURES as mean, `_low` and `_high` over seeds, and `best`.
    """

    varying: list[str]
    rows: list[dict[str, Any]]


def summarize_settings(runs: pl.DataFrame) -> Settings:
    """Return one row per setting of `runs`, which differ in their seeds only within a setting.

    Figures are at the weights at which a run is scored. They are NaN where a run's are not finite. `best` marks the
    best mean validation score among settings with the same data and model, if there are several.

    Args:
        runs: in the columns of RUNS.
    """
    rows, comparable = [], {}
    scored = score_runs(runs).with_columns(pl.col("config").map_elements(_without_seed, pl.String).alias("setting"))
    for (setting,), group in scored.group_by("setting", maintain_order=True):
        config = json.loads(str(setting))
        row = {"options": options_of(config)} | {name: group[name][0] for name in ("score_name", "higher_is_better")}
        row |= {"seeds": group.height, "diverged": int(group["diverged"].sum()), "best": False}
        for figure in FIGURES:
            row |= interval_columns(figure, group[figure])
        rows.append(row)
    varying = _varying([row["options"] for row in rows])
    rows.sort(key=lambda row: [_order(row["options"].get(name)) for name in varying])
    for row in rows:
        comparable.setdefault(_task(row), []).append(row)
    for group in comparable.values():
        _mark_best(group)
    return Settings(varying, rows)
