"""The leaderboard cut into its studies, as page, markdown and terminal show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from sharegap.leaderboard.cells import MISSING, Cell, cells
from sharegap.leaderboard.columns import METHOD, Column, Place, shown
from sharegap.results.statistics import fewest_seeds


@dataclass(frozen=True)
class Study:
    """One study's rows, the best test score first."""

    name: str
    rows: list[dict[str, Any]]

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
        if not pairs or max(pairs) >= (needed := fewest_seeds(len(pairs))):
            return ""
        seeds, methods = counted(max(pairs), "seed"), counted(len(pairs), "method")
        smallest = min(1.0, len(pairs) * 2 / 2 ** max(pairs))
        return (
            f"Significance cannot be reached with {seeds} and {methods} beside none (the smallest possible p-value, "
            f"adjusted, is {smallest:.2g}), so no p-value is shown: it takes {needed} seeds."
        )

    @property
    def published(self) -> list[dict[str, Any]]:
        """The rows with a published value."""
        return [row for row in self.rows if row["published_test_score"] is not None]

    def grid(self, place: Place) -> tuple[list[Column], list[list[Cell]]]:
        """The columns that are shown in `place`, and the cells row by row."""
        columns = shown(place, self.rows)
        by_column = [cells(column, self.rows) for column in columns]
        return columns, [list(row) for row in zip(*by_column, strict=True)]

    def further(self, figures: pl.DataFrame) -> tuple[list[Column], list[list[Cell]]]:
        """The study's further `figures` as such a grid, one column each; without columns where there are none."""
        own = figures.filter(study=self.name)
        found = {(row["figure"], row["method"]): row for row in own.to_dicts()}
        methods = [method for row in self.rows if (method := row["method"]) in own["method"]]
        nothing = dict.fromkeys(("mean", "low", "high"))
        columns, by_column = [METHOD], [[Cell(method) for method in methods]]
        for name in own["figure"].unique(maintain_order=True):
            column = Column("mean", name, "measure", f"{name} on the test split", bounds=("low", "high"))
            columns.append(column)
            by_column.append(cells(column, [found.get((name, method), nothing) for method in methods]))
        return (columns, [list(row) for row in zip(*by_column, strict=True)]) if methods else ([], [])


def studies(table: pl.DataFrame) -> Iterator[Study]:
    """The table's studies, in its own order."""
    for (name,), rows in table.group_by("study", maintain_order=True):
        yield Study(str(name), rows.to_dicts())


def counted(number: int, noun: str) -> str:
    """E.g. `1 seed`, `8 seeds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def progress(table: pl.DataFrame) -> str:
    """How much of the suite is finished, in a sentence; empty when all is."""
    finished, planned = table["suite_runs_finished"][0], table["suite_runs_planned"][0]
    return "" if finished == planned else f"{finished:,} of {planned:,} runs are finished."
