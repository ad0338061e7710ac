"""A part of the leaderboard, once for page, markdown and files: what each of them shows follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
import polars as pl

from sharegap.leaderboard.cells import Cell, cells
from sharegap.leaderboard.columns import Column, Place, shown


@dataclass(frozen=True)
class Grid:
    """A table of figures: its `columns`, each shown where it says, of its `rows`."""

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    title: str = ""
    wide: bool = False  # over the page's whole width

    def shown(self, place: Place) -> tuple[list[Column], list[list[Cell]]]:
        """The columns that are shown in `place`, and the cells row by row."""
        columns = shown(self.columns, place, self.rows)
        by_column = [cells(column, self.rows) for column in columns]
        return columns, [list(row) for row in zip(*by_column, strict=True)]


@dataclass(frozen=True)
class Picture:
    """A picture with what it says; `plotly` is None where there is nothing to draw."""

    title: str
    caption: str
    plotly: go.Figure | None


@dataclass(frozen=True)
class Section:
    """Tables, notes in sentences and pictures under a title; false where there is neither a table nor a picture.

    `files` are csv files by name, written either way.
    """

    title: str
    grids: Sequence[Grid] = ()
    notes: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    files: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    folded: bool = False  # the page shows the title only, until one opens it
    in_terminal: bool = False

    def __bool__(self) -> bool:
        return any(grid.rows for grid in self.grids) or any(picture.plotly for picture in self.pictures)

    @property
    def columns(self) -> list[Column]:
        """The columns that the page shows."""
        return [column for grid in self.grids for column in grid.shown("page")[0]]
