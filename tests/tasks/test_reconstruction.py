from dataclasses import replace

import pytest
import torch
from sklearn.metrics import r2_score

from sharegap.data.sets import digits_reconstruction
from sharegap.tasks import ReconstructionTask
from sharegap.training.evaluation import Evaluation

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data():
    return digits_reconstruction()


def score(task, outputs, targets, batch=300):
    evaluation = Evaluation(task, ["train"], 1, CPU)
    for start in range(0, len(targets), batch):
        evaluation.update("train", outputs[None, start : start + batch], targets[None, start : start + batch])
    return evaluation.compute()["train", "score"].item()


def test_outputs_are_as_many_as_pixels(data):
    assert ReconstructionTask(data).output_shape == (64,)
    assert ReconstructionTask(data).higher_is_better


def test_loss_is_the_mean_squared_error(data):
    torch.manual_seed(0)
    outputs, targets = torch.randn(2, 20, 64)
    expected = torch.stack([((o - t) ** 2).sum() / 64 for o, t in zip(outputs, targets, strict=True)])
    torch.testing.assert_close(ReconstructionTask(data).loss(outputs, targets), expected)


def test_score_is_explained_variance(data):
    torch.manual_seed(0)
    varied = data.y_test.std(0) > 0
    targets = data.y_test[:, varied]
    outputs = 0.7 * targets + 0.4 * torch.randn_like(targets)
    expected = r2_score(targets.double(), outputs.double(), multioutput="variance_weighted")
    task = ReconstructionTask(replace(data, y=data.y[:, varied]))
    assert score(task, outputs, targets) == pytest.approx(expected, abs=1e-6)


def test_errors_at_blank_pixels_count(data):
    """Their own R² would be undefined."""
    torch.manual_seed(0)
    targets, task = data.y_test, ReconstructionTask(data)
    assert (targets.std(0) == 0).any()
    outputs = targets + 0.4 * torch.randn_like(targets)
    error = (outputs - targets).double().square().sum()
    expected = 1 - error / (targets.double() - targets.double().mean(0)).square().sum()
    for batch in (50, 500):
        assert score(task, outputs, targets, batch) == pytest.approx(expected.item(), abs=1e-6)


def test_perfect_is_one_and_the_mean_image_zero(data):
    targets = data.y_test
    assert score(ReconstructionTask(data), targets, targets) == pytest.approx(1)
    assert score(ReconstructionTask(data), targets.mean(0).expand_as(targets), targets) == pytest.approx(0, abs=1e-4)
