"""The suite's methods across its studies, as page and markdown show them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import plotly.graph_objects as go
import polars as pl

from sharegap.leaderboard.cells import Cell, cells
from sharegap.leaderboard.columns import METHOD, Column, finite_or_null
from sharegap.leaderboard.figures import Style, critical_difference, performance_profiles
from sharegap.results.across import FEWEST_STUDIES, Errors, ranks
from sharegap.results.critical_difference import RankTest, rank_test
from sharegap.results.statistics import SIGNIFICANCE

COLUMNS = (
    Column("suite", "suite", "text", "the suite that planned the runs"),
    METHOD,
    Column("studies", "studies", "count", "studies that have the method", place="page"),
    Column(
        "mean_rank",
        "mean rank",
        "measure",
        "the method's rank by test score in each study (1 the best), the mean over studies; interval: Student's t over "
        f"studies, from {FEWEST_STUDIES} studies on",
        bounds=("mean_rank_low", "mean_rank_high"),
        place="page",
    ),
    Column(
        "error_reduction",
        "error reduction",
        "measure",
        "the part of none's test error that is gone, the interquartile mean over studies; an error is 1 − score where "
        "more is better, perplexity − 1, and else the score; interval: bootstrap over seeds within each study",
        bounds=("error_reduction_low", "error_reduction_high"),
        place="page",
    ),
    Column(
        "probability_of_improvement",
        "probability of improvement",
        "measure",
        "that a run's test score is better than that of a run of none (Mann and Whitney), the mean over studies; "
        "interval: bootstrap over seeds within each study",
        bounds=("probability_of_improvement_low", "probability_of_improvement_high"),
        place="page",
    ),
    Column(
        "wins",
        "wins",
        "count",
        "studies in which it is better than none with an adjusted p of at most 5 %",
        place="page",
    ),
    Column("ties", "ties", "count", "studies in which that p is above 5 %; without a p none is counted", place="page"),
    Column("losses", "losses", "count", "studies in which it is worse with such a p", place="page"),
)
RANKS = (
    "Mean ranks over studies, the best left. A bar joins methods of which no two differ: their mean ranks are less "
    "than Nemenyi's critical difference apart, or Friedman's test shows no difference at all."
)
PROFILES = (
    "How many of a method's runs, as the mean share over studies, reduce none's mean error by more than so much. The "
    "higher the line the better; where two cross, neither method is better throughout."
)


@dataclass(frozen=True)
class Across:
    """`table` is what results.across makes of the `found` errors."""

    found: Errors
    table: pl.DataFrame

    def __bool__(self) -> bool:
        return not self.table.is_empty()

    @property
    def columns(self) -> list[Column]:
        return [column for column in COLUMNS if column.place != "data"]

    @property
    def grid(self) -> tuple[list[Column], list[list[Cell]]]:
        """The columns and the cells row by row, the best mean rank first."""
        by_column = [cells(column, self.table.to_dicts()) for column in self.columns]
        return self.columns, [list(row) for row in zip(*by_column, strict=True)]

    @property
    def data(self) -> pl.DataFrame:
        """What across.csv holds: full precision, empty where not a finite number."""
        return finite_or_null(self.table)

    @cached_property
    def _test(self) -> RankTest | None:
        return rank_test(ranks(self.found.studies))

    @property
    def notes(self) -> list[str]:
        """What the table rests on, and what can be concluded from it, in sentences."""
        number = len(self.found.by_study)
        notes = [
            f"Over {number} studies: each figure is taken in each study over its seeds, then over the studies. "
            "Intervals of the error reduction and of the probability of improvement speak of these studies, trained "
            "again with other seeds, not of other studies."
        ]
        if lacking := [method for method in self.table["method"] if method not in self.found.methods]:
            notes.append(f"Ranks are among the methods that all studies have; some study lacks {', '.join(lacking)}.")
        if number < FEWEST_STUDIES:
            notes.append(
                f"With {number} studies no difference between mean ranks can be shown: it takes {FEWEST_STUDIES}."
            )
        elif self._test is not None:
            shown = "differences" if self._test.p_value <= SIGNIFICANCE else "no difference"
            notes.append(
                f"Friedman's test shows {shown} between the mean ranks (p {self._test.p_value:.2g}); Nemenyi's "
                f"critical difference is {self._test.critical_difference:.2f}."
            )
        return notes

    def pictures(self, style: Mapping[str, Style]) -> Iterator[tuple[str, str, go.Figure | None]]:
        """Titles, captions and pictures."""
        test = self._test
        yield "Critical difference", RANKS, critical_difference(self.found.methods, test, style) if test else None
        yield "Performance profiles", PROFILES, performance_profiles(self.found, style)
