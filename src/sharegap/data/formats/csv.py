"""CSV tables."""

import csv
import warnings
from pathlib import Path

import polars as pl

from sharegap.errors import UserError

MAX_COLUMNS = 20_000


def read_csv(file: Path) -> pl.DataFrame:
    """Read a CSV file whose first line names its columns.

    Raises:
        UserError: if the header has too few or too many columns, or two of one name.
    """
    with file.open(newline="", encoding="utf-8-sig") as stream:
        header = next(csv.reader(stream), [])
    check_num_columns(file, len(header))
    # polars would silently rename the second of two columns.
    if len(set(header)) < len(header):
        raise UserError(f"{file} must have different column names, got {max(header, key=header.count)!r} twice")
    with warnings.catch_warnings(action="ignore"):
        frame = pl.read_csv(file, infer_schema_length=None, glob=False)
    if frame.columns != header:
        raise UserError(f"the first line of {file} must be plain column names, got {', '.join(header)!r}")
    return frame


def check_num_columns(file: Path, num_columns: int) -> None:
    """Raise a UserError unless a table has inputs and targets, and not more than it can well have."""
    if not 2 <= num_columns <= MAX_COLUMNS:
        raise UserError(
            f"{file} must have from 2 to {MAX_COLUMNS:,} columns, separated by commas, got {num_columns}: "
            "dataset=arrays takes more"
        )
