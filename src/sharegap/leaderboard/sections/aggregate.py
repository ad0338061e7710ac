"""The methods of a suite across its studies."""

from collections.abc import Iterator

from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import METHOD
from sharegap.leaderboard.figures import draw_critical_difference, draw_performance_profiles
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Picture, Section, Table
from sharegap.results.rank_test import FEWEST_STUDIES, RankTest, rank_test, ranks
from sharegap.results.study_errors import ERROR

TITLE = "Across studies"
COLUMNS = (
    Column("suite", "the suite that planned the runs", kind="text"),
    Column(
        "rank",
        "1 + the number of methods with a significantly better mean rank (Friedman, then Nemenyi), so that methods "
        "that cannot be told apart from the best share rank 1",
        kind="count",
        show="terminal",
        hide_if_missing=True,
    ),
    METHOD,
    Column("studies", "studies that include the method", kind="count", show="page"),
    Column(
        "mean_rank",
        "the method's rank by test score in each study (1 is best), averaged over studies; interval: "
        f"Student's t over studies, from {FEWEST_STUDIES} studies on",
        interval=True,
        show="terminal",
    ),
    Column(
        "error_reduction",
        "the share of the baseline's test error that is removed, interquartile mean over studies; the "
        f"error is {ERROR}; interval: Student's t over seeds within each study",
        interval=True,
        show="terminal",
    ),
    Column(
        "probability_of_improvement",
        "the probability that a run has a better test score than a run of the baseline (Mann and Whitney), "
        "averaged over studies; interval: Newcombe's, over seeds within each study",
        interval=True,
        show="terminal",
    ),
    Column(
        "wins",
        "complete studies in which it is better than the baseline with an adjusted p of at most 5 %",
        kind="count",
        show="terminal",
    ),
    Column(
        "ties",
        "complete studies in which that p is above 5 %, or the difference at most one test sample; studies without a p "
        "are not counted",
        kind="count",
        show="terminal",
    ),
    Column("losses", "complete studies in which it is worse with such a p", kind="count", show="terminal"),
)
NARROW = (METHOD, *(column for column in COLUMNS if column != METHOD))
"""Where columns follow below others, the method names the rows: ranks are shared."""
RANKS_CAPTION = (
    "Mean ranks over studies, the best on the left. A bar joins methods that do not differ: their mean ranks differ by "
    "less than Nemenyi's critical difference, or Friedman's test finds no difference at all."
)
PROFILES_CAPTION = (
    "The share of a method's runs, averaged over studies, that reduce the baseline's mean error by more than a "
    "threshold. Higher is better. Where two lines cross, neither method is better throughout."
)
LARGEST = "Of studies that differ in training-set size only, the largest counts."


def aggregate_section(report: Report) -> Section:
    """Make a table with one row per method, the best mean rank first, with a rank test and two figures.

    Studies that differ in training-set size only are one study several times: the largest counts.
    """
    if report.aggregate.is_empty():
        return Section(TITLE)
    # Without the unfinished methods the critical difference would be smaller, and more or other studies are to come.
    test = None if report.progress else rank_test(ranks(report.errors.studies))
    notes = list(_describe(report, test))
    if report.negative_controls:
        notes.append(f"Negative controls are left out: {', '.join(report.negative_controls)}.")
    if has_smaller_sizes(report):
        notes.append(LARGEST)
    mean_ranks = draw_critical_difference(report.errors.methods, test, report.styles) if test else None
    profiles = draw_performance_profiles(report.errors, report.styles)
    return Section(
        TITLE,
        [Table(COLUMNS, report.aggregate.to_dicts(), wide=True, narrow=NARROW)],
        notes,
        [
            Picture("Critical difference", RANKS_CAPTION, mean_ranks),
            Picture("Performance profiles", PROFILES_CAPTION, profiles),
        ],
        collapsed=True,
        in_terminal=True,
    )


def has_smaller_sizes(report: Report) -> bool:
    """Whether some study is left out across studies because its series has one with more training samples."""
    return report.contest["study"].n_unique() + len(report.negative_controls) < len(report.studies)


def _describe(report: Report, test: RankTest | None) -> Iterator[str]:
    """What the table is based on, and what follows from it."""
    studies = len(report.errors.by_study)
    yield (
        f"Over {studies} studies: each value is computed per study over its seeds, then over the studies. Intervals of "
        "the error reduction and of the probability of improvement are for these studies trained with other seeds, not "
        "for other studies."
    )
    unranked = [method for method in report.aggregate["method"] if method not in report.errors.methods]
    if unranked:
        yield f"Only methods that are in all studies have a rank. Missing from some study: {', '.join(unranked)}."
    if report.progress:
        yield "Mean ranks are not tested before all runs of the suite are finished. No method has a rank before."
    elif studies < FEWEST_STUDIES:
        yield f"{studies} studies cannot show a difference between mean ranks: this takes {FEWEST_STUDIES}."
    elif test is None:
        yield "Mean ranks are not tested: the test takes three methods that are in all studies."
    else:
        outcome = "differences" if test.rejects else "no difference"
        yield (
            f"Friedman's test shows {outcome} between the mean ranks (p {test.p_value:.2g}); Nemenyi's critical "
            f"difference is {test.critical_difference:.2f}."
        )
