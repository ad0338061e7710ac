import pytest
import torch
from sklearn.metrics import r2_score

from sharegap.data.dataset import Dataset
from sharegap.tasks import PerTaskRegressionTask
from sharegap.training.evaluation import Evaluation


def task():
    y = torch.zeros(4, 1)
    return PerTaskRegressionTask(Dataset(y, y, y, y, classes=0, tasks=("a", "b", "c")))


def test_score_is_one_r2_of_all_samples():
    torch.manual_seed(0)
    targets = torch.randn(2, 50, 1)
    outputs = 0.7 * targets + 0.3 * torch.randn(2, 50, 1)
    evaluation = Evaluation(task(), ["train"], 2, torch.device("cpu"), extra_metrics=True)
    for batch in (slice(0, 7), slice(7, 50)):
        evaluation.update("train", outputs[:, batch], targets[:, batch])
    figures = evaluation.compute()
    for run in range(2):
        expected = r2_score(targets[run].double(), outputs[run].double())
        assert figures["train", "score"][run].item() == pytest.approx(expected, abs=1e-6)
    assert set(figures) == {("train", "score"), ("train", "loss")}


def test_loss_is_the_squared_error_of_each_sample():
    outputs, targets = torch.tensor([[1.0], [2]]), torch.tensor([[3.0], [2]])
    assert task().loss(outputs, targets).tolist() == [4, 0]


def test_there_is_an_output_for_each_task():
    assert task().output_shape == (3, 1)
    assert task().higher_is_better


def test_r2_within_tasks_is_beside_the_pooled_one():
    """Tasks that differ in their means alone are explained by a constant for each, together and not within them."""
    tasks = torch.arange(60) % 3
    targets = 10.0 * tasks[:, None] + torch.randn(60, 1, generator=torch.Generator().manual_seed(0))
    means = torch.stack([targets[tasks == index].mean() for index in range(3)])
    evaluation = Evaluation(task(), ["train"], 1, torch.device("cpu"), extra_metrics=True)
    evaluation.update("train", means[tasks].view(1, 60, 1), targets[None], tasks[None])
    figures = evaluation.compute()
    assert figures["train", "score"] > 0.95
    assert figures["train", "mean R² within tasks"].item() == pytest.approx(0, abs=1e-5)
    assert figures["train", "nMSE within tasks"].item() == pytest.approx(1, abs=1e-5)
    assert figures["train", "R² within b"].item() == pytest.approx(0, abs=1e-5)
