"""Training a fleet to its end."""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from sharegap.signals import end_if_asked, received, wait_for_a_good_point
from sharegap.training.checkpoint_file import AtomicCheckpointIO
from sharegap.training.fleet import Fleet
from sharegap.training.measurements import measure
from sharegap.training.runtime import QUIET

CHECKPOINT_SHARE = 0.02
"""Of the time that training takes: so much goes into checkpoints, and so one is written every second or less often."""


class Watch(Callback):
    """Watches a training step by step: it reports, keeps checkpoints, and ends where a signal asks for it.

    Args:
        fleet: that is trained.
        checkpoint: where it is kept.
        report: takes in the run-steps that were done, a hundredth of the training at a time.
    """

    def __init__(self, fleet: Fleet, checkpoint: Path, report: Callable[[int], None]) -> None:
        self.fleet, self.checkpoint, self.report = fleet, checkpoint, report
        self.interval = fleet.data.interval
        self.report_every = max(1, len(fleet.run_state.curve) * self.interval // 100)
        self.handler = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Else Lightning, asked by SIGTERM, would end an evaluation without a checkpoint and the process with code 0.
        is_main = threading.current_thread() is threading.main_thread()
        if trainer.world_size == 1 and is_main and not received():
            signal.signal(signal.SIGTERM, self.handler)
        self.done = self.reported = self.fleet.global_step  # a resumed fleet's earlier steps are not done again
        self.next_checkpoint = time.monotonic()
        self.fleet.on_step = partial(self._on_step, trainer)

    def _on_step(self, trainer: Trainer) -> None:
        self.done += 1
        if self.done % self.report_every == 0:
            self._report()
        # The last step before an evaluation goes on to it, for Lightning would not evaluate after resuming there.
        if self.done % self.interval:
            self._keep(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._keep(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._report()

    def _keep(self, trainer: Trainer) -> None:
        """Write a checkpoint if it is time or a signal asks for the end, which then comes."""
        # Several processes cannot agree on a step: they write one at each evaluation.
        if trainer.world_size > 1:
            is_due = self.done % self.interval == 0
        else:
            is_due = bool(received()) or time.monotonic() >= self.next_checkpoint
        if is_due and self.fleet.can_resume:
            start = time.monotonic()
            trainer.save_checkpoint(self.checkpoint)
            end = time.monotonic()
            self.next_checkpoint = end + (end - start) / CHECKPOINT_SHARE
        end_if_asked()

    def _report(self) -> None:
        self.report((self.done - self.reported) * len(self.fleet.data.seeds))
        self.reported = self.done


def fit(
    fleet: Fleet,
    options: Mapping[str, Any],
    checkpoint: Path,
    report: Callable[[int], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Train `fleet` to its end, and return one row of measurements per run, in the fleet's order.

    Of several processes each returns the same rows; the caller stores them in one, then removes the checkpoint. A
    signal that asks the process to end does so after the next step or evaluation, with a checkpoint of it.

    Args:
        fleet: to be trained.
        options: of Lightning's Trainer.
        checkpoint: where the fleet is kept now and then; where there is one already, training resumes from it.
        report: takes in the run-steps that were done since it was called last.
    """
    trainer = make_trainer(fleet, options, Watch(fleet, checkpoint, report))
    # Several processes cannot agree on a step: there a signal ends each of them at once.
    with wait_for_a_good_point() if trainer.world_size == 1 else nullcontext():
        trainer.fit(fleet, fleet.data, ckpt_path=checkpoint if checkpoint.exists() else None, weights_only=True)
    trainer.test(fleet, fleet.data, verbose=False)
    return measure(fleet)


def make_trainer(fleet: Fleet, options: Mapping[str, Any], callback: Callback) -> Trainer:
    """Lightning's Trainer for `fleet`."""
    trainer = Trainer(
        max_epochs=len(fleet.run_state.curve),  # an epoch of Lightning's is the stretch between two evaluations
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        callbacks=[callback],
        **QUIET,
        **options,
    )
    trainer.strategy.checkpoint_io = AtomicCheckpointIO()
    # Lightning restores a checkpoint before it converts: of double precision, half would be lost.
    trainer.precision_plugin.convert_module(fleet)
    return trainer
