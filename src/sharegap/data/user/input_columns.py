"""Read the columns of a table that are learned from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sharegap.data.formats.shrink import shrink
from sharegap.data.user.column import check_filled, describe_stray, parse_column, value_range
from sharegap.data.user.table_file import list_names
from sharegap.errors import UserError

EXACT_SINGLE, EXACT_DOUBLE = 2**24, 2**53
"""Integers up to these are told apart in single and double precision."""
MAX_LISTED = 8


@dataclass(frozen=True)
class Text:
    """What is to be said of a column that holds no numbers.

    Args:
        name: of the column.
        kind: of its values.
        example: its first value.
        stray: which few values make it text, if the others are numbers.
    """

    name: str
    kind: str
    example: str
    stray: str

    @classmethod
    def of(cls, column: pl.Series) -> "Text":
        """Look at a column that was parsed."""
        is_text = column.dtype == pl.String
        kind = "text" if is_text else f"the type {column.dtype}"
        values = column.drop_nulls()
        if is_text:
            values = values.filter(values.cast(pl.Float64, strict=False).is_null())
        example = repr(values.head(1).to_list()[0])
        return cls(column.name, kind, example, describe_stray(column, column) if is_text else "")


def read_inputs(
    frame: pl.DataFrame, names: Sequence[str], missing: Collection[str] | None
) -> tuple[np.ndarray, list[str]]:
    """Return the input columns, (samples, inputs), and what is to be said of them.

    Raises:
        UserError: if one is no number, empty, or holds integers that double precision does not tell apart.
    """
    if not names:
        raise UserError("the table must have a column to learn from, got targets only: name fewer in dataset.targets")
    columns, text = [], []
    for name in names:
        column = parse_column(frame[name], missing)
        if column.dtype.is_numeric() or column.dtype == pl.Boolean or column.null_count() == len(column):
            columns.append(shrink(column))
        else:  # of a large table, all text would take too much memory
            text.append(Text.of(column))
    if text:
        raise refuse_text(text)
    for name, column in zip(names, columns, strict=True):
        check_filled(frame[name], column, remedy="fill it, or leave out such rows, +dataset.load.drop_missing=true")
    notes = []
    for column in columns:
        if column.dtype.is_integer() and (lost := count_lost(column)):
            notes.append(f"{lost:,} values of {column.name} are not told apart in single precision.")
    return _as_array(columns), notes


def drop_incomplete(
    frame: pl.DataFrame, names: Sequence[str], missing: Collection[str] | None
) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows that have all inputs, and say how many have not.

    Raises:
        UserError: if none has.
    """
    is_missing = pl.repeat(False, len(frame), eager=True)
    counts = {}
    for name in names:
        is_null = parse_column(frame[name], missing).is_null()
        counts[name] = int(is_null.sum())
        is_missing |= is_null
    if is_missing.all():
        worst = max(counts, key=counts.__getitem__)
        raise UserError(
            f"some row must have all inputs, got none: {worst} is missing in {counts[worst]:,} of {len(frame):,} rows, "
            "leave such columns out"
        )
    found = [f"{name} ({count:,})" for name, count in counts.items() if count]
    notes = [f"{is_missing.sum():,} rows left out that lack an input: {list_names(found)}."] if found else []
    return frame.filter(~is_missing), notes


def _as_array(columns: Sequence[pl.Series]) -> np.ndarray:
    """The numbers (samples, inputs) in single precision if that holds them all, else in double."""
    is_exact = all(map(_is_exact_in_single, columns))
    x = np.empty((len(columns[0]), len(columns)), np.float32 if is_exact else np.float64, order="F")
    for index, column in enumerate(columns):
        x[:, index] = column.cast(pl.Float64).to_numpy()
    return x


def _is_exact_in_single(column: pl.Series) -> bool:
    """Whether a column holds truth values or small integers."""
    if column.dtype == pl.Boolean:
        return True
    low, high = value_range(column)
    return column.dtype.is_integer() and max(-low, high) <= EXACT_SINGLE


def refuse_text(text: Sequence[Text]) -> UserError:
    """Return the error for columns that hold no numbers, which names the first value that is none."""
    for column in text:
        if column.stray:
            others = [other.name for other in text if other is not column]
            also = f", and others in {', '.join(others[:MAX_LISTED])}" if others else ""
            return UserError(
                f"inputs must be numbers, got {column.stray} of {column.name}{also}: correct or remove it, or name "
                "what is missing, dataset.missing=[...], or the columns of texts, dataset.categories=[...], or leave "
                "the column out, dataset.leave_out=[...]"
            )
    listed = ", ".join(column.name for column in text[:MAX_LISTED])
    more = f" and {len(text) - MAX_LISTED} more" if len(text) > MAX_LISTED else ""
    return UserError(
        f"inputs must be numbers, got {text[0].kind} in {listed}{more}, e.g. {text[0].example}: encode it as "
        "numbers, which dataset.prepare=true does with text, or leave it out, dataset.leave_out=[...]"
    )


def count_lost(column: pl.Series) -> int:
    """Return how many different integers become others once they are standardized in single precision."""
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
