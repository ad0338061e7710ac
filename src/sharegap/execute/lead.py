"""One workload at its training, as the leading process sees it."""

import math
import shutil
import sys
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Generic

import polars as pl
import torch
from omegaconf import DictConfig

from sharegap.data.fingerprint import known_sources
from sharegap.errors import UserError
from sharegap.execute.build import share_datasets
from sharegap.execute.check import CheckedStructure
from sharegap.execute.data_summary import keep_summaries, summarize_data
from sharegap.execute.estimate import announcement, count, seconds_of, time_some
from sharegap.execute.executors.executor import Executor
from sharegap.execute.executors.inline import Inline
from sharegap.execute.hardware import is_one_process, is_rank_zero, trainer_options
from sharegap.execute.job_file import JobFile
from sharegap.execute.outlook import Outlook, View
from sharegap.execute.packing import pack
from sharegap.execute.progress import Display
from sharegap.execute.queue import fleet_title
from sharegap.execute.status import read_statuses
from sharegap.execute.timing import time_fleet
from sharegap.execute.worker import ATTEMPTS, Job
from sharegap.plan.run import Run
from sharegap.plan.targets import named_targets
from sharegap.plan.workload import Planned, PlannedT, Workload
from sharegap.results import Store
from sharegap.tracking.tracker import Tracker


class FailedError(UserError):
    """Some fleets have failed; all others are stored."""


class Training(Generic[PlannedT]):
    """One workload at its training, as the leading process sees it.

    Args:
        workload: what is trained.
        checked: the structures of its runs.
        on_progress: takes what is planned and about how many seconds are left, whenever a fleet has been stored.
        store: where rows go.
        trainer: the options of Lightning's Trainer.
        tracker: who is told of finished runs.
        executor: who starts workers.
        keep: what of each run is stored beside its row, see `sharegap.plan.environment.KEEP`.
    """

    def __init__(
        self,
        workload: Workload[PlannedT],
        checked: dict[str, CheckedStructure],
        on_progress: Callable[[PlannedT, float | None], None],
        *,
        store: Store,
        trainer: DictConfig,
        tracker: Tracker,
        executor: Executor,
        keep: Collection[str] = (),
    ) -> None:
        self.workload, self.checked, self.on_progress = workload, checked, on_progress
        self.store, self.trainer, self.tracker = store, trainer, tracker
        self.executor = executor if is_one_process(trainer) else Inline()
        self.keep = keep
        self.display = Display(quiet=not is_rank_zero())
        self.job_file = JobFile(store.folder)
        self.start = time.monotonic()

    def __enter__(self) -> "Training[PlannedT]":
        self.display.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.display.progress.stop()

    def announce(self, planned: Planned, missing: Sequence[Run]) -> None:
        """Say how the data were read, how much is to be trained, and how long that takes; decide on the workers.

        Args:
            planned: the runs that are known by now.
            missing: those of them that are to be trained.
        """
        summaries = summarize_data(missing)
        for summary in summaries:
            self.display.say(summary)
        if summaries and is_rank_zero():
            keep_summaries(self.store.folder, summaries)
        alone = {name: structure.alone for name, structure in self.checked.items()}
        fleets = []
        for fleet in pack(missing):
            fleets += [[run] for run in fleet] if alone[fleet[0].structure] else [fleet]
        is_announced = len(missing) > 1 and is_rank_zero()
        rates = self._time(fleets) if is_announced and self.executor.trains_here else {}
        estimate = sum(seconds_of(fleets, rates)) if rates else math.inf
        workers = self.executor.count_workers(self.trainer, len(fleets), estimate) if is_announced else 1
        is_one_fleet = len(fleets) == 1 and len(missing) == len(planned.runs) + planned.to_come
        is_elsewhere = workers > 1 or not self.executor.trains_here
        self.checked.clear()  # else all these networks stay in memory
        self.job = Job(
            self.workload,
            self.store.folder,
            self.trainer,
            workers=workers,
            alone=alone,
            rates=rates,
            attempts=ATTEMPTS if is_elsewhere else 1,
            stops_at_errors=(is_one_fleet and not is_elsewhere) or not is_one_process(self.trainer),
            keep=self.keep,
            targets=named_targets(),
            sources=known_sources(),
            python_path=sys.path,
        )
        self._clear_folder()
        self.queue = self.job.open_queue()
        self.outlook = Outlook(self.queue, self.store, self.job.folder)
        view = self.outlook.look()
        if is_announced:
            seconds = None if view.seconds is None else view.seconds / workers
            fleets = [fleet.runs for fleet in view.fleets]
            self.display.say(announcement(fleets, seconds, datetime.now(), to_come=view.to_come, workers=workers))
        if workers > 1:
            share_datasets(missing, self.job.data)
        if is_one_process(self.trainer):
            self.job_file.write(self.job)

    def run(self) -> None:
        """Have the fleets trained.

        Raises:
            FailedError: where some have failed.
        """
        self.executor.run(self.job, self.watch, self.display.say)
        self.watch()
        self.job_file.remove()
        failed = self.queue.failed_fleets()
        if failed:
            name, attempts = next(iter(failed.items()))
            raise FailedError(
                f"{count(len(failed), 'fleet')} failed and the runs are missing: {attempts.title} ({attempts.error}), "
                f"see {self.queue.attempts.place(name)}; the same command tries again"
            )

    def watch(self) -> int:
        """Take in what has finished, show how far it is, and return how many fleets are left."""
        if stored := self.queue.update():
            planned = self.workload.plan(self.queue.scores)
            for rows in stored:
                self._finish(rows, planned)
            seconds = self.outlook.look().seconds_in_all
            self.on_progress(planned, None if seconds is None else seconds / self.job.workers)
        view = self.outlook.look()
        self._show(view)
        return len(view.fleets)

    def _finish(self, rows: pl.DataFrame, planned: Planned) -> None:
        """Say that a fleet is stored, and track its runs."""
        runs = [Run.of_json(config) for config in rows["config"]]
        self.display.say(f"{fleet_title(runs, planned)}, {rows['train_seconds'].sum():.0f} s")
        self.tracker.log_runs(rows, planned.labels)

    def _time(self, fleets: Sequence[Sequence[Run]]) -> dict[str, float]:
        """Time some fleets as one worker would train them."""
        options = trainer_options(self.trainer)

        def seconds_of_fleet(runs: Sequence[Run]) -> float | None:
            try:
                seconds = time_fleet(runs, self.checked[runs[0].structure], options)
            except Exception:  # its training will say so, and the other fleets are trained all the same
                return None
            return seconds + len(runs) * self.tracker.seconds

        threads = torch.get_num_threads()
        if self.executor.count_workers(self.trainer, len(fleets), math.inf) > 1:
            torch.set_num_threads(1)
        try:
            return time_some(fleets, seconds_of_fleet)
        finally:
            torch.set_num_threads(threads)

    def _show(self, view: View) -> None:
        """Show how far everything is."""
        workers = self.job.workers
        doing = f"; {view.statuses[0].title}" if workers == 1 and view.statuses else ""
        title = f"{view.done:,} of {view.planned + view.to_come:,} runs{doing}"
        done = workers * (time.monotonic() - self.start)
        self.display.show(title, done=done, left=view.seconds_in_all, workers=workers)
        if workers > 1:
            self.display.show_workers(view.statuses)

    def _clear_folder(self) -> None:
        """Remove what earlier commands have left for their workers; no worker may be at work."""
        if is_rank_zero() and not read_statuses(self.job.folder):
            shutil.rmtree(self.job.folder, ignore_errors=True)
            self.store.clear()
