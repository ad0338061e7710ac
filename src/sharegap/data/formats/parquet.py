"""Parquet and Feather tables."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from sharegap.data.formats.guard import MAX_EXPANSION, check_expansion
from sharegap.errors import UserError

TRIAL = """
import resource, sys, polars
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
getattr(polars, sys.argv[3])(sys.argv[1], glob=False).collect()
"""
SIGNATURES = {b"PAR1": "Parquet", b"ARROW1": "Feather"}
"""The formats by what their files begin with."""
MEMORY = 2**32
"""Bytes of address space that polars may take in addition to the data."""
READERS: dict[str, Callable[..., pl.LazyFrame]] = {"Parquet": pl.scan_parquet, "Feather": pl.scan_ipc}
"""What reads the formats; brackets in a path are no pattern."""
SECONDS, BYTES_PER_SECOND = 60, 10**6
"""Time limit of the trial: a constant, and the speed of a slow disk."""


def binary_format(file: Path) -> str | None:
    """Return which of the SIGNATURES' formats a file begins as; None for another."""
    with file.open("rb") as stream:
        start = stream.read(max(map(len, SIGNATURES)))
    return next((name for signature, name in SIGNATURES.items() if start.startswith(signature)), None)


def read_binary_table(file: Path, name: str) -> tuple[pl.DataFrame, list[str]]:
    """Read all columns of a Parquet or Feather file; bytes are text.

    Args:
        file: the file.
        name: of its format, one of READERS.

    Returns:
        The table, and the columns that pandas wrote as the index of the rows.

    Raises:
        UserError: if it is damaged, or claims implausibly many rows for its size.
    """
    _try_to_read(file, name)
    lazy = READERS[name](file, glob=False)
    num_columns = len(lazy.collect_schema())
    num_rows = int(lazy.select(pl.len()).collect().item())
    check_expansion(str(file), num_rows * num_columns * 8, file.stat().st_size)
    frame = lazy.collect()
    index_columns = _index_columns(file, frame.columns) if name == "Parquet" else []
    return frame.with_columns(pl.col(pl.Binary).cast(pl.String)), index_columns


def _index_columns(file: Path, columns: Sequence[str]) -> list[str]:
    """Those of `columns` that the file's own metadata call an index."""
    pandas = json.loads(pl.read_parquet_metadata(file).get("pandas", "{}"))
    # An index that only counts is not stored, but described.
    return [name for name in pandas.get("index_columns", []) if name in columns]


def _try_to_read(file: Path, name: str) -> None:
    """Read the file in another process first, as some damaged files end the process that reads them."""
    size = file.stat().st_size
    command = [sys.executable, "-c", TRIAL, str(file), str(MEMORY + MAX_EXPANSION * size), READERS[name].__name__]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}  # each thread takes address space for its stack
    timeout = SECONDS + size / BYTES_PER_SECOND
    try:
        trial = subprocess.run(command, capture_output=True, env=environment, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{file} must be readable in {timeout:.0f} seconds, got no answer: write it again") from error
    if trial.returncode:
        messages = trial.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        if duplicate := re.search(r"DuplicateError: column with name '(.*)' has more than one", messages[-1]):
            raise UserError(f"{file} must have different column names, got {duplicate[1]!r} twice: rename one")
        raise UserError(f"{file} cannot be read as a {name} table ({messages[-1]}): write it again")
