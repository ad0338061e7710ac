"""The columns of the leaderboard, declared once: csv, json, markdown, page and terminal follow COLUMNS."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import polars as pl

Kind = Literal["text", "strength", "count", "measure", "difference", "share", "seconds", "p_value", "preformatted"]
Medium = Literal["files", "page", "terminal"]


@dataclass(frozen=True)
class Column:
    """One column of a table: which values it shows, how, and where.

    Args:
        name: The key of its values in the rows, and its name in csv and json.
        explanation: What it means, for the page.
        heading: Default: the name, with spaces.
        kind: How its values are formatted.
        interval: Whether the keys `<name>_low` and `<name>_high` hold an interval; a string replaces `<name>`.
        total: The key of the total that the value is a part of, such as `runs` of `diverged`.
        p_value: The key of its p-value.
        shown_in: "files": csv and json only. "page": page and markdown too. "terminal": everywhere.
        hide_if_missing: Hide it in a study without a value.
        hide_if_constant: Hide it in a study whose methods share one value.
        group: A heading above those of neighbouring columns of the same group.
    """

    name: str
    _: KW_ONLY
    explanation: str = ""
    heading: str = ""
    kind: Kind = "measure"
    interval: bool | str = False
    total: str | None = None
    p_value: str | None = None
    shown_in: Medium = "files"
    hide_if_missing: bool = False
    hide_if_constant: bool = False
    group: str = ""

    def __post_init__(self) -> None:
        if not self.heading:
            object.__setattr__(self, "heading", self.name.replace("_", " "))

    @property
    def bounds(self) -> tuple[str, str] | None:
        """The keys of the interval's ends."""
        if not self.interval:
            return None
        stem = self.interval if isinstance(self.interval, str) else self.name
        return f"{stem}_low", f"{stem}_high"


MARKS = (
    "▲ better, ▼ worse than the baseline: the 95 % interval of the difference, paired by seed, excludes 0; not adjusted"
    " for the number of methods"
)
"""What the marks mean, the same text everywhere."""
P_VALUES = "p: two-sided permutation test of that difference, Holm-adjusted for the number of methods"
AT_TARGET = "at the first evaluation with a clean train loss at or below the study's target"

METHOD = Column("method", kind="text", explanation="one change to the baseline network", shown_in="terminal")


def _at_snapshot(snapshot: str, weights: str) -> list[Column]:
    figures = {"test_score": "test score", "gap_score": "gap in score", "gap_loss": "gap in loss"}
    columns = []
    for figure, heading in figures.items():
        heading = f"{heading} at the {weights} weights"
        explanation = f"{heading}, whichever weights the method is scored at"
        columns.append(Column(f"{snapshot}_{figure}", heading=heading, explanation=explanation, interval=True))
    return columns


COLUMNS = (
    Column("suite", kind="text", explanation="the suite that planned the runs"),
    Column("study", kind="text", explanation="dataset, model and training-set size: what the methods are compared on"),
    Column("dataset", kind="text", explanation="the dataset"),
    Column("model", kind="text", explanation="the network"),
    Column("n_train", heading="n_train", kind="count", explanation="training samples"),
    METHOD,
    Column(
        "strength",
        kind="strength",
        explanation="the strength with the best mean validation score over seeds",
        shown_in="terminal",
        hide_if_missing=True,
    ),
    Column(
        "learning_rate",
        kind="strength",
        explanation="selected together with the strength if the suite tunes it",
        shown_in="page",
        hide_if_constant=True,
    ),
    Column("seeds", kind="count", explanation="finished runs at the selected strength, one per seed"),
    Column("score_name", heading="score", kind="text", explanation="the metric of the scores"),
    Column("higher_is_better", kind="text", explanation="true for scores such as accuracy, false for perplexity"),
    Column("scored_at", kind="text", explanation="the scored weights: final, or best on validation"),
    Column(
        "test_score",
        explanation="mean over seeds on the test split; rows are ordered by it, best first",
        interval=True,
        shown_in="terminal",
    ),
    Column(
        "delta_test_score",
        heading="vs. baseline",
        kind="difference",
        explanation=f"difference of the test scores. {MARKS}. {P_VALUES}",
        interval="delta",
        p_value="p_adjusted",
        shown_in="terminal",
        hide_if_missing=True,
    ),
    Column(
        "gap_score",
        heading="gap in score",
        explanation="how much better the train score is than the test score: same weights, eval mode, clean data",
        interval=True,
        shown_in="terminal",
    ),
    Column(
        "gap_loss",
        heading="gap in loss",
        explanation="test − train loss: same weights, eval mode, clean data",
        interval=True,
        shown_in="terminal",
    ),
    Column(
        "loss_matched_gap_loss",
        heading="matched gap in loss",
        explanation=f"gap in loss {AT_TARGET}: all methods equally well trained; mean over the runs that reached it",
        interval=True,
        shown_in="page",
    ),
    Column(
        "loss_matched_share",
        heading="reached target",
        kind="share",
        explanation="share of the runs that reached that target",
        shown_in="page",
    ),
    Column("unique_parameters", kind="count", explanation="shared parameters count once", shown_in="terminal"),
    Column(
        "train_seconds_per_run",
        heading="s per run",
        kind="seconds",
        explanation="mean training seconds over all strengths, as a run's share of its batch of runs",
        shown_in="terminal",
    ),
    Column(
        "diverged",
        heading="diverged runs",
        kind="count",
        explanation="runs whose loss became infinite or undefined, out of all runs at all strengths",
        total="runs",
        shown_in="terminal",
    ),
    Column("runs", kind="count", explanation="finished runs at all strengths"),
    Column("train_score", explanation="mean over seeds", interval=True),
    Column("validation_score", explanation="mean over seeds", interval=True),
    Column("test_loss", explanation="mean over seeds", interval=True),
    Column(
        "loss_matched_test_score", heading="matched test score", explanation=f"test score {AT_TARGET}", interval=True
    ),
    Column(
        "relative_copy_distance",
        heading="copy distance",
        explanation="the distance between copies, relative to their mean",
        interval=True,
    ),
    Column(
        "cka",
        heading="CKA of copies",
        explanation="similarity of the copies' representations of the validation data, from 0 to 1 (identical), by "
        "linear centered kernel alignment (Kornblith et al. 2019)",
        interval=True,
    ),
    Column("suite_runs_finished", heading="finished runs", kind="count", explanation="finished runs of the suite"),
    Column("suite_runs_planned", heading="planned runs", kind="count", explanation="planned runs of the suite"),
    Column("pairs", kind="count", explanation="seeds that both the method and the baseline have"),
    Column(
        "p_value",
        heading="p-value",
        kind="p_value",
        explanation="two-sided paired permutation test of the difference to the baseline; empty with too few seeds",
    ),
    Column(
        "p_adjusted",
        heading="adjusted p-value",
        kind="p_value",
        explanation="p_value, Holm-adjusted for the number of methods in the study",
    ),
    Column("learning_rates", kind="count", explanation="number of learning rates tried; 1 if not tuned"),
    Column(
        "loss_matched_gap_score",
        heading="matched gap in score",
        explanation=f"gap in score {AT_TARGET}",
        interval=True,
    ),
    *_at_snapshot("final", "final"),
    *_at_snapshot("best_val", "best-validation"),
    Column("target_loss", heading="target", explanation="the clean train loss at which matched weights are taken"),
)
BY_NAME = {column.name: column for column in COLUMNS}


def select_columns(columns: Iterable[Column], medium: Medium, rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the columns that a table of these rows shows on the page or in the terminal."""
    media = {"page", "terminal"} if medium == "page" else {medium}
    selected = []
    for column in columns:
        values = set()
        if column.hide_if_missing or column.hide_if_constant:
            values = {row[column.name] for row in rows}
        missing = column.hide_if_missing and values <= {None}
        constant = column.hide_if_constant and len(values) < 2
        if column.shown_in in media and not missing and not constant:
            selected.append(column)
    return selected


def file_table(leaderboard: pl.DataFrame) -> pl.DataFrame:
    """Return the leaderboard as csv and json hold it: COLUMNS in order, full precision, null if not finite."""
    names = []
    for column in COLUMNS:
        names += [column.name, *(column.bounds or ())]
    return finite_or_null(leaderboard.select(names))


def finite_or_null(table: pl.DataFrame, keep: Sequence[str] = ()) -> pl.DataFrame:
    """Replace every number that is not finite by null, except in the columns to `keep`."""
    numbers = [name for name, dtype in table.schema.items() if dtype.is_float() and name not in keep]
    return table.with_columns(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in numbers)
