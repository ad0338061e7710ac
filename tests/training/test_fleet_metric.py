"""A metric for all runs at once gives what the metric of each run gives."""

import pytest
import torch
from torchmetrics import Metric
from torchmetrics.classification import BinaryAUROC, MulticlassAccuracy
from torchmetrics.regression import MeanAbsoluteError

from sharegap.training.fleet_metric import FleetMetric

RUNS, SAMPLES = 3, 40


class Clipped(Metric):
    """Its course depends on numbers, after it has changed its state."""

    total: torch.Tensor

    def __init__(self):
        super().__init__()
        self.add_state("total", torch.zeros(()), dist_reduce_fx="sum")

    def update(self, outputs, targets):
        self.total += outputs.sum()
        if self.total > 20:
            self.total.zero_()

    def compute(self):
        return self.total


METRICS = {
    "accuracy": (lambda: MulticlassAccuracy(4, average="micro"), (4,), True),
    "mean absolute error": (MeanAbsoluteError, None, True),
    "ROC AUC": (BinaryAUROC, None, False),
    "depends on numbers": (Clipped, None, False),
}


@pytest.mark.parametrize("name", METRICS)
def test_equals_the_metric_of_each_run(name):
    make, classes, can_batch = METRICS[name]
    generator = torch.Generator().manual_seed(0)
    outputs = torch.rand(RUNS, SAMPLES, *(classes or ()), generator=generator)
    targets = torch.randint(2, (RUNS, SAMPLES), generator=generator)
    metric = FleetMetric(make(), RUNS)
    for _ in range(2):  # a reset forgets
        for batch in (slice(0, 25), slice(25, SAMPLES)):
            metric.update(outputs[:, batch], targets[:, batch])
        values = metric.compute()
        for run in range(RUNS):
            single = make()
            for batch in (slice(0, 25), slice(25, SAMPLES)):
                single.update(outputs[run, batch], targets[run, batch])
            torch.testing.assert_close(values[run], single.compute())
        metric.reset()
    assert metric.can_batch == can_batch


def test_fault_of_the_metric_is_raised():
    metric = FleetMetric(MulticlassAccuracy(4), RUNS)
    with pytest.raises(RuntimeError, match="size of tensor"):
        metric.update(torch.zeros(RUNS, 5, 4), torch.zeros(RUNS, 6))
