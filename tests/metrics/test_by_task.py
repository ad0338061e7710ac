"""Metrics over tasks against scikit-learn, task by task."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

from sharegap.metrics import TaskAccuracy, TaskAUROC, TaskNMSE, TaskR2
from sharegap.training.fleet_metric import FleetMetric

TASKS = torch.arange(90) % 4 % 3  # the first is larger
MEMBERS = [task == TASKS for task in range(3)]


def drawn(classes):
    """Outputs with ties, (90, classes), and classes."""
    generator = torch.Generator().manual_seed(0)
    outputs = (8 * torch.randn(90, classes, generator=generator)).round() / 8  # which single precision holds
    return outputs, torch.randint(classes, (90,), generator=generator)


def computed(metric, outputs, targets):
    for batch in (slice(0, 7), slice(7, 90)):
        metric.update(outputs[batch], targets[batch], TASKS[batch])
    return metric.compute().item()


@pytest.mark.parametrize("classes", [2, 3])
def test_auroc_as_scikit_learn(classes):
    outputs, targets = drawn(classes)
    if classes > 2:  # whose probabilities tie in another way than they should
        outputs = outputs + 0.01 * torch.rand(outputs.shape, generator=torch.Generator().manual_seed(1))
    areas = []
    for members in MEMBERS:
        probabilities = outputs[members].double().softmax(1).numpy()
        scores = probabilities[:, 1].round(12) if classes == 2 else probabilities
        areas.append(roc_auc_score(targets[members], scores, multi_class="ovr"))
    assert computed(TaskAUROC(3), outputs, targets) == pytest.approx(np.mean(areas), abs=1e-6)
    assert computed(TaskAUROC(1, first=2), outputs, targets) == pytest.approx(areas[2], abs=1e-6)


def test_auroc_leaves_out_tasks_of_one_class():
    outputs, targets = drawn(2)
    targets[MEMBERS[1]] = 1
    expected = [computed(TaskAUROC(1, first=task), outputs, targets) for task in range(3)]
    assert math.isnan(expected[1])
    assert computed(TaskAUROC(3), outputs, targets) == pytest.approx((expected[0] + expected[2]) / 2)
    assert computed(TaskAUROC(5), outputs, targets) == computed(TaskAUROC(3), outputs, targets)


def test_auroc_of_confident_outputs():
    """Probabilities that round to 1 are still in order."""
    outputs = torch.tensor([[0.0, 40], [0, 50], [0, 60], [0, 70]])
    metric = TaskAUROC(1)
    metric.update(outputs, torch.tensor([0, 0, 1, 1]), torch.zeros(4, dtype=torch.long))
    assert metric.compute() == 1


def test_accuracy_weighs_tasks_equally():
    outputs, targets = drawn(3)
    accuracies = [accuracy_score(targets[members], outputs[members].argmax(1)) for members in MEMBERS]
    assert computed(TaskAccuracy(3), outputs, targets) == pytest.approx(np.mean(accuracies))
    assert computed(TaskAccuracy(1, first=1), outputs, targets) == pytest.approx(accuracies[1])


def test_r2_and_nmse_are_within_tasks():
    generator = torch.Generator().manual_seed(0)
    targets = torch.randn(90, 1, generator=generator) + 10 * TASKS[:, None]
    outputs = targets + 0.5 * torch.randn(90, 1, generator=generator)
    r2 = np.array([r2_score(targets[members].double(), outputs[members].double()) for members in MEMBERS])
    sizes = [int(members.sum()) for members in MEMBERS]
    assert computed(TaskR2(3), outputs, targets) == pytest.approx(r2.mean())
    assert computed(TaskR2(1, first=1), outputs, targets) == pytest.approx(r2[1])
    assert computed(TaskNMSE(3), outputs, targets) == pytest.approx(np.average(1 - r2, weights=sizes))
    # A task without samples, and one that does not vary, are left out.
    targets[MEMBERS[0]] = 3.0
    rest = np.average(1 - r2[1:], weights=sizes[1:])
    assert computed(TaskNMSE(4), outputs, targets) == pytest.approx(rest)


@pytest.mark.parametrize(
    "metric", [TaskAUROC(3), TaskAccuracy(3), TaskR2(3), TaskNMSE(3)], ids=lambda metric: type(metric).__name__
)
def test_all_runs_of_a_fleet_at_once(metric):
    outputs, targets = drawn(2)
    if isinstance(metric, TaskR2):
        outputs, targets = outputs[:, :1], targets[:, None].float()
    fleet = FleetMetric(metric, runs=2)
    fleet.update(torch.stack([outputs, -outputs]), torch.stack([targets, targets]), torch.stack([TASKS, TASKS]))
    values = fleet.compute()
    assert fleet.can_batch
    metric.reset()
    for run, sign in enumerate((1, -1)):
        assert values[run].item() == pytest.approx(computed(metric, sign * outputs, targets))
        metric.reset()
