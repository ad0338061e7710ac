"""Whether the first line of a table names its columns, or is a sample."""

import itertools
import re
from collections.abc import Sequence

MISSING_MARKS = ("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "None", "?")
"""What programs write for a missing value."""
MISSING_NUMBER_MARKS = (".", "-")
"""What is a missing value among numbers, and may be a name among names."""
BLANKS = {"", *MISSING_MARKS, *MISSING_NUMBER_MARKS}
NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
MIN_AXIS = 6
"""So many rising numbers are the names of an axis, such as wavelengths."""
YEARS = range(1700, 2101)
"""Fewer are, if they can be years."""


def is_number(field: str) -> bool:
    """Whether a field is a number, with a point or a comma."""
    return NUMBER.fullmatch(field.strip()) is not None


def has_header(records: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool | None:
    """Tell whether the first record holds names; None if that cannot be told.

    A first line is a sample if it looks as the lines below do: numbers above numbers, and a name that occurs below.

    Args:
        records: the first lines of a table, as fields.
        wanted: the names of columns that the user has asked for.
    """
    first, rows = [field.strip() for field in records[0]], records[1:]
    numbers, texts = [], []
    for index, field in enumerate(first):
        below = _values(rows, index)
        if not field or not below:
            continue
        # Mostly, as a total or a row of units may be among them.
        is_numeric = 2 * sum(map(is_number, below)) > len(below)
        if is_numeric and not is_number(field) and field not in BLANKS:
            return True
        if is_number(field):
            numbers.append(float(field.replace(",", ".")))
        if not is_numeric:
            texts.append((field, below))
    if not numbers and not texts:
        return True
    if texts:
        places = {str(index + 1) for index in range(len(first))}
        # A number up to that of the columns names one without a line of names, too.
        is_wanted = bool(set(wanted) - places) and set(wanted) <= set(first)
        return _is_named_above_text(texts, bool(numbers), is_wanted or _is_axis(numbers, rows))
    return _is_axis(numbers, rows)


def _is_named_above_text(texts: Sequence[tuple[str, Sequence[str]]], has_numbers: bool, is_likely: bool) -> bool | None:
    """Decide by the columns of text, where all others agree with both."""
    if any(field in below for field, below in texts):
        return False
    is_repetitive = any(2 * len(set(below)) <= len(below) for _, below in texts)
    return True if is_repetitive or is_likely or not has_numbers else None


def _values(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    """The fields of one column that hold anything."""
    values = []
    for row in rows:
        if index < len(row) and row[index].strip() not in BLANKS:
            values.append(row[index].strip())
    return values


def _is_axis(first: Sequence[float], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the numbers of a first line are names: 0, 1, 2, as pandas writes, or a long rising scale."""
    if list(first) in (list(range(len(first))), list(range(1, len(first) + 1))):
        return len(first) > 1
    if len(first) < 2 or not _rises(first):
        return False
    below = [_numbers(row) for row in rows]
    if _are_years(first):
        return 2 * sum(map(_are_years, below)) < len(rows)
    return len(first) >= MIN_AXIS and 2 * sum(map(_rises, below)) < len(rows)


def _are_years(numbers: Sequence[float]) -> bool:
    return bool(numbers) and all(number in YEARS for number in numbers)


def _numbers(row: Sequence[str]) -> list[float]:
    return [float(field.replace(",", ".")) for field in row if is_number(field)]


def _rises(numbers: Sequence[float]) -> bool:
    return all(low < high for low, high in itertools.pairwise(numbers))
