"""The leaderboard in the terminal."""

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sharegap.leaderboard.cells import Cell
from sharegap.leaderboard.columns import Column
from sharegap.leaderboard.studies import Study, progress, studies

NOTE = (
    "±: 95 % interval over seeds. ▲ ▼: the interval of the difference to none, paired by seed, excludes 0. "
    "A small gap may also mean an underfit network: rows are ordered by test score."
)
STYLES = {1: "bold green", -1: "bold red", 0: ""}


def show(table: pl.DataFrame, console: Console) -> None:
    """Prints one table per study, the best test score first."""
    for study in studies(table):
        console.print(_table(study))
        for row in study.published:
            source = row["published_source"] or "source not given"
            console.print(Text(f"published, {row['method']}: {row['published_test_score']:g} ({source})"))
        console.print()
    if unfinished := progress(table):
        console.print(Text(unfinished, style="bold"))
    console.print(Text(NOTE, style="dim"))


def _table(study: Study) -> Table:
    columns, rows = study.grid("terminal")
    title = Text.assemble((study.name, "bold"), f": {study.facts}")
    table = Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD, pad_edge=False)
    table.padding = (0, 1, 0, 0)
    for column in columns:
        words = column.form in ("text", "strength")
        table.add_column(
            Text(column.heading), justify="left" if column.form == "text" else "right", no_wrap=words, vertical="bottom"
        )
    for row in rows:
        table.add_row(*(_text(column, cell) for column, cell in zip(columns, row, strict=True)))
    return table


def _text(column: Column, cell: Cell) -> Text:
    text = f"{cell.value} ±{cell.half}" if cell.half else cell.value
    if column.form == "difference":
        # The mark keeps its place where it is absent, so that the digits stay below one another.
        text += f" {cell.mark or ' '}"
    return Text(text, style=STYLES[cell.direction])
