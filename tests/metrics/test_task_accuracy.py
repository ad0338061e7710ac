import pytest
import torch

from sharegap.metrics import MeanTaskAccuracy

# Both tasks predict class 0, then class 1.
OUTPUTS = torch.eye(2).unsqueeze(1).expand(2, 2, 2)
TARGETS = torch.tensor([[0, 0], [1, 0]])


def computed(metric, targets):
    metric.update(OUTPUTS, torch.as_tensor(targets))
    return metric.compute().item()


def test_is_the_mean_over_tasks():
    assert computed(MeanTaskAccuracy(2), TARGETS) == pytest.approx((1 + 0.5) / 2)
    assert computed(MeanTaskAccuracy(1, first=1), TARGETS) == 0.5


def test_ignores_missing_targets():
    assert computed(MeanTaskAccuracy(2), [[0, 0], [-1, -1]]) == 1
    assert computed(MeanTaskAccuracy(2), [[-1, 0], [-1, 0]]) == 0.5
    assert computed(MeanTaskAccuracy(2, ignore_index=7), [[7, 0], [7, 1]]) == 1


def test_is_nan_without_targets():
    assert torch.tensor(computed(MeanTaskAccuracy(2), [[-1, -1], [-1, -1]])).isnan()
