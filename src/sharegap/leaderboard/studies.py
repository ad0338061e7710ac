"""One of the leaderboard's studies, as page, markdown and terminal show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from sharegap.leaderboard.cells import MISSING
from sharegap.leaderboard.columns import COLUMNS
from sharegap.leaderboard.figures import Style
from sharegap.leaderboard.sections.section import Grid
from sharegap.results.statistics import min_seeds_for_significance


@dataclass(frozen=True)
class Study:
    """One study's part of the suite's Tables; `rows` are its leaderboard, the best test score first."""

    name: str
    rows: list[dict[str, Any]]
    plan: pl.DataFrame
    runs: pl.DataFrame
    selected_runs: pl.DataFrame
    by_strength: pl.DataFrame
    extra_metrics: pl.DataFrame
    paired_comparisons: pl.DataFrame
    interactions: pl.DataFrame
    style: Mapping[str, Style]
    tunes_learning_rate: bool

    @property
    def score_name(self) -> str:
        return str(self.rows[0]["score_name"])

    @property
    def higher_is_better(self) -> bool:
        return bool(self.rows[0]["higher_is_better"])

    @property
    def facts(self) -> str:
        """What was compared on what, e.g. `dataset mnist1d, model local1d, n_train 4,000, 8 seeds, ...`."""
        first = self.rows[0]
        size = MISSING if first["n_train"] is None else f"{first['n_train']:,}"
        fewest, most = (pick(row["seeds"] for row in self.rows) for pick in (min, max))
        seeds = "1 seed" if most == 1 else f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"
        where = f"dataset {first['dataset']}, model {first['model']}, n_train {size}"
        return f"{where}, {seeds}, score is {self.score_name} ({'more' if self.higher_is_better else 'less'} is better)"

    @property
    def too_few_seeds(self) -> str:
        """Why the study shows no p-value, in a sentence; empty where it may."""
        pairs = [row["pairs"] for row in self.rows if row["pairs"] is not None]
        if not pairs or max(pairs) >= (needed := min_seeds_for_significance(len(pairs))):
            return ""
        seeds, methods = counted(max(pairs), "seed"), counted(len(pairs), "method")
        smallest = min(1.0, len(pairs) * 2 / 2 ** max(pairs))
        return (
            f"Significance cannot be reached with {seeds} and {methods} beside none (the smallest possible p-value, "
            f"adjusted, is {smallest:.2g}), so no p-value is shown: it takes {needed} seeds."
        )

    @property
    def learning_rate(self) -> str:
        """Whether it was tuned, in a sentence; empty where it is not known."""
        if self.tunes_learning_rate:
            trials = self._most("trial")
            selected_runs = {row["learning_rate"] for row in self.rows}
            same = f"; all chose {min(selected_runs):g}" if len(selected_runs) == 1 else ""
            return f"Learning rate: each method chose it on validation, with its strength, among {trials} trials{same}."
        rates: list[float] = self.runs["learning_rate"].drop_nulls().unique().sort().to_list()
        return f"Learning rate: not tuned, {' or '.join(f'{rate:g}' for rate in rates)}." if rates else ""

    def _most(self, setting: str) -> int:
        """Among how many of the `setting` the method with the most of them chose."""
        return max(own[setting].n_unique() for _, own in self.plan.group_by("method"))

    @property
    def grid(self) -> Grid:
        return Grid(COLUMNS, self.rows, wide=True)


def counted(number: int, noun: str) -> str:
    """E.g. `1 seed`, `8 seeds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
