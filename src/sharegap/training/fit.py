"""Training a fleet to its end, and what was measured on each of its runs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint

from sharegap.metrics import unique_parameters
from sharegap.training.fleet import Fleet
from sharegap.training.run_state import CURVE
from sharegap.training.runtime import configure_torch


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


def fit(
    fleet: Fleet,
    options: Mapping[str, Any],
    checkpoint: Path,
    report: Callable[[int], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Train `fleet` to its end, and return one row of measurements per run, in the fleet's order.

    Of several processes each returns the same rows; the caller stores them in one, then removes the checkpoint.

    Args:
        fleet: to be trained.
        options: of Lightning's Trainer.
        checkpoint: where the fleet is kept at each evaluation; where there is one already, training resumes from it.
        report: takes in the run-steps that were done since it was called last.
    """
    steps = len(fleet.run_state.curve) * fleet.data.interval
    trainer = make_trainer(fleet, options, checkpoint, StepReport(report, len(fleet.data.seeds), steps))
    trainer.fit(fleet, fleet.data, ckpt_path=checkpoint if checkpoint.exists() else None, weights_only=True)
    trainer.test(fleet, fleet.data, verbose=False)
    return rows(fleet)


def make_trainer(fleet: Fleet, options: Mapping[str, Any], checkpoint: Path, callback: Callback) -> Trainer:
    """Lightning's Trainer for `fleet`, which it keeps at `checkpoint` at each evaluation."""
    configure_torch()
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
            ModelCheckpoint(
                checkpoint.parent, checkpoint.stem, enable_version_counter=False, save_on_train_epoch_end=True
            ),
        ],
        **options,
    )
    # Lightning restores a checkpoint before it converts: of double precision, half would be lost.
    trainer.precision_plugin.convert_module(fleet)
    return trainer


def rows(fleet: Fleet) -> list[dict[str, Any]]:
    """The figures of each run, after the test; a snapshot that was never taken has none."""
    run_state, runs = fleet.run_state, len(fleet.data.seeds)
    steps = {"final": run_state.final_step, "best_val": run_state.best_step, "loss_matched": run_state.matched_step}
    figures = {name: evaluation.compute() for name, evaluation in fleet.evaluations.items()}
    parameters = unique_parameters(fleet.objectives.network) // runs
    share = run_state.final_step / run_state.final_step.sum()
    result = []
    for run in range(runs):
        lived = (run_state.curve_step > 0) & (run_state.curve_step <= run_state.final_step[run])
        row: dict[str, Any] = {
            "scored_at": fleet.objectives.scored_at,
            "score_name": fleet.objectives.task.score_name,
            "higher_is_better": fleet.objectives.task.higher_is_better,
            "diverged": bool(run_state.diverged[run]),
            "unique_parameters": parameters,
            "train_seconds": float(run_state.seconds * share[run]),
            "curve_step": run_state.curve_step[lived].tolist(),
            "extra_metrics": [],
        }
        for index, name in enumerate(CURVE):
            row[f"curve_{name}"] = run_state.curve[lived, run, index].tolist()
        for snapshot, step in steps.items():
            taken = int(step[run]) >= 0
            row[f"{snapshot}_step"] = int(step[run]) if taken else None
            if not taken:
                continue
            row[f"{snapshot}_relative_copy_distance"] = float(fleet.distances[snapshot][run])
            row[f"{snapshot}_cka"] = float(fleet.cka[snapshot][run])
            for (part, name), values in figures[snapshot].items():
                value = float(values[run])
                if name in ("score", "loss"):
                    row[f"{snapshot}_{part}_{name}"] = value
                else:
                    row["extra_metrics"].append({"snapshot": snapshot, "part": part, "name": name, "value": value})
        result.append(row)
    return result
