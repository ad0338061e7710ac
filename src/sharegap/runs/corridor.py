"""The corridor that every door leads into: skip what is done, pack, train, store, tell."""

import gc
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
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
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sharegap.errors import UserError
from sharegap.results import Store
from sharegap.runs.build import build_fleet
from sharegap.runs.fleets import fleet_name, pack
from sharegap.runs.run import Run
from sharegap.runs.tracking import NoLogger, Tracking
from sharegap.training.train import train


@dataclass(frozen=True)
class Corridor:
    """What it takes to finish runs, whatever they are for: where they are stored, how trained, who is told."""

    store: Store
    trainer: DictConfig
    tracking: Tracking

    def complete(self, runs: Iterable[Run], plan: pl.DataFrame | None = None) -> None:
        """Trains those of `runs` that are not stored yet, fleet by fleet, and stores each fleet as it ends.

        `plan` says what the runs stand for. Where a fleet was interrupted, it goes on.
        """
        stored = set(self.store.runs()["run"])
        fleets = pack(run for run in runs if run.id not in stored)
        if not fleets:
            return
        with _progress() as progress:
            task = progress.add_task("", total=sum(map(_run_steps, fleets)))
            for number, fleet in enumerate(fleets, 1):
                title = f"fleet {number} of {len(fleets)}: {_describe(fleet, plan)}"
                progress.update(task, description=title)
                done, start = progress.tasks[task].completed, time.monotonic()
                rows = self._train(fleet, lambda steps: progress.advance(task, steps))
                self.tracking.log_runs([(row, _meaning(row["run"], plan)) for row in rows])
                # A fleet whose runs all stopped early leaves steps undone that nobody waits for.
                progress.update(task, completed=done + _run_steps(fleet))
                progress.console.print(f"{title}, {time.monotonic() - start:.0f} s", highlight=False)

    def _train(self, fleet: Sequence[Run], report: Callable[[int], None]) -> list[dict[str, Any]]:
        name = fleet_name(fleet)
        checkpoint = self.store.checkpoints / f"{name}.ckpt"
        _drop_if_broken(checkpoint)
        labels = [{"run": run.id, "config": run.json} for run in fleet]
        stored: list[dict[str, Any]] = []

        def store(figures: list[dict[str, Any]]) -> None:
            stored.extend(label | row for label, row in zip(labels, figures, strict=True))
            self.store.append(name, stored)
            checkpoint.unlink(missing_ok=True)

        train(build_fleet(fleet), trainer_options(self.trainer), checkpoint, store, report)
        gc.collect()  # else Lightning's reference cycles keep this fleet's weights beside the next one's
        return stored


@contextmanager
def corridor(config: DictConfig) -> Iterator[Corridor]:
    """The corridor that a config with `out`, `trainer` and `logger` describes, for this process alone.

    Raises UserError where the machine, the folder or the options do not allow it. Of the several processes
    of one distributed training, the first alone writes and tells.
    """
    _check_trainer(config.trainer)
    store = Store(Path(config.out))
    with store.lock() if leads() else nullcontext():
        tracking = instantiate(config.logger, folder=store.folder) if leads() else NoLogger(store.folder)
        yield Corridor(store, config.trainer, tracking)


def leads() -> bool:
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


def _drop_if_broken(checkpoint: Path) -> None:
    if not checkpoint.exists():
        return
    try:
        torch.load(checkpoint, weights_only=True)
    except (RuntimeError, EOFError, ValueError, UnpicklingError):
        checkpoint.unlink()
        warnings.warn(f"{checkpoint} cannot be read: its fleet starts again", stacklevel=2)


def _run_steps(fleet: Sequence[Run]) -> int:
    return len(fleet) * fleet[0].config["training"]["steps"]


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
        console=Console(stderr=True, quiet=not leads()),
    )
