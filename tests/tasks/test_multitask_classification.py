import pytest
import torch
import torch.nn.functional as F

from sharegap.data.sets import two_digits
from sharegap.tasks import MultitaskClassificationTask
from sharegap.training.evaluation import Evaluation

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def task():
    return MultitaskClassificationTask(two_digits())


def test_outputs_have_classes_for_each_task(task):
    assert task.output_shape == (2, 10)
    assert task.higher_is_better


def test_loss_is_the_mean_over_tasks_of_each_samples_cross_entropy(task):
    torch.manual_seed(0)
    outputs, targets = torch.randn(20, 2, 10), torch.randint(10, (20, 2))
    of_tasks = [F.cross_entropy(outputs[:, each], targets[:, each], reduction="none") for each in range(2)]
    torch.testing.assert_close(task.loss(outputs, targets), (of_tasks[0] + of_tasks[1]) / 2)


def test_each_tasks_accuracy_is_further_and_their_mean_is_the_score(task):
    torch.manual_seed(0)
    outputs, targets = torch.randn(3, 200, 2, 10), torch.randint(10, (3, 200, 2))
    outputs[:, :120, 0] += 20 * F.one_hot(targets[:, :120, 0], 10)  # the left digit is told more often
    evaluation = Evaluation(task, ["train"], 3, CPU, extra_metrics=True)
    for batch in (slice(0, 150), slice(150, 200)):
        evaluation.update("train", outputs[:, batch], targets[:, batch])
    got = evaluation.compute()
    rightly = (outputs.argmax(-1) == targets).float().mean(1)
    for each, name in enumerate(("left", "right")):
        torch.testing.assert_close(got["train", f"accuracy of {name}"], rightly[:, each])
    torch.testing.assert_close(got["train", "score"], rightly.mean(1))
    assert (rightly[:, 0] > rightly[:, 1] + 0.3).all()


def test_a_missing_target_counts_in_neither_loss_nor_accuracy(task):
    torch.manual_seed(0)
    outputs, targets = torch.randn(1, 60, 2, 10), torch.randint(10, (1, 60, 2))
    targets[:, :40, 0], targets[:, :5, 1] = -1, -1
    losses = task.loss(outputs[0], targets[0])
    assert (losses[:5] == 0).all()
    torch.testing.assert_close(
        losses[5:40], F.cross_entropy(outputs[0, 5:40, 1], targets[0, 5:40, 1], reduction="none")
    )
    evaluation = Evaluation(task, ["train"], 1, CPU, extra_metrics=True)
    evaluation.update("train", outputs, targets)
    got = evaluation.compute()
    told = outputs[0].argmax(2) == targets[0]
    left, right = told[40:, 0].float().mean(), told[5:, 1].float().mean()
    torch.testing.assert_close(got["train", "accuracy of left"][0], left)
    torch.testing.assert_close(got["train", "score"][0], (left + right) / 2)
