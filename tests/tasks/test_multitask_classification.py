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


def test_loss_is_the_mean_over_tasks(task):
    torch.manual_seed(0)
    outputs, targets = torch.randn(20, 2, 10), torch.randint(10, (20, 2))
    left = F.cross_entropy(outputs[:, 0], targets[:, 0], reduction="none")
    right = F.cross_entropy(outputs[:, 1], targets[:, 1], reduction="none")
    torch.testing.assert_close(task.loss(outputs, targets), (left + right) / 2)


def test_score_is_the_mean_of_task_accuracies(task):
    torch.manual_seed(0)
    outputs, targets = torch.randn(3, 200, 2, 10), torch.randint(10, (3, 200, 2))
    outputs[:, :120, 0] += 20 * F.one_hot(targets[:, :120, 0], 10)  # the left digit is classified better
    evaluation = Evaluation(task, ["train"], 3, CPU, extra_metrics=True)
    for batch in (slice(0, 150), slice(150, 200)):
        evaluation.update("train", outputs[:, batch], targets[:, batch])
    got = evaluation.compute()
    accuracy = (outputs.argmax(-1) == targets).float().mean(1)
    for column, name in enumerate(("left", "right")):
        torch.testing.assert_close(got["train", f"accuracy of {name}"], accuracy[:, column])
    torch.testing.assert_close(got["train", "score"], accuracy.mean(1))
    assert (accuracy[:, 0] > accuracy[:, 1] + 0.3).all()


def test_missing_targets_are_ignored(task):
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
    correct = outputs[0].argmax(2) == targets[0]
    left, right = correct[40:, 0].float().mean(), correct[5:, 1].float().mean()
    torch.testing.assert_close(got["train", "accuracy of left"][0], left)
    torch.testing.assert_close(got["train", "score"][0], (left + right) / 2)
