"""A user's table."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.csv import check_num_columns, read_csv
from sharegap.data.formats.guard import reading
from sharegap.data.formats.parquet import read_parquet
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.targets import Column
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
) -> Dataset:
    """Load a CSV or Parquet file whose rows are samples (1, inputs).

    Args:
        path: the file, or its `fingerprint`; its content decides the format.
        targets: columns to predict; an empty field is a missing target.
        inputs: columns to learn from; None for all that remain.
        groups: column of the samples' groups.
        kind: what the targets are; None to decide by their types, see `infer_kind`.
        task_column: column of the samples' tasks, if each belongs to one of many.

    Raises:
        UserError: if the file is no such file, lacks a column, or has inputs that are empty or text.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"dataset.path must be a CSV or Parquet file, got the folder {file}")
    frame = _read(file)
    if not len(frame):
        raise UserError(f"{file} must have a row for each sample, got column names only")
    target_names = [str(name) for name in targets or []]
    if not target_names and kind != "reconstruction":
        raise UserError(
            f"dataset.targets must name the columns to predict, got none: {file.name} has {_list(frame.columns)}"
        )
    excluded = list(target_names)
    for name in (groups, task_column):
        if name is not None:
            excluded.append(str(name))
    remaining = [name for name in frame.columns if name not in excluded]
    input_names = [str(name) for name in inputs] if inputs else remaining
    _check_names(file, frame, [*excluded, *input_names])
    data = UserData(
        file.name,
        _inputs(frame, input_names),
        [_target(frame[name]) for name in target_names],
        groups=_labels(frame, groups, "groups"),
        tasks=_labels(frame, task_column, "tasks"),
    )
    return make_dataset(data, kind)


def _read(file: Path) -> pl.DataFrame:
    """Read a table in the format that its first bytes show."""
    remedy = "give it a header and as many fields in every row"
    with reading(file, "a CSV or Parquet table", remedy):
        with file.open("rb") as stream:
            is_parquet = stream.read(len(PARQUET)) == PARQUET
        frame = read_parquet(file) if is_parquet else read_csv(file)
        check_num_columns(file, frame.width)
    return frame


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


def _inputs(frame: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    """The input columns in double precision, (samples, inputs)."""
    if not names:
        raise UserError("the table must have a column to learn from, got targets only: name fewer in dataset.targets")
    text = []
    for name in names:
        dtype = frame[name].dtype
        if not dtype.is_numeric() and dtype != pl.Boolean:
            text.append(name)
    if text:
        raise UserError(
            f"inputs must be numbers, got text in {_list(text)}: encode it as numbers, or name the inputs to use, "
            "dataset.inputs=[...]"
        )
    for name in names:
        empty = frame[name].null_count()
        if empty:
            raise UserError(
                f"the column {name} must be filled, got {empty} empty of {len(frame)} rows: fill or leave it out"
            )
    return frame.select(pl.col(names).cast(pl.Float64)).to_numpy()


def _target(column: pl.Series) -> Column:
    """One target; empty fields are missing, with any value."""
    dtype, missing = column.dtype, column.is_null().to_numpy()
    if dtype.is_float() or dtype.is_decimal():
        values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    elif dtype.is_integer():
        values = column.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    elif dtype == pl.Boolean:
        values = column.fill_null(False).to_numpy()
    else:
        values = _text(column, "targets")
    return Column(column.name, values, missing)


def _labels(frame: pl.DataFrame, name: str | None, role: str) -> np.ndarray | None:
    """The groups or tasks of all samples, as integers or text."""
    if name is None:
        return None
    column = frame[str(name)]
    empty = column.null_count()
    if empty:
        raise UserError(f"the column {name} of {role} must be filled, got {empty} empty rows")
    return column.to_numpy() if column.dtype.is_integer() else _text(column, role)


def _text(column: pl.Series, role: str) -> np.ndarray:
    """A column as text."""
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        raise UserError(f"the column {column.name} of {role} must hold numbers or text, got the type {column.dtype}")
    return np.array(column.cast(pl.String).fill_null("").to_list(), dtype=str)


def _list(names: Sequence[str]) -> str:
    """The first of many names."""
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
