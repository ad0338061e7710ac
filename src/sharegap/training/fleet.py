"""Runs that differ in seed and per-run numbers only, trained as one program."""

import copy
import math
import time
from collections.abc import Callable, Sequence

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer

from sharegap.metrics import linear_cka, relative_copy_distance
from sharegap.models import Network
from sharegap.training.datamodule import Batch, FleetData
from sharegap.training.evaluation import Evaluation
from sharegap.training.fleet_noise import FleetNoise, noise_shapes
from sharegap.training.objective import Objective
from sharegap.training.run_state import RunState
from sharegap.training.stacking import stack, vmap_runs

CKA_SAMPLES = 500


class Fleet(LightningModule):
    """Trains R learners of one structure side by side, and measures each at three snapshots of its weights.

    A run's result depends on its own seed and numbers; its company changes it by floating-point reassociation
    only. `objectives` are single-run modules, `rates` their learning rates; `optimizer(parameters, lr=...)` must
    act elementwise, as SGD and Adam do. The snapshots are `final`, `best_val` (validation score) and `loss_matched`
    (the first evaluation with a clean training loss of `target_loss` or less).
    """

    lr_scale: Tensor
    """(runs,), each run's learning rate as a part of the largest."""

    def __init__(
        self,
        objectives: Sequence[Objective],
        rates: Sequence[float],
        optimizer: Callable[..., Optimizer],
        data: FleetData,
        evaluations: int,
        target_loss: float,
    ) -> None:
        super().__init__()
        self.data, self.optimizer_class = data, optimizer
        self.noise_shapes = noise_shapes(
            objectives[0], *(each[: data.batch_size] for each in (data.dataset.x, data.dataset.y))
        )
        self.objectives: Objective = stack(objectives)
        self.best_val = copy.deepcopy(self.objectives.network).requires_grad_(False)
        self.loss_matched = copy.deepcopy(self.best_val)
        self.max_lr = max(rates)
        self.has_after_step = objectives[0].has_after_step
        self.run_state = RunState(len(objectives), evaluations, target_loss, objectives[0].task.higher_is_better)
        self.register_buffer("lr_scale", torch.tensor(rates, dtype=torch.float64) / self.max_lr)
        self.evaluations: dict[str, Evaluation] = {}

    # -- training -------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> Optimizer:
        return self.optimizer_class(self.objectives.parameters(), lr=self.max_lr)

    def on_fit_start(self) -> None:
        seeds = self.data.seeds
        self.noise = FleetNoise(self.objectives, self.noise_shapes, seeds, self.device, self.data.share)
        self._measure(["final"], self.data.fit_splits)
        self._set_pace()
        self._clock = time.perf_counter()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        self.noise.draw(self.global_step)
        return vmap_runs(self.objectives, *batch).sum()

    def optimizer_step(
        self,
        epoch: int,
        batch_idx: int,
        optimizer: Optimizer | LightningOptimizer,
        optimizer_closure: Callable | None = None,
    ) -> None:
        """One step of every active run, each at its own learning rate.

        The optimizer steps all runs at the largest rate; an elementwise update scales with its rate, so each
        run then goes its part of the way. Runs that have ended stay where they are, whatever the update was.
        """
        parameters = [] if self.in_step else list(self.objectives.parameters())
        before = [parameter.detach().clone() for parameter in parameters]
        optimizer.step(optimizer_closure)
        with torch.no_grad():
            for parameter, old in zip(parameters, before, strict=True):
                parameter.copy_(old.lerp(parameter, _per_run(self.lr_scale, old).to(old.dtype)))
            if self.has_after_step:
                vmap_runs(self.objectives, self.max_lr * self.lr_scale, function=Objective.after_step)
            for parameter, old in zip(parameters, before, strict=True):
                parameter.copy_(torch.where(_per_run(self.run_state.active, old), parameter, old))

    def _set_pace(self) -> None:
        self.in_step = bool((self.run_state.active & (self.lr_scale == 1)).all())

    # -- evaluation -----------------------------------------------------------------------------------------

    def _measure(self, snapshots: Sequence[str], parts: Sequence[str], extra_metrics: bool = False) -> None:
        """Begins to measure these snapshots of the weights on these parts of the data."""
        task, runs = self.objectives.task, len(self.data.seeds)
        self.evaluations = {name: Evaluation(task, parts, runs, self.device, extra_metrics) for name in snapshots}

    def _update(self, snapshot: str, part: str, batch: Batch) -> None:
        x, y = batch
        self.evaluations[snapshot].update(part, vmap_runs(self.networks()[snapshot], x), y)

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        self._update("final", self.data.fit_splits[dataloader_idx], batch)

    def on_validation_epoch_end(self) -> None:
        evaluation = self.evaluations["final"]
        figures = {f"{part}_{name}": value for (part, name), value in evaluation.compute().items()}
        evaluation.reset()
        best, matched = self.run_state.update(self.current_epoch, self.global_step, figures)
        _keep(self.best_val, self.objectives.network, best)
        _keep(self.loss_matched, self.objectives.network, matched)
        for regularizer in self.objectives.regularizers:
            # A regularizer's strength is stacked too, so its rule acts elementwise over the runs.
            stops = regularizer.should_stop(self.run_state.evaluations_since_best)
            if stops is not None:
                self.run_state.active &= ~stops
        self._set_pace()
        now = time.perf_counter()
        self.run_state.seconds += now - self._clock
        self._clock = now
        if not self.run_state.active.any():
            self.trainer.should_stop = True

    def on_test_start(self) -> None:
        self._measure(list(self.networks()), self.data.test_splits, extra_metrics=True)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        for snapshot in self.networks():
            self._update(snapshot, self.data.test_splits[dataloader_idx], batch)

    def on_test_epoch_end(self) -> None:
        networks = self.networks()
        self.distances = {
            name: vmap_runs(network, function=relative_copy_distance) for name, network in networks.items()
        }
        self.cka = {name: self._cka(network) for name, network in networks.items()}

    def _cka(self, network: nn.Module) -> Tensor:
        """How alike the copies' representations of each run's validation samples are, (runs,); NaN without any."""
        indices = self.data.validation_indices[:, :CKA_SAMPLES]
        if not indices.shape[1] or not self.objectives.shared_weights():
            return torch.full((len(indices),), math.nan)

        def alike(network: Network, x: Tensor) -> Tensor:
            return linear_cka(network.representations(x))

        x = self.data.pool[0][indices]
        if x.is_floating_point():
            x = x.to(next(network.parameters()).dtype)
        return vmap_runs(network, x, function=alike)

    def networks(self) -> dict[str, nn.Module]:
        """The stacked network at each snapshot."""
        return {"final": self.objectives.network, "best_val": self.best_val, "loss_matched": self.loss_matched}


def _per_run(values: Tensor, like: Tensor) -> Tensor:
    """`values` (runs,) shaped to broadcast over a stacked tensor."""
    return values.view(-1, *(1,) * (like.dim() - 1))


def _keep(snapshot: nn.Module, network: nn.Module, runs: Tensor) -> None:
    """Copies the weights of the marked `runs` into their snapshot."""
    if runs.any():
        for kept, current in zip(snapshot.parameters(), network.parameters(), strict=True):
            kept.copy_(torch.where(_per_run(runs, kept), current, kept))
