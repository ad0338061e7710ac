"""The fleets that are still to be trained, in the order in which all workers take them."""

import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sharegap.errors import printable
from sharegap.execute.attempts import Attempts, AttemptsFolder
from sharegap.execute.check import CheckedStructure, check_runs
from sharegap.execute.estimate import count, seconds_of, work
from sharegap.execute.packing import Packing, fleet_name
from sharegap.plan.run import Run
from sharegap.plan.workload import Planned, Workload
from sharegap.results import Store
from sharegap.results.finished import FinishedRuns

FLEETS_PER_WORKER = 2
"""With fewer, some workers would wait long for the last."""
PLANNING_SHARE = 50
"""A worker that finds fleets in its list plans anew after this many times what planning takes."""


@dataclass(frozen=True)
class QueuedFleet:
    """A fleet that is to be trained.

    Args:
        runs: of one structure.
        title: what it is for, in words.
        seconds: about how long it takes.
    """

    runs: list[Run]
    title: str
    seconds: float

    @property
    def name(self) -> str:
        """Its name in the output folder."""
        return fleet_name(self.runs)


class Queue:
    """A function of a workload and of what is stored: each worker has its own, and they agree.

    Args:
        workload: what is trained.
        store: where finished runs are.
        attempts: which fleets have failed.
        alone: by structure, why its runs are trained one by one, None where they can train side by side; others are
            checked when the first of their runs is planned.
        rates: by structure, seconds per unit of work, see `estimate`; what fleets have taken replaces them.
        workers: how many processes train them.
        follows_store: whether others store runs, too. Else only what is added counts.
    """

    planned: Planned
    """What was planned when the fleets were last listed."""

    def __init__(
        self,
        workload: Workload[Planned],
        store: Store,
        attempts: AttemptsFolder,
        *,
        alone: Mapping[str, str | None],
        rates: Mapping[str, float],
        workers: int = 1,
        follows_store: bool = True,
    ) -> None:
        self.workload, self.attempts, self.workers = workload, attempts, workers
        self.alone: dict[str, str | None] = dict(alone)
        self.rates: dict[str, float] = {}
        self.finished = FinishedRuns(store)
        self.packing = Packing(store.folder)
        self.follows_store = follows_store
        for rows in self.finished.update():
            self._learn(rows)
        self.rates |= rates
        self._fleets: list[QueuedFleet] = []
        self._plan_after = 0.0

    @property
    def scores(self) -> dict[str, float]:
        """By finished run, its validation score."""
        return self.finished.scores

    def update(self) -> list[pl.DataFrame]:
        """Take in what others have stored since the last call, and return it: one table for each fleet."""
        stored = self.finished.update() if self.follows_store else []
        for rows in stored:
            self._learn(rows)
        return stored

    def add(self, rows: pl.DataFrame) -> None:
        """Take in a fleet's finished runs, in the columns of RUNS."""
        self.finished.add(rows)
        self._learn(rows)

    def is_finished(self, fleet: QueuedFleet) -> bool:
        """Return whether all runs of a fleet are stored."""
        return all(run.id in self.scores for run in fleet.runs)

    def is_open(self, fleet: QueuedFleet) -> bool:
        """Return whether a fleet is still to be trained, by what others have stored and halved until now."""
        self.update()
        if self.packing.is_split(fleet.runs):
            self._plan_after = 0.0
            return False
        return not self.is_finished(fleet)

    def open_fleets(self) -> list[QueuedFleet]:
        """Return the fleets that are neither stored nor failed: those that tune first, then the longest first."""
        failed = self.attempts.failed()
        fleets = [fleet for fleet in self._fleets if not self.is_finished(fleet)]
        # Processes that train one fleet together must plan at the same moment.
        if not fleets or not self.follows_store or time.monotonic() >= self._plan_after:
            begin = time.monotonic()
            self._fleets = fleets = self._plan()
            self._plan_after = time.monotonic() + PLANNING_SHARE * (time.monotonic() - begin)
        return [fleet for fleet in fleets if fleet.name not in failed]

    def failed_fleets(self) -> dict[str, Attempts]:
        """Return by name the fleets of this workload that have failed."""
        failed = self.attempts.failed()
        return {fleet.name: failed[fleet.name] for fleet in self._plan() if fleet.name in failed}

    def halve(self, fleet: QueuedFleet) -> None:
        """Make two fleets of one that does not fit into memory."""
        self.packing.halve(fleet.runs)
        self._plan_after = 0.0

    def _learn(self, rows: pl.DataFrame) -> None:
        """Take in how long a fleet has taken; the anchors of a study are none."""
        if rows.is_empty():
            return
        run = Run.of_json(rows["config"][0])  # the others are like it
        if "anchor" not in run.config:
            self.rates[run.structure] = float(rows["train_seconds"].sum()) / work([run] * len(rows))

    def _plan(self) -> list[QueuedFleet]:
        self.planned = self.workload.plan(self.scores)
        missing = {name: run for name, run in self.planned.runs.items() if name not in self.scores}
        self._check(missing.values())
        alone = {name for name, run in missing.items() if self.alone[run.structure]}
        side_by_side = {name: run for name, run in missing.items() if name not in alone}
        at_least = FLEETS_PER_WORKER * self.workers - len(alone) if self.workers > 1 else 0
        fleets = self.packing.fleets(side_by_side, at_least) + [[missing[name]] for name in missing if name in alone]
        rates = self.rates if self.follows_store else {}  # which one process alone knows
        queued = []
        for fleet, seconds in zip(fleets, seconds_of(fleets, rates), strict=True):
            queued.append(QueuedFleet(fleet, fleet_title(fleet, self.planned), seconds))
        return sorted(queued, key=lambda fleet: (not self._tunes(fleet), -fleet.seconds))

    def _check(self, runs: Iterable[Run]) -> None:
        """Check the structures that are not known, and those of a user's code, of which other runs may be no fleet."""
        packed = self.packing.names()
        unknown = []
        for run in runs:
            may_be_alone = "code" in run.config and run.id not in packed and not self.alone.get(run.structure)
            if run.structure not in self.alone or may_be_alone:
                unknown.append(run)
        checked = check_runs(unknown)
        said = set(self.alone.values())
        say_why_alone(unknown, {name: structure for name, structure in checked.items() if structure.alone not in said})
        for name, structure in checked.items():
            self.alone[name] = structure.alone

    def _tunes(self, fleet: QueuedFleet) -> bool:
        return any(label["phase"] == "tune" for label in self.planned.labels.get(fleet.runs[0].id, []))


def fleet_title(fleet: Sequence[Run], planned: Planned) -> str:
    """Return the studies and methods that the first run of a fleet stands for, else its data set and model."""
    config = fleet[0].config
    names = [f"{label['study']} {label['method']}" for label in planned.labels.get(fleet[0].id, [])]
    name = ", ".join(dict.fromkeys(names)) or f"{config['dataset']['name']} {config['model']['name']}"
    return printable(f"{name}, {count(len(fleet), 'run')}")


def say_why_alone(runs: Sequence[Run], checked: Mapping[str, CheckedStructure]) -> None:
    """Warn once for each reason why several runs that could have been one fleet are none."""
    structures = [run.structure for run in runs]
    for reason in dict.fromkeys(one.alone for name, one in checked.items() if structures.count(name) > 1):
        if reason:
            warnings.warn(f"{reason}: such runs are trained one by one", stacklevel=3)
