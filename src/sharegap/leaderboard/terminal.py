"""The leaderboard in the terminal."""

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from sharegap.leaderboard.board import Board
from sharegap.leaderboard.cells import Cell
from sharegap.leaderboard.columns import MARKS_MEAN, Column
from sharegap.leaderboard.section import Grid, Section

NOTE = (
    f"±: 95 % interval over seeds. {MARKS_MEAN}. "
    "A small gap may also mean an underfit network: rows are ordered by test score."
)
STYLES = {1: "bold green", -1: "bold red", 0: ""}


def show(board: Board, console: Console) -> None:
    """Prints one table per study, the best test score first, then the sections that are for the terminal too."""
    for study, _ in board.studies:
        console.print(Text.assemble((study.name, "bold"), f": {study.facts}"))
        if study.learning_rate:
            console.print(Text(study.learning_rate))
        console.print(_table(study.grid, console.width))
        for row in study.published:
            source = row["published_source"] or "source not given"
            console.print(Text(f"published, {row['method']}: {row['published_test_score']:g} ({source})"))
        console.print()
    if board.tables.progress:
        console.print(Text(board.tables.progress, style="bold"))
    console.print(Text(NOTE, style="dim"))
    for section in board.sections:
        if section and section.in_terminal:
            _show_section(section, console)


def _show_section(section: Section, console: Console) -> None:
    console.print()
    console.print(Text(section.title, style="bold"))
    for grid in section.grids:
        if grid.rows:
            console.print(_table(grid, console.width))
    for note in section.notes:
        console.print(Text(note, style="dim"))


def _table(grid: Grid, width: int) -> Table:
    columns, rows = grid.shown("terminal")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    lines = [[_text(column, cell) for column, cell in zip(columns, row, strict=True)] for row in rows]
    for column, column_width in zip(columns, _widths(columns, lines, width), strict=True):
        justify: JustifyMethod = "left" if column.form == "text" else "right"
        table.add_column(column.heading, justify=justify, width=column_width, overflow="fold")
    for line in lines:
        table.add_row(*line)
    return table


def _widths(columns: Sequence[Column], lines: Sequence[Sequence[Text]], width: int) -> list[int]:
    """As wide as the cells and the words of the headings; on a narrow screen headings fold, never cells."""
    cells = [max(max(map(cell_len, text.plain.splitlines())) for text in texts) for texts in zip(*lines, strict=True)]
    words = [max(map(cell_len, column.heading.split())) for column in columns]
    both = [max(pair) for pair in zip(cells, words, strict=True)]
    return both if sum(both) + len(both) <= width else cells


def _text(column: Column, cell: Cell) -> Text:
    """The value, and below it half its interval: beside it they would need a screen of 130 columns."""
    value = cell.value
    if column.form == "difference":
        # The mark keeps its place where it is absent, so that the digits stay below one another.
        value += f" {cell.mark or ' '}"
    text = Text(value, style=STYLES[cell.direction])
    if cell.half:
        text.append(f"\n±{cell.half}{'  ' if column.form == 'difference' else ''}", style="not bold dim")
    return text
