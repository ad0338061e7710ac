"""Read the columns of a table that holds texts, dates, units or empty fields."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sharegap.data.user.column import parse_column
from sharegap.data.user.input_columns import Text, count_lost, refuse_text
from sharegap.data.user.quantities import Spelling
from sharegap.data.user.recognize import recognize
from sharegap.data.user.table_file import list_names
from sharegap.errors import UserError, unknown_name

EMPTY = "(empty)"
"""What an empty field of a column of texts is called."""


@dataclass(frozen=True)
class MixedColumns:
    """The input columns of a table.

    Args:
        names: of those that hold anything.
        x: (samples, columns) in double precision; a text is its place in `texts`, an empty number NaN.
        texts: of each column its different texts; empty for numbers.
        notes: sentences on how they were read.
        spellings: by name, of those that are dates or numbers with a unit or the like.
    """

    names: tuple[str, ...]
    x: np.ndarray
    texts: tuple[tuple[str, ...], ...]
    notes: list[str]
    spellings: dict[str, Spelling]

    @property
    def needs_preparation(self) -> bool:
        """Whether there are texts or empty fields."""
        return any(self.texts) or bool(np.isnan(self.x).any())


def read_mixed(
    frame: pl.DataFrame, names: Sequence[str], missing: Collection[str] | None, categories: Collection[str]
) -> MixedColumns | None:
    """Read numbers, texts and dates; nothing is computed that a training part should decide.

    Args:
        frame: the table.
        names: columns to learn from.
        missing: marks of missing values; None for those that programs write.
        categories: columns whose values are texts, though they may look like numbers.

    Returns:
        The columns; None where all are numbers, and none is empty anywhere: `read_inputs` then takes less memory.

    Raises:
        UserError: for a column of numbers with a few texts among them, and for one that is no text, number or date.
    """
    for name in categories:
        if name not in names:
            raise unknown_name("column in dataset.categories among the inputs", name, names)
    columns: list[pl.Series] = []
    readings: dict[str, list[str]] = {}
    spellings: dict[str, Spelling] = {}
    stray: list[Text] = []
    empty: list[str] = []
    for name in names:
        column = _read_text(frame[name], missing) if name in categories else parse_column(frame[name], missing)
        reading = None if name in categories else recognize(column)
        if column.null_count() == len(column):
            empty.append(name)
        elif reading:
            readings.setdefault(reading.words, []).append(name)
            spellings[name] = reading.spelling
            columns.append(reading.numbers.alias(name))
        elif name in categories or _is_usable(column):
            columns.append(column)
        else:
            stray.append(Text.of(column))
    if stray:
        raise refuse_text(stray)
    if not columns:
        raise UserError(f"the inputs must hold values, got empty columns only: {list_names(empty)}")
    notes = [f"Read as {words}: {list_names(found)}." for words, found in readings.items()]
    if empty:
        notes.append(f"Left out as empty: {list_names(empty)}.")
    if not notes and all(column.dtype != pl.String and not column.null_count() for column in columns):
        return None
    return _as_numbers(columns, notes, spellings)


def _read_text(column: pl.Series, missing: Collection[str] | None) -> pl.Series:
    """The texts of a column, whatever they look like."""
    return parse_column(column.cast(pl.String), missing, "classification").cast(pl.String)


def _is_usable(column: pl.Series) -> bool:
    """Whether a column holds numbers, truth values, or texts that are mostly no numbers."""
    if column.dtype == pl.String:
        return not Text.of(column).stray
    return column.dtype.is_numeric() or column.dtype == pl.Boolean


def _as_numbers(columns: Sequence[pl.Series], notes: list[str], spellings: dict[str, Spelling]) -> MixedColumns:
    """Number the texts of each column."""
    x = np.empty((len(columns[0]), len(columns)), order="F")
    texts: list[tuple[str, ...]] = []
    for index, column in enumerate(columns):
        if column.dtype == pl.String:
            filled = column.fill_null(EMPTY)
            different = filled.unique().sort()
            texts.append(tuple(different.to_list()))
            x[:, index] = filled.cast(pl.Enum(different)).to_physical().to_numpy()
            continue
        if column.dtype.is_integer() and (lost := count_lost(column.drop_nulls())):
            notes.append(f"{lost:,} values of {column.name} are not told apart in single precision.")
        texts.append(())
        x[:, index] = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return MixedColumns(tuple(column.name for column in columns), x, tuple(texts), notes, spellings)
