"""The corridor that every door leads into: skip what is done, pack, train, store, tell."""

import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import polars as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning import Trainer
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sharegap.errors import UserError
from sharegap.execute.build import build_fleet
from sharegap.execute.estimate import announcement, estimate, time_fleet
from sharegap.execute.pack import fleet_name, pack
from sharegap.plan.run import Run
from sharegap.results import Store
from sharegap.tracking.null import NullTracker
from sharegap.tracking.tracker import Tracker
from sharegap.training.fit import train
from sharegap.training.runtime import release_memory


@dataclass(frozen=True)
class Runner:
    """What it takes to finish runs, whatever they are for: where they are stored, how trained, who is told."""

    store: Store
    trainer: DictConfig
    tracking: Tracker

    def complete(self, runs: Iterable[Run], plan: pl.DataFrame | None = None) -> None:
        """Trains those of `runs` that are not stored yet, fleet by fleet, and stores each fleet as it ends.

        `plan` says what the runs stand for. Where a fleet was interrupted, it goes on. Where there are several runs
        to train, it first says how many, and about how long that will take.
        """
        stored = set(self.store.runs()["run"])
        fleets = pack(run for run in runs if run.id not in stored)
        if not fleets:
            return
        with _progress() as progress:
            task = progress.add_task("timing a few steps", total=None)
            left = [_steps_left(fleet, self._checkpoint(fleet)) for fleet in fleets]
            lengths = self._lengths(fleets, left, progress.console)
            progress.update(task, total=sum(lengths))
            for number, (fleet, steps, length) in enumerate(zip(fleets, left, lengths, strict=True), 1):
                title = f"fleet {number} of {len(fleets)}: {_describe(fleet, plan)}"
                progress.update(task, description=title)
                done, start = progress.tasks[task].completed, time.monotonic()
                run_step = length / max(1, len(fleet) * steps)
                rows = self._train(fleet, _advance(progress, task, run_step))
                self.tracking.log_runs([(row, _meaning(row["run"], plan)) for row in rows])
                # A fleet whose runs all stopped early leaves steps undone that nobody waits for.
                progress.update(task, completed=done + length)
                progress.console.print(f"{title}, {time.monotonic() - start:.0f} s", highlight=False)

    def _lengths(self, fleets: Sequence[Sequence[Run]], left: Sequence[int], console: Console) -> list[float]:
        """What each fleet, with so many steps left, is of the whole: seconds, which are announced, or run-steps."""
        runs = [len(fleet) for fleet in fleets]
        if sum(runs) == 1 or not is_rank_zero():
            return [float(count * steps) for count, steps in zip(runs, left, strict=True)]
        parts = [steps / fleet[0].config["training"]["steps"] for fleet, steps in zip(fleets, left, strict=True)]
        training = estimate(fleets, parts, lambda fleet: time_fleet(fleet, trainer_options(self.trainer)))
        seconds = [s + count * self.tracking.seconds for s, count in zip(training, runs, strict=True)]
        console.print(announcement(fleets, sum(seconds), datetime.now()), highlight=False)
        return seconds

    def _checkpoint(self, fleet: Sequence[Run]) -> Path:
        return self.store.checkpoints / f"{fleet_name(fleet)}.ckpt"

    def _train(self, fleet: Sequence[Run], report: Callable[[int], None]) -> list[dict[str, Any]]:
        checkpoint = self._checkpoint(fleet)
        labels = [{"run": run.id, "config": run.json} for run in fleet]
        stored: list[dict[str, Any]] = []

        def store(figures: list[dict[str, Any]]) -> None:
            stored.extend(label | row for label, row in zip(labels, figures, strict=True))
            self.store.append(checkpoint.stem, stored)
            checkpoint.unlink(missing_ok=True)

        with release_memory():  # else this fleet's weights stay beside the next one's
            train(build_fleet(fleet), trainer_options(self.trainer), checkpoint, store, report)
        return stored


@contextmanager
def open_runner(config: DictConfig) -> Iterator[Runner]:
    """The corridor that a config with `out`, `trainer` and `logger` describes, for this process alone.

    Raises UserError where the machine, the folder or the options do not allow it. Of the several processes
    of one distributed training, the first alone writes and tells.
    """
    _check_trainer(config.trainer)
    store = Store(Path(config.out))
    with store.lock() if is_rank_zero() else nullcontext():
        tracking = instantiate(config.logger, folder=store.folder) if is_rank_zero() else NullTracker(store.folder)
        yield Runner(store, config.trainer, tracking)


def is_rank_zero() -> bool:
    """Whether this is the only or the first process of a training, who alone writes and tells."""
    return rank_zero_only.rank == 0  # type: ignore[attr-defined]


def trainer_options(trainer: DictConfig) -> dict[str, Any]:
    """The options of Lightning's Trainer, with fresh objects where they name some."""
    return dict(instantiate(trainer, _convert_="all"))


def _check_trainer(trainer: DictConfig) -> None:
    if trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise UserError("the trainer asks for a GPU and there is none here: use trainer=cpu")
    try:
        Trainer(**trainer_options(trainer), logger=False, enable_checkpointing=False)
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise UserError(f"Lightning refuses these trainer options: {str(error).splitlines()[0]}") from error


def _steps_left(fleet: Sequence[Run], checkpoint: Path) -> int:
    """The steps that the fleet has still to do, by its checkpoint; one that cannot be read is removed."""
    steps: int = fleet[0].config["training"]["steps"]
    if not checkpoint.exists():
        return steps
    try:
        return steps - int(torch.load(checkpoint, weights_only=True)["global_step"])
    except (RuntimeError, EOFError, ValueError, UnpicklingError):
        checkpoint.unlink()
        warnings.warn(f"{checkpoint} cannot be read: its fleet starts again", stacklevel=2)
        return steps


def _advance(progress: Progress, task: TaskID, each: float) -> Callable[[int], None]:
    """Takes in the run-steps that were done; `each` is a part of the bar."""
    return lambda run_steps: progress.advance(task, run_steps * each)


def _describe(fleet: Sequence[Run], plan: pl.DataFrame | None) -> str:
    meaning, config = _meaning(fleet[0].id, plan), fleet[0].config
    names = [meaning["study"], meaning["method"]] if meaning else [config["dataset"]["name"], config["model"]["name"]]
    return f"{' '.join(names)}, {len(fleet)} run{'s' * (len(fleet) > 1)}"


def _meaning(run: str, plan: pl.DataFrame | None) -> dict[str, Any]:
    """What a run stands for; where a plan uses it twice, the first."""
    return {} if plan is None else plan.filter(pl.col("run") == run).row(0, named=True)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True, quiet=not is_rank_zero()),
    )
