"""Columns of text that are numbers or dates in another spelling: with a unit, separated thousands, or a calendar."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sharegap.data.user.column import MANY_NUMBERS, check_filled, parse_column
from sharegap.data.user.quantities import QUANTITY, Spelling, find_spelling, read_quantities_like, unit_of
from sharegap.errors import UserError

DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")
DAY_FIRST, MONTH_FIRST = ("%d/%m/%Y", "%d-%m-%Y"), ("%m/%d/%Y", "%m-%d-%Y")
TIMES = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S%.f",
    "T%H:%M",
    "T%H:%M:%S",
    "T%H:%M:%S%.f",
    "T%H:%M:%SZ",
    "T%H:%M:%S%.fZ",
)
DAY_MILLISECONDS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Reading:
    """How a column was read.

    Args:
        numbers: in double precision, null where the column is.
        words: what was understood, to follow "is read as".
        spelling: of the values, by which `read_like` reads others.
    """

    numbers: pl.Series
    words: str
    spelling: Spelling


def recognize(column: pl.Series) -> Reading | None:
    """Read text, dates or durations as numbers; None where that would be no reading of all values.

    A date is the days since 1970, with the time as a fraction.

    Raises:
        UserError: for dates of which day and month cannot be told, and for many numbers in several units.
    """
    if column.dtype.is_temporal():
        if column.dtype == pl.Time or column.dtype == pl.Duration:
            seconds = column.cast(pl.Duration).dt.total_milliseconds() / 1000
            return Reading(seconds, "seconds", {"seconds": ""})
        return Reading(_days(column.cast(pl.Datetime("ms"))), "a date in days", {"date": ""})
    if column.dtype != pl.String or not len(column.drop_nulls()):
        return None
    texts = column.drop_nulls().unique()
    return _read_dates(column, texts) or _read_quantities(column, texts.to_list())


def read_times(column: pl.Series, missing: Collection[str] | None) -> np.ndarray:
    """Read what orders the samples, numbers or dates, in double precision.

    Raises:
        UserError: if one is missing, or neither a number nor a date.
    """
    parsed = parse_column(column, missing)
    check_filled(column, parsed, " of times")
    if not parsed.dtype.is_numeric():
        reading = recognize(parsed)
        if reading is None:
            raise UserError(f"the column {column.name} of times must hold numbers or dates, got {parsed[0]!r} in row 1")
        parsed = reading.numbers
    return parsed.cast(pl.Float64).to_numpy()


def _days(dates: pl.Series) -> pl.Series:
    return dates.dt.timestamp("ms").cast(pl.Float64) / DAY_MILLISECONDS


def _read_dates(column: pl.Series, texts: pl.Series) -> Reading | None:
    """Read a calendar of which all values are dates."""
    # Few values that are no dates are the usual case, and soon told.
    if (
        not texts.head(20).str.contains(r"\d").all()
        or _format_of(texts.head(20), (*DAYS, *DAY_FIRST, *MONTH_FIRST)) is None
    ):
        return None
    if name := _format_of(texts, DAYS):
        return Reading(_days(_parse(column, name)), "a date in days", {"date": name})
    day_first, month_first = _format_of(texts, DAY_FIRST), _format_of(texts, MONTH_FIRST)
    if day_first and month_first:
        example = texts.sort()[0]
        raise UserError(
            f"the dates of {column.name} must show which is the day and which the month, got {example!r} and others "
            "that fit both: write them as 2021-12-31, or leave the column out, dataset.leave_out=[...]"
        )
    name = day_first or month_first
    order = "day" if day_first else "month"
    if name is None:
        return None
    return Reading(_days(_parse(column, name)), f"a date in days, the {order} first", {"date": name})


def _format_of(texts: pl.Series, formats: Collection[str]) -> str | None:
    """The format that all texts have."""
    for day in formats:
        for time in TIMES:
            if not _parse(texts, day + time).null_count():
                return day + time
    return None


def _parse(texts: pl.Series, name: str) -> pl.Series:
    return texts.str.to_datetime(name, time_unit="ms", strict=False)


def _read_quantities(column: pl.Series, texts: Sequence[str]) -> Reading | None:
    """Read numbers with one unit or one currency, or with separated thousands or decimal commas."""
    matches = {text: QUANTITY.fullmatch(text) for text in texts}
    if not all(matches.values()):
        return None
    found = {text: match for text, match in matches.items() if match}
    units = {unit_of(match) for match in found.values()}
    spelling = find_spelling([match["number"] for match in found.values()])
    if spelling is None:
        return None
    if len(units) > 1:
        if len(texts) <= MANY_NUMBERS:  # which are a few names, such as 2 doors and 1 roof
            return None
        names = sorted("".join(unit) or "none" for unit in units)
        raise UserError(
            f"the numbers of {column.name} must have one unit, got {', '.join(names[:5])}: bring them to one, name "
            "what is missing in dataset.missing=[...], or leave the column out, dataset.leave_out=[...]"
        )
    currency, unit = units.pop()
    written = {"numbers": spelling, "currency": currency, "unit": unit}
    words = [f"in {currency}{unit}" if currency or unit else "", f"with {spelling}" if spelling else ""]
    return Reading(read_quantities_like(column, written), " ".join(filter(None, ["numbers", *words])), written)


def read_like(column: pl.Series, spelling: Spelling) -> pl.Series:
    """Read values as those of a `Reading` were, in double precision; null where one is written in another way."""
    nothing = pl.repeat(None, len(column), dtype=pl.Float64, eager=True)
    if column.dtype == pl.String and spelling.get("date"):
        return _days(_parse(column, spelling["date"]))
    if column.dtype == pl.String and "numbers" in spelling:
        return read_quantities_like(column, spelling)
    if column.dtype.is_numeric():
        return column.cast(pl.Float64) if "numbers" in spelling else nothing
    reading = recognize(column)  # a calendar of another file, or of the type of dates
    return reading.numbers if reading and reading.spelling.keys() == spelling.keys() else nothing
