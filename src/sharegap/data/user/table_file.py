"""Read the file of a user's table, whatever its format."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sharegap.data.formats.csv import FEWEST_COLUMNS, NAMELESS, check_num_columns, clean_name, read_csv
from sharegap.data.formats.excel import is_excel, read_excel
from sharegap.data.formats.guard import reading
from sharegap.data.formats.parquet import binary_format, read_binary_table
from sharegap.errors import UserError

MAX_LISTED = 8


@dataclass(frozen=True)
class TableFile:
    """A table as it was read.

    Args:
        file: where it is.
        frame: its rows and columns, without those that hold nothing.
        notes: sentences on its form, and on what was left out.
        index_columns: those that the file itself calls an index of the rows.
        blank_rows: how many rows held nothing.
    """

    file: Path
    frame: pl.DataFrame
    notes: list[str]
    index_columns: list[str]
    blank_rows: int


def read_table_file(
    file: Path,
    header: bool | None,
    as_text: Collection[str],
    wanted: Collection[str],
    sheet: str | None = None,
    fewest: int = FEWEST_COLUMNS,
) -> TableFile:
    """Read a table in the format that its first bytes show.

    Args:
        file: CSV, Parquet, Feather or Excel.
        header: whether the first line of a CSV file names the columns; None to decide by its fields.
        as_text: columns whose fields are wanted as they are written.
        wanted: further columns that are asked for by name.
        sheet: of an Excel file; None for the only one.
        fewest: how many columns there must be.

    Raises:
        UserError: if it is no such file, or has no rows.
    """
    forms: list[str] = []
    index_columns: list[str] = []
    with reading(file, "a CSV or Parquet table", "give it a header and as many fields in every row"):
        name = "Excel" if is_excel(file) else binary_format(file)
        if name and header is not None:
            raise UserError(f"dataset.header must be null for a {name} file, which has names, got {header}")
        if sheet is not None and name != "Excel":
            raise UserError(f"dataset.load.sheet must be null for a file without sheets, got {sheet}")
        if name == "Excel":
            frame, forms = read_excel(file, sheet)
            frame, _ = _with_clean_names(frame, [])
        elif name:
            frame, index_columns = _with_clean_names(*read_binary_table(file, name))
        else:
            frame, forms = read_csv(file, header, as_text, wanted, fewest)
    check_num_columns(file, frame.width, fewest)
    rows = len(frame)
    frame, notes = _without_empty(frame)
    if not len(frame):
        raise UserError(f"{file} must have a row for each sample, got column names only")
    if forms:
        notes.insert(0, f"Form: {', '.join(forms)}.")
    return TableFile(file, frame, notes, index_columns, rows - len(frame))


def list_names(names: Sequence[str]) -> str:
    """List the first of many names."""
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more


def _with_clean_names(frame: pl.DataFrame, index_columns: list[str]) -> tuple[pl.DataFrame, list[str]]:
    """The table with clean names, and the columns that are its index."""
    names = [clean_name(name) for name in frame.columns]
    if len(set(names)) < len(names):
        return frame, index_columns
    frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    return frame, [clean_name(name) for name in index_columns]


def _without_empty(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The table without rows that hold nothing, and without columns that have no name and hold nothing."""
    filled = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    notes = []
    if blank := len(frame) - len(filled):
        notes.append(f"{blank:,} blank row{'' if blank == 1 else 's'} left out.")
    empty = []
    for index, name in enumerate(frame.columns):
        if name == NAMELESS.format(index + 1) and filled[name].null_count() == len(filled):
            empty.append(name)
    if empty:
        notes.append(f"Left out: {list_names(empty)}, without a name and empty.")
    return filled.drop(empty), notes
