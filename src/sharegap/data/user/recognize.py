"""Columns of text that are numbers or dates in another spelling: with a unit, separated thousands, or a calendar."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sharegap.data.user.column import MANY_NUMBERS, check_filled, parse_column
from sharegap.errors import UserError

QUANTITY = re.compile(
    r"(?P<currency>[€$£¥]?)\s*(?P<number>[+-]?(?:\d[\d.,'\s]*\d|\d|[.,]\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>[^\d\s.,][^\d]{0,11})?"
)
"""A number between a currency and a unit."""
GROUPS = {
    "spaces": re.compile(r"[+-]?\d{1,3}(\s\d{3})+([.,]\d+)?"),
    "apostrophes": re.compile(r"[+-]?\d{1,3}('\d{3})+([.,]\d+)?"),
    "commas": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?"),
    "points": re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?"),
}
"""Numbers with separated thousands."""
PLAIN, DECIMAL_COMMA = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"), re.compile(r"[+-]?\d*,\d+")
SIGNS = {"spaces": r"\s", "apostrophes": "'", "commas": ",", "points": r"\."}
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
    """

    numbers: pl.Series
    words: str


def recognize(column: pl.Series) -> Reading | None:
    """Read text, dates or durations as numbers; None where that would be no reading of all values.

    A date is the days since 1970, with the time as a fraction.

    Raises:
        UserError: for dates of which day and month cannot be told, and for many numbers in several units.
    """
    if column.dtype.is_temporal():
        if column.dtype == pl.Time or column.dtype == pl.Duration:
            seconds = column.cast(pl.Duration).dt.total_milliseconds() / 1000
            return Reading(seconds, "seconds")
        return Reading(_days(column.cast(pl.Datetime("ms"))), "a date in days")
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
        return Reading(_days(_parse(column, name)), "a date in days")
    day_first, month_first = _format_of(texts, DAY_FIRST), _format_of(texts, MONTH_FIRST)
    if day_first and month_first:
        example = texts.sort()[0]
        raise UserError(
            f"the dates of {column.name} must show which is the day and which the month, got {example!r} and others "
            "that fit both: write them as 2021-12-31, or leave the column out, dataset.leave_out=[...]"
        )
    name = day_first or month_first
    order = "day" if day_first else "month"
    return Reading(_days(_parse(column, name)), f"a date in days, the {order} first") if name else None


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
    units = {(match["currency"], (match["unit"] or "").strip().removesuffix("s")) for match in found.values()}
    spelling = _spelling([match["number"] for match in found.values()])
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
    numbers = {text: float(_plain(match["number"], spelling)) for text, match in found.items()}
    values = column.replace_strict(numbers, default=None, return_dtype=pl.Float64)
    unit = "".join(units.pop())
    words = [f"in {unit}" if unit else "", f"with {spelling}" if spelling else ""]
    return Reading(values, " ".join(filter(None, ["numbers", *words])))


def _spelling(numbers: Sequence[str]) -> str | None:
    """How all numbers are written: "" as usual, "commas between thousands" or the like; None if in no one way."""
    if all(map(PLAIN.fullmatch, numbers)):
        return ""
    for name, group in GROUPS.items():
        decimal = PLAIN if name == "commas" else re.compile(rf"{PLAIN.pattern}|{DECIMAL_COMMA.pattern}")
        grouped = [number for number in numbers if group.fullmatch(number)]
        if grouped and all(group.fullmatch(number) or decimal.fullmatch(number) for number in numbers):
            return f"{name} between thousands"
    is_decimal = all(DECIMAL_COMMA.fullmatch(number) or number.lstrip("+-").isdigit() for number in numbers)
    return "decimal commas" if is_decimal else None


def _plain(number: str, spelling: str) -> str:
    """The number as Python writes it."""
    name = spelling.partition(" ")[0]
    if name in GROUPS and GROUPS[name].fullmatch(number):
        number = re.sub(SIGNS[name], "", number)
    return number.replace(",", ".")
