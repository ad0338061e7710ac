import torch

from sharegap.data.sets import digits
from sharegap.tasks import ClassificationTask


def test_loss_is_the_cross_entropy_of_each_sample():
    torch.manual_seed(0)
    outputs, targets = torch.randn(20, 10), torch.randint(10, (20,))
    expected = torch.stack([row.exp().sum().log() - row[target] for row, target in zip(outputs, targets, strict=True)])
    torch.testing.assert_close(ClassificationTask(digits()).loss(outputs, targets), expected)


def test_accuracy_is_the_fraction_of_samples():
    task = ClassificationTask(digits())
    assert task.output_shape == (10,)
    assert task.higher_is_better
    metric = task.score()
    # Three of four, though one of the two classes is always missed.
    metric.update(torch.eye(10)[[3, 3, 3, 3]], torch.tensor([3, 3, 3, 7]))
    assert metric.compute() == 0.75
