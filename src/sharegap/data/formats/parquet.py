"""Parquet files, read without trusting them."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl

from sharegap.data.formats.size import MOST_EXPANSION, check_expansion
from sharegap.errors import UserError

TRIAL = """
import resource, sys, polars
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
polars.read_parquet(sys.argv[1], glob=False)
"""
MEMORY = 2**32
"""Bytes of addresses that polars may take beside the data's."""
SECONDS, BYTES_PER_SECOND = 60, 10**6
"""How long the trial may take: that, and as long as a slow disk."""


def read_parquet(file: Path) -> pl.DataFrame:
    """All its columns; UserError where it cannot be read, or claims to hold far more than it takes."""
    _try(file)
    lazy = pl.scan_parquet(file, glob=False)
    columns = len(lazy.collect_schema())
    rows = int(lazy.select(pl.len()).collect().item())
    check_expansion(str(file), rows * columns * 8, file.stat().st_size)
    return lazy.collect()


def _try(file: Path) -> None:
    """Reads it once in a process of its own: some damaged files end the process that reads them, not the call."""
    size = file.stat().st_size
    command = [sys.executable, "-c", TRIAL, str(file), str(MEMORY + MOST_EXPANSION * size)]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}  # each thread takes addresses for its stack
    try:
        trial = subprocess.run(
            command, capture_output=True, env=environment, timeout=SECONDS + size / BYTES_PER_SECOND, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{file} takes too long to read: write it again") from error
    if trial.returncode:
        said = trial.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise UserError(f"{file} is a damaged Parquet file ({said[-1]}): write it again")
