"""Training a fleet to its end."""

import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint

from sharegap.signals import end_if_asked, received, wait_for_a_good_point
from sharegap.training.checkpoint_file import AtomicCheckpointIO
from sharegap.training.fleet import Fleet
from sharegap.training.measurements import measure


class StepReport(Callback):
    """Reports run-steps as they are done, a hundredth of the training at a time."""

    def __init__(self, report: Callable[[int], None], runs: int, steps: int) -> None:
        self.report, self.runs, self.every = report, runs, max(1, steps // 100)
        self.reported = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.reported = trainer.global_step  # a resumed fleet's earlier steps are not done again

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        if trainer.global_step % self.every == 0:
            self._report(trainer.global_step)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._report(trainer.global_step)

    def _report(self, step: int) -> None:
        self.report((step - self.reported) * self.runs)
        self.reported = step


class StopAtStep(Callback):
    """Ends the training after the step in which a signal asks for it, with a checkpoint of that step."""

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self.handler = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Else Lightning, asked by SIGTERM, would end an evaluation without a checkpoint and the process with code 0.
        is_main = threading.current_thread() is threading.main_thread()
        if trainer.world_size == 1 and is_main and not received():
            signal.signal(signal.SIGTERM, self.handler)

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        # The last step before an evaluation goes on to it: Lightning would not evaluate after resuming here.
        if received() and not trainer.is_last_batch:
            trainer.save_checkpoint(self.checkpoint)
            end_if_asked()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        end_if_asked()  # the evaluation before has just written a checkpoint


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
        checkpoint: where the fleet is kept at each evaluation; where there is one already, training resumes from it.
        report: takes in the run-steps that were done since it was called last.
    """
    steps = len(fleet.run_state.curve) * fleet.data.interval
    trainer = make_trainer(fleet, options, checkpoint, StepReport(report, len(fleet.data.seeds), steps))
    # Several processes cannot agree on a step: there a signal ends each of them at once.
    with wait_for_a_good_point() if trainer.world_size == 1 else nullcontext():
        trainer.fit(fleet, fleet.data, ckpt_path=checkpoint if checkpoint.exists() else None, weights_only=True)
    trainer.test(fleet, fleet.data, verbose=False)
    return measure(fleet)


def make_trainer(fleet: Fleet, options: Mapping[str, Any], checkpoint: Path, callback: Callback) -> Trainer:
    """Lightning's Trainer for `fleet`, which it keeps at `checkpoint` at each evaluation."""
    trainer = Trainer(
        max_epochs=len(fleet.run_state.curve),  # an epoch of Lightning's is the stretch between two evaluations
        num_sanity_val_steps=0,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        default_root_dir=checkpoint.parent,
        callbacks=[
            callback,
            StopAtStep(checkpoint),
            ModelCheckpoint(
                checkpoint.parent, checkpoint.stem, enable_version_counter=False, save_on_train_epoch_end=True
            ),
        ],
        **options,
    )
    trainer.strategy.checkpoint_io = AtomicCheckpointIO()
    # Lightning restores a checkpoint before it converts: of double precision, half would be lost.
    trainer.precision_plugin.convert_module(fleet)
    return trainer
