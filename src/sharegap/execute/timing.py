"""How long one fleet will train, from a few of its steps and one of its evaluations."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities.seed import isolate_rng

from sharegap.execute.build import fleet_of
from sharegap.execute.check import CheckedStructure
from sharegap.plan.run import Run
from sharegap.training.datamodule import CURVE_SAMPLES
from sharegap.training.fit import make_trainer
from sharegap.training.fleet import Fleet
from sharegap.training.runtime import release_memory

Clock = Callable[[], float]

MIN_STEPS, MAX_STEPS = 2, 6
"""How many steps are timed, after those that warm up."""

MIN_SECONDS = 1.0
"""Once the fewest have taken this long in all, they are enough."""


class StepTimer(Callback):
    """Times the first steps of a training and one evaluation, then ends it."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self.clock, self.fleet = clock, fleet
        fleet.on_step = lambda: self._on_step(fleet)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.marks = [self._now(pl_module)]

    def _on_step(self, fleet: Fleet) -> None:
        self.marks.append(self._now(fleet))
        steps = len(self.marks) - 1 - fleet.step.warm_up_steps
        seconds = self.marks[-1] - self.marks[0]
        if steps >= MAX_STEPS or (steps >= MIN_STEPS and seconds >= MIN_SECONDS):
            fleet.trainer.should_stop = True  # Lightning evaluates once more

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation_start = self._now(pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation_seconds = self._now(pl_module) - self.validation_start
        trainer.should_stop = True  # also where evaluations are fewer steps apart than are timed

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.evaluation_seconds = self._now(pl_module) - self.marks[-1]

    @property
    def step_seconds(self) -> float:
        """The median time of a step after the warm-up."""
        steps = [end - start for start, end in zip(self.marks, self.marks[1:], strict=False)]
        return median(steps[self.fleet.step.warm_up_steps :] or steps)

    def _now(self, pl_module: LightningModule) -> float:
        if pl_module.device.type != "cpu":
            torch.accelerator.synchronize()
        return self.clock()


def time_fleet(runs: Sequence[Run], checked: CheckedStructure, options: Mapping[str, Any]) -> float:
    """Estimate the seconds that building and training a fleet takes, by training it for a few steps.

    No network is built for that: every run takes the weights of the checked one, which take as long.

    Args:
        runs: of the fleet.
        checked: their structure.
        options: the trainer's.
    """
    with release_memory():
        fleet = fleet_of(runs, [checked.objective] * len(runs))
        seconds = len(runs) * checked.build_seconds + estimate_seconds(fleet, options)
        del fleet
    return seconds


def estimate_seconds(fleet: Fleet, options: Mapping[str, Any], clock: Clock = time.perf_counter) -> float:
    """Estimate the seconds that `fit(fleet, options, ...)` takes if no run stops early.

    That takes a few steps and an evaluation, which change `fleet` and nothing else.

    Args:
        fleet: not to be trained afterwards.
        options: the trainer's; of several processes one is timed, with whole batches.
        clock: returns seconds.
    """
    devices = options.get("devices")
    one_process = {"devices": devices[:1] if isinstance(devices, list) else 1, "strategy": "auto", "num_nodes": 1}
    timer = StepTimer(fleet, clock)
    with isolate_rng():
        make_trainer(fleet, {**options, **one_process}, timer).fit(fleet, fleet.data)
    data, evaluations = fleet.data, len(fleet.run_state.curve)
    train, validation, test = (
        part.shape[1] for part in (data.train_indices, data.validation_indices, data.test_indices)
    )
    # The test reads all training and test samples, at each snapshot.
    samples_of_test = train + validation + test
    samples_of_validation = min(train, CURVE_SAMPLES) + validation + min(test, CURVE_SAMPLES)
    test_seconds = len(fleet.networks()) * timer.validation_seconds * samples_of_test / samples_of_validation
    return evaluations * (data.interval * timer.step_seconds + timer.evaluation_seconds) + test_seconds
