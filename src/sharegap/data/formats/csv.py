"""CSV tables: what separates their fields, what names their columns."""

import re
import unicodedata
import warnings
from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.data.formats.head import DECIMAL_COMMA, SEPARATORS, Head, read_head
from sharegap.data.formats.header import has_header, is_number
from sharegap.data.formats.shrink import shrink
from sharegap.data.formats.text_file import read_utf8
from sharegap.errors import UserError

MAX_COLUMNS = 20_000
MAX_COMMAS = 10 * MAX_COLUMNS
"""More in the first line cannot all be in quotes."""
MAX_GROWTH, SMALL = 1, 2**22
"""How many times its size a file may take while it is read; files of up to SMALL bytes count as that."""
SEPARATOR_LINE, COMMENTS = re.compile(rb"sep=([,;\t|])\r?\n"), re.compile(rb"(#[^\n]*\n)*")
FEWEST_COLUMNS = 2
"""Of a table with inputs and targets."""
NAMELESS = "column {}"
"""What a column is called that has no name."""


def read_csv(
    file: Path,
    header: bool | None,
    as_text: Collection[str],
    wanted: Collection[str] = (),
    fewest: int = FEWEST_COLUMNS,
) -> tuple[pl.DataFrame, list[str]]:
    """Read a CSV file.

    Args:
        file: the file.
        header: whether the first line names the columns, which are numbered from 1 otherwise; None to decide by
            its fields.
        as_text: the columns whose fields are wanted as they are written.
        wanted: further columns that are asked for by name.
        fewest: how many columns there must be.

    Returns:
        The table, and in which forms it was, if not the usual ones.

    Raises:
        UserError: if the file has too few or too many columns, or two of one name, or an unclear first line.
    """
    content, forms = read_utf8(file)
    # Not taken apart: its fields would take far more memory than the file.
    num_commas = content.count(b",", 0, content.find(b"\n"))
    if num_commas > MAX_COMMAS:
        check_num_columns(file, num_commas + 1, fewest)
    content, head, num_comments = _split_preamble(content)
    if num_comments:
        forms.append(f"{num_comments} line{'' if num_comments == 1 else 's'} of comments left out")
    _check_width(file, head, fewest)
    if head.separator != ",":
        forms.append(f"fields separated by {SEPARATORS[head.separator]}")
    if head.separator == " ":
        content = _with_single_spaces(content)
    if head.has_decimal_commas:
        forms.append("decimal commas")
    elif head.may_have_thousands:
        forms.append("points before three digits read as decimal points")
    if head.is_short:
        content = content[content.find(b"\n") + 1 :]
    is_named = head.is_short or _has_header(file, head, header, {*as_text, *wanted})
    names = _names(file, head.records[0]) if is_named else [str(index + 1) for index in range(head.width)]
    if not is_named:
        forms.append(f"no line of names, so that the columns are 1 to {head.width}")
    elif header is None and all(map(is_number, filter(None, names))):
        forms.append("names of columns that are numbers, dataset.header=false if they are a sample")
    if codes := [names[index] for index in head.code_columns if names[index] not in as_text]:
        forms.append(f"numbers without the zeros in front of {', '.join(codes)}, dataset.categories=[...] for texts")
    frame = _read(content, head, is_named, names, as_text)
    return frame, forms


def clean_name(name: str) -> str:
    """The name without spaces around it, and its letters in one of the ways in which they can be written."""
    return unicodedata.normalize("NFC", name.strip())


def check_num_columns(file: Path, num_columns: int, fewest: int, line: str = "") -> None:
    """Raise a UserError unless a table has as many columns as it must, and not more than it can well have."""
    if num_columns < fewest:
        found = f" in {line[:40]!r}" if line else ""
        raise UserError(f"{file} must have at least {fewest} columns, separated by commas, got {num_columns}{found}")
    if num_columns > MAX_COLUMNS:
        raise UserError(
            f"{file} must have at most {MAX_COLUMNS:,} columns, got {num_columns}: dataset=arrays takes more"
        )


def _check_width(file: Path, head: Head, fewest: int) -> None:
    """Raise a UserError unless the first line has the names of a table's columns."""
    line = "".join(head.records[0]) if head.records else ""
    if head.width == 1 and any(len(record) > 1 for record in head.records):
        raise UserError(f"the first line of {file} must name its columns, got {line[:40]!r}: remove what is above them")
    check_num_columns(file, head.width, fewest, line)


def _split_preamble(content: bytes) -> tuple[bytes, Head, int]:
    """The table without what stands above it, its first lines, and how many lines of comments were above it."""
    content = content.lstrip(b"\r\n")
    separators = list(SEPARATORS)
    if match := SEPARATOR_LINE.match(content):  # of Excel
        separators = [match[1].decode()]
        content = content[match.end() :]
    comments = COMMENTS.match(content)
    assert comments
    head = read_head(content[comments.end() :], separators)
    # Of programs that mark the line of names as a comment, it is the last one.
    last = read_head(comments[0].splitlines()[-1], [head.separator]) if comments[0] else head
    if last.width == head.width:
        return content, read_head(content, separators), 0
    return content[comments.end() :], head, comments[0].count(b"\n")


def _with_single_spaces(content: bytes) -> bytes:
    """Lines with one space between fields."""
    lines = BytesIO()
    for line in BytesIO(content):
        lines.write(b" ".join(line.split()) + b"\n")
    return lines.getvalue()


def _has_header(file: Path, head: Head, header: bool | None, wanted: Collection[str]) -> bool:
    """Whether the first line names the columns; asks where the names that are wanted fit both."""
    is_named = has_header(head.records, list(wanted)) if header is None else header
    first = [field.strip() for field in head.records[0]]
    is_typed = is_named is False and bool(set(wanted) & set(first))
    if is_named is None or (header is None and is_typed):
        raise UserError(
            f"dataset.header must be true or false, as the first line of {file.name} may be a sample, got null: false "
            f"names the columns 1 to {head.width}"
        )
    return is_named


def _names(file: Path, first: Sequence[str]) -> list[str]:
    """The names of the columns, without spaces around them."""
    names = []
    for index, field in enumerate(first):
        names.append(clean_name(field) or NAMELESS.format(index + 1))
    # polars would silently rename the second of two columns.
    if len(set(names)) < len(names):
        raise UserError(f"{file} must have different column names, got {max(names, key=names.count)!r} twice")
    return names


def _read(content: bytes, head: Head, is_named: bool, names: Sequence[str], as_text: Collection[str]) -> pl.DataFrame:
    """Read all rows, some columns at a time."""
    for index, record in enumerate(head.records[is_named:]):
        if len(record) > len(names):
            raise ValueError(f"row {index + 1} has {len(record)} fields, and the table {len(names)} columns")
    options: dict[str, Any] = {
        "has_header": is_named and not head.is_short,
        "separator": head.separator,
        "decimal_comma": head.has_decimal_commas,
    }
    # All at once, as it takes far longer than the reading.
    types = pl.scan_csv(content, infer_schema_length=None, **options).collect_schema().dtypes()
    schema = dict(zip(names, types, strict=True)) | {name: pl.String for name in names if name in as_text}
    step = _num_columns_at_a_time(content, head)
    columns: list[pl.Series] = []
    for start in range(0, len(names), step):
        indices = list(range(start, min(start + step, len(names))))
        columns += map(
            shrink, _read_columns(content, head, schema, options | {"new_columns": names, "columns": indices})
        )
    return pl.DataFrame(columns)


def _num_columns_at_a_time(content: bytes, head: Head) -> int:
    """As many columns as take little next to the file: while it is read a number takes 8 bytes, and text 16."""
    share = len([field for field in head.fields if is_number(field)]) / max(1, len(head.fields))
    num_fields = content.count(head.separator.encode()) + content.count(b"\n")
    expected = num_fields * (16 - 8 * share)
    num_parts = -(-int(expected) // (MAX_GROWTH * max(len(content), SMALL)))
    return -(-head.width // max(1, num_parts))


def _read_columns(
    content: bytes, head: Head, schema: Mapping[str, Any], options: Mapping[str, Any]
) -> Sequence[pl.Series]:
    """Read all rows of some columns."""
    with warnings.catch_warnings(action="ignore"):
        try:
            frame = pl.read_csv(content, schema_overrides=schema, infer_schema=False, **options)
        except pl.exceptions.ComputeError:
            # Integers that no type holds, among others: fields that are read as text can be looked at one by one.
            frame = pl.read_csv(content, infer_schema=False, **options)
    if head.has_decimal_commas:
        number = rf"^\s*(?:{DECIMAL_COMMA.pattern})\s*$"
        text = pl.col(pl.String)
        frame = frame.with_columns(
            pl.when(text.str.contains(number)).then(text.str.replace(",", ".", literal=True)).otherwise(text)
        )
    return frame.get_columns()
