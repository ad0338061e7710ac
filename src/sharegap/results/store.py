"""The stored tables: one Parquet part per fleet and one per plan, each written whole or not at all."""

import errno
import json
import shutil
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout

from sharegap.atomic import write_atomic
from sharegap.errors import UserError, unknown_name
from sharegap.results.provenance import versions
from sharegap.results.schema import FLEETS, PLAN, RUNS, VERSION, SuiteFacts

VERSION_KEY, CODE_KEY, SUITE_KEY = "sharegap_schema", "versions", "suite"
"""Keys of the Parquet metadata: the version of the columns; as JSON, what code made a part, and a plan's suite."""


class DamagedError(Exception):
    """A stored file that is not what it should be; the message names it."""


class Store:
    """The finished runs and the suites' plans in one output folder.

    Args:
        folder: the output folder; it is created with the first lock.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts = folder / "results"
        self.plans = folder / "suites"
        self.checkpoints = folder / "checkpoints"
        self.packing = folder / "fleets.parquet"

    def lock(self) -> FileLock:
        """Make this process the only writer: `with store.lock(): ...`.

        The operating system releases the lock when the process ends, however it ends.

        Raises:
            UserError: where another process holds the lock.
        """
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
        """Store the finished runs of one fleet.

        Args:
            name: name of the part; a part of this name and version is replaced.
            rows: one per run, in the columns of RUNS.
        """
        # The version in the name keeps a fleet that is trained again from replacing its part of an older version.
        part = self.parts / f"{name}.v{VERSION}.parquet"
        _write(pl.DataFrame(list(rows), schema=RUNS), part, {CODE_KEY: json.dumps(versions())})

    def set_aside(self, runs: Collection[str]) -> None:
        """Take the rows of `runs` out of the parts; what these were is kept under another name."""
        for path in sorted(self.parts.glob("*.parquet")):
            metadata = _metadata(path) or {}
            table = _read(path, RUNS) if metadata.get(VERSION_KEY) == str(VERSION) else pl.DataFrame(schema=RUNS)
            kept = table.filter(~pl.col("run").is_in(runs))
            if len(kept) < len(table):
                shutil.copyfile(path, _unused_name(path))  # first: a process that is killed here must lose nothing
                _write(kept, path, {CODE_KEY: metadata.get(CODE_KEY, "{}")})

    def runs(self, is_writer: bool = False) -> pl.DataFrame:
        """Return all finished runs, one row each, in the columns of RUNS.

        Parts of another version and damaged ones are left out, and a warning says so; their runs count as not done.
        Another warning names the versions of sharegap and torch that made parts and are not those of this process.

        Args:
            is_writer: whether the caller holds the lock. Damaged parts are then set aside, else nothing is changed.
        """
        tables = [pl.DataFrame(schema=RUNS)]
        other_versions = 0
        makers: Counter[str] = Counter()
        for path in sorted(self.parts.glob("*.parquet")):
            metadata = _metadata(path)
            if metadata is not None and metadata.get(VERSION_KEY) != str(VERSION):
                other_versions += 1
                continue
            try:
                tables.append(_read(path, RUNS))
                makers[_other_code(metadata or {})] += 1
            except DamagedError as damage:
                outcome = f"{set_aside(path)}, and its runs are trained again" if is_writer else "it is left out"
                warnings.warn(f"{damage}: {outcome}", stacklevel=1)
        if other_versions:
            warnings.warn(
                f"parts of another version, left alone and not read in {self.parts}: {other_versions}", stacklevel=1
            )
        for maker, count in sorted(makers.items()):
            if maker:
                warnings.warn(
                    f"parts made by {maker} and read in {self.parts}: {count}; fresh=true trains their runs again",
                    stacklevel=1,
                )
        return pl.concat(tables).unique("run", keep="first", maintain_order=True)

    def fleets(self) -> dict[str, str]:
        """Return by a run's id the name of the fleet that it was packed into when it was first planned."""
        if not self.packing.exists():
            return {}
        try:
            table = _read(self.packing, FLEETS)
        except DamagedError:  # it is no result: the runs are packed anew
            return {}
        return dict(table.iter_rows())

    def write_fleets(self, fleets: Mapping[str, str]) -> None:
        """Store by a run's id the name of its fleet."""
        _write(pl.DataFrame(list(fleets.items()), schema=FLEETS, orient="row"), self.packing)

    def write_plan(self, plan: pl.DataFrame, suite: SuiteFacts) -> None:
        """Store the plan of a suite, for rendering it later. A plan of the same name is replaced.

        Args:
            plan: in the columns of PLAN.
            suite: the suite's facts, its name among them.
        """
        _write(plan, self.plans / f"{suite['name']}.parquet", {SUITE_KEY: json.dumps(suite)})

    def suites(self) -> list[str]:
        """Return the names of the stored plans, the newest last.

        Raises:
            UserError: where no plan is stored.
        """
        plans = sorted(self.plans.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        if not plans:
            raise UserError(f"there are no results in {self.folder} yet: run `sharegap bench` first")
        return [path.stem for path in plans]

    def plan(self, suite: str) -> tuple[pl.DataFrame, SuiteFacts]:
        """Return a stored plan, in the columns of PLAN, and the facts of its suite.

        Raises:
            UserError: where no plan of this name is stored, or one of another version.
        """
        path = self.plans / f"{suite}.parquet"
        metadata = _metadata(path) if path.exists() else None
        if metadata is not None and metadata.get(VERSION_KEY) != str(VERSION):
            raise UserError(
                f"the plan of suite {suite} in {self.folder} is of another version: run `sharegap bench suite={suite}`"
            )
        if not path.exists():
            raise unknown_name(f"stored suite in {self.folder}", suite, self.suites())
        try:
            plan = _read(path, PLAN)
            facts = _suite_facts(path)
        except DamagedError as damage:
            raise UserError(f"{damage}: run `sharegap bench suite={suite}` to write it again") from damage
        return plan, facts


def _write(table: pl.DataFrame, path: Path, metadata: Mapping[str, str] | None = None) -> None:
    content = BytesIO()
    table.write_parquet(content, metadata={VERSION_KEY: str(VERSION), **(metadata or {})})
    write_atomic(path, content.getvalue())


def _suite_facts(path: Path) -> SuiteFacts:
    """The facts of a plan's suite."""
    try:
        facts: SuiteFacts = json.loads((_metadata(path) or {})[SUITE_KEY])
    except (ValueError, KeyError) as error:
        raise DamagedError(f"{path} has lost the facts of its suite") from error
    return facts


def _metadata(path: Path) -> dict[str, str] | None:
    """Return the file's metadata; None where it is damaged."""
    try:
        return pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        _raise_unless_damaged(error)
        return None


def set_aside(path: Path) -> str:
    """Rename a file that cannot be used, to a name that no other has, and say so."""
    renamed = path.replace(_unused_name(path))
    return f"it is set aside as {renamed.name}"


def _unused_name(path: Path) -> Path:
    number = 1
    while (name := path.with_suffix(f".set-aside-{number}")).exists():
        number += 1
    return name


def _other_code(metadata: Mapping[str, str]) -> str:
    """The versions that made a part, if they are not those of this process, e.g. "sharegap 0.1.0, torch 2.12.0"."""
    made_by = json.loads(metadata.get(CODE_KEY, "{}"))
    others = []
    for name in ("sharegap", "torch"):
        if name in made_by and made_by[name] != versions()[name]:
            others.append(f"{name} {made_by[name]}")
    return ", ".join(others)


def _read(path: Path, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        _raise_unless_damaged(error)
        raise DamagedError(f"{path} cannot be read, it may be truncated") from error
    if dict(table.schema) != dict(schema):
        raise DamagedError(f"{path} has other columns than this version writes")
    return table


def _raise_unless_damaged(error: Exception) -> None:
    # Polars reports a truncated file as an OSError too. Without permission the file may be sound.
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EIO):
        raise error
