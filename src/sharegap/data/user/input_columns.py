"""Read the columns of a table that are learned from."""

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from sharegap.data.user.column import check_filled, describe_stray, parse_column, value_range
from sharegap.errors import UserError

EXACT_SINGLE, EXACT_DOUBLE = 2**24, 2**53
"""Integers up to these are told apart in single and double precision."""
MAX_LISTED = 8


def read_inputs(
    frame: pl.DataFrame, names: Sequence[str], missing: Collection[str] | None
) -> tuple[np.ndarray, list[str]]:
    """Return the input columns in double precision, (samples, inputs), and what is to be said of them.

    Raises:
        UserError: if one is no number, empty, or holds integers that double precision does not tell apart.
    """
    if not names:
        raise UserError("the table must have a column to learn from, got targets only: name fewer in dataset.targets")
    columns = [parse_column(frame[name], missing) for name in names]
    _check_numbers(columns)
    for name, column in zip(names, columns, strict=True):
        check_filled(frame[name], column)
    notes = []
    for column in columns:
        if column.dtype.is_integer() and (lost := _num_lost(column)):
            notes.append(f"{lost:,} values of {column.name} are not told apart in single precision.")
    return pl.DataFrame([column.cast(pl.Float64) for column in columns]).to_numpy(), notes


def _check_numbers(columns: Sequence[pl.Series]) -> None:
    """Raise a UserError unless all columns hold numbers, which names the first value that is none."""
    text, stray = [], ""
    for column in columns:
        is_empty = column.null_count() == len(column)
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean or is_empty):
            text.append(column)
    if not text:
        return
    for column in text:
        if column.dtype == pl.String and (where := describe_stray(column, column)):
            stray = f"{where} of {column.name}"
            others = [other.name for other in text if other is not column]
            also = f", and others in {', '.join(others[:MAX_LISTED])}" if others else ""
            raise UserError(
                f"inputs must be numbers, got {stray}{also}: correct or remove it, or name the inputs to use, "
                "dataset.inputs=[...]"
            )
    first = text[0]
    what = "text" if first.dtype == pl.String else f"the type {first.dtype}"
    listed = ", ".join(column.name for column in text[:MAX_LISTED])
    more = f" and {len(text) - MAX_LISTED} more" if len(text) > MAX_LISTED else ""
    raise UserError(
        f"inputs must be numbers, got {what} in {listed}{more}, e.g. {str(first.drop_nulls()[0])!r}: encode it as "
        "numbers, or name the inputs to use, dataset.inputs=[...]"
    )


def _num_lost(column: pl.Series) -> int:
    """How many different integers become others once they are standardized in single precision."""
    low, high = value_range(column)
    if high - low <= EXACT_SINGLE and max(-low, high) <= EXACT_DOUBLE:
        return 0
    num_values, numbers = column.n_unique(), column.cast(pl.Float64)
    num_told_apart = numbers.n_unique()
    if num_told_apart < num_values:
        raise UserError(
            f"the column {column.name} must hold numbers that double precision tells apart, got {num_values:,} "
            f"different ones that become {num_told_apart:,}: leave it out"
        )
    return num_values - ((numbers - numbers.mean()) / numbers.std()).cast(pl.Float32).n_unique()
