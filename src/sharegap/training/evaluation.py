"""The metrics of each run of a fleet on each split of its data."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.metrics import MeanLoss
from sharegap.tasks import Task
from sharegap.training.fleet_metric import FleetMetric


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
        self.task, self.runs, self.device, self.has_extra_metrics = task, runs, device, extra_metrics
        self.calibration_split = "validation" if "validation" in splits else "train"
        self.metrics: dict[str, dict[str, FleetMetric]] = {}
        """By split and name."""
        for split in splits:
            metrics: dict[str, Metric] = {"score": task.make_score(), "loss": MeanLoss(task.loss)}
            if extra_metrics:
                metrics |= task.extra_metrics()
            self.metrics[split] = self._of_all_runs(metrics)
        self.metrics_by_task: dict[str, dict[str, FleetMetric]] = {}
        """By split and name, once it is known to which tasks samples belong."""

    def _of_all_runs(self, metrics: Mapping[str, Metric]) -> dict[str, FleetMetric]:
        return {name: FleetMetric(metric.to(self.device), self.runs) for name, metric in metrics.items()}

    def update(self, split: str, outputs: Tensor, targets: Tensor, tasks: Tensor | None = None) -> None:
        """Add a batch of `split`.

        Args:
            split: one of the splits.
            outputs: (runs, batch, ...).
            targets: (runs, batch, ...).
            tasks: (runs, batch), the task of each sample, where they are to be measured by task.
        """
        for metric in self.metrics[split].values():
            metric.update(outputs, targets)
        if tasks is None or not self.has_extra_metrics:
            return
        if split not in self.metrics_by_task:
            self.metrics_by_task[split] = self._of_all_runs(self.task.metrics_by_task())
        for metric in self.metrics_by_task[split].values():
            metric.update(outputs, targets, tasks)

    def compute(self) -> dict[tuple[str, str], Tensor]:
        """Return each metric, (runs,), by split and name."""
        calibration: dict[str, Tensor] = {}
        if self.task.has_default_score:
            calibration = self.metrics[self.calibration_split]["score"].apply(self.task.calibrate)
        results = {}
        for split, metrics in self.metrics.items():
            for name, metric in metrics.items():
                results[split, name] = metric.compute(**calibration if name == "score" else {})
        for split, metrics in self.metrics_by_task.items():
            for name, metric in metrics.items():
                results[split, name] = metric.compute()
        return results

    def reset(self) -> None:
        """Forget all batches."""
        for metrics in self.metrics.values():
            for metric in metrics.values():
                metric.reset()
        self.metrics_by_task.clear()
