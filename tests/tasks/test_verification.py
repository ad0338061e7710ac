import pytest
import torch
from sklearn.metrics import roc_auc_score
from torchmetrics.functional.classification import binary_roc

from sharegap.data.sets import digit_pairs
from sharegap.tasks import VerificationTask
from sharegap.tasks.verification import VerificationAccuracy
from sharegap.training.evaluation import Evaluation
from sharegap.training.fleet_metric import FleetMetric

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def task():
    return VerificationTask(digit_pairs(train=20, validation=20, test=20))


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def pairs(*distances):
    """Embeddings (1, batch, 2, 1) of one run, at these distances."""
    second = torch.tensor(distances)
    return torch.stack([torch.zeros_like(second), second], -1).view(1, -1, 2, 1)


def same(*targets):
    return torch.tensor([targets])


def evaluated(task, **splits):
    evaluation = Evaluation(task, list(splits), 1, CPU)
    for split, (outputs, targets) in splits.items():
        evaluation.update(split, outputs, targets)
    return {split: evaluation.compute()[split, "score"].item() for split in splits}


def test_loss_is_contrastive(task):
    outputs, targets = torch.randn(40, 2, 3) * 0.4, torch.randint(2, (40,))
    expected = []
    for (left, right), target in zip(outputs, targets, strict=True):
        distance = (left - right).norm()
        expected.append(0.5 * distance**2 if target else 0.5 * max(0, 1 - distance) ** 2)
    torch.testing.assert_close(task.loss(outputs, targets), torch.stack([torch.as_tensor(e) for e in expected]))


def test_gradients_attract_and_repel(task):
    outputs = pairs(0.5, 0.5, 1.5)[0].requires_grad_()
    task.loss(outputs, torch.tensor([1, 0, 0])).sum().backward()
    torch.testing.assert_close(outputs.grad[:, 1, 0], torch.tensor([0.5, -0.5, 0]))


def test_equal_embeddings_have_a_finite_gradient(task):
    outputs = torch.zeros(2, 2, 3, requires_grad=True)
    task.loss(outputs, torch.tensor([1, 0])).sum().backward()
    assert outputs.grad.isfinite().all()


def test_outputs_are_embeddings_of_any_size(task):
    assert task.output_shape == ()
    assert task.higher_is_better


def test_accuracy_at_given_and_best_threshold():
    metric = VerificationAccuracy()
    metric.update(pairs(0.1, 0.2, 0.9, 1.0)[0], torch.tensor([1, 1, 0, 0]))
    # At the similarity of distance 0.15, the second pair counts as different.
    assert metric.compute(threshold=torch.tensor(1 / 1.15)) == 0.75
    assert metric.compute() == 1


def test_best_threshold_has_the_highest_accuracy():
    outputs, targets = torch.randn(200, 2, 3), torch.randint(2, (200,))
    metric = VerificationAccuracy()
    metric.update(outputs, targets)
    distances = (outputs[:, 0] - outputs[:, 1]).norm(dim=1)
    accuracies = [((distances <= limit) == targets).float().mean() for limit in [-1.0, *distances.tolist()]]
    assert metric.compute().item() == pytest.approx(max(accuracies).item())


def test_validation_sets_the_threshold(task):
    """Validation tells at 0.5; train would be told without a mistake at 1.5, test at 0.2."""
    got = evaluated(
        task,
        train=(pairs(0.3, 0.4, 1.0, 2.0), same(1, 1, 1, 0)),
        validation=(pairs(0.1, 0.5, 0.6, 0.9), same(1, 1, 0, 0)),
        test=(pairs(0.1, 0.2, 0.3, 0.4, 0.9), same(1, 1, 0, 0, 0)),
    )
    assert got == pytest.approx({"train": 0.75, "validation": 1, "test": 0.6})


def test_training_samples_replace_validation(task):
    got = evaluated(task, train=(pairs(0.1, 0.5, 0.6, 0.9), same(1, 1, 0, 0)), test=(pairs(0.2, 0.3), same(1, 0)))
    assert got == {"train": 1, "test": 0.5}


def test_each_run_has_its_threshold(task):
    outputs = torch.cat([pairs(0.1, 0.2, 0.8, 0.9), 10 * pairs(0.1, 0.2, 0.8, 0.9)])
    targets = same(1, 1, 0, 0).expand(2, -1)
    evaluation = Evaluation(task, ["validation", "test"], 2, CPU)
    for split in ("validation", "test"):
        evaluation.update(split, outputs, targets)
    assert evaluation.compute()["test", "score"].tolist() == [1, 1]


def test_test_labels_change_nothing_else(task):
    outputs, targets = torch.randn(2, 1, 60, 2, 3), torch.randint(2, (2, 1, 60))
    thresholds, scores = [], []
    for test_targets in (targets[1], targets[1].roll(7), 1 - targets[1]):
        evaluation = Evaluation(task, ["validation", "test"], 1, CPU)
        evaluation.update("validation", outputs[0], targets[0])
        evaluation.update("test", outputs[1], test_targets)
        results = evaluation.compute()
        scores.append(results["validation", "score"].item())
        thresholds.append(evaluation.metrics["validation"]["score"].apply(task.calibrate)["threshold"][0])
        at_validation = VerificationAccuracy()
        at_validation.update(outputs[1][0], test_targets[0])
        assert results["test", "score"] == at_validation.compute(threshold=thresholds[-1])
    assert thresholds[0] == thresholds[1] == thresholds[2]
    assert len(set(scores)) == 1


def test_threshold_is_chosen_from_all_processes(task):
    """A process that holds half of the validation pairs must not choose from them alone."""

    def gather(state, group=None):
        return [state, their_states[state.dtype]]

    outputs, targets = torch.randn(2, 30, 2, 3), torch.randint(2, (2, 30))
    mine, theirs, both = VerificationAccuracy(), VerificationAccuracy(), VerificationAccuracy()
    theirs.update(outputs[1], targets[1])
    their_states = {torch.float32: theirs.similarity[0].unsqueeze(1), torch.int64: theirs.same[0].unsqueeze(1)}
    mine.dist_sync_fn, mine.distributed_available_fn = gather, lambda: True
    metric = FleetMetric(mine, runs=1)
    metric.update(outputs[:1], targets[:1])
    both.update(outputs.flatten(0, 1), targets.flatten())
    for _ in range(2):  # their samples do not stay here
        assert metric.apply(task.calibrate)["threshold"] == both.best_threshold() != theirs.best_threshold()


@pytest.mark.parametrize("distinct", [3, 10, 1000])
def test_best_threshold_is_that_of_torchmetrics_roc_curve(distinct):
    """Also of equal accuracies it is the same one: the highest, as its rounding decides."""
    generator = torch.Generator().manual_seed(distinct)
    for _ in range(50):
        distances = torch.randint(distinct, (60,), generator=generator) / distinct
        targets = torch.randint(2, (60,), generator=generator)
        metric = VerificationAccuracy()
        metric.update(pairs(*distances.tolist())[0], targets)
        false_positive_rate, true_positive_rate, thresholds = binary_roc(metric.similarity[0], targets)
        positive = targets.float().mean()
        accuracy = true_positive_rate * positive + (1 - false_positive_rate) * (1 - positive)
        assert metric.best_threshold() == thresholds[accuracy.argmax()]


def test_threshold_is_set_at_each_evaluation(task):
    evaluation = Evaluation(task, ["validation"], 1, CPU)
    for scale in (1, 10):
        evaluation.update("validation", scale * pairs(0.1, 0.2, 0.8, 0.9), same(1, 1, 0, 0))
        assert evaluation.compute()["validation", "score"] == 1
        evaluation.reset()


def test_roc_auc_is_an_extra_metric(task):
    outputs, targets = torch.randn(1, 200, 2, 3), torch.randint(2, (1, 200))
    evaluation = Evaluation(task, ["test", "train"], 1, CPU, extra_metrics=True)
    for split in ("test", "train"):
        evaluation.update(split, outputs, targets)
    expected = roc_auc_score(targets[0], -(outputs[0, :, 0] - outputs[0, :, 1]).norm(dim=1))
    assert evaluation.compute()["test", "ROC AUC"].item() == pytest.approx(expected)
