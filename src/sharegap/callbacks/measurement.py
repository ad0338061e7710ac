"""One measurement: all figures of all loaders, at the weights that Lightning validates."""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from pytorch_lightning.loggers.logger import DummyLogger
from pytorch_lightning.utilities.seed import isolate_rng
from torch import Tensor

from sharegap.callbacks.figures import MetricFigures
from sharegap.callbacks.loaders import SPLITS, Source, read
from sharegap.callbacks.snapshot import undisturbed
from sharegap.callbacks.step_figures import StepFigures
from sharegap.callbacks.weights import validated_weights
from sharegap.errors import UserError

Figures = MetricFigures | StepFigures
Sources = dict[str, dict[str, Source]]
"""By split and suffix."""


def measure(
    trainer: Any, module: Any, figures: Figures, sources: Sources, max_batches: int | None
) -> dict[str, Tensor]:
    """Return the train, validation and gap figures by logged name.

    Args:
        trainer: of either package.
        module: what it trains.
        figures: what is computed of each batch.
        sources: the loaders of each split.
        max_batches: how many batches to read of each loader; None for all.

    Raises:
        UserError: for a split without a batch, and a figure that is not one number.
    """
    values: dict[str, dict[str, dict[str, Tensor]]] = {split: {} for split in SPLITS}
    with validated_weights(trainer, module):
        for split in SPLITS:
            for index, (suffix, source) in enumerate(sources[split].items()):
                batches = read(
                    source, split, max_batches=max_batches, rank=trainer.global_rank, world_size=trainer.world_size
                )
                with _evaluation(trainer, module, figures):
                    count = _add(trainer, module, figures, batches, index)
                    if not trainer.strategy.reduce(torch.tensor(float(count), device=module.device), reduce_op="sum"):
                        raise UserError(f"the {split}{suffix} data must have a batch for a gap, got none")
                    values[split][suffix] = figures.compute(module)
    return _named(values, figures.directions)


def rehearse(trainer: Any, module: Any, figures: Figures, sources: Sources) -> set[str]:
    """Measure one batch of each loader, and return the names that will be logged.

    Args: as for `measure`.

    Raises:
        UserError: for what a measurement would fail with.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return set(measure(trainer, module, figures, sources, 1))
        except UserError:
            raise
        except Exception:
            # One batch is not enough for some metrics, such as R²; their names are known.
            pairs = _pairs(sources)
    names = {f"{split}_{name}{suffix}" for split in SPLITS for suffix in sources[split] for name in figures.directions}
    return names | {f"gap_{name}{train or val}" for train, val in pairs for name in figures.directions}


def _add(trainer: Any, module: Any, figures: Figures, batches: Iterator[Any], index: int) -> int:
    """Add a loader's batches, with the same steps as in Lightning's own loops; return how many."""
    count = 0
    figures.start(module)
    for batch in batches:
        batch = module._on_before_batch_transfer(trainer.precision_plugin.convert_input(batch), index)
        batch = trainer.strategy.batch_to_device(batch, dataloader_idx=index)
        with trainer.precision_plugin.val_step_context():
            figures.update(module, batch, count, index)
        count += 1
    return count


def _pairs(splits: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Which train loader is compared with which validation loader."""
    train, val = (list(splits[split]) for split in SPLITS)
    if train == val:
        return list(zip(train, val, strict=True))
    if 1 not in (len(train), len(val)):
        raise UserError(f"train and val loaders must have the same names for a gap each, got {train} and {val}")
    return [(one, other) for one in train for other in val]


def _named(values: dict[str, dict[str, dict[str, Tensor]]], directions: dict[str, bool]) -> dict[str, Tensor]:
    results: dict[str, Tensor] = {}
    for split in SPLITS:
        for suffix, figures in values[split].items():
            _put(results, {f"{split}_{name}{suffix}": value for name, value in figures.items()})
    for train, val in _pairs(values):
        for name, value in values["train"][train].items():
            difference = value - values["val"][val][name]
            _put(results, {f"gap_{name}{train or val}": difference if directions[name] else -difference})
    return results


def _put(results: dict[str, Tensor], figures: dict[str, Tensor]) -> None:
    for name, value in figures.items():
        if not isinstance(value, Tensor) or value.numel() != 1:
            raise UserError(f"{name} must be a single number for GapMonitor: choose a metric that averages")
        if name in results:
            raise UserError(f"the names of figures must differ, got {name} twice")
        results[name] = value.detach()


@contextmanager
def _evaluation(trainer: Any, module: Any, figures: Figures) -> Iterator[None]:
    """Evaluate without gradients, and leave the module, random numbers and the trainer as they were."""
    stage, loggers = trainer.state.stage, trainer.loggers
    modules = [module, *figures.modules]
    rng = isolate_rng(include_cuda=torch.cuda.is_initialized())
    # Lightning validates in inference mode, whose tensors could not be used afterwards.
    with torch.inference_mode(False), torch.no_grad(), rng, undisturbed(modules, apart=[trainer]):
        trainer.validating = True  # for hooks that augment batches on the device while the trainer trains
        _seed()
        trainer.loggers = [DummyLogger() for _ in loggers]
        module.log = figures.record
        for part in modules:
            part.eval()
        try:
            if trainer.world_size > 1:
                # As DDP does before each forward, so that all processes measure the same model.
                for buffer in module.buffers():
                    torch.distributed.broadcast(buffer, 0)
            yield
        finally:
            trainer.state.stage, trainer.loggers = stage, loggers


def _seed() -> None:
    """Let samplers and the module draw the same in each measurement."""
    random.seed(0)
    np.random.seed(0)
    torch.default_generator.manual_seed(0)
    # Where no GPU is used yet, the seed would be that of the training's first draw there.
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(0)
