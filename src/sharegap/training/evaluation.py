"""Score, loss and further figures of each run of a fleet, as torchmetrics."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.wrappers import MultioutputWrapper

from sharegap.metrics import MeanLoss
from sharegap.tasks import Task


class Evaluation:
    """What is measured on each of `parts`, for each run: `score`, `loss`, and the task's further figures where asked.

    What the validation samples decide (a threshold) is decided there and used on every part; without such a part,
    the training samples decide.
    """

    def __init__(
        self, task: Task, parts: Sequence[str], runs: int, device: torch.device, extra_metrics: bool = False
    ) -> None:
        self.task, self.decisive = task, "validation" if "validation" in parts else "train"

        def per_run(metric: Metric) -> MultioutputWrapper:
            return MultioutputWrapper(metric, runs, output_dim=0, remove_nans=False).to(device)

        def figures() -> dict[str, Metric]:
            return {"score": task.score(), "loss": MeanLoss(task.loss)} | (
                task.extra_metrics() if extra_metrics else {}
            )

        self.metrics = {part: {name: per_run(metric) for name, metric in figures().items()} for part in parts}

    def update(self, part: str, outputs: Tensor, targets: Tensor) -> None:
        """Takes in a batch: outputs and targets (runs, batch, ...)."""
        for metric in self.metrics[part].values():
            metric.update(outputs, targets)

    def compute(self) -> dict[tuple[str, str], Tensor]:
        """Each figure, (runs,), by part and name."""
        by_part = [_each(metrics["score"]) for metrics in self.metrics.values()]
        for validation, *scores in zip(_each(self.metrics[self.decisive]["score"]), *by_part, strict=True):
            self.task.calibrate(scores, validation)
        return {
            (part, name): metric.compute() for part, metrics in self.metrics.items() for name, metric in metrics.items()
        }

    def reset(self) -> None:
        for metrics in self.metrics.values():
            for metric in metrics.values():
                metric.reset()


def _each(metric: MultioutputWrapper) -> list[Metric]:
    return [cast(Metric, each) for each in metric.metrics]
