"""The process that leads: it checks, announces, has executors train, and shows how far that is."""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from omegaconf import DictConfig, OmegaConf

from sharegap.errors import UserError, printable
from sharegap.execute.anchors import measure_anchor
from sharegap.execute.check import check_runs
from sharegap.execute.executors.executor import Executor
from sharegap.execute.executors.inline import Inline
from sharegap.execute.executors.tasks import srun_tasks
from sharegap.execute.hardware import ignore_other_ranks, is_rank_zero, prepare_hardware
from sharegap.execute.job_file import JobFile
from sharegap.execute.kept import is_kept
from sharegap.execute.lead import Training
from sharegap.execute.packing import Packing, fleet_name, pack
from sharegap.execute.progress import Display
from sharegap.execute.queue import say_why_alone
from sharegap.execute.status import read_statuses
from sharegap.execute.worker import work_folder
from sharegap.plan.arguments import check_arguments
from sharegap.plan.environment import as_names
from sharegap.plan.run import Run
from sharegap.plan.targets import instantiate
from sharegap.plan.workload import Planned, PlannedT, Workload
from sharegap.results import Store
from sharegap.results.finished import FinishedRuns
from sharegap.tracking.null import NullTracker
from sharegap.tracking.tracker import Tracker
from sharegap.training.runtime import configure_process


@dataclass(frozen=True)
class Driver:
    """What it takes to train runs, whatever they are for.

    Args:
        store: where their rows go.
        trainer: the options of Lightning's Trainer.
        tracker: who is told of finished runs.
        executor: who starts workers.
        keep: what of each run is stored beside its row, see `sharegap.plan.environment.KEEP`; a stored run that lacks
            some of it is trained again.
    """

    store: Store
    trainer: DictConfig
    tracker: Tracker
    executor: Executor
    keep: Collection[str] = ()

    def train(
        self,
        workload: Workload[PlannedT],
        *,
        fresh: bool = False,
        on_plan: Callable[[PlannedT], None] = lambda _: None,
        on_progress: Callable[[PlannedT, float | None], None] = lambda *_: None,
    ) -> None:
        """Train what is missing of a workload, and store each fleet as it ends; an interrupted one resumes.

        Where there are several runs to train, it first says how many, and about how long that takes.

        Args:
            workload: what is trained.
            fresh: whether to train again what is stored of it, which is set aside.
            on_plan: takes what is planned, before anything is trained.
            on_progress: takes what is planned and about how many seconds are left, whenever a fleet has been stored;
                None where that is not known.

        Raises:
            FailedError: where fleets have failed, at the end.
            UserError: for runs that cannot be trained, before any is.
        """
        self.store.runs(is_writer=is_rank_zero())  # for its warnings
        finished = FinishedRuns(self.store)
        stored = finished.update()
        planned = workload.plan(finished.scores)
        again = self._runs_to_repeat(planned, finished.scores, fresh=fresh)
        missing = [run for name, run in planned.runs.items() if name in again or name not in finished.scores]
        checked = check_runs(missing)
        say_why_alone(missing, checked)
        if again:  # not before the checks: else a mistake would cost the stored ones
            self._set_aside(again)
            finished = FinishedRuns(self.store)
            stored = finished.update()
            # Of several processes, not all find them gone from the store already.
            planned = workload.plan({run: score for run, score in finished.scores.items() if run not in again})
        on_plan(planned)  # a plan that cannot be trained must not replace one that was
        if missing:
            training = Training(
                workload,
                checked,
                on_progress,
                store=self.store,
                trainer=self.trainer,
                tracker=self.tracker,
                executor=self.executor,
                keep=self.keep,
            )
            with training:
                training.announce(planned, missing)
                training.run()
        stored += finished.update()
        # Also what was stored without a leading process, or with another tracker.
        planned = workload.plan(finished.scores)
        for rows in stored:
            self.tracker.log_runs(rows.filter(pl.col("run").is_in(planned.runs.keys())), planned.labels)

    def measure_anchors(self, anchors: Iterable[Run], *, fresh: bool = False) -> None:
        """Measure the anchors that are not stored yet, and store those of one study together.

        Args:
            anchors: made by `Run.as_anchor`.
            fresh: whether to measure all of them again. What is stored of them is set aside.
        """
        stored = set() if fresh else set(self.store.runs()["run"])
        groups = pack(anchor for anchor in anchors if anchor.id not in stored)
        display = Display(quiet=not groups)
        with display.progress:
            for number, group in enumerate(groups):
                display.show("anchors", done=number, left=len(groups) - number, workers=1)
                rows = []
                for anchor in group:
                    rows += _try_anchor(anchor)
                if fresh:
                    self.store.set_aside([anchor.id for anchor in group])
                self.store.append(fleet_name(group), rows)
            display.show("anchors", done=len(groups), left=0, workers=1)

    def _runs_to_repeat(self, planned: Planned, scores: Mapping[str, float], *, fresh: bool) -> set[str]:
        """Return which runs of a plan are trained again: with `fresh` all, else those that lack what is to be kept."""
        if fresh:
            return set(planned.runs)
        return {run for run in planned.runs if run in scores and not is_kept(self.store, run, self.keep)}

    def _set_aside(self, runs: Collection[str]) -> None:
        """Take runs out of the store, and forget fleets of theirs that were begun.

        Raises:
            UserError: while workers of an earlier command are at work.
        """
        if working := read_statuses(work_folder(self.store.folder)):
            names = ", ".join(status.worker for status in working)
            raise UserError(f"runs are trained again once the workers of an earlier command have ended: {names}")
        if not is_rank_zero():
            return
        self.store.set_aside(runs)
        names_of_fleets = Packing(self.store.folder).names()
        for run in runs:
            if run in names_of_fleets:
                self.store.checkpoint(names_of_fleets[run]).unlink(missing_ok=True)


@contextmanager
def open_driver(config: DictConfig) -> Iterator[Driver]:
    """Open the driver that a config with `out`, `trainer`, `executor` and `logger` describes, for this process alone.

    Of the several processes of one distributed training, the first alone writes and prints.

    Raises:
        UserError: where the machine, the folder or the options do not allow it.
    """
    configure_process()  # first, as in `run_many`
    check_arguments(
        {name: OmegaConf.to_container(config[name], resolve=True) for name in ("trainer", "logger", "executor")}
    )
    executor = Inline(srun_tasks()) if srun_tasks() > 1 else instantiate(config.executor)
    ignore_other_ranks(config.trainer)
    if executor.trains_here:
        prepare_hardware(config.trainer)
    store = Store(Path(config.out))
    with ExitStack() as stack:
        tracker: Tracker = NullTracker(store.folder)
        if is_rank_zero():
            stack.enter_context(store.lock())
            stack.enter_context(JobFile(store.folder).lead())
            tracker = open_tracker(config, store)
        yield Driver(store, config.trainer, tracker, executor, as_names(config.get("keep")))


def open_tracker(config: DictConfig, store: Store) -> Tracker:
    """Open the tracker that a checked config with `logger` describes; the caller holds the lock of the store."""
    tracker: Tracker = instantiate(config.logger, folder=store.folder)
    return tracker


def _try_anchor(anchor: Run) -> list[dict[str, Any]]:
    """Measure an anchor, or say why that is not possible: it must not cost a suite its leaderboard."""
    try:
        return [measure_anchor(anchor)]
    except Exception as error:
        name = anchor.config["dataset"]["name"]
        warnings.warn(f"no anchor {anchor.config['anchor']} of {name}: {printable(str(error))}", stacklevel=2)
        return []
