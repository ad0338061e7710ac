"""The leaderboard's columns, each declared once: csv, json, markdown, page and terminal follow COLUMNS."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

Form = Literal["text", "strength", "count", "measure", "difference", "share", "seconds", "p_value", "words"]
Place = Literal["data", "page", "terminal"]


@dataclass(frozen=True)
class Column:
    """One figure of the leaderboard: where it comes from, and how and where it is shown."""

    name: str  # in csv and json
    heading: str
    form: Form
    explanation: str
    bounds: tuple[str, str] | None = None  # the columns that hold its interval
    of: str | None = None  # the column that it is a part of, e.g. diverged of all runs
    p: str | None = None  # the column that holds its p-value
    place: Place = "data"  # "data": csv and json only; "page": page and markdown too; "terminal": everywhere
    where_known: bool = False  # shown only in studies that have a value for it
    where_differs: bool = False  # shown only in studies whose methods differ in it
    group: str = ""  # what it has in common with its neighbours, which then stands above their headings


def _interval(name: str) -> tuple[str, str]:
    return f"{name}_low", f"{name}_high"


MARKS_MEAN = (
    "▲ better or ▼ worse than none: the 95 % interval of the difference, paired by seed, excludes 0; it is not adjusted"
    " for the number of methods"
)
"""What the marks mean, said everywhere alike."""
P_MEANS = "p: two-sided permutation test of that difference, adjusted for the number of methods (Holm)"

METHOD = Column(
    "method", "method", "text", "the one change to the network: none is the unchanged one", place="terminal"
)
COLUMNS = (
    Column("suite", "suite", "text", "the suite that planned the runs"),
    Column("study", "study", "text", "dataset, model and training-set size: what the methods are compared on"),
    Column("dataset", "dataset", "text", "the dataset"),
    Column("model", "model", "text", "the network"),
    Column("n_train", "n_train", "count", "training samples"),
    METHOD,
    Column(
        "strength",
        "strength",
        "strength",
        "the strength with the best mean validation score over seeds",
        place="terminal",
        where_known=True,
    ),
    Column(
        "learning_rate",
        "learning rate",
        "strength",
        "chosen with the strength where the suite tunes it",
        place="page",
        where_differs=True,
    ),
    Column("seeds", "seeds", "count", "finished runs at the chosen strength, one per seed"),
    Column("score_name", "score", "text", "what the scores are"),
    Column(
        "higher_is_better",
        "more is better",
        "text",
        "whether more of the score is better, as of accuracy, or less, as of perplexity",
    ),
    Column("scored_at", "scored at", "text", "the weights that are scored: final or best (on validation)"),
    Column(
        "test_score",
        "test score",
        "measure",
        "mean over seeds on the test split; rows are ordered by it, the best first",
        bounds=_interval("test_score"),
        place="terminal",
    ),
    Column(
        "delta_test_score",
        "against none",
        "difference",
        f"difference of the test scores. {MARKS_MEAN}. {P_MEANS}",
        bounds=("delta_low", "delta_high"),
        p="p_adjusted",
        place="terminal",
        where_known=True,
    ),
    Column(
        "gap_score",
        "gap in score",
        "measure",
        "how much better the train score is than the test score, the same weights in eval mode on clean data",
        bounds=_interval("gap_score"),
        place="terminal",
    ),
    Column(
        "gap_loss",
        "gap in loss",
        "measure",
        "test − train loss, the same weights in eval mode on clean data",
        bounds=_interval("gap_loss"),
        place="terminal",
    ),
    Column(
        "loss_matched_gap_loss",
        "matched gap in loss",
        "measure",
        "gap in loss when the clean train loss first fell below the study's target: all methods equally far "
        "trained; mean over the runs that got there",
        bounds=_interval("loss_matched_gap_loss"),
        place="page",
    ),
    Column("loss_matched_share", "reached target", "share", "share of the runs that reached that target", place="page"),
    Column(
        "unique_parameters",
        "unique parameters",
        "count",
        "each counted once, however often used",
        place="terminal",
    ),
    Column(
        "train_seconds_per_run",
        "s per run",
        "seconds",
        "mean training seconds over all strengths, as a run's share of the batch that it was trained in",
        place="terminal",
    ),
    Column(
        "diverged",
        "diverged runs",
        "count",
        "runs whose figures stopped being finite, of all at all strengths",
        of="runs",
        place="terminal",
    ),
    Column("runs", "runs", "count", "finished runs at all strengths"),
    Column("train_score", "train score", "measure", "mean over seeds", bounds=_interval("train_score")),
    Column(
        "validation_score",
        "validation score",
        "measure",
        "mean over seeds",
        bounds=_interval("validation_score"),
    ),
    Column("test_loss", "test loss", "measure", "mean over seeds", bounds=_interval("test_loss")),
    Column(
        "loss_matched_test_score",
        "matched test score",
        "measure",
        "test score when the train loss first fell below the study's target",
        bounds=_interval("loss_matched_test_score"),
    ),
    Column(
        "relative_copy_distance",
        "distance of copies",
        "measure",
        "how far the copies are apart, relative to their mean",
        bounds=_interval("relative_copy_distance"),
    ),
    Column(
        "cka",
        "CKA of copies",
        "measure",
        "how alike the copies represent the validation data, by linear centred kernel alignment (Kornblith et al. "
        "2019): from 0 to 1, where all copies represent the same features",
        bounds=_interval("cka"),
    ),
    Column("suite_runs_finished", "finished runs", "count", "finished runs of the whole suite"),
    Column("suite_runs_planned", "planned runs", "count", "runs of the whole suite"),
    Column("pairs", "pairs", "count", "seeds that both the method and none have: what their difference rests on"),
    Column(
        "p_value",
        "p-value",
        "p_value",
        "two-sided paired permutation test of the difference to none; empty where significance cannot be reached",
    ),
    Column(
        "p_adjusted",
        "adjusted p-value",
        "p_value",
        "p_value adjusted by Holm for the number of methods of the study",
    ),
    Column("learning_rates", "learning rates", "count", "how many the method chose among; 1 where it was not tuned"),
    Column(
        "loss_matched_gap_score",
        "matched gap in score",
        "measure",
        "gap in score when the train loss first fell below the study's target",
        bounds=_interval("loss_matched_gap_score"),
    ),
    *(
        Column(
            f"{snapshot}_{figure}",
            f"{name} at the {weights} weights",
            "measure",
            f"{name} of the {weights} weights, whichever the method is scored at",
            bounds=_interval(f"{snapshot}_{figure}"),
        )
        for snapshot, weights in (("final", "final"), ("best_val", "best-validation"))
        for figure, name in (("test_score", "test score"), ("gap_score", "gap in score"), ("gap_loss", "gap in loss"))
    ),
    Column("target_loss", "target", "measure", "the clean train loss at which the matched weights are taken"),
)


def shown(columns: Iterable[Column], place: Place, rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Of the `columns` those to show of these `rows` on the page or in the terminal."""
    places = {"page", "terminal"} if place == "page" else {place}

    def says_something(column: Column) -> bool:
        values = {row[column.name] for row in rows} if column.where_known or column.where_differs else set()
        return not (column.where_known and values <= {None}) and not (column.where_differs and len(values) < 2)

    return [column for column in columns if column.place in places and says_something(column)]


def data(table: pl.DataFrame) -> pl.DataFrame:
    """The table as csv and json hold it: COLUMNS in order, full precision, null where not a finite number."""
    return finite_or_null(table.select(list(_names())))


def finite_or_null(table: pl.DataFrame) -> pl.DataFrame:
    """The table with null for every number that is not finite."""
    numbers = [name for name, kind in table.schema.items() if kind.is_float()]
    return table.with_columns(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in numbers)


def _names() -> Iterator[str]:
    for column in COLUMNS:
        yield column.name
        yield from column.bounds or ()
