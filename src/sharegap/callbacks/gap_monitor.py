"""The generalization gap during the training of any LightningModule."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from torchmetrics import Metric, MetricCollection

from sharegap.callbacks.batch import Part, Predict, check_parts, make_predict
from sharegap.callbacks.figures import Direction, MetricFigures
from sharegap.callbacks.gap_table import check_table, print_gap_table
from sharegap.callbacks.loaders import Source, check_given, given_sources, trainer_sources
from sharegap.callbacks.measurement import measure as measure_gaps
from sharegap.callbacks.measurement import rehearse
from sharegap.callbacks.publish import check_monitors, check_names, check_strategy, looks_each_step, publish
from sharegap.callbacks.schedule import Schedule
from sharegap.callbacks.step_figures import StepFigures
from sharegap.callbacks.weights import SUFFIX, num_averaged, weights_suffix, with_suffix
from sharegap.errors import as_int


class GapMonitor(pl.Callback):
    """Log the generalization gap during a training, without changing the training, bit for bit.

    The module evaluates its training and validation set, and `train_<name>`, `val_<name>` and `gap_<name>` go to the
    loggers and to `trainer.callback_metrics` for each metric; a gap is positive if train is better. EarlyStopping,
    ModelCheckpoint and ReduceLROnPlateau can monitor these. Several loaders have a gap each: `gap_<name>_<loader>`.
    Beside a weight-averaging callback the averaged weights are measured, as Lightning validates them; the logged
    names then end with `_averaged`.

    Modules and trainers may be from `lightning` or `pytorch_lightning`. The trainer's data sets are read in a fixed
    order, each sample once, divided among the processes of DDP; subclasses of DataLoader, streams and custom
    samplers are read as they yield. If a data set draws from its own random generator, pass a `train_dataloader`:
    that is the one thing that is not restored.

    Args:
        metrics: by name, a torchmetrics metric or collection, a `GeneralizationGap`, or a function of outputs and
            targets that returns a value per element, their mean, or (total, count). Integer targets that equal the
            function's `ignore_index` are not counted. Each must compute a single number.
        measure: instead of metrics, a step such as `module.validation_step`, or its name: it runs on the training
            data too, in eval mode, and the values that it logs are compared.
        inputs: returns what the module takes of a batch; a tuple is several arguments. By default the batch's first
            part, or the batch itself if it is one tensor.
        targets: returns the targets of a batch; by default its second part, or the batch itself if it is one tensor.
        predict: instead of both, maps the module and a batch on its device to outputs and targets.
        weight: returns the weights of a batch's samples, (batch,), or of its values. By default each counts once.
        higher_is_better: the direction, for all or by name, where a metric does not say it. Losses of PyTorch and
            torchmetrics metrics do. With `measure`, a dict also chooses the logged values.
        train_dataloader: what to read instead of the trainer's, e.g. without augmentation: an iterable of batches, a
            list or dict of DataLoaders, or a function that returns one.
        val_dataloader: likewise for the validation set.
        every_n_epochs: how often to measure, an integer >= 1; 1 by default. The first validation or end of an epoch,
            and the end of the training, are always measured.
        every_n_steps: instead, after so many steps of the optimizer.
        every_validation: instead, in each of the trainer's validations.
        max_batches: how many batches of each loader to read per process, the same ones each time; by default all.
        table: whether to print the last figures when the training ends.

    Raises:
        UserError: here for options that cannot be; when training starts, after one batch, for what cannot be
            measured; as soon as it happens, for a name that something else logs, too.

    Example:
        >>> from torchmetrics.classification import MulticlassAccuracy
        >>> metrics = {"accuracy": MulticlassAccuracy(3), "nats": torch.nn.functional.cross_entropy}
        >>> trainer = pl.Trainer(callbacks=[GapMonitor(metrics)], logger=False, accelerator="cpu")
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric | MetricCollection | Callable[[Any, Any], Any]] | MetricCollection | None = None,
        *,
        measure: str | Callable[..., Any] | None = None,
        inputs: Part | None = None,
        targets: Part | None = None,
        predict: Predict | None = None,
        weight: Part | None = None,
        higher_is_better: Direction = None,
        train_dataloader: Iterable[Any] | Callable[[], Any] | None = None,
        val_dataloader: Iterable[Any] | Callable[[], Any] | None = None,
        every_n_epochs: int | None = None,
        every_n_steps: int | None = None,
        every_validation: bool = False,
        max_batches: int | None = None,
        table: bool = False,
    ) -> None:
        self.schedule = Schedule(every_n_epochs, every_n_steps, every_validation)
        self.max_batches = None if max_batches is None else as_int("max_batches", max_batches)
        self.given = {"train": train_dataloader, "val": val_dataloader}
        for split, loader in self.given.items():
            check_given(f"{split}_dataloader", loader)
        if table:
            check_table("table")
        self.table = table
        parts = {"inputs": inputs, "targets": targets, "predict": predict}
        check_parts(parts, weight, has_metrics=metrics is not None, has_measure=measure is not None)
        self.figures: MetricFigures | StepFigures
        if measure is None:
            self.figures = MetricFigures(metrics, predict or make_predict(inputs, targets), weight, higher_is_better)
        else:
            self.figures = StepFigures(measure, weight, higher_is_better)
        self.last: dict[str, float] = {}
        self.names: set[str] = set()
        self._given_sources: dict[str, dict[str, Source]] = {}
        self._measured_at: tuple[int, str, int] | None = None
        self._last_step = 0

    @property
    def state_key(self) -> str:
        return self._generate_state_key(figures=self.figures.key)

    def state_dict(self) -> dict[str, Any]:
        return {"last": self.last}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.last = state_dict["last"]

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Go behind the other callbacks, some of which hand over weights, and before those that save."""
        savers: list[Any] = trainer.checkpoint_callbacks
        callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]
        others = [callback for callback in callbacks if callback is not self and callback not in savers]
        trainer.callbacks = [*others, self, *savers]  # type: ignore[attr-defined]
        if stage == "fit":
            self.last = {}
            # A function is asked again, for it may return other data; what is read once is kept.
            sources = self._given_sources.items()
            self._given_sources = {split: kept for split, kept in sources if not callable(self.given[split])}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure one batch, so that what cannot be measured is refused before an epoch is spent on it."""
        check_strategy(trainer.strategy)
        self._measured_at, self._last_step = None, trainer.global_step
        for split, loader in self.given.items():
            if loader is not None and split not in self._given_sources:
                sources = given_sources(loader, f"{split}_dataloader", self._num_batches(trainer))
                self._given_sources[split] = sources
        names = rehearse(trainer, pl_module, self.figures, self._sources(trainer))
        self.names = names | {f"{name}{SUFFIX}" for name in names}
        check_names(trainer, self.names)
        check_monitors(trainer, self)
        # A training that is resumed goes on with the figures of the checkpoint.
        last = {name: torch.tensor(value) for name, value in self.last.items()}
        trainer.callback_metrics.update(with_suffix(last, weights_suffix(trainer, pl_module)))

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        check_names(trainer, self.names)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any) -> None:
        check_names(trainer, self.names)
        is_first = not self.last and looks_each_step(trainer, self.names)
        before, self._last_step = self._last_step, trainer.global_step
        if is_first or self.schedule.is_due_at_step(trainer.global_step, before):
            self._measure(trainer, pl_module)

    def on_validation_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Measure within a validation, at the weights that any callback has put in place for it."""
        if not self._is_validating(trainer) or batch_idx or dataloader_idx:
            return
        is_last = trainer.fit_loop.epoch_loop.batch_progress.is_last_batch
        is_due = is_last and self.schedule.is_due_at_epoch(trainer.current_epoch)
        if not self.last or self.schedule.every_validation or is_due:
            self._measure(trainer, pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._is_validating(trainer):
            check_names(trainer, self.names)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        check_names(trainer, self.names)
        if not self.last or self.schedule.is_due_at_epoch(trainer.current_epoch):
            self._measure(trainer, pl_module, epoch=trainer.current_epoch)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure the weights that stay, unless they were."""
        check_names(trainer, self.names)
        # The trainer has begun to count the next epoch.
        self._measure(trainer, pl_module, epoch=trainer.current_epoch - 1)
        if self.table and trainer.is_global_zero:
            print_gap_table(self.last)

    def _measure(self, trainer: pl.Trainer, module: pl.LightningModule, epoch: int | None = None) -> None:
        """Measure, unless these weights were, and publish; `epoch` is the one that has ended, if any."""
        suffix = weights_suffix(trainer, module)
        weights = (trainer.global_step, suffix, num_averaged(trainer))
        if self._measured_at == weights:
            return
        figures = measure_gaps(trainer, module, self.figures, self._sources(trainer), self._num_batches(trainer))
        self._measured_at = weights
        self.last = {name: value.item() for name, value in figures.items()}
        current = trainer.current_epoch if epoch is None else epoch
        publish(trainer, figures, suffix, current, has_ended=epoch is not None)

    def _sources(self, trainer: pl.Trainer) -> dict[str, dict[str, Source]]:
        # Lightning may have made its loaders anew.
        own = [split for split in self.given if split not in self._given_sources]
        return self._given_sources | {split: trainer_sources(trainer, split) for split in own}

    def _is_validating(self, trainer: pl.Trainer) -> bool:
        return trainer.state.fn == "fit" and not trainer.sanity_checking

    def _num_batches(self, trainer: pl.Trainer) -> int | None:
        return int(trainer.fast_dev_run) or self.max_batches  # type: ignore[attr-defined]
