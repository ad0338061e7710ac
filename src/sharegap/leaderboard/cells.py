"""Numbers as people read them: as many digits as their intervals warrant."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from sharegap.leaderboard.columns import Column

MISSING = "—"
MARKS = {1: "▲", -1: "▼", 0: ""}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One figure in words: `value`, its interval as `low`, `high` and `half` (empty where there is none)."""

    value: str
    low: str = ""
    high: str = ""
    half: str = ""
    direction: int = 0  # of a difference whose interval excludes 0: 1 better, -1 worse
    p: str = ""  # its p-value

    @property
    def mark(self) -> str:
        return MARKS[self.direction]

    @property
    def interval(self) -> str:
        return f"[{self.low}, {self.high}]" if self.low else ""


def cells(column: Column, rows: Iterable[Row]) -> list[Cell]:
    """The column's cells in one study, all with the same number of decimals."""
    rows = list(rows)
    if column.form == "words":
        return [Cell(row[column.name], *(row[bound] for bound in column.bounds or ())) for row in rows]
    decimals = _decimals(column, rows)
    return [_cell(column, row, decimals) for row in rows]


def finite(value: float | None) -> float | None:
    """The number, or None for None, NaN and infinities."""
    return value if value is not None and math.isfinite(value) else None


def strength(value: float | None) -> str:
    """A strength in short, e.g. 0.01."""
    if value is None or math.isnan(value):
        return MISSING
    return "∞" if value == math.inf else f"{value:g}"


def _bounds(column: Column, row: Row) -> tuple[float, float] | None:
    if column.bounds is None:
        return None
    low, high = (finite(row[name]) for name in column.bounds)
    return None if low is None or high is None else (low, high)


def _decimals(column: Column, rows: list[Row]) -> int:
    """Enough decimals to see half the typical interval, else three digits of the typical value; not many more."""
    bounds = [interval for row in rows if (interval := _bounds(column, row))]
    halves = [(high - low) / 2 for low, high in bounds if high > low]
    if not halves:
        sizes = [abs(value) for row in rows if isinstance(value := row[column.name], float) and finite(value)]
        return min(max(2 - math.floor(math.log10(median(sizes))), 0), 3) if sizes else 3
    half = median(halves)
    return 0 if half >= 50 else 1 if half >= 0.5 else 2 if half >= 0.05 else 3 if half >= 0.0005 else 4


def _cell(column: Column, row: Row, decimals: int) -> Cell:
    value = row[column.name]
    if column.form == "text":
        return Cell(MISSING if value is None else str(value))
    if column.form == "strength":
        return Cell(strength(value))
    if finite(value) is None:
        return Cell(MISSING)
    if column.form == "share":
        return Cell(f"{value:.0%}")
    if column.form == "count":
        return Cell(f"{value:,}" + (f" of {row[column.of]:,}" if column.of else ""))
    if column.form == "p_value":
        return Cell(f"{value:.2g}")
    if column.form == "seconds":
        return Cell(f"{value:,.0f}" if value >= 100 else f"{value:.3g}")
    return _measure(column, row, decimals)


def _measure(column: Column, row: Row, decimals: int) -> Cell:
    signed = column.form == "difference"
    value = _fixed(row[column.name], decimals, signed)
    interval = _bounds(column, row)
    if interval is None:
        return Cell(value)
    low, high = interval
    direction = (low > 0) - (high < 0) if signed else 0
    if signed and not row["higher_is_better"]:
        direction = -direction
    p = finite(row[column.p]) if column.p else None
    return Cell(
        value,
        _fixed(low, decimals, signed),
        _fixed(high, decimals, signed),
        _fixed((high - low) / 2, decimals, False),
        direction,
        "" if p is None else f"{p:.2g}",
    )


def _fixed(value: float, decimals: int, signed: bool) -> str:
    # A difference keeps the sign of its last digit's rest: [−0.011, −0.000] excludes 0, and is marked so.
    sign = "+" if signed else "z"
    digits = f".{decimals}f" if abs(value) < 1e5 else ".3g"  # a loss may be astronomical without being infinite
    return format(value, f"{sign}{digits}").replace("-", "−")
