"""The leaderboard in the terminal."""

from collections.abc import Sequence

from rich import box, table
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.text import Text

from sharegap.leaderboard.cells import Cell
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import MARKS, P_VALUES
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.registry import study_sections, suite_sections
from sharegap.leaderboard.sections.section import Section, Table

NOTE = (
    f"±: 95 % interval over seeds. {MARKS}. {P_VALUES}. "
    "A small gap may also mean an underfit network: rows are ordered by test score."
)
STYLE_OF_DIRECTION = {1: "bold green", -1: "bold red", 0: ""}
Lines = list[list[Text]]


def show(report: Report, console: Console) -> None:
    """Print the table of each study, then the sections of the suite that are for the terminal.

    Args:
        report: The report that `write` returns.
        console: Where it is printed, as wide as the console.
    """
    sections = []
    for study in report.studies:
        sections += study_sections(study)
    for section in [*sections, *suite_sections(report)]:
        if section.in_terminal:
            _print_section(section, console)
    if report.progress:
        console.print(Text(report.progress, style="bold"))
    console.print(Text(NOTE, style="dim"))


def _print_section(section: Section, console: Console) -> None:
    console.print(Text(section.title, style="bold"))
    for sentence in section.intro:
        console.print(Text(sentence))
    for part in section.tables:
        if part.rows:
            console.print(_make_table(part, console.width))
    for note in section.notes:
        console.print(Text(note, style="dim"))
    console.print()


def _make_table(content: Table, width: int) -> table.Table:
    columns, rows = content.format("terminal")
    lines = _format_lines(columns, rows, p_values_below=False)
    if sum(_cell_widths(lines)) + len(columns) > width:
        lines = _format_lines(columns, rows, p_values_below=True)
    rendered = table.Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column, column_width in zip(columns, _fit_widths(columns, lines, width), strict=True):
        justify: JustifyMethod = "left" if column.kind == "text" else "right"
        heading = Text(column.heading, justify=justify)
        # Differences are padded already: right-justified they would lose the space of absent marks.
        cells_justify: JustifyMethod = "left" if column.kind == "difference" else justify
        rendered.add_column(heading, justify=cells_justify, width=column_width, overflow="fold")
    for line in lines:
        rendered.add_row(*line)
    return rendered


def _format_lines(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, p_values_below: bool) -> Lines:
    """The texts of the cells, row by row. p-values are beside the intervals, or below them."""
    by_column = []
    for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
        width = 0
        if column.kind == "difference":
            # Value and interval are padded to one width, so that their digits align whatever follows them.
            width = max(max(cell_len(cell.value), cell_len(f"±{cell.half}")) for cell in cells)
        by_column.append([_format_cell(cell, width, p_values_below) for cell in cells])
    return [list(line) for line in zip(*by_column, strict=True)]


def _format_cell(cell: Cell, width: int, p_values_below: bool) -> Text:
    """The value, and below it half its interval: side by side they would take a screen of 130 columns."""
    value = cell.value.rjust(width)
    text = Text(f"{value} {cell.mark}" if cell.mark else value, style=STYLE_OF_DIRECTION[cell.direction])
    below = []
    if cell.half:
        below.append(f"±{cell.half}".rjust(width))
    if cell.p_value:
        below.append(_format_p_value(cell).rjust(width if p_values_below else 0))
    if below:
        text.append("\n" + ("\n" if p_values_below else " ").join(below), style="not bold dim")
    return text


def _format_p_value(cell: Cell) -> str:
    """E.g. `p .008`."""
    value = float(cell.p_value)
    return "p <.001" if value < 0.0005 else f"p {value:.3f}".replace("0.", ".")


def _cell_widths(lines: Lines) -> list[int]:
    """The width of the longest line of each column's cells."""
    widths = []
    for texts in zip(*lines, strict=True):
        cell_lines = "\n".join(text.plain for text in texts).split("\n")
        widths.append(max(cell_len(line) for line in cell_lines))
    return widths


def _fit_widths(columns: Sequence[Column], lines: Lines, width: int) -> list[int]:
    """Fit the columns to the screen: numbers never fold, text folds between words, headings fold last.

    Rich's own widths do not: they shrink the widest column first, below its longest word, and fold numbers.
    """
    widths = _cell_widths(lines)
    heading_widths = [max(cell_len(word) for word in column.heading.split()) for column in columns]
    by_width = sorted(range(len(columns)), key=widths.__getitem__, reverse=True)
    for i in by_width:
        excess = sum(widths) + len(widths) - width
        if excess > 0 and (columns[i].kind == "text" or columns[i].total):
            words = " ".join(line[i].plain for line in lines).split()
            longest = max([heading_widths[i], *(cell_len(word) for word in words)])
            widths[i] = max(min(widths[i], longest), widths[i] - excess)
    # Where there is room, headings do not fold within words; those that lack least come first.
    by_deficit = sorted(range(len(columns)), key=lambda i: heading_widths[i] - widths[i])
    for i in by_deficit:
        deficit = heading_widths[i] - widths[i]
        if deficit > 0 and sum(widths) + len(widths) + deficit <= width:
            widths[i] += deficit
    return widths
