"""What changed since an older measurement of the suite, and whether by more than chance."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from sharegap.leaderboard.cells import format_strength
from sharegap.leaderboard.column import Column, finite_or_null
from sharegap.leaderboard.columns import METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.methods import count_noun
from sharegap.leaderboard.sections.provenance import describe_commits, describe_dates, describe_packages
from sharegap.leaderboard.sections.section import Section, Table
from sharegap.results.changes import IDENTICAL, OTHER_SCORE, PAIRED, UNPAIRED, Changes, MeasuredSuite

TITLE = "Changes"
COLUMNS = (
    Column("study", "dataset, model and training-set size", kind="text", show="terminal"),
    METHOD,
    Column("old_score", "mean test score over the seeds of the older results", heading="before", show="terminal"),
    Column("new_score", "mean test score over the seeds of these results", heading="now", show="terminal"),
    Column(
        "change",
        "now − before, with the p-value adjusted for all tests of the table",
        kind="difference",
        interval=True,
        test="",
        show="terminal",
    ),
    Column(
        "comparison",
        f"{PAIRED}, where both have the same seeds; {UNPAIRED}: Welch's t test; {IDENTICAL}: every figure of every "
        f"seed, bit for bit; {OTHER_SCORE}: not compared",
        kind="text",
        show="terminal",
    ),
)
OF_STUDY = ("score_name", "n_train", "n_test")
RULE = (
    "▲ better, ▼ worse by more than chance: Student's t or Welch's, p at most 5 % after Holm's adjustment for {tests}, "
    "both studies complete, more than one test sample. Where nothing changed, at most one such comparison in twenty "
    "has a mark. No mark does not mean no change: the 95 % interval, not adjusted, says how large one may be."
)
OTHER_RUNS = "Other options, data or code of your own, so that a change may have that cause: {methods}."


def changes_section(report: Report) -> Section:
    """Make the table of changes, one row per study and method that both measurements have."""
    changes = report.changes
    if changes is None:
        return Section(TITLE)
    tables = []
    for _, scores in finite_or_null(changes.scores).group_by("score_name", maintain_order=True):
        rows = scores.with_columns(p_is_smallest=pl.lit(False)).to_dicts()
        tables.append(Table(COLUMNS, rows, wide=True, narrow=COLUMNS[:-1]))
    intro = [_summarize(changes), _describe_origin("Before", changes.old), _describe_origin("Now", changes.new)]
    notes = [*_describe_differences(changes)]
    if changes.tests:
        notes.insert(0, RULE.format(tests=count_noun(changes.tests, "test")))
    return Section(TITLE, tables, notes, intro=intro, in_terminal=True)


def _summarize(changes: Changes) -> str:
    """Say in one sentence or two how many scores changed."""
    scores = changes.scores
    if not scores.height:
        return "No method of a study is measured in both."
    identical = scores.filter(comparison=IDENTICAL).height
    if identical == scores.height:
        return f"All {count_noun(identical, 'score')} are identical, bit for bit."
    better = scores.filter("marked", (pl.col("change") > 0) == pl.col("higher_is_better")).height
    worse = scores.filter("marked").height - better
    changed = f"{better + worse} of {count_noun(scores.height, 'score')} changed by more than chance"
    directions = f": {better} better, {worse} worse" if better + worse else ""
    equal = f" Identical, bit for bit: {identical}." if identical else ""
    return f"{changed}{directions}.{equal}"


def _describe_origin(when: str, suite: MeasuredSuite) -> str:
    origins = suite.origins
    return (
        f"{when}: {describe_packages(origins, ['sharegap'])}, commit {describe_commits(origins)}, finished (UTC) "
        f"{describe_dates(origins)}."
    )


def _describe_differences(changes: Changes) -> Iterator[str]:
    """Say what makes the two measurements differ in more than chance."""
    if changes.old.baseline != changes.new.baseline:
        yield f"Another baseline: {changes.old.baseline} before, {changes.new.baseline} now."
    for when, methods in (("before", changes.only_old), ("now", changes.only_new)):
        if methods:
            yield f"Measured only {when}: {', '.join(map(' '.join, methods))}."
    other = changes.scores.filter(~pl.col("same_runs")).select("study", "method").rows()
    if len(other) == len(changes.scores):
        yield OTHER_RUNS.format(methods="all methods")
    elif other:
        yield OTHER_RUNS.format(methods=", ".join(map(" ".join, other)))
    by_setting: dict[str, list[str]] = {}
    for row in changes.settings:
        place = row["study"] if row["setting"] in OF_STUDY else f"{row['study']} {row['method']}"
        by_setting.setdefault(row["setting"], []).append(f"{place} {_format(row['old'])} → {_format(row['new'])}")
    for setting, places in by_setting.items():
        yield f"Another {setting.replace('_', ' ')}: {_join(places)}."


def _join(places: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(places))  # what holds for a study is the same for its methods


def _format(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else format_strength(value)
