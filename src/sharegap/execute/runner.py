"""Training runs: skip what is stored, pack the rest into fleets, train each, store its rows."""

import logging
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from sharegap.errors import printable
from sharegap.execute.anchors import measure_anchor
from sharegap.execute.build import build_fleet
from sharegap.execute.estimate import announcement, estimate, work
from sharegap.execute.hardware import is_rank_zero, prepare_hardware, trainer_options
from sharegap.execute.pack import fleet_name, pack
from sharegap.execute.prepare import PendingFleet, PreparedRuns, TrainedStructure, summarize_data
from sharegap.execute.progress import advance_by, make_progress
from sharegap.execute.timing import time_fleet
from sharegap.plan.arguments import check_arguments
from sharegap.plan.run import Run
from sharegap.plan.targets import instantiate
from sharegap.results import Store
from sharegap.tracking.null import NullTracker
from sharegap.tracking.tracker import RunLabels, Tracker
from sharegap.training.fit import fit
from sharegap.training.runtime import configure_torch, release_memory

Row = dict[str, Any]
Labels = Mapping[str, Sequence[RunLabels]]
"""By a run's id, what it stands for in a suite."""


@dataclass(frozen=True)
class Runner:
    """What it takes to train runs, whatever they are for.

    Args:
        store: where their rows go.
        trainer: the options of Lightning's Trainer.
        tracker: who is told of finished runs.
        trained: the structures of the runs that it has trained.
        said: what it has said of data sets.
    """

    store: Store
    trainer: DictConfig
    tracker: Tracker
    trained: dict[str, TrainedStructure] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def train(self, prepared: PreparedRuns, labels: Labels | None = None, to_come: int = 0) -> list[Row]:
        """Train fleet by fleet, and store each fleet as it ends.

        An interrupted fleet resumes from its checkpoint. Where there are several runs to train, it first says how many,
        and about how long that takes.

        Args:
            prepared: by `prepare_runs`, from this runner's store; its networks are released.
            labels: by a run's id, what it stands for in a suite.
            to_come: how many runs will follow these.

        Returns:
            The rows of the runs that were trained.
        """
        if not prepared.fleets:
            return []
        rows: list[Row] = []
        with make_progress(quiet=not is_rank_zero()) as progress:
            for summary in summarize_data(fleet.runs[0] for fleet in prepared.fleets):
                if summary not in self.said:
                    self.said.add(summary)
                    progress.console.print(printable(summary), highlight=False, markup=False)
            task = progress.add_task("timing a few steps", total=None)
            lengths = self._lengths(prepared, progress.console, to_come)
            prepared.structures.clear()  # else all these networks stay in memory
            progress.update(task, total=sum(lengths))
            for number, fleet in enumerate(prepared.fleets, start=1):
                length = lengths[number - 1]
                title = f"fleet {number} of {len(lengths)}: {_describe(fleet.runs, labels or {})}"
                progress.update(task, description=title)
                completed, start = progress.tasks[task].completed, time.monotonic()
                report = advance_by(progress, task, length / max(1, fleet.run_steps_left))
                new_rows = self._train_fleet(fleet, report)
                self._learn(fleet, time.monotonic() - start)
                self._track(new_rows, labels or {})
                rows += new_rows
                # A fleet whose runs all stopped early leaves steps undone that nobody waits for.
                progress.update(task, completed=completed + length)
                progress.console.print(f"{title}, {time.monotonic() - start:.0f} s", highlight=False, markup=False)
        return rows

    def measure_anchors(self, anchors: Iterable[Run], fresh: bool = False) -> None:
        """Measure the anchors that are not stored yet, and store those of one study together.

        Args:
            anchors: made by `Run.as_anchor`.
            fresh: whether to measure all of them again. What is stored of them is set aside.
        """
        stored = set() if fresh else set(self.store.runs()["run"])
        groups = pack(anchor for anchor in anchors if anchor.id not in stored)
        with make_progress(quiet=not groups) as progress:
            task = progress.add_task("anchors", total=sum(len(group) for group in groups))
            for group in groups:
                rows = []
                for anchor in group:
                    rows += _try_anchor(anchor)
                    progress.advance(task)
                if fresh:
                    self.store.set_aside([anchor.id for anchor in group])
                self.store.append(fleet_name(group), rows)

    def _lengths(self, prepared: PreparedRuns, console: Console, to_come: int) -> list[float]:
        """Each fleet's length on the bar: announced seconds; of a single run, and in other processes, run-steps."""
        if prepared.run_count == 1 or not is_rank_zero():
            return [float(fleet.run_steps_left) for fleet in prepared.fleets]
        options = trainer_options(self.trainer)

        def seconds_of(runs: Sequence[Run]) -> float:
            return time_fleet(runs, prepared.structures[runs[0].structure], options)

        fleets = [fleet.runs for fleet in prepared.fleets]
        rates = {name: structure.rate for name, structure in self.trained.items()}
        seconds = estimate(fleets, [fleet.share_left for fleet in prepared.fleets], seconds_of, rates)
        for number, fleet in enumerate(fleets):
            seconds[number] += len(fleet) * self.tracker.seconds
        console.print(announcement(fleets, sum(seconds), datetime.now(), to_come), highlight=False)
        return seconds

    def _learn(self, fleet: PendingFleet, seconds: float) -> None:
        """Keep what the next fleets of this structure need to know."""
        # Two runs of a user's own code may still not go together where one was fine.
        if "code" not in fleet.runs[0].config:
            rate = seconds / (work(fleet.runs) * (fleet.share_left or 1.0))
            self.trained[fleet.runs[0].structure] = TrainedStructure(fleet.alone, rate)

    def _train_fleet(self, fleet: PendingFleet, report: Callable[[int], None]) -> list[Row]:
        with release_memory():  # else this fleet's weights stay beside the next one's
            rows = fit(build_fleet(fleet.runs), trainer_options(self.trainer), fleet.checkpoint, report)
        for run, row in zip(fleet.runs, rows, strict=True):
            row |= {"run": run.id, "config": run.json}
        if is_rank_zero():
            self.store.append(fleet.checkpoint.stem, rows)
            fleet.checkpoint.unlink(missing_ok=True)
        return rows

    def _track(self, rows: Sequence[Row], labels: Labels) -> None:
        self.tracker.log_runs([(row, labels.get(row["run"], [])) for row in rows])


@contextmanager
def open_runner(config: DictConfig) -> Iterator[Runner]:
    """Open the runner that a config with `out`, `trainer` and `logger` describes, for this process alone.

    Of the several processes of one distributed training, the first alone writes and prints.

    Raises:
        UserError: where the machine, the folder or the options do not allow it.
    """
    # Here, as Lightning sets its own level when it is imported: its advice is not for users of sharegap.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    configure_torch()  # first, as in `run_many`
    check_arguments({name: OmegaConf.to_container(config[name], resolve=True) for name in ("trainer", "logger")})
    prepare_hardware(config.trainer)
    store = Store(Path(config.out))
    with store.lock() if is_rank_zero() else nullcontext():
        tracker = instantiate(config.logger, folder=store.folder) if is_rank_zero() else NullTracker(store.folder)
        yield Runner(store, config.trainer, tracker)


def _try_anchor(anchor: Run) -> list[Row]:
    """Measure an anchor, or say why that is not possible: it must not cost a suite its leaderboard."""
    try:
        return [measure_anchor(anchor)]
    except Exception as error:
        name = anchor.config["dataset"]["name"]
        warnings.warn(f"no anchor {anchor.config['anchor']} of {name}: {printable(str(error))}", stacklevel=2)
        return []


def _describe(fleet: Sequence[Run], labels: Labels) -> str:
    """What a fleet is for: the studies and methods that its first run stands for, else its data set and model."""
    config = fleet[0].config
    names = [f"{label['study']} {label['method']}" for label in labels.get(fleet[0].id, [])]
    name = ", ".join(dict.fromkeys(names)) or f"{config['dataset']['name']} {config['model']['name']}"
    return printable(f"{name}, {len(fleet)} run{'s' * (len(fleet) > 1)}")
