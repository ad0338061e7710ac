"""A section of the leaderboard. The page, markdown and the terminal render the same sections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sharegap.leaderboard.cells import Cell, format_cells
from sharegap.leaderboard.column import Column, Medium, select_columns
from sharegap.leaderboard.figures.encodings import Figure


@dataclass(frozen=True)
class Table:
    """Rows, and the columns that declare how and where their values are shown."""

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    title: str = ""
    wide: bool = False  # over the full width of the page
    narrow: Sequence[Column] = ()  # instead of `columns`, in a terminal that is too narrow for these

    def format(self, medium: Medium) -> tuple[list[Column], list[list[Cell]]]:
        """Return the columns that the medium shows, and the cells of each."""
        columns = select_columns(self.columns, medium, self.rows)
        return columns, [format_cells(column, self.rows) for column in columns]


@dataclass(frozen=True)
class Picture:
    """A figure with its title and caption. `chart` is None if there is nothing to draw."""

    title: str
    caption: str
    chart: Figure | None


@dataclass(frozen=True)
class Section:
    """An introduction, tables, notes and pictures under a title. False without a table or a picture."""

    title: str
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    intro: Sequence[str] = ()  # sentences above the tables
    collapsed: bool = False  # on the page, until the reader opens it
    in_terminal: bool = False

    def __bool__(self) -> bool:
        return any(table.rows for table in self.tables) or any(picture.chart for picture in self.pictures)

    @property
    def columns(self) -> list[Column]:
        """The columns that the page shows, each once."""
        columns: dict[str, Column] = {}
        for table in self.tables:
            for column in select_columns(table.columns, "page", table.rows):
                columns.setdefault(column.name, column)
        return list(columns.values())
