"""The generalization gap during the training of any LightningModule."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy
from pytorch_lightning.utilities.seed import isolate_rng
from torch import Tensor, nn
from torchmetrics import Metric

from sharegap.callbacks.clean_loader import clean_loader, trainer_loader
from sharegap.errors import UserError, as_int
from sharegap.metrics.gap import GeneralizationGap
from sharegap.metrics.mean_loss import MeanLoss

PREFIXES = {"train": "train", "test": "val", "gap": "gap"}
"""How each result of `GeneralizationGap` is logged: here the test split is the trainer's validation set."""


def predict_first_two(module: pl.LightningModule, batch: Any) -> tuple[Any, Any]:
    """Return outputs and targets of a batch (inputs, targets, ...)."""
    return module(batch[0]), batch[1]


class GapMonitor(pl.Callback):
    """Log the generalization gap every few epochs, without changing the training, bit for bit.

    At the end of an epoch the module evaluates its training and validation set, and logs `train_<name>`,
    `val_<name>` and `gap_<name>` for each metric; a gap is positive if train is better. ModelCheckpoint and
    EarlyStopping can monitor these if they act at the end of the training epoch.

    It reads the trainer's data sets through its own loaders, in a fixed order, each sample once, divided among the
    processes of DDP. If a data set draws from its own random generator, pass a `train_dataloader`: that is the one
    thing that is not restored.

    Args:
        metrics: by name, a torchmetrics metric, a `GeneralizationGap`, or a loss function of outputs and targets that
            returns a loss per sample, (batch,), or their mean, (). Each must compute a single number.
        predict: maps the module and a batch on its device to the outputs and targets that the metrics take; by
            default `module(batch[0]), batch[1]`.
        train_dataloader: what to read instead of the trainer's, e.g. without augmentation. Any iterable of batches;
            each process reads all of it unless it is a DataLoader over a map-style data set.
        val_dataloader: likewise for the validation set.
        every_n_epochs: how often to measure, an integer >= 1.
        max_batches: how many batches of each split to read per process, the same ones each time; by default all.

    Raises:
        UserError: when training starts, for strategies other than a single device and DDP, and for loaders that
            cannot be read in a fixed order (streams, custom samplers, several at once); after the first measurement,
            for names that the module logs itself and for metrics with more than one number.

    Example:
        >>> from torchmetrics.classification import MulticlassAccuracy
        >>> metrics = {"accuracy": MulticlassAccuracy(3), "nats": nn.functional.cross_entropy}
        >>> trainer = pl.Trainer(callbacks=[GapMonitor(metrics)], logger=False, accelerator="cpu")
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric | Callable[[Any, Any], Tensor]],
        *,
        predict: Callable[[pl.LightningModule, Any], tuple[Any, Any]] = predict_first_two,
        train_dataloader: Iterable[Any] | None = None,
        val_dataloader: Iterable[Any] | None = None,
        every_n_epochs: int = 1,
        max_batches: int | None = None,
    ) -> None:
        self.gaps = {name: _make_gap(metric) for name, metric in metrics.items()}
        self.predict = predict
        self.custom_loaders = {"train": train_dataloader, "test": val_dataloader}
        self.every_n_epochs = as_int("every_n_epochs", every_n_epochs)
        self.max_batches = None if max_batches is None else as_int("max_batches", max_batches)
        self._checked_names = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refuse what cannot be measured, before an epoch is spent on it."""
        if not isinstance(trainer.strategy, SingleDeviceStrategy | DDPStrategy):
            raise UserError(f"the strategy must be a single device or DDP, got {type(trainer.strategy).__name__}")
        self._checked_names = False
        self._loader(trainer, "train")
        # Otherwise Lightning makes the validation loaders later.
        if trainer.val_dataloaders is not None or not trainer.enable_validation:
            self._loader(trainer, "test")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if (trainer.current_epoch + 1) % self.every_n_epochs:
            return
        results = self._measure(trainer, pl_module)
        for name, value in results.items():
            if not isinstance(value, Tensor) or value.numel() != 1:
                raise UserError(f"{name} must be a single number for GapMonitor: choose a metric that averages")
            if not self._checked_names and name in trainer.callback_metrics:
                raise UserError(f"the module logs {name} itself: choose another name for this metric of GapMonitor")
        # From now on the names are logged by this callback itself.
        self._checked_names = True
        for name, value in results.items():
            # All processes have the same value already; sync_dist only spares Lightning's warning.
            pl_module.log(name, value, sync_dist=True)

    def _measure(self, trainer: pl.Trainer, module: pl.LightningModule) -> dict[str, Any]:
        for gap in self.gaps.values():
            gap.to(module.device).reset()
        results = {}
        with _evaluation(trainer, module):
            for split in ("train", "test"):
                for batch in islice(self._loader(trainer, split), self._num_batches(trainer)):
                    self._update(trainer, module, batch, split)
            for name, gap in self.gaps.items():
                for key, value in gap.compute().items():
                    results[f"{PREFIXES[key]}_{name}"] = value
        for gap in self.gaps.values():
            gap.reset()
        return results

    def _update(self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, split: str) -> None:
        # The same steps as in Lightning's own loops.
        batch = module._on_before_batch_transfer(trainer.precision_plugin.convert_input(batch))
        batch = trainer.strategy.batch_to_device(batch)
        with trainer.precision_plugin.val_step_context():
            outputs, targets = self.predict(module, batch)
            for gap in self.gaps.values():
                gap.update(outputs, targets, split=split)

    def _num_batches(self, trainer: pl.Trainer) -> int | None:
        return int(trainer.fast_dev_run) or self.max_batches  # type: ignore[attr-defined]

    def _loader(self, trainer: pl.Trainer, split: str) -> Iterable[Any]:
        """Return what this process reads of a split, not iterated yet: that could draw random numbers."""
        custom = self.custom_loaders[split]
        loader, num_batches = (custom, None) if custom is not None else trainer_loader(trainer, split)
        clean = clean_loader(
            loader,
            num_batches=num_batches,
            shuffle=self._num_batches(trainer) is not None,
            rank=trainer.global_rank,
            world_size=trainer.world_size,
        )
        if clean is not None:
            return clean
        if custom is not None:
            return custom
        name = PREFIXES[split]
        raise UserError(
            f"the trainer's {name} DataLoader must be a single one over a map-style data set without a custom sampler "
            f"for GapMonitor: pass {name}_dataloader="
        )


def _make_gap(metric: Metric | Callable[[Any, Any], Tensor]) -> GeneralizationGap:
    if isinstance(metric, GeneralizationGap):
        return metric
    if isinstance(getattr(metric, "__self__", None), nn.Module):
        # Copying the metric would copy the module, and the copy is not trained.
        raise UserError("a loss must not be a method of a module: pass it as lambda outputs, targets: module.loss(...)")
    return GeneralizationGap(metric if isinstance(metric, Metric) else _MeanLossOfBatches(metric))


class _MeanLossOfBatches(MeanLoss):
    """The mean of a loss that may be averaged over each batch already."""

    def update(self, outputs: Any, targets: Any) -> None:
        losses = self.loss(outputs, targets)
        # A batch's mean counts as often as the batch has samples: the last batch may be smaller.
        samples = losses.numel() if losses.ndim else len(targets)
        self.total += losses.sum(dtype=torch.float64) * (samples / losses.numel())
        self.samples += samples


@contextmanager
def _evaluation(trainer: pl.Trainer, module: nn.Module) -> Iterator[None]:
    """Evaluate without gradients; afterwards restore modes, buffers, random numbers and the trainer's stage."""
    stage = trainer.state.stage
    modes = [(child, child.training) for child in module.modules()]
    buffers = []
    for owner in module.modules():
        for name, buffer in owner.named_buffers(recurse=False):
            buffers.append((owner, name, buffer, buffer.clone()))
    trainer.validating = True  # for hooks that augment batches on the device while the trainer trains
    module.eval()
    try:
        with isolate_rng(include_cuda=torch.cuda.is_initialized()), torch.no_grad():
            if trainer.world_size > 1:
                # As DDP does before each forward, so that all processes measure the same model.
                for _, _, buffer, _ in buffers:
                    torch.distributed.broadcast(buffer, 0)
            yield
    finally:
        trainer.state.stage = stage
        for child, mode in modes:
            child.training = mode
        with torch.no_grad():
            for owner, name, buffer, saved in buffers:
                # The module may have assigned a new tensor; others may hold the old one, so it comes back.
                setattr(owner, name, buffer)
                if not torch.equal(buffer, saved):
                    buffer.copy_(saved)
