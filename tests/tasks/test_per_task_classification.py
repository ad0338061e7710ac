import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

from sharegap.data.dataset import Dataset
from sharegap.data.task_in_sample import with_task
from sharegap.tasks import PerTaskClassificationTask
from sharegap.training.evaluation import Evaluation

TASKS = torch.arange(60) % 3
X = with_task(torch.randn(60, 2, generator=torch.Generator().manual_seed(0)), TASKS.numpy())
Y = (X[:, 0] > 0).long()


def task(names=("a", "b", "c")):
    return PerTaskClassificationTask(Dataset(X, Y, X, Y, classes=2, tasks=names))


def test_score_is_the_accuracy_of_all_samples():
    """And both figures of each task, and their means, are beside it."""
    outputs = torch.randn(2, 60, 2, generator=torch.Generator().manual_seed(1))
    evaluation = Evaluation(task(), ["train"], 2, torch.device("cpu"), extra_metrics=True)
    targets, x = Y.expand(2, -1), X.expand(2, -1, -1)
    for batch in (slice(0, 7), slice(7, 60)):
        evaluation.update("train", outputs[:, batch], targets[:, batch], task().tasks_of(x[:, batch]))
    figures = evaluation.compute()
    correct = (outputs.argmax(2) == targets).double()
    for run in range(2):
        assert figures["train", "score"][run] == pytest.approx(correct[run].mean().item())
        area = roc_auc_score(Y[TASKS == 1], (outputs[run, :, 1] - outputs[run, :, 0])[TASKS == 1])
        assert figures["train", "ROC AUC of b"][run] == pytest.approx(area)
        assert figures["train", "accuracy of c"][run] == pytest.approx(correct[run, TASKS == 2].mean().item())
    for name in ("accuracy", "ROC AUC"):
        mean = sum(figures["train", f"{name} of {letter}"] for letter in "abc") / 3
        torch.testing.assert_close(figures["train", f"mean {name} over tasks"], mean)


def test_many_tasks_have_means_only():
    assert len(task(tuple(map(str, range(100)))).metrics_by_task()) == 2


def test_loss_is_the_cross_entropy():
    outputs = torch.randn(60, 2, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(task().loss(outputs, Y), F.cross_entropy(outputs, Y, reduction="none"))
    assert task().output_shape == (3, 2)
