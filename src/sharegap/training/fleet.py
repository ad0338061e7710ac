"""Runs that differ in seed and per-run numbers only, trained as one program."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer

from sharegap.metrics import linear_cka, relative_copy_distance
from sharegap.models import Network
from sharegap.training.captured_step import CapturedStep
from sharegap.training.datamodule import Batch, FleetData
from sharegap.training.evaluation import Evaluation
from sharegap.training.fleet_noise import FleetNoise, noise_layouts
from sharegap.training.fleet_step import FleetStep
from sharegap.training.objective import Objective
from sharegap.training.own_state import changed_buffers, copy_buffers, draws_numbers, seed_step
from sharegap.training.run_state import RunState
from sharegap.training.schedule import Schedule
from sharegap.training.stacking import per_run, stack, vmap_runs

CKA_SAMPLES = 500
"""Validation samples whose representations are compared."""


class Fleet(LightningModule):
    """R runs of one structure, trained side by side and measured at two snapshots of their weights.

    A run's result depends on its own seed and numbers; its company changes it by floating-point reassociation only.
    The snapshots are `final` and `best_val` (the best validation score).

    Args:
        objectives: one per run, single-run modules of one structure.
        learning_rates: one per run.
        optimizer: `optimizer(parameters, lr=...)`; it must act elementwise, as SGD and Adam do. None where a
            subclass needs none.
        data: the runs' samples.
        evaluations: how many there are during training.
        schedule: of the runs.

    Raises:
        UserError: for runs that differ in something else than tensors.
    """

    can_resume = True
    """Whether a checkpoint holds all that the training needs to go on."""

    lr_scale: Tensor
    """(runs,), each run's learning rate relative to the largest."""

    def __init__(
        self,
        objectives: Sequence[Objective],
        learning_rates: Sequence[float],
        optimizer: Callable[..., Optimizer] | None,
        data: FleetData,
        evaluations: int,
        schedule: Schedule,
    ) -> None:
        super().__init__()
        self.data, self.optimizer_class, self.schedule = data, optimizer, schedule
        x, y = data.dataset.x[: data.batch_size], data.dataset.y[: data.batch_size]
        called = copy.deepcopy(objectives[0])  # a call changes running statistics
        buffers = copy_buffers(called)
        self.noise_layouts = noise_layouts(called, x, y)
        self.changing = changed_buffers(called, buffers)
        # More runs than one only train side by side where a network draws nothing itself.
        self.draws_numbers = len(objectives) == 1 and draws_numbers(called, self.noise_layouts, x, y)
        self.objectives: Objective = stack(objectives)
        self.best_val = copy.deepcopy(self.objectives.network).requires_grad_(False)
        self.max_lr = max(learning_rates)
        self.has_after_step = objectives[0].has_after_step
        self.run_state = RunState(len(objectives), evaluations, objectives[0].task.higher_is_better)
        # In double precision: the largest rate must be exactly 1, or every step would copy all weights.
        self.register_buffer("lr_scale", torch.tensor(learning_rates, dtype=torch.float64) / self.max_lr)
        self.evaluations: dict[str, Evaluation] = {}
        self.automatic_optimization = False  # Lightning takes the steps between two evaluations for one batch
        self.on_step: Callable[[], object] = lambda: None
        """Called after each step of training."""

    # -- training -------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> Optimizer | None:
        assert self.optimizer_class is not None
        return self.optimizer_class(self.objectives.parameters(), lr=self.max_lr)

    def on_train_start(self) -> None:
        """Prepare the step: by now Lightning has restored a checkpoint, the optimizer's state last."""
        self.evaluations["final"] = self._make_evaluation()
        self.step = self.make_step()
        self._clock = time.perf_counter()

    def make_step(self) -> Any:
        """Return what takes the training steps."""
        data, trainer = self.data, self.trainer
        is_captured = self.device.type == "cuda" and trainer.world_size == 1 and not self.draws_numbers
        return (CapturedStep if is_captured else FleetStep)(
            self.objectives,
            trainer.optimizers[0],
            self.max_lr,
            self.lr_scale,
            self.run_state,
            FleetNoise(self.objectives, self.noise_layouts, data.seeds, self.device, data.share),
            trainer.precision_plugin.convert_input(data.pool),
            data.train_order,
            partial(trainer.strategy.reduce, reduce_op="mean") if trainer.world_size > 1 else None,
            self.schedule,
            self.changing,
            partial(seed_step, data.seeds[0], share=data.share) if self.draws_numbers else None,
        )

    def training_step(self, steps: int, batch_idx: int) -> None:
        """Take the steps from one evaluation to the next."""
        for _ in range(steps):
            self.step.take()
            self.on_step()
            if self.trainer.should_stop:
                break

    @property
    def global_step(self) -> int:
        """The steps that were taken, in this process and before it."""
        return int(self.run_state.step)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["global_step"] = self.global_step  # Lightning counts none
        self._count_seconds()  # in place: the checkpoint holds the same tensor

    def _count_seconds(self) -> None:
        now = time.perf_counter()
        self.run_state.seconds += now - self._clock
        self._clock = now

    # -- evaluation -----------------------------------------------------------------------------------------

    def _make_evaluation(self, extra_metrics: bool = False) -> Evaluation:
        return Evaluation(self.objectives.task, self.data.splits, len(self.data.seeds), self.device, extra_metrics)

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        x, y = batch
        self.evaluations["final"].update(self.data.splits[dataloader_idx], vmap_runs(self.objectives.network, x), y)

    def on_validation_epoch_end(self) -> None:
        evaluation = self.evaluations["final"]
        is_best = self.run_state.update(self.current_epoch, evaluation.compute())
        evaluation.reset()
        _copy_runs(self.objectives.network, self.best_val, is_best)
        for regularizer in self.objectives.regularizers:
            # A regularizer's strength is stacked too, so its rule acts elementwise over the runs.
            stops = regularizer.should_stop(self.run_state.evaluations_since_best)
            if stops is not None:
                self.run_state.active &= ~stops
        self.step.update()
        self._count_seconds()
        if not self.run_state.active.any():
            self.trainer.should_stop = True

    def on_test_start(self) -> None:
        self.evaluations = {snapshot: self._make_evaluation(extra_metrics=True) for snapshot in self.networks()}
        self.smaller_ensembles = self.networks()[self.objectives.scored_at].smaller_ensembles
        self.size_evaluations = {size: self._make_evaluation() for size in self.smaller_ensembles}

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        (x, y), split = batch, self.data.splits[dataloader_idx]
        tasks = self.objectives.task.tasks_of(x)
        for snapshot, network in self.networks().items():
            self.evaluations[snapshot].update(split, vmap_runs(network, x), y, tasks)
        for size, network in self.smaller_ensembles.items():
            self.size_evaluations[size].update(split, vmap_runs(network, x), y)

    def on_test_epoch_end(self) -> None:
        self.distances: dict[str, Tensor] = {}
        self.cka: dict[str, Tensor] = {}
        for name, network in self.networks().items():
            self.distances[name] = vmap_runs(network, function=relative_copy_distance)
            self.cka[name] = self._cka(network)

    def _cka(self, network: nn.Module) -> Tensor:
        """CKA of the copies' representations of each run's validation samples, (runs,); NaN without any."""
        indices = self.data.validation_indices[:, :CKA_SAMPLES]
        if not indices.shape[1] or not self.objectives.shared_weights():
            return torch.full((len(indices),), math.nan)

        def cka_of_copies(network: Network, x: Tensor) -> Tensor:
            return linear_cka(network.representations(x))

        x = self.data.pool[0][indices]
        if x.is_floating_point():
            x = x.to(next(network.parameters()).dtype)
        return vmap_runs(network, x, function=cka_of_copies)

    def networks(self) -> dict[str, Network]:
        """The stacked network at each snapshot."""
        return {"final": self.objectives.network, "best_val": self.best_val}


def _copy_runs(network: nn.Module, snapshot: nn.Module, runs: Tensor) -> None:
    """Copy the weights and running statistics of the marked `runs` into their snapshot."""
    if runs.any():
        current = network.state_dict()
        for name, target in snapshot.state_dict().items():
            target.copy_(torch.where(per_run(runs, target), current[name], target))
