import pytest
import torch
from sklearn.metrics import roc_auc_score

from sharegap.data.sets import digit_pairs
from sharegap.tasks import VerificationTask
from sharegap.tasks.verification import VerificationAccuracy
from sharegap.training.evaluation import Evaluation

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def task():
    return VerificationTask(digit_pairs(per_block=20, test=20))


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def pairs(*distances):
    """Embeddings (1, batch, 2, 1) of one run, so far apart."""
    apart = torch.tensor(distances)
    return torch.stack([torch.zeros_like(apart), apart], -1).view(1, -1, 2, 1)


def same(*targets):
    return torch.tensor([targets])


def evaluated(task, **parts):
    evaluation = Evaluation(task, list(parts), 1, CPU)
    for part, (outputs, targets) in parts.items():
        evaluation.update(part, outputs, targets)
    return {part: evaluation.compute()[part, "score"].item() for part in parts}


def test_loss_is_contrastive(task):
    outputs, targets = torch.randn(40, 2, 3) * 0.4, torch.randint(2, (40,))
    expected = []
    for (left, right), target in zip(outputs, targets, strict=True):
        apart = (left - right).norm()
        expected.append(0.5 * apart**2 if target else 0.5 * max(0, 1 - apart) ** 2)
    torch.testing.assert_close(task.loss(outputs, targets), torch.stack([torch.as_tensor(e) for e in expected]))


def test_loss_pulls_the_same_together_and_pushes_others_apart_to_the_margin(task):
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


def test_a_threshold_tells_pairs_apart():
    # The likeness of a distance of 0.15 takes the second pair for different, the best threshold takes none wrongly.
    for threshold, expected in ((torch.tensor(1 / 1.15), 0.75), (None, 1)):
        metric = VerificationAccuracy()
        metric.threshold = threshold
        metric.update(pairs(0.1, 0.2, 0.9, 1.0)[0], torch.tensor([1, 1, 0, 0]))
        assert metric.compute() == expected


def test_the_best_threshold_is_the_best_of_all():
    outputs, targets = torch.randn(200, 2, 3), torch.randint(2, (200,))
    metric = VerificationAccuracy()
    metric.update(outputs, targets)
    apart = (outputs[:, 0] - outputs[:, 1]).norm(dim=1)
    tried = [((apart <= limit) == targets).float().mean() for limit in [-1.0, *apart.tolist()]]
    assert metric.compute().item() == pytest.approx(max(tried).item())


def test_validation_chooses_the_threshold_of_every_part(task):
    """Validation tells at 0.5; train would be told without a mistake at 1.5, test at 0.2."""
    got = evaluated(
        task,
        train=(pairs(0.3, 0.4, 1.0, 2.0), same(1, 1, 1, 0)),
        validation=(pairs(0.1, 0.5, 0.6, 0.9), same(1, 1, 0, 0)),
        test=(pairs(0.1, 0.2, 0.3, 0.4, 0.9), same(1, 1, 0, 0, 0)),
    )
    assert got == pytest.approx({"train": 0.75, "validation": 1, "test": 0.6})


def test_without_validation_the_training_samples_choose(task):
    got = evaluated(task, train=(pairs(0.1, 0.5, 0.6, 0.9), same(1, 1, 0, 0)), test=(pairs(0.2, 0.3), same(1, 0)))
    assert got == {"train": 1, "test": 0.5}


def test_each_run_has_its_own_threshold(task):
    outputs = torch.cat([pairs(0.1, 0.2, 0.8, 0.9), 10 * pairs(0.1, 0.2, 0.8, 0.9)])
    targets = same(1, 1, 0, 0).expand(2, -1)
    evaluation = Evaluation(task, ["validation", "test"], 2, CPU)
    for part in ("validation", "test"):
        evaluation.update(part, outputs, targets)
    assert evaluation.compute()["test", "score"].tolist() == [1, 1]


def test_the_labels_of_the_test_part_change_no_threshold_and_no_other_figure(task):
    outputs, targets = torch.randn(2, 1, 60, 2, 3), torch.randint(2, (2, 1, 60))
    thresholds, others = [], []
    for of_test in (targets[1], targets[1].roll(7), 1 - targets[1]):
        evaluation = Evaluation(task, ["validation", "test"], 1, CPU)
        evaluation.update("validation", outputs[0], targets[0])
        evaluation.update("test", outputs[1], of_test)
        others.append(evaluation.compute()["validation", "score"].item())
        thresholds.append([metrics["score"].metrics[0].threshold.item() for metrics in evaluation.metrics.values()])
    assert thresholds[0] == thresholds[1] == thresholds[2]
    assert len(set(others)) == 1


def test_a_threshold_is_chosen_anew_for_each_evaluation(task):
    evaluation = Evaluation(task, ["validation"], 1, CPU)
    for scale in (1, 10):
        evaluation.update("validation", scale * pairs(0.1, 0.2, 0.8, 0.9), same(1, 1, 0, 0))
        assert evaluation.compute()["validation", "score"] == 1
        evaluation.reset()


def test_the_area_under_the_curve_is_further(task):
    outputs, targets = torch.randn(1, 200, 2, 3), torch.randint(2, (1, 200))
    evaluation = Evaluation(task, ["test", "train"], 1, CPU, extra_metrics=True)
    for part in ("test", "train"):
        evaluation.update(part, outputs, targets)
    expected = roc_auc_score(targets[0], -(outputs[0, :, 0] - outputs[0, :, 1]).norm(dim=1))
    assert evaluation.compute()["test", "ROC AUC"].item() == pytest.approx(expected)
