"""The metrics of each run of a fleet on each split of its data."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.metrics import MeanLoss
from sharegap.tasks import Task


class Evaluation:
    """Measure score and loss of each run on each split, and the task's extra metrics if asked.

    What the score must be calibrated for (a decision threshold) is chosen on the validation samples, or without any
    on the training samples, and used for all splits.

    Args:
        task: gives the metrics.
        splits: the names of the splits, e.g. `["train", "validation", "test"]`.
        runs: the number of runs.
        device: of the metrics.
        extra_metrics: whether to measure the task's extra metrics too.
    """

    def __init__(
        self, task: Task, splits: Sequence[str], runs: int, device: torch.device, extra_metrics: bool = False
    ) -> None:
        self.task = task
        self.calibration_split = "validation" if "validation" in splits else "train"
        self.metrics: dict[str, list[dict[str, Metric]]] = {}
        """By split, one dict of metrics per run."""
        for split in splits:
            self.metrics[split] = [self._make_metrics(extra_metrics, device) for _ in range(runs)]

    def _make_metrics(self, extra_metrics: bool, device: torch.device) -> dict[str, Metric]:
        metrics: dict[str, Metric] = {"score": self.task.score(), "loss": MeanLoss(self.task.loss)}
        if extra_metrics:
            metrics |= self.task.extra_metrics()
        return {name: metric.to(device) for name, metric in metrics.items()}

    def update(self, split: str, outputs: Tensor, targets: Tensor) -> None:
        """Add a batch of `split`: outputs and targets (runs, batch, ...)."""
        for run, metrics in enumerate(self.metrics[split]):
            for metric in metrics.values():
                metric.update(outputs[run], targets[run])

    def compute(self) -> dict[tuple[str, str], Tensor]:
        """Return each metric, (runs,), by split and name."""
        calibrations = [self.task.calibrate(metrics["score"]) for metrics in self.metrics[self.calibration_split]]
        results = {}
        for split, runs in self.metrics.items():
            for name in runs[0]:
                values = []
                for metrics, calibration in zip(runs, calibrations, strict=True):
                    values.append(metrics[name].compute(**calibration if name == "score" else {}))
                results[split, name] = torch.stack(values)
        return results

    def reset(self) -> None:
        """Forget all batches."""
        for runs in self.metrics.values():
            for metrics in runs:
                for metric in metrics.values():
                    metric.reset()
