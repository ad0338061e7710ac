"""The leaderboard in the terminal."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.text import Text

from sharegap.leaderboard.cells import Cell
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import MARKS, P_VALUES
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.registry import study_sections, suite_sections
from sharegap.leaderboard.sections.section import Section, Table
from sharegap.leaderboard.sections.settings import settings_sections
from sharegap.results.settings import summarize_settings
from sharegap.tables import TextColumn, as_text, fit_widths, print_table, total_width

NOTE = (
    f"±: 95 % interval over seeds. {MARKS}. {P_VALUES}. "
    "A small gap may also mean an underfit network: rows are ordered by test score."
)
STYLE_OF_DIRECTION = {1: "bold green", -1: "bold red", 0: ""}
LAYOUTS = ((" ", " "), ("\n", " "), ("\n", "\n"))
"""What stands before an interval and before a p-value: a row takes one, two or three lines."""


def show(report: Report, console: Console) -> None:
    """Print the table of each study unless there are many, then the sections of the suite that are for the terminal.

    Args:
        report: The report that `write` returns.
        console: Where it is printed; tables fit its width.
    """
    sections = []
    if report.has_many_studies:
        console.print(as_text(f"The tables of {len(report.studies)} studies are on the page."))
    else:
        for study in report.studies:
            sections += study_sections(study)
    for section in [*sections, *suite_sections(report)]:
        if section.in_terminal:
            print_section(section, console)
    if report.progress:
        console.print(as_text(report.progress, style="bold"))
    console.print(as_text(NOTE, style="dim"))


def print_section(section: Section, console: Console) -> None:
    """Print a section's title, introduction, tables and notes; tables fit the console's width."""
    console.print(as_text(section.title, style="bold"))
    for sentence in section.intro:
        console.print(as_text(sentence))
    for part in section.tables:
        if part.rows:
            print_table(_lay_out(part, console.width), console)
    for note in section.notes:
        console.print(as_text(note, style="dim"))
    console.print()


def show_settings(runs: pl.DataFrame, console: Console) -> None:
    """Print one row per setting of stored runs, whatever they are for.

    Args:
        runs: in the columns of RUNS.
        console: where it is printed; tables fit its width.
    """
    for section in settings_sections(summarize_settings(runs)):
        print_section(section, console)


def _lay_out(content: Table, width: int) -> list[TextColumn]:
    """Return the columns of a table, in as few lines per row as a screen of this width allows without folding cells."""
    columns, cells = content.format("terminal")
    for separators in LAYOUTS:
        laid_out = []
        for column, column_cells in zip(columns, cells, strict=True):
            laid_out.append(_make_column(column, column_cells, separators))
        if total_width(column.width_of_cells for column in laid_out) <= width:
            return laid_out
    if content.narrow and total_width(fit_widths(laid_out, width)) > width:
        return _lay_out(replace(content, columns=content.narrow, narrow=()), width)
    return laid_out


def _make_column(column: Column, cells: Sequence[Cell], separators: tuple[str, str]) -> TextColumn:
    if column.kind == "text":
        return TextColumn(column.heading, [as_text(cell.value) for cell in cells])
    is_difference = column.kind == "difference"
    # Right-justified, a difference would lose the space of its absent mark.
    justify_cells: JustifyMethod = "left" if is_difference else "right"
    texts = _format_texts(cells, separators, marks=is_difference)
    return TextColumn(column.heading, texts, justify="right", justify_cells=justify_cells, folds=bool(column.total))


def _format_texts(cells: Sequence[Cell], separators: tuple[str, str], marks: bool) -> list[Text]:
    """Return a column's values, intervals and p-values, padded so that their digits align whatever follows them."""
    before_interval, before_p_value = separators
    halves = [f"±{cell.half}" if cell.half else "" for cell in cells]
    value_width = max(cell_len(cell.value) for cell in cells)
    half_width = max(cell_len(half) for half in halves)
    if before_interval == "\n":
        value_width = half_width = max(value_width, half_width)
    texts = []
    for cell, half in zip(cells, halves, strict=True):
        text = as_text(cell.value.rjust(value_width), style=STYLE_OF_DIRECTION[cell.direction])
        text.append(f" {cell.mark or ' '}" if marks else "")
        inference = f"{before_interval}{half:>{half_width}}" if any(halves) else ""
        if cell.p_value:
            p_value = _format_p_value(cell)
            inference += before_p_value + p_value.rjust(value_width if before_p_value == "\n" else 0)
        text.append(inference, style="not bold dim")
        if before_interval == "\n":
            text.rstrip()
        texts.append(text)
    return texts


def _format_p_value(cell: Cell) -> str:
    """E.g. `p .008`, or `p≤.008`."""
    *bound, number = cell.p_value.split()
    sign = "≤" if bound else " "
    value = float(number)
    return "p <.001" if value < 0.0005 else f"p{sign}{value:.3f}".replace("0.", ".")
