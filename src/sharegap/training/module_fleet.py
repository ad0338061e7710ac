"""A run whose LightningModule trains by itself, measured as all runs are."""

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch

from sharegap.errors import UserError
from sharegap.training.datamodule import FleetData
from sharegap.training.fleet import Fleet
from sharegap.training.module_trainer import fit_module
from sharegap.training.objective import Objective
from sharegap.training.runtime import configure_process
from sharegap.training.schedule import Schedule
from sharegap.training.stacking import named_tensors
from sharegap.training.stepwise import Stepwise


class ModuleFleet(Fleet):
    """A fleet of one run, which the run's LightningModule trains: its training step, optimizers and Trainer.

    That training waits after each batch, and before an evaluation the fleet takes over its weights.

    Args:
        objective: of the run; its network is a `ModuleNetwork` of a LightningModule.
        options: of the module's Trainer.
        lr_factor: multiplies the learning rates of its optimizers.
        data: the run's samples.
        evaluations: how many there are during training.
    """

    can_resume = False

    def __init__(
        self, objective: Objective, options: Mapping[str, Any], lr_factor: float, data: FleetData, evaluations: int
    ) -> None:
        super().__init__([objective], [lr_factor], None, data, evaluations, Schedule([{}]))
        # In a list, for it is no part of the fleet: what it trains is copied into the fleet.
        self.trained = [copy.deepcopy(objective)]
        self.fit_module = partial(fit_module, options=options, lr_factor=lr_factor)

    def configure_optimizers(self) -> None:
        """Leave that to the module."""

    def make_step(self) -> "ModuleStep":
        if self.trainer.world_size > 1:
            raise UserError("trainer.devices must be 1 for model=lightning_module")
        hardware = {
            "accelerator": "cpu" if self.device.type == "cpu" else "gpu",
            "devices": [self.device.index] if self.device.index is not None else 1,
            "precision": self.trainer.precision,
        }
        return ModuleStep(self, partial(self.fit_module, self.trained[0], self.data, **hardware))

    def on_train_end(self) -> None:
        self.step.close()


class ModuleStep:
    """Take the training steps of a module that trains by itself.

    Args:
        fleet: of its run.
        fit: trains it; called with what is to be called after each step.
    """

    warm_up_steps = 1
    """The first step includes the start of the training."""

    def __init__(self, fleet: ModuleFleet, fit: Callable[[Callable[[], None]], None]) -> None:
        self.fleet, self.fit = fleet, fit
        self.training = Stepwise(partial(self._fit, torch.get_num_threads()))

    def take(self) -> None:
        """Train on one batch; where the module's own Trainer has ended early, so does the run."""
        run_state, data = self.fleet.run_state, self.fleet.data
        goes_on = self.training.advance()
        if goes_on:
            run_state.step += 1
        else:
            self.fleet.trainer.should_stop = True  # Lightning evaluates once more
        if run_state.step == len(data.train_order):
            self.training.advance()  # to its end, where callbacks may hand over averaged weights
        if not goes_on or run_state.step % data.interval == 0:
            self._copy_weights()

    def update(self) -> None:
        """Do nothing: a run that has ended ends its fleet."""

    def close(self) -> None:
        """End the training of the module."""
        self.training.close()

    def _fit(self, threads: int, wait: Callable[[], None]) -> None:
        torch.set_num_threads(threads)  # each thread has settings of its own
        configure_process()
        self.fit(wait)

    @torch.no_grad()
    def _copy_weights(self) -> None:
        stacked = named_tensors(self.fleet.objectives)
        for name, tensor in named_tensors(self.fleet.trained[0]).items():
            stacked[name][0].copy_(tensor)
