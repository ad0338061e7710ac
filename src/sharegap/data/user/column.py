"""Read the columns of a table: numbers, text, and the marks of what is missing."""

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
import polars as pl

from sharegap.data.formats.header import MISSING_NUMBER_MARKS
from sharegap.data.user.missing import without_marks, without_missing, without_numbers
from sharegap.data.user.target_column import Column
from sharegap.errors import UserError

INTEGER, CODE = r"^[+-]?\d+$", r"^0\d+$"
"""An integer, and a code: as a number, it would lose its zeros."""
TRUTH = ("true", "false")
MANY_NUMBERS = 20
"""So many different numbers are measured, and no codes among other text."""


def parse_column(column: pl.Series, missing: Collection[str] | None, kind: str | None = "regression") -> pl.Series:
    """Return the column as numbers, truth values or text, with null where a value is missing.

    Spaces around a field are no part of it.

    Args:
        column: of any type.
        missing: marks of missing values; None for those that programs write.
        kind: of the targets, "regression" for inputs: only as classes, 01 is another value than 1.
    """
    if isinstance(column.dtype, pl.Enum):  # each different text once
        texts = column.dtype.categories.alias(column.name)
        return parse_column(texts, missing, kind).gather(column.to_physical())
    if column.dtype.is_float():
        column = column.fill_nan(None)
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return without_numbers(column, missing)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        return column
    text = without_missing(column.cast(pl.String), missing)
    numbers = without_marks(text, MISSING_NUMBER_MARKS) if missing is None else text
    present = numbers.drop_nulls()
    if not len(present):
        return text
    if present.str.to_lowercase().is_in(TRUTH).all():
        return numbers.str.to_lowercase() == "true"
    if kind != "regression" and present.str.contains(CODE).any():
        return text
    if present.cast(pl.Float64, strict=False).null_count():
        return text
    if present.str.contains(INTEGER).all():
        for dtype in (pl.Int64, pl.UInt64):
            integers = numbers.cast(dtype, strict=False)
            if integers.null_count() == numbers.null_count():
                return without_numbers(integers, missing)
        if kind != "regression":
            return text
    return without_numbers(numbers.cast(pl.Float64), missing)  # -200.0 is the mark -200, too


def read_target(column: pl.Series, missing: Collection[str] | None, kind: str | None) -> Column:
    """Read a column to predict.

    Raises:
        UserError: if it holds values of another type, or numbers and a few that are none.
    """
    parsed = parse_column(column, missing, kind)
    dtype, is_missing = parsed.dtype, parsed.is_null().to_numpy()
    if dtype == pl.String:
        _check_no_numbers(parsed, kind)
        return _text_column(column, parsed)
    if dtype == pl.Boolean:
        values = parsed.fill_null(False).to_numpy()
    elif dtype.is_float() or dtype.is_decimal():
        values = parsed.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    elif dtype.is_integer():
        values = _integers(parsed, kind)
    else:
        raise _wrong_type(column, "targets")
    return Column(column.name, values, is_missing, marks=_marks(column, is_missing))


def read_text(column: pl.Series) -> Column:
    """Read a column to predict that holds text, whatever it says."""
    return _text_column(column, without_missing(column, None))


def _text_column(column: pl.Series, text: pl.Series) -> Column:
    """A column of text, and what stands where it is missing."""
    is_missing = text.is_null().to_numpy()
    filled = text.fill_null("")
    texts = filled.unique()
    # Not of a list of all, each of which would be an object.
    values = np.array(texts.to_list(), dtype=str)[filled.cast(pl.Enum(texts)).to_physical().to_numpy()]
    return Column(column.name, values, is_missing, marks=_marks(column, is_missing))


def read_labels(column: pl.Series, role: str, missing: Collection[str] | None) -> np.ndarray:
    """Read the groups or tasks of all samples, as integers or text.

    Raises:
        UserError: if one is missing, or a number with a fraction.
    """
    parsed = parse_column(column, missing, "classification")
    check_filled(column, parsed, f" of {role}")
    if parsed.dtype.is_float():
        if not (parsed == parsed.round()).all() or value_range(parsed.abs())[1] >= 2**53:
            position = (parsed != parsed.round()).arg_max() or 0
            raise UserError(
                f"the column {column.name} of {role} must hold integers or names, got {parsed[position]} in row "
                f"{position + 1}"
            )
        parsed = parsed.cast(pl.Int64)
    if parsed.dtype.is_integer() and parsed.dtype not in (pl.Int128, pl.UInt128):
        return parsed.to_numpy()
    if not (parsed.dtype.is_integer() or parsed.dtype in (pl.String, pl.Boolean)):
        raise _wrong_type(column, role)
    return np.array(parsed.cast(pl.String).to_list(), dtype=str)


def check_filled(column: pl.Series, parsed: pl.Series, role: str = "", remedy: str = "fill or leave it out") -> None:
    """Raise a UserError unless every row has a value, which says what stands in the first that has none."""
    count = parsed.null_count()
    if count:
        position = parsed.is_null().arg_max() or 0
        written = _written(column[position])
        raise UserError(
            f"the column {column.name}{role} must be filled, got {written} in {count} of {len(parsed)} rows, first in "
            f"row {position + 1}: {remedy}"
        )


def value_range(column: pl.Series) -> tuple[Any, Any]:
    """The smallest and the largest number, in the column's own type; 0 if it has none."""
    return column.min() or 0, column.max() or 0


def describe_stray(column: pl.Series, parsed: pl.Series) -> str:
    """Where the first value stands that is no number, and in how many rows there are such; empty if in most."""
    is_stray = parsed.is_not_null() & parsed.cast(pl.Float64, strict=False).is_null()
    count, position = int(is_stray.sum()), is_stray.arg_max() or 0
    if 2 * count > len(parsed) - parsed.null_count():
        return ""
    rows = f"row {position + 1} alone" if count == 1 else f"row {position + 1} and {count - 1} more"
    return f"{parsed[position]!r} in {rows}"


def _check_no_numbers(text: pl.Series, kind: str | None) -> None:
    """Refuse a column of numbers of which a few are none."""
    numbers = text.cast(pl.Float64, strict=False).drop_nulls()
    is_measured = kind == "regression" or numbers.n_unique() > MANY_NUMBERS or (numbers % 1 != 0).any()
    stray = describe_stray(text, text)
    if is_measured and stray and not text.str.contains(CODE).any():
        raise UserError(
            f"the target {text.name} must hold numbers or names, got numbers and {stray}: correct or empty it"
        )


def _marks(column: pl.Series, is_missing: np.ndarray) -> str:
    """What is written where a value is missing, most frequent first; empty if nothing is."""
    written = column.filter(pl.Series(is_missing)).cast(pl.String).str.strip_chars().drop_nulls()
    counts = Counter(mark for mark in written if mark)
    return " or ".join(mark for mark, _ in counts.most_common(4))


def _integers(column: pl.Series, kind: str | None) -> np.ndarray:
    """Integers in a type that holds them all."""
    if kind == "regression":
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    for dtype in (pl.Int64, pl.UInt64):
        values = column.cast(dtype, strict=False)
        if values.null_count() == column.null_count():
            return values.fill_null(0).to_numpy()
    fits = column.cast(pl.Int64, strict=False).is_null() & column.is_not_null()
    position = fits.arg_max() or 0
    raise UserError(
        f"the target {column.name} must hold integers of 64 bits, got {column[position]} in row {position + 1}: write "
        "it as text"
    )


def _written(value: object) -> str:
    text = "" if value is None else str(value).strip()
    return text or "nothing"


def _wrong_type(column: pl.Series, role: str) -> UserError:
    return UserError(f"the column {column.name} of {role} must hold numbers or text, got the type {column.dtype}")
