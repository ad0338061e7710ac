"""A worker: it takes one fleet after the other that nobody else has, until all are stored."""

import sys
import time
import traceback
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from filelock import SoftFileLease, Timeout
from omegaconf import DictConfig

from sharegap.data.fingerprint import Sources, add_sources
from sharegap.errors import OUT_OF_MEMORY, is_out_of_memory
from sharegap.execute.attempts import AttemptsFolder
from sharegap.execute.build import build_fleet, use_shared_datasets
from sharegap.execute.checkpoints import steps_left
from sharegap.execute.hardware import gpu_names, is_one_process, is_rank_zero, prepare_hardware, trainer_options
from sharegap.execute.kept import keep_results
from sharegap.execute.queue import Queue, QueuedFleet
from sharegap.execute.status import StatusFile
from sharegap.plan.targets import allow_targets_in
from sharegap.plan.workload import Planned, Workload
from sharegap.results import Store
from sharegap.results.schema import RUNS
from sharegap.signals import Terminated
from sharegap.training.fit import fit
from sharegap.training.runtime import configure_process, release_memory

LOOK_AGAIN = 0.5
"""Seconds after which a worker that finds nothing to do looks again."""
ATTEMPTS = 3
"""How often a fleet is tried, where another process may fare better."""


@dataclass(frozen=True)
class Job:
    """What workers are told. It can be pickled.

    Args:
        workload: what is trained.
        out: the output folder.
        trainer: options of Lightning's Trainer.
        workers: how many processes train.
        alone: by structure, why its runs are trained one by one, as far as it is known.
        rates: by structure, seconds per unit of work, where one was timed.
        attempts: how often a fleet is tried.
        stops_at_errors: whether what a fleet raises ends the worker.
        keep: what of each run is stored beside its row, see `sharegap.plan.environment.KEEP`.
        targets: what a config may call, beside sharegap's own.
        sources: where the contents lie that paths of the user's name.
        python_path: where Python finds the user's modules.
    """

    workload: Workload[Planned]
    out: Path
    trainer: DictConfig
    workers: int = 1
    alone: Mapping[str, str | None] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    attempts: int = 1
    stops_at_errors: bool = False
    keep: Collection[str] = ()
    targets: Sequence[str] = ()
    sources: Sources = field(default_factory=dict)
    python_path: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        """Where workers keep what they tell each other."""
        return work_folder(self.out)

    @property
    def data(self) -> Path:
        """Where the first process keeps data sets for the others."""
        return self.folder / "data"

    @property
    def is_distributed(self) -> bool:
        """Whether several processes train each fleet together: these need the same list at the same time."""
        return not is_one_process(self.trainer)

    def take_over(self) -> None:
        """Have this process know what the leading one does of the user's modules, targets and files."""
        sys.path += [folder for folder in self.python_path if folder not in sys.path]
        for target in self.targets:
            allow_targets_in(f"_target_={target}")
        add_sources(self.sources)

    def open_queue(self, *, follows_store: bool = True) -> Queue:
        """Return a queue of the job's fleets; see `Queue`."""
        attempts = AttemptsFolder(self.folder, self.attempts)
        return Queue(
            self.workload,
            Store(self.out),
            attempts,
            alone=self.alone,
            rates=self.rates,
            workers=self.workers,
            follows_store=follows_store,
        )


def work_folder(out: Path) -> Path:
    """Return where the workers of an output folder keep what they tell each other."""
    return out / "work"


def serve(job: Job, name: str, say: Callable[[str], None] = print) -> None:
    """Be a worker in a process that was started for it; as `train_all`.

    Args:
        job: what is trained.
        name: of this worker, which no other has.
        say: takes one line for each fleet.
    """
    job.take_over()
    use_shared_datasets(job.data)
    configure_process()
    prepare_hardware(job.trainer)
    train_all(job, name, say=say)


def train_all(
    job: Job, name: str, watch: Callable[[], object] = lambda: None, say: Callable[[str], None] = lambda _: None
) -> None:
    """Train the fleets of a job, with all others who do, until all are stored or have failed.

    Args:
        job: what is trained.
        name: of this worker, which no other has.
        watch: called after every fleet, and now and then while one trains.
        say: takes one line for each fleet that is begun.

    Raises:
        Terminated: where a signal asked for it. The fleet has a checkpoint, and another worker may go on with it.
        OSError: where nothing can be stored.
    """
    job.folder.mkdir(parents=True, exist_ok=True)
    queue = job.open_queue(follows_store=not job.is_distributed)
    status = StatusFile(job.folder, name)
    worker = _Worker(job, queue, status, watch, say)
    try:
        if is_rank_zero():
            status.wait()
        while fleets := queue.open_fleets():
            if not any(worker.try_fleet(fleet) for fleet in fleets):
                status.wait()
                time.sleep(LOOK_AGAIN)
            queue.update()
            watch()
    finally:
        if is_rank_zero():
            status.remove()


@dataclass
class _Worker:
    """One worker at its job."""

    job: Job
    queue: Queue
    status: StatusFile
    watch: Callable[[], object]
    say: Callable[[str], None]

    def try_fleet(self, fleet: QueuedFleet) -> bool:
        """Train a fleet unless it is taken, and return whether it was trained here, or has failed here."""
        if not is_rank_zero():
            self._train(fleet)
            return True
        claim = SoftFileLease(self.job.folder / f"{fleet.name}.claim", timeout=0)
        try:
            claim.acquire()
        except Timeout:
            return False
        try:
            return self.queue.is_open(fleet) and self._attempt(fleet)
        finally:
            claim.release()

    def _attempt(self, fleet: QueuedFleet) -> bool:
        attempts, store = self.queue.attempts, Store(self.job.out)
        steps = steps_left(fleet.runs, store.checkpoint(fleet.name))
        if not attempts.begin(fleet.name, fleet.title, steps):
            return False
        self.status.begin(fleet.name, fleet.title, steps)
        self.say(fleet.title)
        try:
            self._train(fleet)
        except (OSError, Terminated):
            attempts.forget(fleet.name)
            raise
        except Exception as error:
            if self.job.stops_at_errors:
                attempts.forget(fleet.name)
                raise
            self._note(fleet, error)
        else:
            attempts.forget(fleet.name)
        return True

    def _train(self, fleet: QueuedFleet) -> None:
        """Train a fleet and store its rows."""
        store = Store(self.job.out)
        checkpoint = store.checkpoint(fleet.name)
        with release_memory():  # else this fleet's weights stay beside the next one's
            trained = build_fleet(fleet.runs)
            rows = fit(trained, trainer_options(self.job.trainer), checkpoint, self._report(fleet))
            if self.job.keep and is_rank_zero():  # before the rows: what is stored has what is kept of it
                keep_results(trained, fleet.runs, store, self.job.keep)
        for run, row in zip(fleet.runs, rows, strict=True):
            row |= {"run": run.id, "config": run.json}
        if is_rank_zero():
            store.append(fleet.name, rows, gpu_names(self.job.trainer))
            checkpoint.unlink(missing_ok=True)
        self.queue.add(pl.DataFrame(rows, schema=RUNS))

    def _report(self, fleet: QueuedFleet) -> Callable[[int], None]:
        def report(run_steps: int) -> None:
            if is_rank_zero():
                self.status.advance(run_steps // len(fleet.runs))
                self.watch()

        return report

    def _note(self, fleet: QueuedFleet, error: Exception) -> None:
        """Note why an attempt ended; a fleet that does not fit into memory is tried in halves."""
        if is_out_of_memory(error) and len(fleet.runs) > 1:
            warnings.warn(f"{fleet.title}: it does not fit into memory, its halves are tried", stacklevel=2)
            Store(self.job.out).checkpoint(fleet.name).unlink(missing_ok=True)
            self.queue.halve(fleet)
            self.queue.attempts.forget(fleet.name)
            return
        log = self.queue.attempts.log(fleet.name)
        log.write_text("".join(traceback.format_exception(error)))
        if is_out_of_memory(error):
            self.queue.attempts.fail(fleet.name, OUT_OF_MEMORY, is_final=True)
        else:
            self.queue.attempts.fail(
                fleet.name, "".join(traceback.format_exception_only(error)).strip().splitlines()[0]
            )
