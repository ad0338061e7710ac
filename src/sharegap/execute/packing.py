"""Packing runs into fleets, once for all processes and all commands that train them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl
from filelock import SoftFileLease

from sharegap.plan.run import Run, digest
from sharegap.results.schema import FLEETS
from sharegap.results.stored_file import DamagedError, read_table, write_table

MAX_RUNS = 64
"""Per fleet: beyond that nothing is gained in speed, and memory and what an interruption costs grow."""

MIN_RUNS = 4
"""Of a fleet that is split for the sake of idle workers: smaller ones cost about as much as they save."""


def pack(runs: Iterable[Run], fleets: int = 0) -> list[list[Run]]:
    """Pack runs into fleets: those of one structure together, in as few and as even fleets as possible.

    A run that occurs twice is packed once. Fleets and the runs in them keep the order of `runs`.

    Args:
        runs: to be packed.
        fleets: how many there should be at least: the largest are split until then, or until they are small.
    """
    structures: dict[str, dict[str, Run]] = {}
    for run in runs:
        structures.setdefault(run.structure, {})[run.id] = run
    members = [list(by_id.values()) for by_id in structures.values()]
    counts = [-(-len(runs) // MAX_RUNS) for runs in members]
    while sum(counts) < fleets:
        sizes = [len(runs) // (count + 1) for runs, count in zip(members, counts, strict=True)]
        largest = max(range(len(sizes)), key=sizes.__getitem__, default=None)
        if largest is None or sizes[largest] < MIN_RUNS:
            break
        counts[largest] += 1
    packed = []
    for runs_of_one, count in zip(members, counts, strict=True):
        for index in range(count):
            start, end = index * len(runs_of_one) // count, (index + 1) * len(runs_of_one) // count
            packed.append(runs_of_one[start:end])
    return packed


def fleet_name(fleet: Sequence[Run]) -> str:
    """A name that depends on the fleet's runs alone, so that an interrupted fleet finds its checkpoint."""
    return digest(" ".join(run.id for run in fleet))


class Packing:
    """Which fleet each run was packed into when it was first planned, kept in an output folder.

    Args:
        folder: the output folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "fleets.parquet"

    def names(self) -> dict[str, str]:
        """Return by a run's id the name of its fleet."""
        if not self.path.exists():
            return {}
        try:
            return dict(read_table(self.path, FLEETS).iter_rows())
        except DamagedError:  # it is no result: the runs are packed anew
            return {}

    def fleets(self, runs: Mapping[str, Run], at_least: int = 0) -> list[list[Run]]:
        """Return the runs by fleet, and pack those that are in none yet.

        Args:
            runs: by their ids.
            at_least: how many fleets there should be, where new ones are large enough to be split.
        """
        names = self.names()
        if not runs.keys() <= names.keys():
            with self._lock():
                names = self.names()  # another process may have packed them meanwhile
                packed = {names[run] for run in runs if run in names}
                new = [run for run in runs.values() if run.id not in names]
                for fleet in pack(new, at_least - len(packed)):
                    names |= dict.fromkeys((run.id for run in fleet), fleet_name(fleet))
                self._write(names)
        fleets: dict[str, list[Run]] = {}
        for run in runs.values():
            fleets.setdefault(names[run.id], []).append(run)
        return list(fleets.values())

    def halve(self, fleet: Sequence[Run]) -> None:
        """Make two fleets of one that does not fit into memory."""
        half = len(fleet) // 2
        with self._lock():
            names = self.names()
            for part in (fleet[:half], fleet[half:]):
                names |= dict.fromkeys((run.id for run in part), fleet_name(part))
            self._write(names)

    def is_split(self, fleet: Sequence[Run]) -> bool:
        """Return whether the runs of a fleet are one fleet no more."""
        names = self.names()
        return len({names.get(run.id) for run in fleet}) > 1

    def _lock(self) -> SoftFileLease:
        return SoftFileLease(self.path.with_suffix(".lock"), poll_interval=0.02)

    def _write(self, names: Mapping[str, str]) -> None:
        write_table(pl.DataFrame(list(names.items()), schema=FLEETS, orient="row"), self.path)
