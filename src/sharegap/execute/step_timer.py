"""How long a fleet will train, from a few of its steps and one of its evaluations."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities.seed import isolate_rng

from sharegap.training.datamodule import CURVE_SAMPLES
from sharegap.training.fit import make_trainer
from sharegap.training.fleet import Fleet

Clock = Callable[[], float]

WARM_UP, STEPS = 2, 8
"""Steps that are not counted, and steps that are timed in all."""
FEWEST, PATIENCE = 4, 1.0
"""Where this many steps have taken so many seconds, they are enough."""


class StepTimer(Callback):
    """Times the first steps of a training and one evaluation, then ends it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.marks = [self._now(pl_module)]

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: object) -> None:
        self.marks.append(self._now(pl_module))
        steps, spent = len(self.marks) - 1, self.marks[-1] - self.marks[0]
        if steps >= STEPS or (steps >= FEWEST and spent >= PATIENCE):
            trainer.should_stop = True  # Lightning evaluates once more

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation_start = self._now(pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validation = self._now(pl_module) - self.validation_start
        trainer.should_stop = True  # also where evaluations are fewer steps apart than are timed

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.evaluation = self._now(pl_module) - self.marks[-1]

    @property
    def step(self) -> float:
        """Seconds of a step once the first are over."""
        steps = [end - start for start, end in zip(self.marks, self.marks[1:], strict=False)]
        return median(steps[WARM_UP:] or steps)

    def _now(self, pl_module: LightningModule) -> float:
        if pl_module.device.type != "cpu":
            torch.accelerator.synchronize()
        return self.clock()


def estimate_seconds(fleet: Fleet, options: Mapping[str, Any], clock: Clock = time.perf_counter) -> float:
    """About how long `train(fleet, options, ...)` would take if no run ended early.

    It takes a few steps and an evaluation to tell, which change `fleet` but nothing else: build it again to train it.
    `options` are the trainer's; of several processes one is timed, with whole batches.
    """
    devices = options.get("devices")
    alone = {"devices": devices[:1] if isinstance(devices, list) else 1, "strategy": "auto", "num_nodes": 1}
    watch = StepTimer(clock)
    with TemporaryDirectory() as folder, isolate_rng():
        trainer = make_trainer(fleet, {**options, **alone}, Path(folder) / "fleet.ckpt", watch)
        trainer.fit(fleet, fleet.data)
    data, evaluations = fleet.data, len(fleet.run_state.curve)
    train, validation = data.train_indices.shape[1], data.validation_indices.shape[1]
    evaluated = min(train, CURVE_SAMPLES) + validation
    tested = train + validation + len(data.dataset.y_test)
    test = len(fleet.networks()) * watch.validation * tested / evaluated
    return evaluations * (data.interval * watch.step + watch.evaluation) + test
