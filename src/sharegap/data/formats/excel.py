"""Excel's tables, read by polars with fastexcel."""

import zipfile
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from sharegap.data.formats.guard import check_expansion
from sharegap.errors import UserError

WORKBOOK = "xl/workbook.xml"
"""What the archive of a workbook holds, and no other."""


def is_excel(file: Path) -> bool:
    """Return whether a file is a workbook of Excel, `.xlsx`, whatever its name."""
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return WORKBOOK in archive.namelist()


def read_excel(file: Path, sheet: str | None) -> tuple[pl.DataFrame, list[str]]:
    """Read one sheet, whose first row names the columns.

    Args:
        file: a workbook.
        sheet: its name; None for the only one that is not empty.

    Returns:
        The table, and that it was Excel's.

    Raises:
        UserError: if there are several sheets, or none of that name, or fastexcel is not installed.
    """
    if find_spec("fastexcel") is None:
        raise UserError(f"fastexcel must be installed to read {file.name}, got none: pip install 'sharegap[excel]'")
    with zipfile.ZipFile(file) as archive:
        check_expansion(str(file), sum(member.file_size for member in archive.infolist()), file.stat().st_size)
    import fastexcel  # of an extra

    try:
        frames = pl.read_excel(file, sheet_id=0, raise_if_empty=False, infer_schema_length=None)
    except fastexcel.FastExcelError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{file} cannot be read as a table of Excel ({reason}): save it as CSV") from error
    filled = [name for name, frame in frames.items() if frame.width]
    if sheet is None and len(filled) != 1:
        names = ", ".join(filled) or "none"
        raise UserError(f"+dataset.load.sheet must name the sheet of {file.name} to read, got null: it has {names}")
    if sheet is not None and sheet not in frames:
        raise UserError(f"+dataset.load.sheet must be one of {', '.join(frames)} in {file.name}, got {sheet}")
    name = sheet or filled[0]
    return frames[name], [f"the sheet {name} of Excel"]
