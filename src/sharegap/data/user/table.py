"""A user's table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.csv import clean_name
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.column import read_labels, read_target
from sharegap.data.user.input_columns import drop_incomplete, read_inputs
from sharegap.data.user.row_names import row_names
from sharegap.data.user.suspicious import find_suspicious
from sharegap.data.user.table_file import list_names, read_table_file
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError, unknown_name


def table(
    path: str | None,
    targets: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    groups: str | None = None,
    kind: str | None = None,
    task_column: str | None = None,
    header: bool | None = None,
    missing: Sequence[str] | None = None,
    drop_missing: bool = False,
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
        drop_missing: whether rows that lack an input are left out.

    Raises:
        UserError: if the file is no such file, lacks a column, or has inputs that are empty or text.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"dataset.path must be a CSV or Parquet file, got the folder {file}")
    target_names, wanted = _name_list("dataset.targets", targets), _name_list("dataset.inputs", inputs)
    marks = None if missing is None else _name_list("dataset.missing", missing)
    group_column, task_name = _one_name("dataset.groups", groups), _one_name("dataset.task_column", task_column)
    roles = [*target_names, *filter(None, (group_column, task_name))]
    if header not in (None, True, False):
        raise UserError(f"dataset.header must be true, false or null, got {header!r}")
    source = read_table_file(file, header, roles, wanted)
    frame, notes = source.frame, list(source.notes)
    if not target_names and kind != "reconstruction":
        raise UserError(
            f"dataset.targets must name the columns to predict, got none: {file.name} has {list_names(frame.columns)}"
        )
    _check_names(file, frame, [*roles, *wanted])
    remaining = [name for name in frame.columns if name not in roles]
    unused = [] if wanted else row_names(frame, remaining, source.index_columns)
    names = wanted or [name for name in remaining if name not in unused]
    if drop_missing:
        frame, dropped = drop_incomplete(frame, names, marks)
        notes += dropped
    x, input_notes = read_inputs(frame, names, marks)
    columns = [read_target(frame[name], marks, kind) for name in target_names]
    if unused:
        notes.append(f"Left out as numbers or names of rows: {list_names(unused)}; dataset.inputs=[...] takes them.")
    notes += input_notes + find_suspicious(frame, names, target_names)
    data = UserData(
        file.name,
        x,
        columns,
        groups=read_labels(frame[group_column], "groups", marks) if group_column else None,
        tasks=read_labels(frame[task_name], "tasks", marks) if task_name else None,
        input_names=tuple(names),
        notes=tuple(notes),
    )
    dataset = make_dataset(data, kind)
    reading = {"missing": marks, "header": header, "task_column": task_name}
    return replace(dataset, preparation={**(dataset.preparation or {}), **reading})


def _name_list(option: str, names: Any) -> list[str]:
    """The names of columns that an option gives; one that the parser of options has read as something else is asked."""
    found = []
    # A mapping is no list of its keys.
    is_one = isinstance(names, str | int | float | Mapping)
    for name in [names] if is_one else list(names or []):
        # An integer is spelled in one way only, or nearly so.
        if not isinstance(name, str) and type(name) is not int:
            raise UserError(f"{option} must hold names in quotes, got {name!r}: write them as '{option}=[\"...\"]'")
        found.append(clean_name(str(name)))
    return found


def _one_name(option: str, name: Any) -> str | None:
    """The name of one column, or None."""
    names = _name_list(option, name)
    if len(names) > 1:
        raise UserError(f"{option} must be one column, got {list_names(names)}")
    return names[0] if names else None


def _check_names(file: Path, frame: pl.DataFrame, names: Sequence[str]) -> None:
    """Check that the table has all named columns, and that none has two roles."""
    existing = set(frame.columns)
    for name in names:
        if name not in existing:
            is_named = frame.columns != [str(index + 1) for index in range(frame.width)]
            hint = "" if is_named else ", which has no line of names (or set dataset.header=true),"
            raise unknown_name(f"column in {file.name}{hint}", name, frame.columns)
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        raise UserError(
            f"the column {name} must be in one of targets, inputs, groups and task_column, got it {count} times"
        )
