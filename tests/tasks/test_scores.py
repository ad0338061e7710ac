"""The score that ranks methods can be chosen among those of the task."""

import pytest
import torch
from sklearn import metrics
from torchmetrics import MeanSquaredError, Metric
from torchmetrics.classification import MulticlassF1Score

from sharegap.data.dataset import Dataset
from sharegap.errors import UserError
from sharegap.tasks import (
    ClassificationTask,
    LanguageModelingTask,
    MultitaskClassificationTask,
    RegressionTask,
    VerificationTask,
    make_task,
)
from sharegap.training.evaluation import Evaluation

CLASSES, SAMPLES = 4, 60


def make_dataset(y, **options):
    x = torch.zeros(len(y), 1, 3)
    return Dataset(x, y, x_test=x, y_test=y, classes=options.pop("classes", CLASSES), **options)


@pytest.fixture
def drawn():
    """Logits that all lie in [0, 1], as probabilities do, and unbalanced classes."""
    torch.manual_seed(0)
    targets = torch.cat([torch.arange(CLASSES), torch.randint(2, (SAMPLES - CLASSES,))])
    return torch.rand(SAMPLES, CLASSES), targets


def value_of(task, outputs, targets):
    """In two batches."""
    metric = task.make_score()
    for part in (slice(0, 25), slice(25, None)):
        metric.update(outputs[part], targets[part])
    return float(metric.compute())


@pytest.mark.parametrize(
    ("name", "reference", "higher"),
    [
        (None, lambda p, y: metrics.accuracy_score(y, p.argmax(1)), True),
        ("accuracy", lambda p, y: metrics.accuracy_score(y, p.argmax(1)), True),
        ("balanced accuracy", lambda p, y: metrics.balanced_accuracy_score(y, p.argmax(1)), True),
        ("ROC AUC", lambda p, y: metrics.roc_auc_score(y, p, multi_class="ovr"), True),
        ("log loss", lambda p, y: metrics.log_loss(y, p), False),
    ],
)
def test_classification(drawn, name, reference, higher):
    outputs, targets = drawn
    task = ClassificationTask(make_dataset(targets), score=name)
    probabilities = outputs.double().softmax(1)
    assert value_of(task, outputs, targets) == pytest.approx(
        reference(probabilities.numpy(), targets.numpy()), abs=1e-5
    )
    assert task.higher_is_better is higher
    assert task.score_name == (name or "accuracy")


def test_two_classes_have_the_binary_auc(drawn):
    outputs, targets = drawn[0][:, :2], drawn[1] % 2
    task = ClassificationTask(make_dataset(targets, classes=2), score="ROC AUC")
    expected = metrics.roc_auc_score(targets, outputs[:, 1] - outputs[:, 0])
    assert value_of(task, outputs, targets) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("name", "expected"), [("ROC AUC", 1.0), ("balanced accuracy", 0.75)])
def test_a_class_that_a_part_lacks_is_left_out(name, expected):
    """It has no recall and no curve: as 0, it would count against every method."""
    outputs = torch.tensor([[2.0, 0.0, 0.0], [0.9, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 3.0, 0.0]])
    targets = torch.tensor([0, 0, 1, 1])
    task = ClassificationTask(make_dataset(targets, classes=3), score=name)
    metric = task.make_score()
    metric.update(outputs, targets)
    assert float(metric.compute()) == pytest.approx(expected)


def test_language_with_a_target_per_token(drawn):
    """As many tokens as classes: what is which cannot be told by sizes."""
    targets = torch.randint(CLASSES, (SAMPLES, CLASSES))
    outputs = torch.nn.functional.one_hot(targets, CLASSES).float()
    assert value_of(LanguageModelingTask(make_dataset(targets), score="accuracy"), outputs, targets) == 1


def test_language(drawn):
    outputs, targets = drawn
    values = {}
    for name in ("perplexity", "accuracy", "log loss"):
        values[name] = value_of(LanguageModelingTask(make_dataset(targets), score=name), outputs, targets)
    assert values["perplexity"] == pytest.approx(2.718281828 ** values["log loss"], rel=1e-6)
    assert values["accuracy"] == pytest.approx(metrics.accuracy_score(targets, outputs.argmax(1)))


def test_regression_has_a_root_mean_squared_error():
    torch.manual_seed(0)
    targets, outputs = torch.randn(SAMPLES, 1), torch.randn(SAMPLES, 1)
    task = RegressionTask(make_dataset(targets, classes=0), score="RMSE")
    assert value_of(task, outputs, targets) == pytest.approx(
        metrics.root_mean_squared_error(targets, outputs), rel=1e-6
    )
    assert not task.higher_is_better


def test_several_classifications_have_a_log_loss(drawn):
    outputs, targets = drawn
    task = MultitaskClassificationTask(make_dataset(targets.unsqueeze(1), tasks=("a",)), score="log loss")
    expected = metrics.log_loss(targets, outputs.double().softmax(1))
    assert value_of(task, outputs.unsqueeze(1), targets.unsqueeze(1)) == pytest.approx(expected, rel=1e-5)


def test_metric_of_torchmetrics(drawn):
    outputs, targets = drawn
    task = ClassificationTask(make_dataset(targets), score=MulticlassF1Score(CLASSES))
    expected = metrics.f1_score(targets, outputs.argmax(1), average="macro")
    for _ in range(2):  # each one starts anew
        assert value_of(task, outputs, targets) == pytest.approx(expected, rel=1e-6)
    assert (task.score_name, task.higher_is_better) == ("MulticlassF1Score", True)


def test_metric_whose_lower_values_are_better():
    task = make_task(make_dataset(torch.randn(9, 1), classes=0, kind="regression"), MeanSquaredError())
    assert not task.higher_is_better


def test_pairs_need_no_threshold_for_their_auc():
    """Of another score than the accuracy, nothing is chosen on validation samples."""
    torch.manual_seed(0)
    same = torch.arange(20) % 2
    pairs = torch.randn(20, 2, 3)
    evaluation = Evaluation(VerificationTask(make_dataset(same), "ROC AUC"), ["validation"], 1, torch.device("cpu"))
    evaluation.update("validation", pairs.unsqueeze(0), same.unsqueeze(0))
    expected = metrics.roc_auc_score(same, -(pairs[:, 0] - pairs[:, 1]).norm(dim=1))
    assert evaluation.compute()["validation", "score"].item() == pytest.approx(expected)


def test_runs_of_a_fleet_are_scored_alone(drawn):
    outputs, targets = drawn
    task = ClassificationTask(make_dataset(targets), score="ROC AUC")
    evaluation = Evaluation(task, ["test", "train"], 2, torch.device("cpu"))
    both = torch.stack([outputs, -outputs])
    for split in ("test", "train"):
        evaluation.update(split, both, targets.expand(2, -1))
    expected = [value_of(task, run, targets) for run in both]
    assert evaluation.compute()["test", "score"].tolist() == pytest.approx(expected, abs=1e-6)


def test_unknown_score_is_named():
    with pytest.raises(UserError, match=r"there is no score of this task 'auc': .*ROC AUC, accuracy"):
        ClassificationTask(make_dataset(torch.arange(CLASSES)), score="auc")


def test_metric_without_a_direction_is_refused():
    class Undirected(Metric):
        def update(self) -> None: ...

        def compute(self) -> None: ...

    with pytest.raises(UserError, match="must say whether higher is better, got Undirected"):
        ClassificationTask(make_dataset(torch.arange(CLASSES)), score=Undirected())
