"""Users' tables."""

import csv
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.parquet import read_parquet
from sharegap.data.user.assemble import Own, assemble
from sharegap.data.user.targets import Column
from sharegap.errors import UserError, unknown_name

PARQUET = b"PAR1"
MOST_COLUMNS = 20_000
MOST_NAMED = 8
BROKEN = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
    ValueError,
    TypeError,
    csv.Error,
    MemoryError,
)
"""What polars and csv raise on a file that is not what it says."""


def table(
    path: str | None,
    targets: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    groups: str | None = None,
    kind: str | None = None,
    task_column: str | None = None,
) -> Dataset:
    """A row of a CSV or Parquet file is a sample: its columns `targets`, and of the others those of numbers.

    Samples are (1, inputs). `inputs` names the columns to learn from where they are not all that remain, `groups`
    a column of the samples' groups, `task_column` that of each one's task, where each belongs to one of many. Empty
    targets are missing ones. See `targets.kind_of` for `kind`. Raises UserError for what is no such file, for columns
    that it does not have, and for inputs that are empty or text.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"{file} is a folder: dataset=table takes a CSV or Parquet file")
    frame = _read(file)
    if not len(frame):
        raise UserError(f"{file} has no rows below the columns' names: it needs one for each sample")
    named = [str(each) for each in targets or []]
    if not named and kind != "reconstruction":
        raise UserError(f"name the target columns, dataset.targets=[...]: {file.name} has {_list(frame.columns)}")
    aside = [*named, *(str(each) for each in (groups, task_column) if each is not None)]
    chosen = [str(each) for each in inputs] if inputs else [each for each in frame.columns if each not in aside]
    for name in [*aside, *chosen]:
        if name not in frame.columns:
            raise unknown_name(f"column in {file.name}", name, frame.columns[:MOST_COLUMNS])
    twice = {name for name in (*aside, *chosen) if [*aside, *chosen].count(name) > 1} if len(chosen) < 1000 else set()
    if twice:
        raise UserError(
            f"the column {min(twice)} is named twice in targets, inputs, groups and task_column: name it once"
        )
    columns = [_target(frame[name]) for name in named]
    own = Own(
        file.name,
        _inputs(frame, chosen),
        columns,
        groups=_labels(frame, groups, "groups"),
        tasks=_labels(frame, task_column, "tasks"),
    )
    return assemble(own, kind)


def _read(file: Path) -> pl.DataFrame:
    try:
        with file.open("rb") as stream:
            parquet = stream.read(len(PARQUET)) == PARQUET
        frame = read_parquet(file) if parquet else _read_csv(file)
        _check_columns(file, frame.width)
    except UserError:
        raise
    except BROKEN as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{file} is no CSV with a header and as many fields in every row, nor Parquet ({first}): mend it"
        ) from error
    return frame


def _read_csv(file: Path) -> pl.DataFrame:
    with file.open(newline="", encoding="utf-8-sig") as stream:
        header = next(csv.reader(stream), [])
    _check_columns(file, len(header))
    # polars would rename the second of two columns and go on.
    if len(set(header)) < len(header):
        raise UserError(f"{file} has two columns of the name {max(header, key=header.count)!r}: rename one")
    with warnings.catch_warnings(action="ignore"):
        frame = pl.read_csv(file, infer_schema_length=None, glob=False)
    if frame.columns != header:
        raise UserError(f"the first line of {file} cannot be read as the columns' names: quote them plainly")
    return frame


def _check_columns(file: Path, columns: int) -> None:
    if not 2 <= columns <= MOST_COLUMNS:
        raise UserError(
            f"{file} has {columns} column{'s' * (columns != 1)}: a table has from 2, which commas separate, to "
            f"{MOST_COLUMNS:,}; dataset=arrays takes more"
        )


def _inputs(frame: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    if not names:
        raise UserError("no column is left to learn from: name fewer in dataset.targets")
    dtypes = frame.schema
    if text := [name for name in names if not (dtypes[name].is_numeric() or dtypes[name] == pl.Boolean)]:
        raise UserError(
            f"{_list(text)} hold{'s' * (len(text) == 1)} no numbers: encode as numbers, or name the inputs "
            "to use, dataset.inputs=[...]"
        )
    for name in names:
        if empty := frame[name].null_count():
            raise UserError(f"the column {name} is empty in {empty} of {len(frame)} rows: fill or leave out")
    return frame.select(pl.col(name).cast(pl.Float64) for name in names).to_numpy()


def _target(column: pl.Series) -> Column:
    """Empty entries stand as 0 or nothing, and are missing."""
    dtype, missing = column.dtype, column.is_null().to_numpy()
    if dtype.is_float() or dtype.is_decimal():
        return Column(column.name, column.cast(pl.Float64).fill_null(float("nan")).to_numpy(), missing)
    if dtype.is_integer():
        return Column(column.name, column.cast(pl.Int64, strict=False).fill_null(0).to_numpy(), missing)
    if dtype == pl.Boolean:
        return Column(column.name, column.fill_null(False).to_numpy(), missing)
    return Column(column.name, _text(column, "target"), missing)


def _labels(frame: pl.DataFrame, name: str | None, what: str) -> np.ndarray | None:
    if name is None:
        return None
    column = frame[str(name)]
    if empty := column.null_count():
        raise UserError(f"the column {name} of {what} is empty in {empty} rows: fill it")
    return column.to_numpy() if column.dtype.is_integer() else _text(column, what)


def _text(column: pl.Series, what: str) -> np.ndarray:
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        raise UserError(f"the column {column.name} of {what} is of the type {column.dtype}: use numbers or text")
    return np.array(column.cast(pl.String).fill_null("").to_list(), dtype=str)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
