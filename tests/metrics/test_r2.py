import math

import pytest
import torch
from sklearn.metrics import r2_score

from sharegap.metrics import ExplainedVariance, MeanR2

CONSTANT, MISSING = torch.full((50,), 0.1), torch.full((50,), math.nan)


@pytest.fixture
def data():
    """Outputs and targets (50, 3)."""
    torch.manual_seed(0)
    targets = torch.randn(50, 3) * torch.tensor([1.0, 5, 0.1]) + 2
    return targets + 0.3 * torch.randn(50, 3), targets


def computed(metric, outputs, targets):
    for batch in (slice(0, 7), slice(7, 50)):
        metric.update(outputs[batch], targets[batch])
    return metric.compute().item()


def test_mean_r2_agrees_with_scikit_learn(data):
    expected = r2_score(data[1].double(), data[0].double(), multioutput="uniform_average")
    assert computed(MeanR2(3), *data) == pytest.approx(expected, abs=1e-9)
    second = r2_score(data[1][:, 1].double(), data[0][:, 1].double())
    assert computed(MeanR2(1, first=1), *data) == pytest.approx(second, abs=1e-9)


def test_mean_r2_skips_constant_and_missing(data):
    """Mean r2 skips constant and missing targets."""
    outputs, targets = data
    expected = computed(MeanR2(1), outputs, targets)
    targets = torch.stack([targets[:, 0], CONSTANT, MISSING], 1)
    assert computed(MeanR2(3), outputs, targets) == pytest.approx(expected)
    assert math.isnan(computed(MeanR2(2, first=1), outputs, targets))


def test_explained_variance_as_scikit_learn(data):
    """Explained variance agrees with scikit learn."""
    expected = r2_score(data[1].double(), data[0].double(), multioutput="variance_weighted")
    metric = ExplainedVariance(lambda outputs, targets: (outputs - targets).square().mean(1), features=3)
    assert computed(metric, *data) == pytest.approx(expected, abs=1e-6)
