"""The suite's methods across its studies, as page and markdown show them."""

from collections.abc import Iterator

import polars as pl

from sharegap.leaderboard.columns import METHOD, Column, finite_or_null
from sharegap.leaderboard.figures import critical_difference, performance_profiles
from sharegap.leaderboard.report import Tables
from sharegap.leaderboard.sections.section import Grid, Picture, Section
from sharegap.results.aggregate import FEWEST_STUDIES, aggregate, ranks
from sharegap.results.rank_test import RankTest, rank_test
from sharegap.results.statistics import SIGNIFICANCE
from sharegap.results.study_errors import Errors, errors

TITLE = "Across studies"
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
        place="terminal",
    ),
    Column(
        "error_reduction",
        "error reduction",
        "measure",
        "the part of none's test error that is gone, the interquartile mean over studies; an error is 1 − score where "
        "more is better, perplexity − 1, and else the score; interval: bootstrap over seeds within each study",
        bounds=("error_reduction_low", "error_reduction_high"),
        place="terminal",
    ),
    Column(
        "probability_of_improvement",
        "probability of improvement",
        "measure",
        "that a run's test score is better than that of a run of none (Mann and Whitney), the mean over studies; "
        "interval: bootstrap over seeds within each study",
        bounds=("probability_of_improvement_low", "probability_of_improvement_high"),
        place="terminal",
    ),
    Column(
        "wins",
        "wins",
        "count",
        "studies in which it is better than none with an adjusted p of at most 5 %",
        place="terminal",
    ),
    Column(
        "ties", "ties", "count", "studies in which that p is above 5 %; without a p none is counted", place="terminal"
    ),
    Column("losses", "losses", "count", "studies in which it is worse with such a p", place="terminal"),
)
RANKS = (
    "Mean ranks over studies, the best left. A bar joins methods of which no two differ: their mean ranks are less "
    "than Nemenyi's critical difference apart, or Friedman's test shows no difference at all."
)
PROFILES = (
    "How many of a method's runs, as the mean share over studies, reduce none's mean error by more than so much. The "
    "higher the line the better; where two cross, neither method is better throughout."
)
LARGEST = "Of studies that differ in training-set size only, the largest counts."


def across_studies(tables: Tables) -> Section:
    """One row per method, the best mean rank first, and what can be concluded from it.

    Of studies that differ in training-set size only, which are one study several times, the largest counts.
    """
    largest = tables.selected_runs.filter(pl.col("n_train") == pl.col("n_train").max().over("series"))
    found = errors(largest, tables.facts["baseline"])
    table = aggregate(found, tables.leaderboard.filter(pl.col("study").is_in(largest["study"].unique().to_list())))
    files = {"across.csv": finite_or_null(table)}
    if table.is_empty():
        return Section(TITLE, files=files)
    test = rank_test(ranks(found.studies))
    ranked = critical_difference(found.methods, test, tables.style) if test else None
    return Section(
        TITLE,
        [Grid(COLUMNS, table.to_dicts(), wide=True)],
        [
            *_notes(found, table["method"].to_list(), test),
            *([LARGEST] if len(largest) < len(tables.selected_runs) else []),
        ],
        [
            Picture("Critical difference", RANKS, ranked),
            Picture("Performance profiles", PROFILES, performance_profiles(found, tables.style)),
        ],
        files,
        in_terminal=True,
    )


def _notes(found: Errors, methods: list[str], test: RankTest | None) -> Iterator[str]:
    """What the table rests on, and what can be concluded from it, in sentences."""
    number = len(found.by_study)
    yield (
        f"Over {number} studies: each figure is taken in each study over its seeds, then over the studies. "
        "Intervals of the error reduction and of the probability of improvement speak of these studies, trained "
        "again with other seeds, not of other studies."
    )
    if lacking := [method for method in methods if method not in found.methods]:
        yield f"Ranks are among the methods that all studies have; some study lacks {', '.join(lacking)}."
    if number < FEWEST_STUDIES:
        yield f"With {number} studies no difference between mean ranks can be shown: it takes {FEWEST_STUDIES}."
    elif test is not None:
        shown = "differences" if test.p_value <= SIGNIFICANCE else "no difference"
        yield (
            f"Friedman's test shows {shown} between the mean ranks (p {test.p_value:.2g}); Nemenyi's critical "
            f"difference is {test.critical_difference:.2f}."
        )
