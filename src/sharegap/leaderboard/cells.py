"""Numbers as text, with as many digits as their intervals warrant."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sharegap.leaderboard.column import Column
from sharegap.results.statistics import SIGNIFICANCE

MISSING = "—"
MARK_OF_DIRECTION = {1: "▲", -1: "▼", 0: ""}
HALF_WIDTHS = (50, 0.5, 0.05, 0.0005)
"""The smallest half width of an interval that is shown with 0, 1, 2 and 3 decimals."""
MAX_NAMED = 6
"""How many of several names a sentence lists."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """A formatted value. The strings of its interval and its p-value are empty where there is none."""

    value: str
    low: str = ""
    high: str = ""
    half: str = ""  # half the width of the interval, or its longer arm
    direction: int = 0  # of a difference that is marked: 1 better, -1 worse
    is_significant: bool = False  # whether the adjusted p of a difference is at most 5 %
    p_value: str = ""

    @property
    def mark(self) -> str:
        return MARK_OF_DIRECTION[self.direction]

    @property
    def interval(self) -> str:
        return f"[{self.low}, {self.high}]" if self.low else ""


def format_cells(column: Column, rows: Sequence[Row]) -> list[Cell]:
    """Format one column of a table, with the same number of decimals in every row."""
    if column.kind == "cell":
        return [row[column.name] for row in rows]
    decimals = _count_decimals(column, rows)
    return [_format_cell(column, row, decimals) for row in rows]


def format_strength(value: float | None) -> str:
    """Format a strength or a learning rate with three digits, e.g. `0.0548`; a search has many more."""
    if value is None or math.isnan(value):
        return MISSING
    return "∞" if value == math.inf else f"{float(f'{value:.3g}'):g}"


def join_names(names: Sequence[str]) -> str:
    """Join names for a sentence; of many, the first six and how many more there are.

    Example:
        >>> join_names(["l2", "soft", "dropout"])
        'l2, soft and dropout'
    """
    *first, last = names
    if len(names) > MAX_NAMED:
        first, last = [*names[:MAX_NAMED]], f"{len(names) - MAX_NAMED:,} more"
    return f"{', '.join(first)} and {last}" if first else last


def _interval(column: Column, row: Row) -> tuple[float, float] | None:
    if column.bounds is None:
        return None
    low_name, high_name = column.bounds
    low, high = row[low_name], row[high_name]
    return None if low is None or high is None else (low, high)


def _count_decimals(column: Column, rows: Sequence[Row]) -> int:
    """Enough decimals to see half the median interval, else three digits of the median value."""
    halves, sizes = [], []
    for row in rows:
        low, high = _interval(column, row) or (0.0, 0.0)
        if high > low:
            halves.append((high - low) / 2)
        value = row[column.name]
        if isinstance(value, float) and value and math.isfinite(value):
            sizes.append(abs(value))
    if halves:
        return sum(median(halves) < width for width in HALF_WIDTHS)
    return min(max(2 - math.floor(math.log10(median(sizes))), 0), 3) if sizes else 3


def _format_cell(column: Column, row: Row, decimals: int) -> Cell:
    value = row[column.name]
    if column.kind == "strength":
        is_bound = column.bound is not None and row[column.bound]
        return Cell(f"{format_strength(value)} (bound)" if is_bound else format_strength(value))
    if value is None:
        return Cell(MISSING)
    match column.kind:
        case "text":
            return Cell(str(value))
        case "share":
            return Cell(f"{value:.0%}")
        case "count":
            return Cell(f"{value:,}" + (f" of {row[column.total]:,}" if column.total else ""))
        case "p_value":
            return Cell(f"{value:.2g}")
        case "seconds":
            return Cell(f"{value:,.0f}" if value >= 100 else f"{value:.3g}")
    return _format_measure(column, row, decimals)


def _format_measure(column: Column, row: Row, decimals: int) -> Cell:
    signed = column.kind == "difference"
    value = _format_number(row[column.name], decimals, signed)
    direction, is_significant, p_value = (0, False, "") if column.test is None else _format_test(row, column)
    interval = _interval(column, row)
    if interval is None:
        return Cell(value)
    low, high = interval
    return Cell(
        value,
        _format_number(low, decimals, signed),
        _format_number(high, decimals, signed),
        _format_number(max(high - row[column.name], row[column.name] - low), decimals, signed=False),
        direction,
        is_significant,
        p_value,
    )


def _format_test(row: Row, column: Column) -> tuple[int, bool, str]:
    """Return the direction of a difference that is marked, whether it is significant, and its p-value.

    The p-value is e.g. `≤ 0.02` if it is the smallest that is possible.
    """
    marked, p_value, is_smallest = (row[f"{column.test}{key}"] for key in ("marked", "p_adjusted", "p_is_smallest"))
    direction = 0
    if marked:
        direction = 1 if (row[column.name] > 0) == row["higher_is_better"] else -1
    if p_value is None:
        return direction, False, ""
    return direction, p_value <= SIGNIFICANCE, f"{'≤ ' if is_smallest else ''}{p_value:.2g}"


def _format_number(value: float, decimals: int, signed: bool) -> str:
    # A signed zero keeps its sign: [−0.011, −0.000] excludes 0, and is marked so.
    sign = "+" if signed else "z"
    # A loss may be astronomical without being infinite.
    digits = f".{decimals}f" if abs(value) < 1e5 else ".3g"
    return format(value, f"{sign}{digits}").replace("-", "−")
