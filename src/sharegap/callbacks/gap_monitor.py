"""The generalization gap during the training of any LightningModule."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy
from pytorch_lightning.utilities.seed import isolate_rng
from torch import Tensor, nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
)
from torchmetrics import Metric

from sharegap.errors import UserError, as_int
from sharegap.metrics.gap import GeneralizationGap
from sharegap.metrics.mean_loss import MeanLoss

LOGGED_AS = {"train": "train", "test": "val", "gap": "gap"}
DRAWS_FROM = {
    SequentialSampler: "data_source",
    RandomSampler: "data_source",
    SubsetRandomSampler: "indices",
    DistributedSampler: "dataset",
}
"""What each sampler that is understood draws from; where others leave samples out, is not known."""


def _first_and_second(module: pl.LightningModule, batch: Any) -> tuple[Any, Any]:
    """Outputs and targets of a batch (inputs, targets, ...)."""
    return module(batch[0]), batch[1]


class GapMonitor(pl.Callback):
    """Measures the gap every `every_n_epochs` epochs, and leaves the training as it is, bit for bit.

    At the end of the epoch the module reads its training and its validation set in eval mode, and each of `metrics`
    is logged as `train_<name>`, `val_<name>` and `gap_<name>` (positive where train is better). ModelCheckpoint and
    EarlyStopping can monitor them: they act after this callback when told to act at the end of the training epoch.

    metrics: by name, a torchmetrics metric, a `GeneralizationGap` of one, or a loss: a function of outputs and targets
        that returns a loss per sample, (batch,), or the batch's mean, (). Each must compute a single figure.
    predict: of the module and a batch on its device, the outputs and targets that the metrics take; by default
        `module(batch[0]), batch[1]`.
    train_dataloader, val_dataloader: what to read instead of the trainer's own, for instance the training set without
        its augmentation. Any iterable of batches; what is no DataLoader over a map-style data set is read as it is,
        in each process.
    max_batches: how many batches of each part to read in each process, the same ones each time; by default all.

    The trainer's DataLoaders are not touched: their data sets are read through loaders of this callback's own, in a
    fixed order, each sample once, shared out among the processes of DDP. Generators, modes, buffers, gradient mode and
    the trainer's stage are afterwards as they were. Out of reach are random numbers that a data set draws from a
    generator of its own: pass a `train_dataloader` then.

    Raises UserError for other strategies than one device and DDP, for DataLoaders that cannot be read in a fixed
    order (a stream, a sampler or batch sampler of one's own, several at once), for names that the module logs itself,
    and for metrics that compute more than one figure.
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric | Callable[[Any, Any], Tensor]],
        *,
        predict: Callable[[pl.LightningModule, Any], tuple[Any, Any]] = _first_and_second,
        train_dataloader: Iterable[Any] | None = None,
        val_dataloader: Iterable[Any] | None = None,
        every_n_epochs: int = 1,
        max_batches: int | None = None,
    ) -> None:
        self.gaps = {name: _gap_of(metric) for name, metric in metrics.items()}
        self.predict = predict
        self.given = {"train": train_dataloader, "test": val_dataloader}
        self.every_n_epochs = as_int("every_n_epochs", every_n_epochs)
        self.max_batches = None if max_batches is None else as_int("max_batches", max_batches)
        self._names_are_free = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refuses what cannot be measured, before an epoch is spent on it."""
        if not isinstance(trainer.strategy, SingleDeviceStrategy | DDPStrategy):
            raise UserError(f"GapMonitor works on one device and with DDP, not with {type(trainer.strategy).__name__}")
        self._names_are_free = False
        self._loader(trainer, "train")
        if trainer.val_dataloaders is not None or not trainer.enable_validation:  # else they are made later
            self._loader(trainer, "test")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if (trainer.current_epoch + 1) % self.every_n_epochs:
            return
        figures = self._measure(trainer, pl_module)
        for name, figure in figures.items():
            if not isinstance(figure, Tensor) or figure.numel() != 1:
                raise UserError(f"{name} is no single figure: choose a metric that averages, or log it yourself")
            if not self._names_are_free and name in trainer.callback_metrics:
                raise UserError(f"the module logs {name} itself: choose another name for this metric of GapMonitor")
        self._names_are_free = True
        for name, figure in figures.items():
            pl_module.log(name, figure, sync_dist=True)  # equal in all processes already; it spares a warning

    def _measure(self, trainer: pl.Trainer, module: pl.LightningModule) -> dict[str, Any]:
        for gap in self.gaps.values():
            gap.to(module.device).reset()
        with _undisturbed(trainer, module):
            for part in ("train", "test"):
                for batch in islice(self._loader(trainer, part), self._limit(trainer)):
                    batch = _on_device(trainer, module, batch)
                    with trainer.precision_plugin.val_step_context():
                        outputs, targets = self.predict(module, batch)
                        for gap in self.gaps.values():
                            gap.update(outputs, targets, part=part)
            results = {name: gap.compute() for name, gap in self.gaps.items()}
        for gap in self.gaps.values():
            gap.reset()
        return {f"{LOGGED_AS[key]}_{name}": value for name, each in results.items() for key, value in each.items()}

    def _limit(self, trainer: pl.Trainer) -> int | None:
        return int(trainer.fast_dev_run) or self.max_batches  # type: ignore[attr-defined]

    def _loader(self, trainer: pl.Trainer, part: str) -> Iterable[Any]:
        """What this process reads of a part; it does not begin to read, which could draw random numbers."""
        given, mixed = self.given[part], self._limit(trainer) is not None
        loader, read = _of_trainer(trainer, part) if given is None else (given, None)
        ordered = _in_fixed_order(loader, read, mixed, trainer.global_rank, trainer.world_size)
        if ordered is not None:
            return ordered
        if given is not None:
            return given
        name = LOGGED_AS[part]
        raise UserError(
            f"the trainer has no {name} DataLoader that GapMonitor can read in a fixed order (a single one, over a "
            f"map-style data set, without a sampler of its own): pass {name}_dataloader="
        )


def _gap_of(metric: Metric | Callable[[Any, Any], Tensor]) -> GeneralizationGap:
    if isinstance(metric, GeneralizationGap):
        return metric
    if isinstance(getattr(metric, "__self__", None), nn.Module):  # the copy that a metric takes would not be trained
        raise UserError("give a loss that is a method of a module as lambda outputs, targets: module.loss(...)")
    return GeneralizationGap(metric if isinstance(metric, Metric) else _MeanLoss(metric))


class _MeanLoss(MeanLoss):
    """Also of losses that are means over a batch: they count as often as the batch has samples."""

    def update(self, outputs: Any, targets: Any) -> None:
        losses = self.loss(outputs, targets)
        samples = losses.numel() if losses.ndim else len(targets)
        self.total += losses.sum(dtype=torch.float64) * (samples / losses.numel())
        self.samples += samples


@contextmanager
def _undisturbed(trainer: pl.Trainer, module: nn.Module) -> Iterator[None]:
    """Eval mode without gradients; afterwards everything is as it was."""
    stage = trainer.state.stage
    modes = [(each, each.training) for each in module.modules()]
    buffers = [
        (owner, name, buffer, buffer.clone())
        for owner in module.modules()
        for name, buffer in owner.named_buffers(recurse=False)
    ]
    trainer.validating = True  # for hooks that augment batches on the device while the trainer trains
    module.eval()
    try:
        with isolate_rng(include_cuda=torch.cuda.is_initialized()), torch.no_grad():
            for _, _, buffer, _ in buffers if trainer.world_size > 1 else ():
                torch.distributed.broadcast(buffer, 0)  # as DDP does before each forward: all measure one model
            yield
    finally:
        trainer.state.stage = stage
        for each, mode in modes:
            each.training = mode
        with torch.no_grad():
            for owner, name, buffer, before in buffers:
                setattr(owner, name, buffer)
                if not torch.equal(buffer, before):
                    buffer.copy_(before)


def _on_device(trainer: pl.Trainer, module: pl.LightningModule, batch: Any) -> Any:
    """The batch as Lightning's own loops hand it to a step."""
    batch = module._on_before_batch_transfer(trainer.precision_plugin.convert_input(batch))
    return trainer.strategy.batch_to_device(batch)


def _of_trainer(trainer: pl.Trainer, part: str) -> tuple[Any, int | float | None]:
    """The trainer's DataLoader, and how many of its batches the trainer reads in an epoch."""
    if part == "train":
        return trainer.train_dataloader, trainer.num_training_batches
    loaders: Any = trainer.val_dataloaders
    single = isinstance(loaders, list) and len(loaders) == 1
    return loaders[0] if single else loaders, sum(trainer.num_val_batches)


def _in_fixed_order(
    loader: Any, read: int | float | None, mixed: bool, rank: int, processes: int
) -> DataLoader[Any] | None:
    """A loader of its own for this process's share of the samples; None where the order is not this callback's to fix.

    `read` is to how many batches an unshuffled loader is cut; `mixed` samples come in a random, fixed order.
    """
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return None
    batches = loader.batch_sampler
    if batches is not None and type(batches) is not BatchSampler:
        return None
    sampler: Any = loader.sampler if batches is None else batches.sampler
    batch_size = None if batches is None else batches.batch_size
    if type(sampler) not in DRAWS_FROM:
        return None
    drawn_from = getattr(sampler, DRAWS_FROM[type(sampler)])
    samples: Sequence[int] = drawn_from if type(sampler) is SubsetRandomSampler else range(len(drawn_from))
    shuffled = type(sampler) in (RandomSampler, SubsetRandomSampler) or getattr(sampler, "shuffle", False)
    if isinstance(read, int) and not shuffled:
        samples = samples[: read * (batch_size or 1) * processes]
    if mixed:
        order = torch.randperm(len(samples), generator=torch.Generator().manual_seed(0))
        samples = [samples[place] for place in order.tolist()]
    return DataLoader(
        loader.dataset,
        batch_size=batch_size,
        sampler=samples[rank::processes],
        collate_fn=loader.collate_fn,
        num_workers=loader.num_workers,
        pin_memory=loader.pin_memory,
        timeout=loader.timeout,
        worker_init_fn=loader.worker_init_fn,
        multiprocessing_context=loader.multiprocessing_context,
        generator=torch.Generator(),  # workers' seeds are drawn from it, not from the training's
    )
