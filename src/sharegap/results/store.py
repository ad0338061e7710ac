"""The stored table: one Parquet part per fleet, written whole or not at all."""

import errno
import warnings
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout

from sharegap.atomic import write_atomic
from sharegap.errors import UserError, unknown_name
from sharegap.results.schema import PLAN, RUNS, VERSION


class Store:
    """The finished runs and the suites' plans under one output folder.

    `with store.lock():` makes this process the only one that writes there. Raises UserError where the folder
    cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts = folder / "results"
        self.plans = folder / "suites"
        self.checkpoints = folder / "checkpoints"

    def lock(self) -> FileLock:
        """A lock that the operating system lifts when this process ends, however it ends."""
        for path in (self.parts, self.plans, self.checkpoints):
            path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise UserError(
                f"another sharegap process is writing to {self.folder}: wait until it has ended, or choose another "
                "folder (make: OUT=folder, python: out=folder)"
            ) from None
        return lock

    def append(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Stores the rows of one fleet as part `name`."""
        _write(pl.DataFrame(list(rows), schema=RUNS), self.parts / f"{name}.parquet")

    def runs(self) -> pl.DataFrame:
        """All finished runs, one row each, in the columns of RUNS.

        A part that cannot be read, or of another version, is set aside with a warning; its runs count as
        not done.
        """
        tables = [table for path in sorted(self.parts.glob("*.parquet")) if (table := _read(path, RUNS)) is not None]
        return pl.concat([pl.DataFrame(schema=RUNS), *tables]).unique("run", keep="first", maintain_order=True)

    def write_plan(self, plan: pl.DataFrame) -> None:
        """Stores what a suite consists of, for rendering its leaderboard later."""
        _write(plan, self.plans / f"{plan['suite'][0]}.parquet")

    def suites(self) -> list[str]:
        """The names of the stored plans, the one planned last at the end; raises UserError where there is none."""
        plans = sorted(self.plans.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        if not plans:
            raise UserError(f"there are no results in {self.folder} yet: run `make bench` first")
        return [path.stem for path in plans]

    def plan(self, suite: str) -> pl.DataFrame:
        """A stored plan, in the columns of PLAN."""
        path = self.plans / f"{suite}.parquet"
        plan = _read(path, PLAN) if path.exists() else None
        if plan is None:
            raise unknown_name(f"stored suite in {self.folder}", suite, self.suites())
        return plan


def _write(table: pl.DataFrame, path: Path) -> None:
    content = BytesIO()
    table.write_parquet(content, metadata={"sharegap_schema": str(VERSION)})
    write_atomic(path, content.getvalue())


def _read(path: Path, schema: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    try:
        version = pl.read_parquet_metadata(path).get("sharegap_schema")
        table = pl.read_parquet(path) if version == str(VERSION) else None
        reason = f"is of schema version {version}, not {VERSION}"
    except (pl.exceptions.PolarsError, OSError) as error:
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EIO):
            raise
        table, reason = None, "cannot be read, it may be cut off"
    if table is not None and dict(table.schema) != dict(schema):
        table, reason = None, "has other columns than this version writes"
    if table is None:
        aside = path.with_suffix(".set-aside")
        path.replace(aside)
        warnings.warn(
            f"{path} {reason}: it is set aside as {aside.name}, and its runs will be trained again", stacklevel=2
        )
    return table
