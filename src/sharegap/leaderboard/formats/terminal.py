"""The leaderboard in the terminal."""

from collections.abc import Sequence

from rich import box, table
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.measure import Measurement, measure_renderables
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


def show(report: Report, console: Console) -> None:
    """Print the table of each study, then the sections of the suite that are for the terminal.

    Args:
        report: The report that `write` returns.
        console: Where it is printed; tables fit its width.
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
            console.print(_make_table(part, console))
    for note in section.notes:
        console.print(Text(note, style="dim"))
    console.print()


def _make_table(content: Table, console: Console) -> table.Table:
    columns, cells = content.format("terminal")
    texts = _format_texts(columns, cells, p_values_below=False)
    if sum(_measure(texts, console)) + len(columns) > console.width:
        texts = _format_texts(columns, cells, p_values_below=True)
    rendered = table.Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column, width in zip(columns, _fit_widths(columns, texts, console), strict=True):
        justify: JustifyMethod = "left" if column.kind == "text" else "right"
        heading = Text(column.heading, justify=justify)
        # Differences are padded already: right-justified they would lose the space of absent marks.
        cells_justify: JustifyMethod = "left" if column.kind == "difference" else justify
        rendered.add_column(heading, justify=cells_justify, width=width, overflow="fold")
    for row in zip(*texts, strict=True):
        rendered.add_row(*row)
    return rendered


def _format_texts(
    columns: Sequence[Column], cells: Sequence[Sequence[Cell]], *, p_values_below: bool
) -> list[list[Text]]:
    """The texts of the cells by column. p-values are beside the intervals, or below them."""
    texts = []
    for column, column_cells in zip(columns, cells, strict=True):
        width = 0
        if column.kind == "difference":
            # Value and interval are padded to one width, so that their digits align whatever follows them.
            for cell in column_cells:
                width = max(width, cell_len(cell.value), cell_len(f"±{cell.half}"))
        texts.append([_format_text(cell, width, p_values_below) for cell in column_cells])
    return texts


def _format_text(cell: Cell, width: int, p_values_below: bool) -> Text:
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


def _measure(texts: Sequence[Sequence[Text]], console: Console) -> list[int]:
    """The width of each column's longest line."""
    return [measure_renderables(console, console.options, column_texts).maximum for column_texts in texts]


def _fit_widths(columns: Sequence[Column], texts: Sequence[Sequence[Text]], console: Console) -> list[int]:
    """Fit the columns to the screen: numbers never fold, text folds between words, headings fold first.

    Rich's own widths do not: they shrink the widest column first, below its longest word, and fold numbers.
    """
    widths = _measure(texts, console)
    headings = []
    for column in columns:
        headings.append(Measurement.get(console, console.options, Text(column.heading)).minimum)
    for i in sorted(range(len(columns)), key=widths.__getitem__, reverse=True):
        excess = sum(widths) + len(widths) - console.width
        if excess > 0 and (columns[i].kind == "text" or columns[i].total):
            longest_word = measure_renderables(console, console.options, texts[i]).minimum
            narrowest = min(widths[i], max(longest_word, headings[i]))
            widths[i] = max(narrowest, widths[i] - excess)
    # Where there is room, headings fold between words only; those that need the least get it first.
    for i in sorted(range(len(columns)), key=lambda i: headings[i] - widths[i]):
        needed = headings[i] - widths[i]
        if needed > 0 and sum(widths) + len(widths) + needed <= console.width:
            widths[i] += needed
    return widths
