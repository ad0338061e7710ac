"""Columns in as few bytes as their values need."""

import polars as pl

MIN_REPEATS = 4
"""So often on average must texts recur to be numbered: each then takes few bytes instead of 16."""


def shrink(column: pl.Series) -> pl.Series:
    """Return a column of the same values: integers of a small type, texts that recur numbered, nothing of no type."""
    if column.dtype.is_integer():
        return column.shrink_dtype()
    if column.null_count() == len(column):
        return column.cast(pl.Null)
    if column.dtype == pl.String and MIN_REPEATS * column.n_unique() < len(column):
        return column.cast(pl.Enum(column.drop_nulls().unique()))
    return column
