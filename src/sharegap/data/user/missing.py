"""Make what stands for a missing value null."""

from collections.abc import Collection

import polars as pl

from sharegap.data.formats.header import MISSING_MARKS


def without_missing(text: pl.Series, missing: Collection[str] | None) -> pl.Series:
    """Return texts without spaces around them, and with null where one is empty or a mark of a missing value."""
    return without_marks(text.str.strip_chars(), ["", *(MISSING_MARKS if missing is None else missing)])


def without_marks(text: pl.Series, marks: Collection[str]) -> pl.Series:
    """Return the text with null in place of some marks."""
    return pl.select(pl.when(~text.is_in(list(marks))).then(text)).to_series().alias(text.name)


def without_numbers(column: pl.Series, missing: Collection[str] | None) -> pl.Series:
    """Return the numbers with null in place of those that the user calls missing."""
    marks = pl.Series(list(missing or []), dtype=pl.String).cast(pl.Float64, strict=False).drop_nulls()
    if not len(marks):
        return column
    return (
        pl.select(pl.when(~column.cast(pl.Float64).is_in(marks.to_list())).then(column)).to_series().alias(column.name)
    )
