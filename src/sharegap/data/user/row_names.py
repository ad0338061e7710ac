"""Columns that number or name the rows: they tell where a sample stood in the file, and so, often, its class."""

import re
from collections.abc import Collection, Sequence

import polars as pl

from sharegap.data.user.column import value_range
from sharegap.errors import UserError

ROW_NAME = re.compile(
    r"column \d+|unnamed.*|index|idx|level_\d+|__index_level_\d+__|(.*[ _.-])?(id|uuid|guid|key)"
    r"|(row|line)[ _.-]?(names?|num(ber)?|no|nr|id|index)?s?"
)
"""Names of columns that hold a different value in each row to tell them apart, in small letters."""
CAMEL_CASE_ID = re.compile(r".*[a-z](ID|Id)")
MIN_DIFFERENT = 0.9
"""The share of rows in which an id must differ."""
COUNTER_NAME = re.compile(
    r"\d+|x\.?\d*|v1|\.\.\.1|n|#|obs|observation|case|sample|record|instance|s"
    r"|(.*[ _.-])?(no|nr|num|number)\.?|s(erial|no|l|r)?"
)
"""Names of columns that number the rows where they hold the numbers from 0 or 1."""


def row_names(frame: pl.DataFrame, names: Sequence[str], index_columns: Collection[str]) -> list[str]:
    """Return those of the columns `names` that number or name the rows, and so are no inputs.

    Raises:
        UserError: for a column that numbers the rows, under a name of its own: it may be a measurement.
    """
    found = []
    for name in names:
        column = frame[name]
        label = name.strip().lower()
        is_row_name = ROW_NAME.fullmatch(label) or CAMEL_CASE_ID.fullmatch(name.strip())
        if name in index_columns or (is_row_name and tells_apart(column)):
            found.append(name)
        elif numbers_rows(column):
            if not COUNTER_NAME.fullmatch(label):
                raise UserError(
                    f"dataset.inputs must name the columns to learn from, as {name} numbers the rows, which may tell "
                    "their order: name it there if it is measured"
                )
            found.append(name)
    return found


def numbers_rows(column: pl.Series) -> bool:
    """Whether the values are 0 to n - 1, or 1 to n, in any order."""
    if not column.dtype.is_numeric() or column.null_count():
        return False
    first, last = value_range(column)
    if first not in (0, 1) or last != len(column) - 1 + first or column.n_unique() != len(column):
        return False
    return column.dtype.is_integer() or bool((column == column.round()).all())


def tells_apart(column: pl.Series) -> bool:
    """Whether integers or text differ from row to row, but for a few."""
    is_measured = column.dtype.is_float() and not (column.is_null() | (column == column.round())).all()
    return not is_measured and column.dtype != pl.Boolean and column.n_unique() >= MIN_DIFFERENT * len(column)
