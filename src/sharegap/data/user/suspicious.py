"""What is to be said of inputs that look like something else: an order, an id, a mark, a target."""

from collections.abc import Collection, Sequence

import polars as pl

from sharegap.data.user.column import value_range
from sharegap.data.user.missing import without_numbers
from sharegap.data.user.table_file import list_names

LOW_PLACEHOLDER, HIGH_PLACEHOLDERS = -99, (999, 9999, 99999)
"""Whole numbers that stand for a missing value far from all others: up to this one below them, and these above."""


def find_suspicious(
    frame: pl.DataFrame, names: Sequence[str], targets: Sequence[str], missing: Collection[str] | None
) -> list[str]:
    """What may give a target away, or stand for a missing value.

    Args:
        frame: the table.
        names: of the inputs.
        targets: to predict.
        missing: marks of missing values that the user has named; None for none.
    """
    notes = []
    if risen := _rising(frame, names):
        notes.append(f"From row to row {list_names(risen)} rise{'s' if len(risen) == 1 else ''}.")
    different = [name for name in names if frame[name].dtype.is_integer() and frame[name].n_unique() == len(frame)]
    if different := [name for name in different if name not in risen]:
        notes.append(f"Different in every row: {list_names(different)}.")
    placeholders: dict[int, list[str]] = {}
    # Targets are read as texts.
    for column in [*frame.select(names), *map(_as_numbers, frame.select(targets))]:
        if (value := _placeholder(column, missing)) is not None:
            placeholders.setdefault(value, []).append(column.name)
    for value, found in placeholders.items():
        holds = f"{list_names(found)} hold{'s' if len(found) == 1 else ''} {value} far from all else"
        notes.append(f"{holds}: set dataset.missing=[{value}] if it is missing.")
    for name, target in _twins(frame, names, targets):
        notes.append(f"{name} tells {target}: each value of one stands with one value of the other.")
    return notes


def _placeholder(column: pl.Series, missing: Collection[str] | None) -> int | None:
    """Return the number that stands for a missing value in a column, by the look of it: far from all others."""
    if not column.dtype.is_numeric() or without_numbers(column, missing).null_count():
        return None
    low, high = value_range(column)
    is_low = low <= LOW_PLACEHOLDER and low % 1 == 0
    for value in [*([low] if is_low else []), *{high}.intersection(HIGH_PLACEHOLDERS)]:
        others = column.filter(column != value)
        if 1 < len(column) - len(others) < len(column):
            near, far = sorted(abs(value - other) for other in value_range(others))
            if near > far - near:
                return int(value)
    return None


def _rising(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Return the columns of numbers that rise from each row to the next."""
    found = []
    for name in names:
        column = frame[name]
        if column.dtype.is_numeric() and (column > column.shift(1)).sum() == len(column) - 1:
            found.append(name)
    return found


def _twins(frame: pl.DataFrame, names: Sequence[str], targets: Sequence[str]) -> list[tuple[str, str]]:
    """Return the inputs that are a target in other words: each value of one stands with one value of the other."""
    found = []
    for target in targets:
        num_values = frame[target].n_unique()
        # Of measurements each value is unique, and stands with one other.
        if 1 < num_values <= len(frame) // 5:
            same_size = [name for name in names if frame[name].n_unique() == num_values]
            pairs = [(name, target) for name in same_size if frame.select(name, target).n_unique() == num_values]
            found.extend(pairs)
        else:
            found.extend(
                (name, target) for name in names if _as_numbers(frame[name]).equals(_as_numbers(frame[target]))
            )
    return found


def _as_numbers(column: pl.Series) -> pl.Series:
    """The values in double precision; without a number among them, as they are."""
    texts = column.cast(pl.String) if column.dtype in (pl.String, pl.Enum) else column
    numbers = texts.cast(pl.Float64, strict=False) if texts.dtype.is_numeric() or texts.dtype == pl.String else texts
    return column if numbers.null_count() == len(column) else numbers
