"""A stored Parquet file: sound, damaged, or set aside."""

import errno
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import polars as pl

from sharegap.atomic import write_atomic
from sharegap.results.schema import VERSION

VERSION_KEY = "sharegap_schema"
"""Key of the version of the columns in the Parquet metadata."""


class DamagedError(Exception):
    """A stored file that is not what it should be; the message names it."""


def read_metadata(path: Path) -> dict[str, str] | None:
    """Return the file's metadata; None where it is damaged."""
    try:
        return pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        _raise_unless_damaged(error)
        return None


def set_aside(path: Path) -> str:
    """Rename a file that cannot be used, to a name that no other has, and say so."""
    renamed = path.replace(unused_name(path))
    return f"it is set aside as {renamed.name}"


def unused_name(path: Path) -> Path:
    """Return a name beside `path` that no file has."""
    number = 1
    while (name := path.with_suffix(f".set-aside-{number}")).exists():
        number += 1
    return name


def read_table(path: Path, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the file's table; raise DamagedError where it cannot be read or has other columns."""
    table = _read(path)
    if dict(table.schema) != dict(schema):
        raise DamagedError(f"{path} has other columns than this version writes")
    return table


def read_column(path: Path, name: str) -> pl.DataFrame:
    """Return one column of the file; raise DamagedError where it cannot be read."""
    return _read(path, [name])


def write_table(table: pl.DataFrame, path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a table, whole or not at all, with the version of the columns in its metadata."""
    content = BytesIO()
    table.write_parquet(content, metadata={VERSION_KEY: str(VERSION), **(metadata or {})})
    write_atomic(path, content.getvalue())


def _read(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, columns=columns, glob=False)  # brackets in the name of a folder are no pattern
    except (pl.exceptions.PolarsError, OSError) as error:
        _raise_unless_damaged(error)
        raise DamagedError(f"{path} cannot be read, it may be truncated") from error


def _raise_unless_damaged(error: Exception) -> None:
    # Polars reports a truncated file as an OSError too. Without permission the file may be sound.
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EIO):
        raise error
