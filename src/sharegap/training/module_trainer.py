"""A LightningModule in a Trainer of its own package, on the samples of a run."""

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Sampler, TensorDataset

from sharegap.callbacks.sharing_callback import SharingCallback, add_gradient, gradient_scale, learning_rates
from sharegap.errors import UserError, unknown_name
from sharegap.models import ModuleNetwork
from sharegap.regularizers import Regularizer
from sharegap.seeding import derive_seed
from sharegap.training.datamodule import FleetData
from sharegap.training.objective import Objective
from sharegap.training.runtime import QUIET

PACKAGES = ("pytorch_lightning", "lightning.pytorch")
DECIDED = (
    *("accelerator", "devices", "num_nodes", "strategy", "precision"),
    *("max_epochs", "min_epochs", "max_steps", "min_steps", "max_time", "fast_dev_run", "overfit_batches"),
    *("limit_train_batches", *QUIET),
)
"""The options of a Trainer that those of the run decide."""
NOT_CHANGED = {"transform_loss": "loss is", "after_step": "steps are"}
"""What a regularizer does not change of a module that trains by itself, by the name of its hook."""


def lightning_of(module: object) -> Any:
    """Return the package whose LightningModule a module is.

    Raises:
        UserError: for what is no LightningModule.
    """
    for name in PACKAGES:
        package = sys.modules.get(name)
        if package is not None and isinstance(module, package.LightningModule):
            return package
    raise UserError(
        f"model.network.module must build a LightningModule, got {type(module).__name__}: model=module is for others"
    )


def check_trainer_options(options: Mapping[str, Any]) -> None:
    """Raise UserError for an option that a Trainer does not have, or that is not the module's to decide."""
    known = [name for name in signature(pl.Trainer).parameters if name not in DECIDED]
    for name in options:
        if name in DECIDED:
            raise UserError(f"model.trainer.{name} must be left out: the options of the command decide it")
        if name not in known:
            raise unknown_name("option of model.trainer", name, known)


def check_regularizers(regularizers: nn.ModuleDict) -> None:
    """Raise UserError for a regularizer that acts on what is the module's own."""
    for name, regularizer in regularizers.items():
        for hook, own in NOT_CHANGED.items():
            if getattr(type(regularizer), hook) is not getattr(Regularizer, hook):
                raise UserError(f"{name} must be left out for model=lightning_module, whose {own} its own")


def fit_module(
    objective: Objective,
    data: FleetData,
    on_batch: Callable[[], None],
    *,
    lr_factor: float,
    options: Mapping[str, Any],
    **hardware: Any,
) -> None:
    """Train the LightningModule of one run by its own training step and optimizers, in a Trainer of its package.

    Args:
        objective: of the run; its module is trained, and its regularizers act on that.
        data: of the run, on its device.
        on_batch: called after each batch.
        lr_factor: multiplies the learning rates of the module's optimizers.
        options: of the Trainer, the module's; its callbacks are added to.
        hardware: further options of the Trainer.
    """
    module: Any = module_of(objective)
    package = lightning_of(module)
    loader = _training_batches(data)
    batches = len(data.train_order)
    # A pull depends on how many steps the optimizer takes.
    steps = -(-batches // options.get("accumulate_grad_batches", 1))
    run = RunCallback(objective, batches, steps, lr_factor, on_batch)
    trainer = package.Trainer(
        **{"num_sanity_val_steps": 0, **options, **hardware, "callbacks": [*options.get("callbacks", []), run]},
        max_epochs=-(-batches // len(loader)),
        **QUIET,
    )
    looks_at_validation = type(module).validation_step is not package.LightningModule.validation_step
    validation = _validation_batches(data) if looks_at_validation and data.validation_indices.numel() else None
    seed = derive_seed(data.seeds[0], "network")
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    trainer.fit(module, loader, validation)


def module_of(objective: Objective) -> nn.Module:
    """Return the module of one run that its user has written."""
    return _network_of(objective).module


def _network_of(objective: Objective) -> ModuleNetwork:
    assert isinstance(objective.network, ModuleNetwork)
    return objective.network


class RunCallback(SharingCallback):
    """Have a run's sharing strategies and regularizers act on the training of its module, for as many batches as asked.

    Args:
        objective: of the run, whose module is trained.
        batches: of the training.
        steps: of its optimizers.
        lr_factor: multiplies the learning rates of all optimizers.
        on_batch: called after each batch.
    """

    def __init__(
        self, objective: Objective, batches: int, steps: int, lr_factor: float, on_batch: Callable[[], None]
    ) -> None:
        super().__init__(steps)
        self.objective, self.lr_factor, self.on_batch = objective, lr_factor, on_batch
        self.batches_left = batches

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move with the module what is beside it, and scale learning rates from now on."""
        self.objective.to(pl_module.device)
        super().on_train_start(trainer, pl_module)
        for optimizer in trainer.optimizers if self.lr_factor != 1 else []:
            # Only while it steps: whatever schedules its rates finds them as it left them.
            rates: list[Any] = []
            self._handles.append(optimizer.register_step_pre_hook(partial(_scale_rates, rates, self.lr_factor)))
            self._handles.append(optimizer.register_step_post_hook(partial(_restore_rates, rates)))

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Change inputs and targets as the regularizers do: `batch` is a list."""
        objective = self.objective
        x, y = objective.input_layers(batch[0]), objective.target_layers(batch[1])
        for layer in objective.batch_layers:
            x, y = layer(x, y)
        batch[:] = objective.network.input_regularizer(x), y

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Optimizer
    ) -> None:
        """Add the gradients of all penalties."""
        super().on_before_optimizer_step(trainer, pl_module, optimizer)
        parameters, scale = list(learning_rates(optimizer)), gradient_scale(trainer, optimizer)
        with torch.enable_grad():
            for regularizer in self.objective.regularizers:
                add_gradient(regularizer.penalty(self.objective.network), parameters, scale)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Count the batch, and end the training after the last."""
        self.batches_left -= 1
        if not self.batches_left:
            trainer.should_stop = True
        self.on_batch()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        _network_of(self.objective).hidden_layers.eval()  # beside the module, where Lightning does not see them

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        _network_of(self.objective).hidden_layers.train()


def _scale_rates(rates: list[Any], factor: float, optimizer: Optimizer, *_: Any) -> None:
    rates[:] = [group["lr"] for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        group["lr"] = group["lr"] * factor


def _restore_rates(rates: list[Any], optimizer: Optimizer, *_: Any) -> None:
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


class _Epochs(Sampler[Tensor]):
    """The samples of each batch of an epoch; Lightning sets its number.

    Args:
        order: of the whole training, (steps, batch).
        length: batches in an epoch.
    """

    def __init__(self, order: Tensor, length: int) -> None:
        self.epochs, self.length, self.epoch = order.split(length), length, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.epochs[self.epoch])


def _training_batches(data: FleetData) -> DataLoader[Any]:
    """The batches of the only run, as lists of x and y."""
    length = min(data.train_indices.shape[1] // data.batch_size, len(data.train_order))
    # Whole batches are indexed: samples one by one take ten times as long to collect.
    return DataLoader(TensorDataset(*data.pool), batch_size=None, sampler=_Epochs(data.train_order[:, 0], length))


def _validation_batches(data: FleetData) -> DataLoader[Any]:
    batches: Any = data.validation_indices[0].split(data.batch_size)
    return DataLoader(TensorDataset(*data.pool), batch_size=None, sampler=batches)
