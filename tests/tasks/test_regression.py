import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score
from torch.func import grad, vmap

from sharegap.data.dataset import Dataset
from sharegap.tasks import RegressionTask
from sharegap.training.evaluation import Evaluation

CPU = torch.device("cpu")
NAN = float("nan")


def task(targets, names=()):
    y = torch.zeros(4, targets)
    return RegressionTask(Dataset(y, y, y, y, classes=0, tasks=names or tuple(f"y{i}" for i in range(targets))))


def measured(task, outputs, targets, batch=30):
    evaluation = Evaluation(task, ["train"], len(outputs), CPU, extra_metrics=True)
    for start in range(0, targets.shape[1], batch):
        evaluation.update("train", outputs[:, start : start + batch], targets[:, start : start + batch])
    return {name: values for (_, name), values in evaluation.compute().items()}


@pytest.fixture
def samples():
    """Outputs (2 runs, 200, 3, 1) and targets (2, 200, 3), of which a third are missing."""
    torch.manual_seed(0)
    targets = torch.randn(2, 200, 3) * torch.tensor([1.0, 5, 0.1])
    outputs = (0.7 * targets + 0.2 * torch.randn(2, 200, 3)).unsqueeze(3)
    return outputs, torch.where(torch.rand(2, 200, 3) < 1 / 3, NAN, targets)


def test_several_targets_are_tasks():
    assert task(1).output_shape == (1,)
    assert task(3).output_shape == (3, 1)
    assert task(3).higher_is_better


def test_loss_is_the_error_of_present_targets(samples):
    outputs, targets = samples[0][0], samples[1][0]
    losses = task(3).loss(outputs, targets)
    for loss, output, target in zip(losses, outputs[..., 0], targets, strict=True):
        present = ~target.isnan()
        expected = (output - target)[present].square().mean() if present.any() else torch.tensor(0.0)
        torch.testing.assert_close(loss, expected)


def test_missing_targets_have_no_gradient(samples):
    outputs, targets = samples

    def loss(outputs, targets):
        return task(3).loss(outputs, targets).sum()

    gradients = vmap(grad(loss))(outputs, targets)[..., 0]
    assert gradients.isfinite().all()
    assert torch.equal(gradients == 0, targets.isnan())


def test_score_is_the_mean_r2(samples):
    outputs, targets = samples
    got = measured(task(3, ("a", "b", "c")), outputs, targets)
    for run in range(2):
        present = ~targets[run].isnan().numpy()
        r2_per_target = [
            r2_score(targets[run, :, i].double()[present[:, i]], outputs[run, :, i, 0].double()[present[:, i]])
            for i in range(3)
        ]
        assert got["score"][run].item() == pytest.approx(np.mean(r2_per_target), abs=1e-9)
        for name, expected in zip("abc", r2_per_target, strict=True):
            assert got[f"R² of {name}"][run].item() == pytest.approx(expected, abs=1e-9)


def test_constant_and_missing_targets_have_no_r2(samples):
    outputs, targets = samples
    single = measured(task(1), outputs[:, :, 0], targets[:, :, :1])["score"]
    targets[:, :, 1], targets[:, :, 2] = 0.1, NAN
    torch.testing.assert_close(measured(task(3), outputs, targets)["score"], single)
    targets[:, :, 0] = NAN
    assert measured(task(3), outputs, targets)["score"].isnan().all()


def test_many_targets_have_no_extra_metrics():
    assert task(1).extra_metrics() == task(100).extra_metrics() == {}
