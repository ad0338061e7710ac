"""A user's table."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.column import MANY_NUMBERS, parse_column, read_labels, read_target
from sharegap.data.user.input_columns import drop_incomplete, read_inputs
from sharegap.data.user.mixed_columns import read_mixed
from sharegap.data.user.quantities import Spelling
from sharegap.data.user.recognize import read_times, recognize
from sharegap.data.user.roles import Roles, check_names, name_list, one_name
from sharegap.data.user.row_names import row_names
from sharegap.data.user.suspicious import find_suspicious
from sharegap.data.user.table_file import TableFile, list_names, read_table_file
from sharegap.data.user.target_column import Column
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError


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
    *,
    prepare: bool = False,
    categories: Sequence[str] | None = None,
    leave_out: Sequence[str] | None = None,
    test_path: str | None = None,
    time_column: str | None = None,
    split_seed: int = 0,
    sheet: str | None = None,
) -> Dataset:
    """Load a table whose rows are samples (1, inputs).

    Args:
        path: a CSV, Parquet, Feather or Excel file, or its `fingerprint`; its content decides the format.
        targets: columns to predict; an empty field is a missing target.
        inputs: columns to learn from; None for all that remain, without those that number or name the rows.
        groups: column of the samples' groups.
        kind: what the targets are; None to decide by their types, see `infer_kind`.
        task_column: column of the samples' tasks, if each belongs to one of many.
        header: whether the first line of a CSV file names the columns, which are 1, 2, ... otherwise; None to decide
            by its fields.
        missing: what stands for a missing value; None for what programs write, such as NA.
        drop_missing: whether rows that lack an input are left out.
        prepare: whether texts, dates, units and empty fields are taken; each run then prepares them by its training
            samples, see `sharegap.data.prepare`. Without it they are refused.
        categories: columns of texts, though they may look like numbers.
        leave_out: columns that are no inputs.
        test_path: a file of the same columns that is the test part; None to set a part aside.
        time_column: column of numbers or dates; the latest samples are the test part, and of the rest for validation.
        split_seed: of the test part that is set aside, an integer >= 0.
        sheet: of an Excel file; None for the only one.

    Raises:
        UserError: if the file is no such file, lacks a column, or has inputs that are no numbers or texts.
    """
    roles = Roles(
        name_list("dataset.targets", targets),
        name_list("dataset.inputs", inputs),
        one_name("dataset.groups", groups),
        one_name("dataset.task_column", task_column),
        one_name("dataset.time_column", time_column),
        name_list("dataset.categories", categories),
        name_list("dataset.leave_out", leave_out),
    )
    marks = None if missing is None else name_list("dataset.missing", missing)
    if header not in (None, True, False):
        raise UserError(f"dataset.header must be true, false or null, got {header!r}")
    source = _read(path, header, roles, sheet)
    if not roles.targets and kind != "reconstruction":
        raise UserError(
            f"dataset.targets must name the columns to predict, got none: {source.file.name} has "
            f"{list_names(source.frame.columns)}"
        )
    if roles.categories and kind == "reconstruction":
        raise UserError("dataset.categories must be null for a reconstruction, whose outputs are its inputs, got some")
    roles.check(source.file, source.frame)
    remaining = [name for name in source.frame.columns if name not in roles.no_inputs]
    unused = [] if roles.inputs else row_names(source.frame, remaining, source.index_columns)
    names = roles.inputs or [name for name in remaining if name not in unused]
    test = None if test_path is None else _read(test_path, header, roles, sheet)
    frame, num_rows, notes = _join(source, test, [*names, *roles.targets, *filter(None, [roles.tasks])])
    if drop_missing:
        frame, num_rows, dropped = _without_incomplete(frame, num_rows, names, marks)
        notes += dropped
    is_mixed = prepare and kind != "reconstruction"
    read = _read_inputs(frame, names, marks, roles.categories, is_mixed)
    if unused:
        notes.append(f"Left out as numbers or names of rows: {list_names(unused)}; dataset.inputs=[...] takes them.")
    own = frame.head(num_rows)
    columns, target_notes = _read_targets(frame, roles.targets, marks, kind, is_mixed)
    notes += target_notes + read.notes + find_suspicious(own, names, roles.targets, marks)
    data = UserData(
        source.file.name,
        read.x[:num_rows],
        columns,
        x_test=None if test is None else read.x[num_rows:],
        groups=read_labels(own[roles.groups], "groups", marks) if roles.groups else None,
        tasks=read_labels(frame[roles.tasks], "tasks", marks) if roles.tasks else None,
        times=read_times(own[roles.time], marks) if roles.time else None,
        input_names=read.names,
        notes=tuple(notes),
        texts=read.texts,
        split_seed=split_seed,
    )
    dataset = make_dataset(data, kind)
    reading = {"missing": marks, "header": header, "task_column": roles.tasks, "spellings": read.spellings}
    return replace(dataset, preparation={**(dataset.preparation or {}), **reading})


class _Inputs(NamedTuple):
    """The input columns as they are for `UserData`, and sentences on them."""

    names: tuple[str, ...]
    x: np.ndarray
    texts: tuple[tuple[str, ...], ...]
    notes: list[str]
    spellings: dict[str, Spelling]


def _read(path: str | None, header: bool | None, roles: Roles, sheet: str | None) -> TableFile:
    """Read one file."""
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"dataset.path must be a CSV or Parquet file, got the folder {file}")
    return read_table_file(file, header, roles.as_text, roles.inputs, sheet)


def _join(source: TableFile, test: TableFile | None, names: Sequence[str]) -> tuple[pl.DataFrame, int, list[str]]:
    """The rows of a file before those of its test part, how many are its own, and what is said of both."""
    if test is None:
        return source.frame, len(source.frame), list(source.notes)
    check_names(test.file, test.frame, names)
    columns = []
    for name in source.frame.columns:
        if name not in names:
            columns.append(source.frame[name].extend_constant(None, len(test.frame)))
            continue
        parts = [source.frame[name], test.frame[name]]
        if not all(part.dtype.is_numeric() for part in parts) and parts[0].dtype != parts[1].dtype:
            parts = [part.cast(pl.String) for part in parts]
        columns.append(pl.concat([part.to_frame() for part in parts], how="vertical_relaxed").to_series())
    notes = [f"{test.file.name}: {note}" for note in test.notes]
    return pl.DataFrame(columns), len(source.frame), [*source.notes, *notes]


def _without_incomplete(
    frame: pl.DataFrame, num_rows: int, names: Sequence[str], marks: Collection[str] | None
) -> tuple[pl.DataFrame, int, list[str]]:
    """The rows that have all inputs, and how many of them are not of a test part of its own."""
    number = pl.Series("", range(len(frame)))
    kept, notes = drop_incomplete(frame.with_columns(number), names, marks)
    return kept.drop(""), int((kept[""] < num_rows).sum()), notes


def _read_inputs(
    frame: pl.DataFrame, names: Sequence[str], marks: Collection[str] | None, categories: Collection[str], prepare: bool
) -> _Inputs:
    """Read the inputs: numbers alone as they are, else what is to be prepared."""
    if prepare or categories:
        mixed = read_mixed(frame, names, marks, categories)
        if mixed is not None:
            texts = mixed.texts if mixed.needs_preparation else ()
            return _Inputs(mixed.names, mixed.x, texts, mixed.notes, mixed.spellings)
    x, notes = read_inputs(frame, names, marks)
    return _Inputs(tuple(names), x, (), notes, {})


def _read_targets(
    frame: pl.DataFrame, names: Sequence[str], marks: Collection[str] | None, kind: str | None, prepare: bool
) -> tuple[list[Column], list[str]]:
    """Read the targets; of many numbers with a unit or the like, the numbers, which is said."""
    columns, notes = [], []
    for name in names:
        column = frame[name]
        may_be_real = prepare and (kind == "regression" or (kind is None and column.n_unique() > MANY_NUMBERS))
        reading = recognize(parse_column(column, marks)) if may_be_real else None
        if reading:
            column = reading.numbers.alias(name)
            notes.append(f"Read as {reading.words}: the target {name}.")
        columns.append(read_target(column, marks, kind))
    return columns, notes
