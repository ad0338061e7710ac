"""The columns of a table of finished scores, and the checks that name the row where one is wrong."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from sharegap.errors import UserError

COLUMNS: dict[str, pl.DataType] = {
    "study": pl.String(),  # what the methods are compared on
    "method": pl.String(),
    "seed": pl.Int64(),  # methods are paired by it
    "test_score": pl.Float64(),
    "train_score": pl.Float64(),  # without one there is no gap
    "validation_score": pl.Float64(),  # without one no strength is selected
    "train_loss": pl.Float64(),
    "validation_loss": pl.Float64(),
    "test_loss": pl.Float64(),
    "score_name": pl.String(),  # the same in a study, as all facts below
    "higher_is_better": pl.Boolean(),
    "series": pl.String(),  # studies that differ in n_train only
    "dataset": pl.String(),
    "model": pl.String(),
    "n_train": pl.Int64(),
    "n_test": pl.Int64(),
    "strength": pl.Float64(),  # a method's numbers: several are a search
    "second_strength": pl.Float64(),
    "learning_rate": pl.Float64(),
    "phase": pl.String(),  # tune or measure, where the table knows what was selected
    "trial": pl.Int64(),  # the number of a setting in its search
    "unique_parameters": pl.Int64(),
    "train_seconds": pl.Float64(),
    "diverged": pl.Boolean(),  # a training that failed: its scores may be missing
}
"""What a table may have; the first four it must have."""
REQUIRED = ("study", "method", "seed", "test_score")
SCORES = ("train_score", "validation_score", "test_score")
LOSSES = ("train_loss", "validation_loss", "test_loss")
STUDY_FACTS = ("score_name", "higher_is_better", "series", "dataset", "model", "n_train", "n_test")
SETTING = ("strength", "second_strength", "learning_rate", "trial")
"""What a method is searched over: numbers, or the number of a trial where these are not known."""
ROW = "row"
"""The number of a row, from 1, the line of names left out."""
WORDS = {pl.String(): "text", pl.Int64(): "a whole number", pl.Float64(): "a number", pl.Boolean(): "true or false"}


def check_values(table: pl.DataFrame, source: str, defaults: Mapping[str, str]) -> pl.DataFrame:
    """Return the table with all of COLUMNS, in their types, and ROW; null where it says nothing.

    Args:
        table: as it was read.
        source: the name of its file, for messages.
        defaults: `score_name` and `higher_is_better`, as text, where the table has no such column; empty if not given.

    Raises:
        UserError: for a column that is missing, or a value that it cannot have.
    """
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise UserError(f"{source} must have a column {missing[0]}, got {', '.join(table.columns)}")
    for name, value in defaults.items():
        if value and name in table.columns:
            raise UserError(f"{name} must be left out, as {source} has a column of this name, got {value}")
        if name not in table.columns:
            table = table.with_columns(pl.lit(value or None).alias(name))
    rows = table.with_row_index(ROW, offset=1)
    for name, kind in COLUMNS.items():
        rows = rows.with_columns(
            _cast(rows, name, kind, source) if name in rows.columns else pl.lit(None, kind).alias(name)
        )
    rows = rows.select(ROW, *COLUMNS).with_columns(
        pl.col("diverged").fill_null(False),
        pl.col("score_name").fill_null("score"),
        pl.col("series").fill_null(pl.col("study")),
    )
    if rows["higher_is_better"].is_null().any():
        raise UserError(
            f"higher_is_better must be true or false, as {source} does not say it: false for errors and losses"
        )
    _check_filled(rows, source)
    _check_scores(rows, source)
    _check_facts(rows, source)
    return rows


def check_whole(rows: pl.DataFrame, source: str) -> None:
    """Raise a UserError for two rows of one training, a seed that a method lacks, and a second measured setting."""
    labels = ["study", "method", *SETTING, "phase", "seed"]
    repeated = rows.group_by(labels, maintain_order=True).agg(ROW).filter(pl.col(ROW).list.len() > 1)
    for row in repeated.head(1).to_dicts():
        first, second, *_ = row[ROW]
        raise UserError(f"{source}, rows {first} and {second} must not both be {_describe(row)}")
    planned = rows.select("study", "phase", "seed").unique(maintain_order=True)
    settings = rows.select(labels[:-1]).unique(maintain_order=True)
    pairs = settings.join(planned, on=["study", "phase"], nulls_equal=True, maintain_order="left_right")
    missing = pairs.join(rows, on=labels, how="anti", nulls_equal=True, maintain_order="left")
    for row in missing.head(1).to_dicts():
        raise UserError(
            f"{source} must have a row of {_describe(row)}, as other rows of the study have this seed: add it, with "
            "diverged true where that training failed"
        )
    measured = rows.filter(phase="measure").filter(pl.struct(SETTING).n_unique().over("study", "method") > 1)
    for row in measured.head(1).to_dicts():
        raise UserError(
            f"{source} must measure one setting of method {row['method']} in study {row['study']}, got several: phase "
            "tune is for the others"
        )


def _describe(row: Mapping[str, Any]) -> str:
    """A row by its labels, e.g. `study digits, method l2, strength 0.1, seed 3`."""
    labels = ("study", "method", "phase", *SETTING, "seed")
    return ", ".join(f"{name} {row[name]}" for name in labels if row[name] is not None)


def _cast(rows: pl.DataFrame, name: str, kind: pl.DataType, source: str) -> pl.Series:
    """The column in its type."""
    given = rows[name]
    if given.dtype == pl.String and kind != pl.String:
        given = given.str.strip_chars().replace("", None)
    if kind == pl.Boolean and given.dtype == pl.String:
        given = given.str.to_lowercase()
        cast = given.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    elif kind == pl.Int64:
        numbers = given.cast(pl.Float64, strict=False)
        cast = numbers.cast(pl.Int64, strict=False).set(numbers != numbers.floor(), None)
    else:
        cast = given.cast(kind, strict=False)
    wrong = rows.filter(cast.is_null() & given.is_not_null())
    if len(wrong):
        raise _wrong(source, wrong, name, f"must be {WORDS[kind]}, got {wrong[name][0]!r}")
    return cast


def _check_filled(rows: pl.DataFrame, source: str) -> None:
    """Raise a UserError for an empty field that must be filled, and for a phase that does not exist."""
    for name in REQUIRED:
        is_empty = pl.col(name).is_null()
        wrong = rows.filter(is_empty & ~pl.col("diverged") if name in SCORES else is_empty)
        if len(wrong):
            raise _wrong(source, wrong, name, f"must be {WORDS[COLUMNS[name]]}, got an empty field")
    for name in ("phase", "validation_score"):
        is_known = pl.col(name).is_not_null() | (pl.lit(name in SCORES) & pl.col("diverged"))
        if rows[name].is_not_null().any() and len(wrong := rows.filter(~is_known)):
            raise _wrong(source, wrong, name, "must be filled in all rows or in none, got an empty field")
    wrong = rows.filter(~pl.col("phase").is_in(["tune", "measure"]))
    if len(wrong):
        raise _wrong(source, wrong, "phase", f"must be tune or measure, got {wrong['phase'][0]!r}")


def _check_scores(rows: pl.DataFrame, source: str) -> None:
    """Raise a UserError for a score that is not finite, or better than any can be."""
    for name in (*SCORES, *LOSSES):
        wrong = rows.filter(~pl.col(name).is_finite(), ~pl.col("diverged"))
        if len(wrong):
            raise _wrong(source, wrong, name, f"must be finite, got {wrong[name][0]}: diverged marks a failed training")
    # What is left to the best score is compared across studies, so the best must be known: 1, or 0 of an error.
    wrong = rows.filter("higher_is_better", pl.col("test_score") > 1)
    if len(wrong):
        best = f"must be at most 1 where higher is better, got {wrong['test_score'][0]:g}"
        raise _wrong(source, wrong, "test_score", f"{best}: divide percentages by 100")
    wrong = rows.filter(~pl.col("higher_is_better"), pl.col("test_score") < 0)
    if len(wrong):
        raise _wrong(source, wrong, "test_score", f"must be >= 0 where lower is better, got {wrong['test_score'][0]:g}")


def _check_facts(rows: pl.DataFrame, source: str) -> None:
    """Raise a UserError for a fact in which the rows of a study differ."""
    for name in STUDY_FACTS:
        wrong = rows.filter(pl.col(name).ne_missing(pl.col(name).first().over("study")))
        if len(wrong):
            first: Any = rows.filter(study=wrong["study"][0])[name][0]
            raise _wrong(
                source, wrong, name, f"must be the same in all rows of a study, got {wrong[name][0]} and {first}"
            )


def _wrong(source: str, rows: pl.DataFrame, column: str, words: str) -> UserError:
    return UserError(f"{source}, row {rows[ROW][0]}: {column} {words}")
