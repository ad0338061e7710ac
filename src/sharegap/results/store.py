"""The stored tables: one Parquet part per fleet and one per plan, each written whole or not at all."""

import json
import os
import shutil
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from sharegap.atomic import remove_unfinished
from sharegap.errors import UserError, unknown_name
from sharegap.results.lock import acquire_lock
from sharegap.results.provenance import CODE_KEY, describe_origin, keep_origin, other_versions
from sharegap.results.schema import PLAN, RUNS, VERSION, SuiteFacts
from sharegap.results.stored_file import (
    VERSION_KEY,
    DamagedError,
    read_metadata,
    read_table,
    set_aside,
    unused_name,
    write_table,
)

SUITE_KEY, COMMAND_KEY = "suite", "command"
"""Keys of a plan's Parquet metadata: its suite, as JSON, and the command that has written it."""

SECOND = 10**9
"""In nanoseconds: no file system tells times apart that differ by less, for sure."""


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
        self.leaderboards = folder / "leaderboard"

    def lock(self) -> FileLock:
        """Make this process the only writer: `with store.lock(): ...`.

        The operating system releases the lock when the process ends, however it ends.

        Raises:
            UserError: where another process holds the lock, or the file system has none.
        """
        for path in (self.parts, self.plans, self.checkpoints):
            path.mkdir(parents=True, exist_ok=True)
        return acquire_lock(self.folder)

    def clear(self) -> None:
        """Remove what killed processes have left: unfinished files, checkpoints of fleets just stored.

        No other process may be writing there.
        """
        for folder in (self.folder, self.parts, self.plans, self.checkpoints):
            remove_unfinished(folder)
        for checkpoint in self.checkpoints.glob("*.ckpt"):
            part = self.part(checkpoint.stem)
            if part.exists() and part.stat().st_mtime_ns >= checkpoint.stat().st_mtime_ns:
                checkpoint.unlink()

    def part(self, name: str) -> Path:
        """Return where the rows of a fleet are stored."""
        # The version in the name keeps a fleet that is trained again from replacing its part of an older version.
        return self.parts / f"{name}.v{VERSION}.parquet"

    def checkpoint(self, name: str) -> Path:
        """Return where a fleet is kept while it is trained."""
        return self.checkpoints / f"{name}.ckpt"

    def model(self, run: str) -> Path:
        """Return the folder of a run's model, if its weights are kept."""
        return self.folder / "models" / run

    def predictions(self, run: str) -> Path:
        """Return where the predictions of a run are stored, if they are kept."""
        return self.folder / "predictions" / f"{run}.parquet"

    def leaderboard(self, suite: str) -> Path:
        """Return the folder of a suite's page and tables."""
        return self.leaderboards / suite

    def append(self, name: str, rows: Iterable[Mapping[str, Any]], gpus: Sequence[str] | None = ()) -> None:
        """Store the finished runs of one fleet, with what made them.

        Args:
            name: name of the part; a part of this name and version is replaced.
            rows: one per run, in the columns of RUNS.
            gpus: the names of those that it was trained on; None of runs that were not trained here.
        """
        origin = {} if gpus is None else describe_origin(gpus)
        write_table(pl.DataFrame(list(rows), schema=RUNS), self.part(name), origin)

    def read(self, name: str) -> pl.DataFrame:
        """Return the rows of one fleet, which are stored."""
        return read_table(self.part(name), RUNS)

    def set_aside(self, runs: Collection[str]) -> None:
        """Take the rows of `runs` out of the parts; what these were is kept under another name."""
        for path in sorted(self.parts.glob("*.parquet")):
            metadata = read_metadata(path) or {}
            table = read_table(path, RUNS) if metadata.get(VERSION_KEY) == str(VERSION) else pl.DataFrame(schema=RUNS)
            kept = table.filter(~pl.col("run").is_in(runs))
            if kept.is_empty() and not table.is_empty():
                set_aside(path)
            elif len(kept) < len(table):
                shutil.copyfile(path, unused_name(path))  # first: a process that is killed here must lose nothing
                write_table(kept, path, keep_origin(metadata))

    def runs(self, is_writer: bool = False) -> pl.DataFrame:
        """Return all finished runs, one row each, in the columns of RUNS.

        Parts of another version and damaged ones are left out, and a warning says so; their runs count as not done.
        Another warning names the versions of sharegap and torch that made parts and are not those of this process.

        Args:
            is_writer: whether the caller holds the lock. Damaged parts are then set aside, else nothing is changed.
        """
        tables = [pl.DataFrame(schema=RUNS)]
        unread = 0
        makers: Counter[str] = Counter()
        for path in sorted(self.parts.glob("*.parquet")):
            metadata = read_metadata(path)
            if metadata is not None and metadata.get(VERSION_KEY) != str(VERSION):
                unread += 1
                continue
            try:
                tables.append(read_table(path, RUNS))
                makers[other_versions(json.loads((metadata or {}).get(CODE_KEY, "{}")))] += 1
            except DamagedError as damage:
                outcome = f"{set_aside(path)}, and its runs are trained again" if is_writer else "it is left out"
                warnings.warn(f"{damage}: {outcome}", stacklevel=1)
        if unread:
            warnings.warn(f"parts of another version, left alone and not read in {self.parts}: {unread}", stacklevel=1)
        for maker, count in sorted(makers.items()):
            if maker:
                warnings.warn(
                    f"parts made by {maker} and read in {self.parts}: {count}; fresh=true trains their runs again",
                    stacklevel=1,
                )
        return pl.concat(tables).unique("run", keep="first", maintain_order=True)

    def write_plan(self, plan: pl.DataFrame, suite: SuiteFacts, command: str = "") -> None:
        """Store the plan of a suite, for rendering it later. A plan of the same name is replaced.

        Args:
            plan: in the columns of PLAN.
            suite: the suite's facts, its name among them.
            command: what was typed to train it.
        """
        path = self.plans / f"{suite['name']}.parquet"
        write_table(plan, path, {SUITE_KEY: json.dumps(suite), COMMAND_KEY: command})
        # The newest is the one that was written last, also where the clock was set back since.
        newest = max(plan.stat().st_mtime_ns for plan in self.plans.glob("*.parquet"))
        os.utime(path, ns=(newest + SECOND, newest + SECOND))

    def suites(self) -> list[str]:
        """Return the names of the stored plans, the newest last.

        Raises:
            UserError: where no plan is stored.
        """
        plans = sorted(self.plans.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        if not plans:
            raise UserError(f"there are no results in {self.folder} yet: run `sharegap bench` first")
        return [path.stem for path in plans]

    def command(self, suite: str) -> str:
        """Return what was typed last to train a stored suite; empty where its plan does not say it."""
        return (read_metadata(self.plans / f"{suite}.parquet") or {}).get(COMMAND_KEY, "")

    def plan(self, suite: str) -> tuple[pl.DataFrame, SuiteFacts]:
        """Return a stored plan, in the columns of PLAN, and the facts of its suite.

        Raises:
            UserError: where no plan of this name is stored, or one of another version.
        """
        path = self.plans / f"{suite}.parquet"
        metadata = read_metadata(path) if path.exists() else None
        if metadata is not None and metadata.get(VERSION_KEY) != str(VERSION):
            raise UserError(
                f"the plan of suite {suite} in {self.folder} is of another version: run `sharegap bench suite={suite}`"
            )
        if not path.exists():
            raise unknown_name(f"stored suite in {self.folder}", suite, self.suites())
        try:
            plan = read_table(path, PLAN)
            facts = _suite_facts(path, metadata or {})
        except DamagedError as damage:
            raise UserError(f"{damage}: run `sharegap bench suite={suite}` to write it again") from damage
        return plan, facts


def _suite_facts(path: Path, metadata: Mapping[str, str]) -> SuiteFacts:
    """The facts of a plan's suite."""
    try:
        facts: SuiteFacts = json.loads(metadata[SUITE_KEY])
    except (ValueError, KeyError) as error:
        raise DamagedError(f"{path} has lost the facts of its suite") from error
    return facts
