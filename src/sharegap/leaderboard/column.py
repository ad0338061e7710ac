"""Columns of tables: what they show, how and where."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import polars as pl
from polars import selectors as cs

Kind = Literal["text", "strength", "count", "measure", "difference", "share", "seconds", "p_value", "cell"]
Medium = Literal["files", "page", "terminal"]
STRENGTHS = ("strength", "second_strength", "learning_rate")
"""Numbers that were set, not measured: an infinite one is shown so."""


@dataclass(frozen=True)
class Column:
    """One column of a table: which values it shows, how, and where.

    Args:
        name: The key of its values in the rows, and its name in csv and json.
        explanation: What it means, for the page.
        heading: Default: the name, with spaces.
        kind: How its values are formatted; `cell`: they are cells already.
        interval: Whether the keys `<name>_low` and `<name>_high` hold an interval; a string replaces `<name>`.
        total: The key of the total that the value is a part of, such as `runs` of `diverged`.
        bound: The key of whether the value is only a bound, which is said beside it.
        test: The prefix of the keys `marked`, `p_adjusted` and `p_is_smallest` of its test; without one, no mark.
        show: "files": csv and json only. "page": page and markdown too. "terminal": everywhere.
        hide_if_missing: Hide it in a study without a value.
        hide_if_constant: Hide it in a study whose methods share one value.
        group: A heading above those of neighbouring columns of the same group.
    """

    name: str
    explanation: str
    _: KW_ONLY
    heading: str = ""
    kind: Kind = "measure"
    interval: bool | str = False
    total: str | None = None
    bound: str | None = None
    test: str | None = None
    show: Medium = "files"
    hide_if_missing: bool = False
    hide_if_constant: bool = False
    group: str = ""

    def __post_init__(self) -> None:
        if not self.heading:
            object.__setattr__(self, "heading", self.name.replace("_", " "))

    @property
    def bounds(self) -> tuple[str, str] | None:
        """The keys of the interval's ends."""
        if not self.interval:
            return None
        stem = self.interval if isinstance(self.interval, str) else self.name
        return f"{stem}_low", f"{stem}_high"


def select_columns(columns: Iterable[Column], medium: Medium, rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the columns that a table of these rows shows on the page or in the terminal.

    Args:
        columns: The columns that the table declares.
        medium: Where it is shown: `page`, which includes the columns of the terminal, or `terminal`.
        rows: The rows of the table, which decide the columns that are hidden if missing or constant.
    """
    media = {"page", "terminal"} if medium == "page" else {medium}
    selected = []
    for column in columns:
        values = set()
        if column.hide_if_missing or column.hide_if_constant:
            values = {row[column.name] for row in rows}
        missing = column.hide_if_missing and values <= {None}
        constant = column.hide_if_constant and len(values) < 2
        if column.show in media and not missing and not constant:
            selected.append(column)
    return selected


def finite_or_null(table: pl.DataFrame, keep: Sequence[str] = ()) -> pl.DataFrame:
    """Replace every number that is not finite by null, except in the columns to `keep`."""
    numbers = cs.float() - cs.by_name(keep, require_all=False)
    return table.with_columns(pl.when(numbers.is_finite()).then(numbers))
