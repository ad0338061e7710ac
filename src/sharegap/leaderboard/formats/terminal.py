"""The leaderboard in the terminal."""

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from sharegap.leaderboard.cells import Cell
from sharegap.leaderboard.columns import MARKS_MEAN, P_MEANS, Column
from sharegap.leaderboard.sections.registry import Board
from sharegap.leaderboard.sections.section import Grid, Section

NOTE = (
    f"±: 95 % interval over seeds. {MARKS_MEAN}. {P_MEANS}. "
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
        if study.too_few_seeds:
            console.print(Text(study.too_few_seeds, style="dim"))
        console.print()
    for section in board.sections:
        if section and section.in_terminal:
            _show_section(section, console)
    if board.tables.progress:
        console.print(Text(board.tables.progress, style="bold"))
    console.print(Text(NOTE, style="dim"))


def _show_section(section: Section, console: Console) -> None:
    console.print(Text(section.title, style="bold"))
    for grid in section.grids:
        if grid.rows:
            console.print(_table(grid, console.width))
    for note in section.notes:
        console.print(Text(note, style="dim"))
    console.print()


def _table(grid: Grid, width: int) -> Table:
    columns, rows = grid.shown("terminal")
    lines = _lines(columns, rows, beside=True)
    if sum(_needed(lines)) + len(columns) > width:
        lines = _lines(columns, rows, beside=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column, column_width in zip(columns, _widths(columns, lines, width), strict=True):
        justify: JustifyMethod = "left" if column.form == "text" else "right"
        # Differences have been aligned: justified to the right they would lose the room for absent marks.
        own: JustifyMethod = "left" if column.form == "difference" else justify
        heading = Text(column.heading, justify=justify)
        table.add_column(heading, justify=own, width=column_width, overflow="fold")
    for line in lines:
        table.add_row(*line)
    return table


def _lines(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], beside: bool) -> list[list[Text]]:
    """The cells in words, row by row; p-values are `beside` the intervals or below them."""
    by_column = []
    for column, own in zip(columns, zip(*rows, strict=True), strict=True):
        digits = 0
        if column.form == "difference":
            digits = max(max(cell_len(cell.value), cell_len(f"±{cell.half}")) for cell in own)
        by_column.append([_text(cell, digits, beside) for cell in own])
    return [list(row) for row in zip(*by_column, strict=True)]


def _needed(lines: Sequence[Sequence[Text]]) -> list[int]:
    return [max(max(map(cell_len, text.plain.splitlines())) for text in texts) for texts in zip(*lines, strict=True)]


def _widths(columns: Sequence[Column], lines: Sequence[Sequence[Text]], width: int) -> list[int]:
    """As wide as the cells and, where there is room, as the words of the headings: these may fold.

    Of the cells those may that are words or two counts, the widest first, where there is no room for all.
    """
    widths = _needed(lines)
    words = [max(map(cell_len, column.heading.split())) for column in columns]
    for place in sorted(range(len(columns)), key=widths.__getitem__, reverse=True):
        over = sum(widths) + len(widths) - width
        if over > 0 and (columns[place].form == "text" or columns[place].of):
            longest = max((cell_len(word) for line in lines for word in line[place].plain.split()), default=0)
            widths[place] = max(min(widths[place], max(longest, words[place])), widths[place] - over)
    lacking = {place: more for place, own in enumerate(widths) if (more := words[place] - own) > 0}
    for place in sorted(lacking, key=lacking.__getitem__):
        if sum(widths) + len(widths) + lacking[place] <= width:
            widths[place] += lacking[place]
    return widths


def _text(cell: Cell, digits: int, beside: bool) -> Text:
    """The value, and below it half its interval: beside it they would need a screen of 130 columns.

    Both are as wide as `digits` at least, so that they stay below one another, whatever follows on them.
    """
    text = Text(" ".join(filter(None, [cell.value.rjust(digits), cell.mark])), style=STYLES[cell.direction])
    below = [f"±{cell.half}".rjust(digits)] if cell.half else []
    if cell.p:
        below.append(_p(cell) if beside else _p(cell).rjust(digits))
    if beside:
        below = [" ".join(below)] if below else []
    for line in below:
        text.append(f"\n{line}", style="not bold dim")
    return text


def _p(cell: Cell) -> str:
    """E.g. `p .008`."""
    value = float(cell.p)
    return "p <.001" if value < 0.0005 else f"p {value:.3f}".replace("0.", ".")
