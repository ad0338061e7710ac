"""A user's table."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.csv import NAMELESS, check_num_columns, clean_name, read_csv
from sharegap.data.formats.guard import reading
from sharegap.data.formats.parquet import read_parquet
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.column import read_labels, read_target
from sharegap.data.user.input_columns import read_inputs
from sharegap.data.user.row_names import placeholder, rising, row_names, twins
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError, unknown_name

PARQUET = b"PAR1"
"""What a Parquet file begins with."""
MAX_LISTED = 8


def table(
    path: str | None,
    targets: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    groups: str | None = None,
    kind: str | None = None,
    task_column: str | None = None,
    header: bool | None = None,
    missing: Sequence[str] | None = None,
) -> Dataset:
    """Load a CSV or Parquet file whose rows are samples (1, inputs).

    Args:
        path: the file, or its `fingerprint`; its content decides the format.
        targets: columns to predict; an empty field is a missing target.
        inputs: columns to learn from; None for all that remain, without those that number or name the rows.
        groups: column of the samples' groups.
        kind: what the targets are; None to decide by their types, see `infer_kind`.
        task_column: column of the samples' tasks, if each belongs to one of many.
        header: whether the first line of a CSV file names the columns, which are 1, 2, ... otherwise; None to decide
            by its fields.
        missing: what stands for a missing value; None for what programs write, such as NA.

    Raises:
        UserError: if the file is no such file, lacks a column, or has inputs that are empty or text.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"dataset.path must be a CSV or Parquet file, got the folder {file}")
    target_names, wanted = _name_list("dataset.targets", targets), _name_list("dataset.inputs", inputs)
    marks = None if missing is None else _name_list("dataset.missing", missing)
    roles = [*target_names, *_name_list("dataset.groups", groups), *_name_list("dataset.task_column", task_column)]
    if header not in (None, True, False):
        raise UserError(f"dataset.header must be true, false or null, got {header!r}")
    frame, forms, index_columns = _read(file, header, roles, wanted)
    if not len(frame):
        raise UserError(f"{file} must have a row for each sample, got column names only")
    if not target_names and kind != "reconstruction":
        raise UserError(
            f"dataset.targets must name the columns to predict, got none: {file.name} has {_list(frame.columns)}"
        )
    frame, notes = _without_empty(frame)
    _check_names(file, frame, [*roles, *wanted])
    remaining = [name for name in frame.columns if name not in roles]
    unused = [] if wanted else row_names(frame, remaining, index_columns)
    names = wanted or [name for name in remaining if name not in unused]
    x, input_notes = read_inputs(frame, names, marks)
    columns = [read_target(frame[name], marks, kind) for name in target_names]
    if unused:
        notes.append(f"Left out as numbers or names of rows: {_list(unused)}; dataset.inputs=[...] takes them.")
    notes += input_notes + _suspicions(frame, names, target_names)
    data = UserData(
        file.name,
        x,
        columns,
        groups=None if groups is None else read_labels(frame[str(groups)], "groups", marks),
        tasks=None if task_column is None else read_labels(frame[str(task_column)], "tasks", marks),
        input_names=tuple(names),
        notes=(*([f"Form: {', '.join(forms)}."] if forms else []), *notes),
    )
    return make_dataset(data, kind)


def _read(
    file: Path, header: bool | None, roles: Collection[str], wanted: Collection[str]
) -> tuple[pl.DataFrame, list[str], list[str]]:
    """Read a table in the format that its first bytes show; also its forms, and which columns are an index."""
    remedy = "give it a header and as many fields in every row"
    with reading(file, "a CSV or Parquet table", remedy):
        with file.open("rb") as stream:
            is_parquet = stream.read(len(PARQUET)) == PARQUET
        forms: list[str] = []
        index_columns: list[str] = []
        if is_parquet:
            frame, index_columns = read_parquet(file)
            check_num_columns(file, frame.width)
            names = [clean_name(name) for name in frame.columns]
            if len(set(names)) == len(names):
                frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
                index_columns = [clean_name(name) for name in index_columns]
        else:
            frame, forms = read_csv(file, header, roles, wanted)
    return frame, forms, index_columns


def _name_list(option: str, names: Any) -> list[str]:
    """The names of columns that an option gives; one that the parser of options has read as something else is asked."""
    found = []
    for name in [names] if isinstance(names, str | int | float) else list(names or []):
        # An integer is spelled in one way only, or nearly so.
        if not isinstance(name, str) and type(name) is not int:
            raise UserError(f"{option} must hold names in quotes, got {name!r}: write them as '{option}=[\"...\"]'")
        found.append(clean_name(str(name)))
    return found


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
        notes.append(f"Left out: {_list(empty)}, without a name and empty.")
    return filled.drop(empty), notes


def _suspicions(frame: pl.DataFrame, names: Sequence[str], targets: Sequence[str]) -> list[str]:
    """What may give a target away."""
    notes = []
    if risen := rising(frame, names):
        notes.append(f"From row to row {_list(risen)} rise{'s' if len(risen) == 1 else ''}.")
    different = [name for name in names if frame[name].dtype.is_integer() and frame[name].n_unique() == len(frame)]
    if different := [name for name in different if name not in risen]:
        notes.append(f"Different in every row: {_list(different)}.")
    for name in names:
        if (value := placeholder(frame[name])) is not None:
            notes.append(f"{name} holds {value} far from all else: set dataset.missing=[{value}] if it is missing.")
    for name, target in twins(frame, names, targets):
        notes.append(f"{name} tells {target}: each value of one stands with one value of the other.")
    return notes


def _check_names(file: Path, frame: pl.DataFrame, names: Sequence[str]) -> None:
    """Check that the table has all named columns, and that none has two roles."""
    existing = set(frame.columns)
    for name in names:
        if name not in existing:
            raise unknown_name(f"column in {file.name}", name, frame.columns)
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        raise UserError(
            f"the column {name} must be in one of targets, inputs, groups and task_column, got it {count} times"
        )


def _list(names: Sequence[str]) -> str:
    """The first of many names."""
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
